// Reads the Remote Execution API's messages from bytes that may come from anybody: what is malformed
// throws MalformedMessage, unknown fields are skipped, and names cannot leave their directory.
import { BinaryReader } from '@bufbuild/protobuf/wire';
import type { Digest, Sha256Hex } from '../base/digest.ts';
import {
  MalformedMessage,
  type ActionResult,
  type Directory,
  type DirectoryNode,
  type FileNode,
  type OutputDirectory,
  type OutputFile,
  type SymlinkNode,
} from './message.ts';

type Fields = (field: number, reader: BinaryReader) => boolean;

/** Reads one message; `fields` takes what it knows and says so, the rest is skipped. */
function readMessage(bytes: Uint8Array, fields: Fields): void {
  try {
    const reader = new BinaryReader(bytes);
    while (reader.pos < reader.len) {
      const [field, wireType] = reader.tag();
      if (!fields(field, reader)) reader.skip(wireType, field);
    }
  } catch (error) {
    if (error instanceof MalformedMessage) throw error;
    throw new MalformedMessage(error instanceof Error ? error.message : String(error));
  }
}

function readDigest(bytes: Uint8Array): Digest {
  let hash = '';
  let size = 0;
  readMessage(bytes, (field, reader) => {
    if (field === 1) hash = reader.string();
    else if (field === 2) size = Number(reader.int64());
    else return false;
    return true;
  });
  if (!/^[0-9a-f]{64}$/.test(hash) || !Number.isSafeInteger(size) || size < 0) {
    throw new MalformedMessage(`no SHA-256 digest: ${JSON.stringify(hash)}/${size}`);
  }
  return { hash: hash as Sha256Hex, size };
}

function need<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new MalformedMessage(`${what} is missing`);
  return value;
}

/** A name that may stand in a directory: one component, so that no tree can reach outside itself. */
function componentName(name: string): string {
  if (name === '' || name === '.' || name === '..' || /[/\0]/.test(name)) {
    throw new MalformedMessage(`${JSON.stringify(name)} is no file name`);
  }
  return name;
}

function readPair(bytes: Uint8Array): [string, string] {
  let first = '';
  let second = '';
  readMessage(bytes, (field, reader) => {
    if (field === 1) first = reader.string();
    else if (field === 2) second = reader.string();
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
  readMessage(bytes, (field, reader) => {
    if (field === 1) name = reader.string();
    else if (field === 2) digest = readDigest(reader.bytes());
    else if (field === 4) executable = reader.bool();
    else if (field === 6) mode = readUnixMode(reader.bytes());
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

function readUnixMode(bytes: Uint8Array): number | undefined {
  let mode: number | undefined;
  readMessage(bytes, (field, reader) => {
    if (field !== 3) return false;
    readMessage(reader.bytes(), (inner, innerReader) => {
      if (inner !== 1) return false;
      mode = innerReader.uint32();
      return true;
    });
    return true;
  });
  return mode;
}

function readDirectoryNode(bytes: Uint8Array): DirectoryNode {
  let name = '';
  let digest: Digest | undefined;
  readMessage(bytes, (field, reader) => {
    if (field === 1) name = reader.string();
    else if (field === 2) digest = readDigest(reader.bytes());
    else return false;
    return true;
  });
  return { name: componentName(name), digest: need(digest, 'a directory digest') };
}

/** Throws MalformedMessage; names are single components, each once. */
export function decodeDirectory(bytes: Uint8Array): Directory {
  const files: FileNode[] = [];
  const directories: DirectoryNode[] = [];
  const symlinks: SymlinkNode[] = [];
  let mode: number | undefined;
  readMessage(bytes, (field, reader) => {
    if (field === 1) files.push(readFileNode(reader.bytes()));
    else if (field === 2) directories.push(readDirectoryNode(reader.bytes()));
    else if (field === 3) {
      const [name, target] = readPair(reader.bytes());
      symlinks.push({ name: componentName(name), target });
    } else if (field === 5) mode = readUnixMode(reader.bytes());
    else return false;
    return true;
  });
  const names = new Set([...files, ...directories, ...symlinks].map(({ name }) => name));
  if (names.size !== files.length + directories.length + symlinks.length) {
    throw new MalformedMessage('a name stands twice in one directory');
  }
  return { files, directories, symlinks, ...(mode === undefined ? {} : { mode }) };
}

/** Throws MalformedMessage. Children come with the bytes that their digests are computed over. */
export function decodeTree(bytes: Uint8Array): { root: Directory; children: Uint8Array[] } {
  let root: Directory | undefined;
  const children: Uint8Array[] = [];
  readMessage(bytes, (field, reader) => {
    if (field === 1) root = decodeDirectory(reader.bytes());
    else if (field === 2) children.push(reader.bytes());
    else return false;
    return true;
  });
  return { root: need(root, 'the root of a tree'), children };
}

function readTimestamp(bytes: Uint8Array): number {
  let seconds = 0;
  let nanos = 0;
  readMessage(bytes, (field, reader) => {
    if (field === 1) seconds = Number(reader.int64());
    else if (field === 2) nanos = reader.int32();
    else return false;
    return true;
  });
  return seconds * 1000 + nanos / 1e6;
}

/** Throws MalformedMessage. */
export function decodeActionResult(bytes: Uint8Array): ActionResult {
  const files: OutputFile[] = [];
  const directories: OutputDirectory[] = [];
  let exitCode = 0;
  let log: Digest | undefined;
  let worker = '';
  let startedMs = 0;
  let completedMs = 0;
  readMessage(bytes, (field, reader) => {
    if (field === 2) files.push(readOutputFile(reader.bytes()));
    else if (field === 3) directories.push(readOutputDirectory(reader.bytes()));
    else if (field === 4) exitCode = reader.int32();
    else if (field === 6) log = readDigest(reader.bytes());
    else if (field === 9) {
      readMessage(reader.bytes(), (inner, metadata) => {
        if (inner === 1) worker = metadata.string();
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
    ...(log === undefined ? {} : { log }),
    worker,
    startedMs,
    completedMs,
  };
}

function readOutputFile(bytes: Uint8Array): OutputFile {
  let path = '';
  let digest: Digest | undefined;
  let executable = false;
  readMessage(bytes, (field, reader) => {
    if (field === 1) path = reader.string();
    else if (field === 2) digest = readDigest(reader.bytes());
    else if (field === 4) executable = reader.bool();
    else return false;
    return true;
  });
  return { path, digest: need(digest, 'an output digest'), executable };
}

function readOutputDirectory(bytes: Uint8Array): OutputDirectory {
  let path = '';
  let tree: Digest | undefined;
  let root: Digest | undefined;
  readMessage(bytes, (field, reader) => {
    if (field === 1) path = reader.string();
    else if (field === 3) tree = readDigest(reader.bytes());
    else if (field === 5) root = readDigest(reader.bytes());
    else return false;
    return true;
  });
  return { path, tree: need(tree, 'a tree digest'), root: need(root, 'a root digest') };
}
