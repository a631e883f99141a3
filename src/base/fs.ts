// File system operations that hold under kill -9 and odd permissions: atomic writes, trees that go
// away whatever their modes, scoped temporary directories. Synchronous: in hot loops that is two to
// five times faster than promises.
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statfsSync,
  unlinkSync,
  writeSync,
  type Dirent,
} from 'node:fs';
import { constants as system } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { environmentError, type Diagnostic, type Note } from './diagnostic.ts';

/** The code of a node system error (`ENOENT`, …), or undefined for anything else. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error && 'code' in error && typeof error.code === 'string'))
    return undefined;
  if (error.code.startsWith('Unknown system error'))
    return unnamedErrno(error as NodeJS.ErrnoException);
  return error.code;
}

/** Node has no names for errors that only Linux knows, such as that of a disk quota. */
function unnamedErrno(error: NodeJS.ErrnoException): string {
  const number = Math.abs(error.errno ?? 0);
  const known = Object.entries(system.errno).find(([, value]) => value === number);
  return known?.[0] ?? `E${number}`;
}

const HINTS: Readonly<Record<string, string>> = {
  ENOSPC: 'free some space there and run again; nothing half-written was kept',
  EDQUOT: 'the disk quota is used up; free some space and run again',
  EROFS: 'it is mounted read-only; point Ashlar at a writable place',
  EACCES: 'check who owns it and its permissions',
  EPERM: 'check who owns it and its permissions',
  EMFILE: 'raise the limit of open files (ulimit -n)',
  ENFILE: 'the machine has too many open files',
  ENOENT: 'check that it exists',
};

/**
 * Turns a node system error into a diagnostic of the environment (`fs/<errno>`): what was tried, on
 * which path. The message names the path that is given, `path` is the one that the system refused. Anything that is
 * not a system error is a bug and is thrown on.
 */
export function systemError(doing: string, error: unknown, path?: string): Diagnostic {
  const code = errnoOf(error);
  // Node's own name for a file of more than it can hold in one buffer.
  const errno = code === 'ERR_FS_FILE_TOO_LARGE' ? 'EFBIG' : code;
  if (errno === undefined || !/^E[A-Z0-9]+$/.test(errno)) throw error;
  const refused = (error as NodeJS.ErrnoException).path ?? path;
  const at = path ?? refused;
  const hint = HINTS[errno];
  const full = errno === 'ENOSPC' || errno === 'EDQUOT';
  return environmentError({
    code: `fs/${errno.toLowerCase()}`,
    message: `cannot ${doing}${at === undefined ? '' : ` ${at}`}: ${explainErrno(errno)}`,
    ...(refused === undefined ? {} : { path: refused }),
    ...(full && at !== undefined ? { notes: freeSpace(at) } : {}),
    ...(hint === undefined ? {} : { hint }),
  });
}

/** What is free where a path is or would be. Nothing when nobody knows. */
function freeSpace(path: string): Note[] {
  try {
    const { bavail, bsize, ffree } = statfsSync(path);
    const megabytes = Math.floor((bavail * bsize) / 1e6);
    return [
      { message: `${megabytes} MB and ${ffree} files are free on the file system of ${path}` },
    ];
  } catch {
    return dirname(path) === path ? [] : freeSpace(dirname(path));
  }
}

const MEANINGS: Readonly<Record<string, string>> = {
  ENOSPC: 'no space is left on the device',
  EDQUOT: 'the disk quota is exceeded',
  EROFS: 'the file system is read-only',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  ENOENT: 'it does not exist',
  ENOTDIR: 'a part of the path is not a directory',
  EISDIR: 'it is a directory',
  EEXIST: 'it already exists',
  ELOOP: 'too many symbolic links',
  EMFILE: 'too many open files',
  ENFILE: 'too many open files on the machine',
  EIO: 'input/output error',
  ENAMETOOLONG: 'the path, or a name in it, is too long',
  EFBIG: 'the file is too large',
  EXDEV: 'it is on another file system',
  EMLINK: 'it has too many links',
  ENOTEMPTY: 'the directory is not empty',
  EBUSY: 'it is in use',
  ENOMEM: 'the machine is out of memory',
  ESTALE: 'the server of the network file system forgot it',
  E117: 'the file system is damaged',
};

function explainErrno(errno: string): string {
  const meaning = MEANINGS[errno];
  return meaning === undefined ? errno : `${meaning} (${errno})`;
}

/** File content, or undefined when there is no such file. Other errors are thrown. */
export function readIfExists(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** Names in a directory, or none when there is no such directory. Other errors are thrown. */
export function namesIfExists(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}

export interface WriteOptions {
  /** Permission bits; 0o644 unless given. The umask does not apply. */
  readonly mode?: number;
  /** Flush the file and its directory: where losing it would register something that is not there. */
  readonly durable?: boolean;
}

/** Writes a file so that every reader sees the old content or the new, never a part. Throws node's own errors. */
export function writeAtomic(
  path: string,
  content: string | Uint8Array,
  options: WriteOptions = {},
): void {
  const temporary = temporaryBeside(path);
  const fd = openSync(temporary, 'wx', 0o600);
  try {
    try {
      writeWhole(fd, typeof content === 'string' ? Buffer.from(content) : content);
      fchmodSync(fd, options.mode ?? 0o644);
      if (options.durable === true) fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
  } catch (error) {
    discard(temporary);
    throw error;
  }
  if (options.durable === true) syncDirectory(dirname(path));
}

/** Removes a temporary file on the way out of a failure, which is what the caller should hear of. */
export function discard(temporary: string): void {
  try {
    rmSync(temporary, { force: true });
  } catch {
    // The disk that made it fail may well refuse this too.
  }
}

function writeWhole(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
}

/** Writes a file only if its content differs, so that mtimes keep their meaning. True when it wrote. */
export function writeIfChanged(path: string, content: string, options: WriteOptions = {}): boolean {
  if (readIfExists(path)?.equals(Buffer.from(content)) === true) return false;
  mkdirSync(dirname(path), { recursive: true });
  writeAtomic(path, content, options);
  return true;
}

/** Flushes a directory's entries, without which a rename may be lost in a power cut. */
export function syncDirectory(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Bytes that a file name may have on every file system that Linux knows. */
const LONGEST_NAME = 255;

/** A name beside a path that no other process uses. */
export function temporaryBeside(path: string): string {
  const suffix = `.tmp-${process.pid}-${randomBytes(6).toString('hex')}`;
  const name = basename(path);
  const fits = Buffer.byteLength(name) + suffix.length <= LONGEST_NAME;
  return fits ? `${path}${suffix}` : join(dirname(path), suffix);
}

/**
 * Removes a file or a tree, also where directories have no permissions left or lie deeper than a path
 * may be long. Symbolic links are removed, never followed. What is not there, or goes meanwhile, is fine. Throws
 * node's own errors; what was made immutable (chattr +i) is one of them, EPERM with its path.
 */
export function removeTree(path: string): void {
  let directory: boolean;
  try {
    directory = lstatSync(path).isDirectory();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return;
    throw error;
  }
  if (directory) removeDirectory(Buffer.from(path));
  else unlinkSync(path);
}

/** What somebody else removes meanwhile is gone as well. */
function unlessGone<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** How far below its root a path may grow, in bytes. Short paths are also quicker to walk. */
const LONGEST_BELOW_ROOT = 512;

/**
 * Names are bytes on this system; a lossy decoding would leave files behind. Neither the call stack nor
 * a path grows with the depth: what lies too deep is first moved up into the root.
 */
function removeDirectory(root: Buffer): void {
  const pending = [{ path: root, emptied: false }];
  for (let top = pending.at(-1); top !== undefined; top = pending.at(-1)) {
    if (top.emptied) {
      unlessGone(() => rmdirSync(top.path));
      pending.pop();
      continue;
    }
    top.emptied = true;
    for (const entry of unlessGone(() => listForRemoval(top.path)) ?? []) {
      let child = Buffer.concat([top.path, SLASH, entry.name]);
      if (!entry.isDirectory()) {
        unlessGone(() => unlinkSync(child));
        continue;
      }
      if (top.path !== root && child.length - root.length > LONGEST_BELOW_ROOT) {
        // A directory that moves changes its own "..", for which it must be writable.
        makeWritable(child);
        const higher = Buffer.concat([root, SLASH, Buffer.from(randomBytes(12).toString('hex'))]);
        renameSync(child, higher);
        child = higher;
      }
      pending.push({ path: child, emptied: false });
    }
  }
}

const SLASH = Buffer.from('/');

/** Entries of a directory, which is made writable if there are any: an empty one can go as it is. */
function listForRemoval(directory: Buffer): Dirent<Buffer>[] {
  let entries;
  try {
    entries = readdirSync(directory, { withFileTypes: true, encoding: 'buffer' });
  } catch (error) {
    if (errnoOf(error) !== 'EACCES') throw error;
    chmodSync(directory, 0o700);
    entries = readdirSync(directory, { withFileTypes: true, encoding: 'buffer' });
  }
  if (entries.length > 0) makeWritable(directory);
  return entries;
}

function makeWritable(directory: string | Buffer): void {
  const { mode } = lstatSync(directory);
  if ((mode & 0o700) !== 0o700) chmodSync(directory, 0o700);
}

/** A directory that is removed when its scope ends: `using work = temporaryDirectory(parent, 'unpack')`. */
export function temporaryDirectory(parent: string, name: string): Disposable & { path: string } {
  mkdirSync(parent, { recursive: true });
  const path = join(parent, `${name}-${process.pid}-${randomBytes(6).toString('hex')}`);
  mkdirSync(path, { mode: 0o700 });
  return { path, [Symbol.dispose]: () => removeTree(path) };
}

/**
 * Hard-links a file, or copies it where links are not possible (another file system, a link limit).
 * `to` must not exist: a link planted there is not followed. Throws node's own errors.
 */
export function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    if (!isLinkRefused(error)) throw error;
    copyFileSync(from, to, constants.COPYFILE_EXCL);
  }
}

const LINK_REFUSALS = new Set(['EXDEV', 'EMLINK', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/** Whether link(2) failed for want of links, not of the file: a copy may still do. */
export function isLinkRefused(error: unknown): boolean {
  return LINK_REFUSALS.has(errnoOf(error) ?? '');
}
