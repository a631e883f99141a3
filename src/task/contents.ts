// What is in a work directory, as REAPI Directory messages whose root digest names all of it: names, kinds,
// permissions, bytes; no times, no owners. Unlike an output it may hold anything, such as named pipes and
// names that are not text, which the messages have under spellings that no real entry can have.
import { chmodSync, lstatSync } from 'node:fs';
import { digestFile, digestOf, type Digest } from '../base/digest.ts';
import { encodeDirectory } from '../remote/encode.ts';
import type { Directory } from '../remote/message.ts';
import type { MergedEntry } from '../sandbox/overlay.ts';

export interface Contents {
  /** The root Directory, encoded. */
  readonly root: Uint8Array;
  /** Digest of the bytes of each file, by path (bytes as characters). */
  readonly files: ReadonlyMap<string, Digest>;
}

interface Made {
  readonly mode: number;
  readonly files: { name: string; digest: Digest; executable: boolean; mode?: number }[];
  readonly symlinks: { name: string; target: string }[];
  readonly directories: Map<string, Made>;
}

/**
 * The contents of a tree whose entries are listed. `digestAt` tells a file's digest by its path. Throws
 * node's own errors.
 */
export function contentsOf(
  entries: readonly MergedEntry[],
  digestAt: (path: string) => Digest,
): Contents {
  const files = new Map<string, Digest>();
  const root = emptyDirectory(0o755);
  const made = new Map<string, Made>([['', root]]);
  const byPath = entries.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  for (const { path, kind, mode, target } of byPath) {
    const slash = path.lastIndexOf('/');
    // A directory's own path sorts before all paths in it.
    const parent = made.get(path.slice(0, Math.max(slash, 0)))!;
    const name = textOf(path.slice(slash + 1));
    if (kind === 'directory') {
      const directory = emptyDirectory(mode);
      parent.directories.set(name, directory);
      made.set(path, directory);
    } else if (kind === 'file') {
      const digest = digestAt(path);
      files.set(path, digest);
      const executable = (mode & 0o111) !== 0;
      const plain = mode === (executable ? 0o755 : 0o644);
      parent.files.push({ name, digest, executable, ...(plain ? {} : { mode }) });
    } else {
      const shown = kind === 'symlink' ? textOf(target) : `\0${kind} ${mode.toString(8)}`;
      parent.symlinks.push({ name, target: shown });
    }
  }
  return { root: encode(root), files };
}

function emptyDirectory(mode: number): Made {
  return { mode, files: [], symlinks: [], directories: new Map() };
}

function encode({ mode, files, symlinks, directories }: Made): Uint8Array {
  const message: Directory = {
    files,
    symlinks,
    directories: [...directories].map(([name, made]) => ({ name, digest: digestOf(encode(made)) })),
    ...(mode === 0o755 ? {} : { mode }),
  };
  return encodeDirectory(message);
}

/** Text for bytes that are UTF-8; others in hexadecimal after a character that no name has. */
function textOf(bytes: string): string {
  if (/^[\0-\x7f]*$/.test(bytes)) return bytes;
  const buffer = Buffer.from(bytes, 'latin1');
  const text = buffer.toString('utf8');
  return Buffer.from(text, 'utf8').equals(buffer) ? text : `\0${buffer.toString('hex')}`;
}

/** The path of an entry on this machine, from its bytes. */
export function locate(root: string, inside: string): Buffer {
  return Buffer.concat([Buffer.from(`${root}/`), Buffer.from(inside, 'latin1')]);
}

/**
 * Tells digests by reading files of a directory; those that it does not have lie below it and are known
 * already.
 */
export function digestsIn(
  directory: string,
  below: ReadonlyMap<string, Digest>,
): (path: string) => Digest {
  return (path) => {
    const at = locate(directory, path);
    const known = below.get(path);
    if (known !== undefined && lstatSync(at, { throwIfNoEntry: false })?.isFile() !== true) {
      return known;
    }
    return readDigest(at);
  };
}

/** A file that even its owner may not read is read all the same, and keeps its permissions. */
function readDigest(at: Buffer): Digest {
  const { mode } = lstatSync(at);
  if ((mode & 0o400) !== 0) return digestFile(at);
  chmodSync(at, 0o600);
  try {
    return digestFile(at);
  } finally {
    chmodSync(at, mode & 0o7777);
  }
}

/** The digests of files as they are kept beside a layer. */
export function encodeDigests(files: ReadonlyMap<string, Digest>): Buffer {
  const lines = [...files].map(([path, { hash, size }]) => `${hash} ${size} ${path}\0`);
  return Buffer.from(lines.join(''), 'latin1');
}

export function decodeDigests(bytes: Buffer): Map<string, Digest> {
  const files = new Map<string, Digest>();
  for (const line of bytes.toString('latin1').split('\0')) {
    const space = line.indexOf(' ', HASH_LENGTH + 1);
    if (space < 0) continue;
    const hash = line.slice(0, HASH_LENGTH) as Digest['hash'];
    files.set(line.slice(space + 1), { hash, size: Number(line.slice(HASH_LENGTH + 1, space)) });
  }
  return files;
}

const HASH_LENGTH = 64;
