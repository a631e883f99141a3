// Reads the Remote Execution API's messages from bytes that may come from anybody: what is malformed
// throws MalformedMessage, unknown fields are skipped, and names cannot leave their directory.
import { byCodePoint, isSha256Hex, type Digest } from '../base/digest.ts';
import {
  MalformedMessage,
  type Action,
  type ActionResult,
  type Directory,
  type DirectoryNode,
  type FileNode,
  type OutputDirectory,
  type OutputFile,
  type SymlinkNode,
} from './message.ts';
import { readMessage } from './wire.ts';

function readDigest(bytes: Uint8Array): Digest {
  let hash = '';
  let size = 0;
  readMessage(bytes, (field, wire) => {
    if (field === 1) hash = wire.text();
    else if (field === 2) size = wire.int64();
    else return false;
    return true;
  });
  if (!isSha256Hex(hash) || size < 0) {
    throw new MalformedMessage(`no SHA-256 digest: ${JSON.stringify(hash)}/${size}`);
  }
  return { hash, size };
}

function need<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new MalformedMessage(`${what} is missing`);
  return value;
}

/** Bytes of a file name, and of a symbolic link's target, that Linux takes. */
const LONGEST_NAME = 255;
const LONGEST_TARGET = 4095;

/** A name that may stand in a directory: one component, so that no tree can reach outside itself. */
function componentName(name: string): string {
  if (name === '.' || name === '..' || name.includes('/') || !fits(name, LONGEST_NAME)) {
    throw new MalformedMessage(`${JSON.stringify(name.slice(0, 300))} is no file name`);
  }
  return name;
}

/** Where a link points to is up to it, as long as there can be such a link. */
function linkTarget(target: string): string {
  if (!fits(target, LONGEST_TARGET)) throw new MalformedMessage('a link without a usable target');
  return target;
}

function fits(text: string, longest: number): boolean {
  return text !== '' && !text.includes('\0') && Buffer.byteLength(text) <= longest;
}

function readPair(bytes: Uint8Array): [string, string] {
  let first = '';
  let second = '';
  readMessage(bytes, (field, wire) => {
    if (field === 1) first = wire.text();
    else if (field === 2) second = wire.text();
    else return false;
    return true;
  });
  return [first, second];
}

function readFileNode(bytes: Uint8Array): FileNode {
  let name = '';
  let digest: Digest | undefined;
  let executable = false;
  let mode: number | undefined;
  readMessage(bytes, (field, wire) => {
    if (field === 1) name = wire.text();
    else if (field === 2) digest = readDigest(wire.bytes());
    else if (field === 4) executable = wire.flag();
    else if (field === 6) mode = readUnixMode(wire.bytes());
    else return false;
    return true;
  });
  return {
    name: componentName(name),
    digest: need(digest, 'a file digest'),
    executable,
    ...(mode === undefined ? {} : { mode }),
  };
}

/** Permission bits of NodeProperties. Zero is written as an empty UInt32Value. */
function readUnixMode(bytes: Uint8Array): number | undefined {
  let mode: number | undefined;
  readMessage(bytes, (field, wire) => {
    if (field !== 3) return false;
    mode = 0;
    readMessage(wire.bytes(), (inner, innerWire) => {
      if (inner !== 1) return false;
      mode = innerWire.uint32();
      return true;
    });
    return true;
  });
  if (mode !== undefined && mode > 0o7777) {
    throw new MalformedMessage(`0${mode.toString(8)} is no set of permission bits`);
  }
  return mode;
}

function readDirectoryNode(bytes: Uint8Array): DirectoryNode {
  let name = '';
  let digest: Digest | undefined;
  readMessage(bytes, (field, wire) => {
    if (field === 1) name = wire.text();
    else if (field === 2) digest = readDigest(wire.bytes());
    else return false;
    return true;
  });
  return { name: componentName(name), digest: need(digest, 'a directory digest') };
}

/** Throws MalformedMessage; names are single components, each once, in the order that the API demands. */
export function decodeDirectory(bytes: Uint8Array): Directory {
  const files: FileNode[] = [];
  const directories: DirectoryNode[] = [];
  const symlinks: SymlinkNode[] = [];
  let mode: number | undefined;
  readMessage(bytes, (field, wire) => {
    if (field === 1) files.push(readFileNode(wire.bytes()));
    else if (field === 2) directories.push(readDirectoryNode(wire.bytes()));
    else if (field === 3) {
      const [name, target] = readPair(wire.bytes());
      symlinks.push({ name: componentName(name), target: linkTarget(target) });
    } else if (field === 5) mode = readUnixMode(wire.bytes());
    else return false;
    return true;
  });
  for (const nodes of [files, directories, symlinks]) mustBeSorted(nodes);
  const names = new Set([...files, ...directories, ...symlinks].map(({ name }) => name));
  if (names.size !== files.length + directories.length + symlinks.length) {
    throw new MalformedMessage('a name stands twice in one directory');
  }
  return { files, directories, symlinks, ...(mode === undefined ? {} : { mode }) };
}

/** Otherwise one tree would have many digests. */
function mustBeSorted(nodes: readonly { readonly name: string }[]): void {
  for (let i = 1; i < nodes.length; i++) {
    if (byCodePoint(nodes[i - 1]!.name, nodes[i]!.name) >= 0) {
      throw new MalformedMessage('the names of a directory are not in order');
    }
  }
}

/** Throws MalformedMessage. The directories come as the bytes that their digests are computed over. */
export function decodeTree(bytes: Uint8Array): { root: Uint8Array; children: Uint8Array[] } {
  let root: Uint8Array | undefined;
  const children: Uint8Array[] = [];
  readMessage(bytes, (field, wire) => {
    if (field === 1) root = wire.bytes();
    else if (field === 2) children.push(wire.bytes());
    else return false;
    return true;
  });
  return { root: need(root, 'the root of a tree'), children };
}

/** The years 1 to 9999, as protobuf has it. */
const FIRST_SECOND = -62_135_596_800;
const LAST_SECOND = 253_402_300_799;

function readTimestamp(bytes: Uint8Array): number {
  let seconds = 0;
  let nanos = 0;
  readMessage(bytes, (field, wire) => {
    if (field === 1) seconds = wire.int64();
    else if (field === 2) nanos = wire.int32();
    else return false;
    return true;
  });
  if (seconds < FIRST_SECOND || seconds > LAST_SECOND || nanos < 0 || nanos >= 1e9) {
    throw new MalformedMessage(`no time: ${seconds} s, ${nanos} ns`);
  }
  return seconds * 1000 + nanos / 1e6;
}

/** What an action refers to. Throws MalformedMessage. */
export function decodeAction(bytes: Uint8Array): Pick<Action, 'command' | 'inputRoot'> {
  let command: Digest | undefined;
  let inputRoot: Digest | undefined;
  readMessage(bytes, (field, wire) => {
    if (field === 1) command = readDigest(wire.bytes());
    else if (field === 2) inputRoot = readDigest(wire.bytes());
    else return false;
    return true;
  });
  return { command: need(command, 'a command'), inputRoot: need(inputRoot, 'an input root') };
}

/** Throws MalformedMessage. */
export function decodeActionResult(bytes: Uint8Array): ActionResult {
  const files: OutputFile[] = [];
  const directories: OutputDirectory[] = [];
  let exitCode = 0;
  let log: Digest | undefined;
  let action: Digest | undefined;
  let task = '';
  let local = false;
  let worker = '';
  let startedMs = 0;
  let completedMs = 0;
  readMessage(bytes, (field, wire) => {
    if (field === 2) files.push(readOutputFile(wire.bytes()));
    else if (field === 3) directories.push(readOutputDirectory(wire.bytes()));
    else if (field === 4) exitCode = wire.int32();
    else if (field === 6) log = readDigest(wire.bytes());
    else if (field === 1001) action = readDigest(wire.bytes());
    else if (field === 1003) task = wire.text();
    else if (field === 1004) local = wire.flag();
    else if (field === 9) {
      readMessage(wire.bytes(), (inner, metadata) => {
        if (inner === 1) worker = metadata.text();
        else if (inner === 7) startedMs = readTimestamp(metadata.bytes());
        else if (inner === 8) completedMs = readTimestamp(metadata.bytes());
        else return false;
        return true;
      });
    } else return false;
    return true;
  });
  return {
    files,
    directories,
    exitCode,
    ...(action === undefined ? {} : { action }),
    ...(log === undefined ? {} : { log }),
    worker,
    startedMs,
    completedMs,
    ...(task === '' ? {} : { task }),
    ...(local ? { local } : {}),
  };
}

function readOutputFile(bytes: Uint8Array): OutputFile {
  let path = '';
  let digest: Digest | undefined;
  let executable = false;
  readMessage(bytes, (field, wire) => {
    if (field === 1) path = wire.text();
    else if (field === 2) digest = readDigest(wire.bytes());
    else if (field === 4) executable = wire.flag();
    else return false;
    return true;
  });
  return { path, digest: need(digest, 'an output digest'), executable };
}

function readOutputDirectory(bytes: Uint8Array): OutputDirectory {
  let path = '';
  let tree: Digest | undefined;
  let root: Digest | undefined;
  readMessage(bytes, (field, wire) => {
    if (field === 1) path = wire.text();
    else if (field === 3) tree = readDigest(wire.bytes());
    else if (field === 5) root = readDigest(wire.bytes());
    else return false;
    return true;
  });
  return { path, tree: need(tree, 'a tree digest'), root: need(root, 'a root digest') };
}
