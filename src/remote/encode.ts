// The canonical protobuf encoding of the Remote Execution API's messages: fields in order, lists sorted
// where the API says so, defaults left out, so that equal messages have equal digests. Field numbers are
// the API's own.
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { byCodePoint, type Digest } from '../base/digest.ts';
import type { Action, ActionResult, Command, Directory, FileNode, Tree } from './message.ts';

type Pair = readonly [name: string, value: string];
type Write<T> = (writer: BinaryWriter, value: T) => void;

function nested<T>(writer: BinaryWriter, field: number, write: Write<T>, value: T): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  write(writer, value);
  writer.join();
}

function text(writer: BinaryWriter, field: number, value: string): void {
  if (value !== '') writer.tag(field, WireType.LengthDelimited).string(value);
}

function int(writer: BinaryWriter, field: number, value: number): void {
  if (value !== 0) writer.tag(field, WireType.Varint).int64(value);
}

function flag(writer: BinaryWriter, field: number, value: boolean): void {
  if (value) writer.tag(field, WireType.Varint).bool(value);
}

function writeDigest(writer: BinaryWriter, { hash, size }: Digest): void {
  text(writer, 1, hash);
  int(writer, 2, size);
}

function writePair(writer: BinaryWriter, [name, value]: Pair): void {
  text(writer, 1, name);
  text(writer, 2, value);
}

function byName<T extends { readonly name: string }>(nodes: readonly T[]): T[] {
  return nodes.toSorted((a, b) => byCodePoint(a.name, b.name));
}

function sortPairs(pairs: readonly Pair[]): Pair[] {
  return pairs.toSorted((a, b) => byCodePoint(a[0], b[0]) || byCodePoint(a[1], b[1]));
}

/** NodeProperties with only unix_mode, which is a UInt32Value. */
function writeUnixMode(writer: BinaryWriter, mode: number): void {
  nested(writer, 3, (w, value) => int(w, 1, value), mode);
}

function writeFileNode(writer: BinaryWriter, node: FileNode): void {
  text(writer, 1, node.name);
  nested(writer, 2, writeDigest, node.digest);
  flag(writer, 4, node.executable);
  if (node.mode !== undefined) nested(writer, 6, writeUnixMode, node.mode);
}

function writeDirectory(writer: BinaryWriter, directory: Directory): void {
  for (const node of byName(directory.files)) nested(writer, 1, writeFileNode, node);
  for (const node of byName(directory.directories)) {
    nested(
      writer,
      2,
      (w, { name, digest }) => {
        text(w, 1, name);
        nested(w, 2, writeDigest, digest);
      },
      node,
    );
  }
  for (const { name, target } of byName(directory.symlinks))
    nested(writer, 3, writePair, [name, target]);
  if (directory.mode !== undefined) nested(writer, 5, writeUnixMode, directory.mode);
}

function encode<T>(write: Write<T>, value: T): Uint8Array {
  const writer = new BinaryWriter();
  write(writer, value);
  return writer.finish();
}

export function encodeDirectory(directory: Directory): Uint8Array {
  return encode(writeDirectory, directory);
}

export function encodeTree(tree: Tree): Uint8Array {
  return encode((writer, { root, children }) => {
    nested(writer, 1, writeDirectory, root);
    for (const child of children) nested(writer, 2, writeDirectory, child);
  }, tree);
}

export function encodeCommand(command: Command): Uint8Array {
  return encode((writer, value) => {
    for (const argument of value.arguments) {
      writer.tag(1, WireType.LengthDelimited).string(argument);
    }
    for (const variable of sortPairs(value.environment)) nested(writer, 2, writePair, variable);
    text(writer, 6, value.workingDirectory);
    for (const path of value.outputPaths.toSorted(byCodePoint))
      writer.tag(7, WireType.LengthDelimited).string(path);
  }, command);
}

export function encodeAction(action: Action): Uint8Array {
  return encode((writer, value) => {
    nested(writer, 1, writeDigest, value.command);
    nested(writer, 2, writeDigest, value.inputRoot);
    if (value.timeoutSeconds !== undefined) {
      nested(writer, 6, (w, seconds) => int(w, 1, seconds), value.timeoutSeconds);
    }
    if (value.platform.length > 0) {
      nested(
        writer,
        10,
        (w, properties) => {
          for (const property of sortPairs(properties)) nested(w, 1, writePair, property);
        },
        value.platform,
      );
    }
  }, action);
}

function writeTimestamp(writer: BinaryWriter, ms: number): void {
  const seconds = Math.floor(ms / 1000);
  int(writer, 1, seconds);
  int(writer, 2, Math.min(Math.round((ms - seconds * 1000) * 1e6), 999_999_999));
}

export function encodeActionResult(result: ActionResult): Uint8Array {
  return encode((writer, value) => {
    for (const file of value.files) {
      nested(
        writer,
        2,
        (w, { path, digest, executable }) => {
          text(w, 1, path);
          nested(w, 2, writeDigest, digest);
          flag(w, 4, executable);
        },
        file,
      );
    }
    for (const directory of value.directories) {
      nested(
        writer,
        3,
        (w, { path, tree, root }) => {
          text(w, 1, path);
          nested(w, 3, writeDigest, tree);
          nested(w, 5, writeDigest, root);
        },
        directory,
      );
    }
    int(writer, 4, value.exitCode);
    if (value.log !== undefined) nested(writer, 6, writeDigest, value.log);
    nested(
      writer,
      9,
      (w, metadata) => {
        text(w, 1, metadata.worker);
        nested(w, 7, writeTimestamp, metadata.startedMs);
        nested(w, 8, writeTimestamp, metadata.completedMs);
      },
      value,
    );
    if (value.action !== undefined) nested(writer, 1001, writeDigest, value.action);
    text(writer, 1003, value.task ?? '');
    flag(writer, 1004, value.local ?? false);
  }, result);
}
