// The store on this machine: content-addressed blobs as read-only files that are hard-linked to where
// they are used. Many processes use one store at once, without locks: every file appears by rename.
// A blob's mtime is a constant, so a write through some link shows at the next look.
import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { definitionError, environmentError, failed, ok, type Result } from '../base/diagnostic.ts';
import { digestFile, digestOf, sameDigest, type Digest } from '../base/digest.ts';
import { errnoOf, readIfExists, systemError, temporaryBeside, writeAtomic } from '../base/fs.ts';

/** Version of everything below the store's root. A store of another version is left alone. */
const STORE_VERSION = '1';

/** 1980-01-01T00:00:00Z, in seconds: the mtime of every blob, hence of every restored file. */
export const BLOB_TIME = 315_532_800;

export interface Store {
  readonly root: string;
}

/**
 * Where the store is: `--store` or ASHLAR_STORE, else below XDG_CACHE_HOME, else below HOME. Error
 * `store/nowhere` when none of them is set.
 */
export function storeRoot(env: NodeJS.ProcessEnv): Result<string> {
  if (env['ASHLAR_STORE']) return ok(env['ASHLAR_STORE']);
  if (env['XDG_CACHE_HOME']?.startsWith('/')) return ok(join(env['XDG_CACHE_HOME'], 'ashlar'));
  if (env['HOME']?.startsWith('/')) return ok(join(env['HOME'], '.cache', 'ashlar'));
  return failed(
    environmentError({
      code: 'store/nowhere',
      message: 'no place for the store: ASHLAR_STORE, XDG_CACHE_HOME and HOME are all unset',
      hint: 'set ASHLAR_STORE to a directory that may be written',
    }),
  );
}

/**
 * Opens a store, making it where there is none. Errors: `store/version` for one of another version
 * (never converted behind another program's back), `fs/*` where it cannot be written.
 */
export function openStore(root: string): Result<Store> {
  const versionFile = join(root, 'version');
  try {
    const version = readIfExists(versionFile)?.toString('utf8').trim();
    if (version !== undefined && version !== STORE_VERSION) {
      return failed(
        definitionError({
          code: 'store/version',
          message: `the store ${root} has format ${version || '(empty)'}, this Ashlar knows format ${STORE_VERSION}`,
          hint: 'use an Ashlar that knows it, or another store (ASHLAR_STORE)',
        }),
      );
    }
    for (const folder of ['work', 'log']) mkdirSync(join(root, folder), { recursive: true });
    for (const kind of ['cas', 'ac']) makeFan(join(root, kind));
    if (version === undefined) writeAtomic(versionFile, `${STORE_VERSION}\n`);
    return ok({ root });
  } catch (error) {
    return failed(systemError('open the store', error, root));
  }
}

/** All 256 directories at once, so that no write has to ask whether its directory is there. */
function makeFan(directory: string): void {
  if (existsSync(join(directory, 'ff'))) return;
  for (let byte = 0; byte < 256; byte++) {
    mkdirSync(join(directory, byte.toString(16).padStart(2, '0')), { recursive: true });
  }
}

/** The file of an object below `cas` or `ac`. */
export function objectPath(store: Store, kind: 'cas' | 'ac', hash: string): string {
  return `${store.root}/${kind}/${hash.slice(0, 2)}/${hash}`;
}

/** Executable files have an inode of their own, because hard links share their permissions. */
function variantPath(store: Store, digest: Digest, executable: boolean): string {
  const path = objectPath(store, 'cas', digest.hash);
  return executable ? `${path}.x` : path;
}

/**
 * The file of a blob with the permissions asked for, made from the other variant where needed.
 * Undefined when the store has no such blob, or had one that was damaged and is now set aside.
 */
export function blobPath(store: Store, digest: Digest, executable = false): string | undefined {
  const path = variantPath(store, digest, executable);
  if (intact(path, digest)) return path;
  const other = variantPath(store, digest, !executable);
  if (!intact(other, digest)) return undefined;
  const temporary = temporaryBeside(path);
  copyFileSync(other, temporary);
  seal(temporary, executable);
  renameSync(temporary, path);
  return path;
}

export function hasBlob(store: Store, digest: Digest): boolean {
  return (
    intact(variantPath(store, digest, false), digest) ||
    intact(variantPath(store, digest, true), digest)
  );
}

/**
 * Whether a blob's file is what its name says. Size and mtime tell in one stat; where the mtime is not
 * ours, somebody wrote to it (or it was copied), and only its digest decides.
 */
function intact(path: string, digest: Digest): boolean {
  let stat;
  try {
    stat = lstatSync(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
  const sound = stat.isFile() && stat.size === digest.size;
  if (sound && stat.mtimeMs === BLOB_TIME * 1000) return true;
  if (sound && sameDigest(digestFile(path), digest)) {
    seal(path, path.endsWith('.x'));
    return true;
  }
  rmSync(path, { recursive: true, force: true });
  return false;
}

/** Gives a file the permissions and the time of a blob. */
function seal(path: string, executable: boolean): void {
  chmodSync(path, executable ? 0o555 : 0o444);
  utimesSync(path, BLOB_TIME, BLOB_TIME);
}

/** Stores bytes. Throws node's own errors. */
export function putBytes(store: Store, content: string | Uint8Array): Digest {
  const digest = digestOf(content);
  const path = variantPath(store, digest, false);
  if (intact(path, digest)) return digest;
  const temporary = temporaryBeside(path);
  writeFileSync(temporary, content, { flag: 'wx' });
  seal(temporary, false);
  renameSync(temporary, path);
  return digest;
}

/**
 * Takes a regular file into the store by moving it there: nobody may have it open for writing. Returns
 * its digest. A file on another file system is copied. Throws node's own errors.
 */
export function moveIntoStore(store: Store, file: string | Buffer, executable: boolean): Digest {
  const digest = digestFile(file);
  const path = variantPath(store, digest, executable);
  if (intact(path, digest)) return digest;
  const temporary = temporaryBeside(path);
  try {
    renameSync(file, temporary);
  } catch (error) {
    if (errnoOf(error) !== 'EXDEV') throw error;
    copyFileSync(file, temporary);
  }
  seal(temporary, executable);
  renameSync(temporary, path);
  return digest;
}

/** A blob's bytes, checked against its digest. Undefined when it is not there or was damaged. */
export function readBlob(store: Store, digest: Digest): Buffer | undefined {
  const path = blobPath(store, digest);
  if (path === undefined) return undefined;
  const bytes = readFileSync(path);
  if (sameDigest(digestOf(bytes), digest)) return bytes;
  rmSync(path, { force: true });
  return undefined;
}

export interface PlaceOptions {
  readonly executable?: boolean;
  /** Permission bits, where they are neither 0o444 nor 0o555: the file is then a copy. */
  readonly mode?: number | undefined;
  /** Copy instead of linking: whoever gets the file may write to it. */
  readonly copy?: boolean;
}

/**
 * Puts a blob at a path that does not exist yet, as a hard link where possible. False when the store
 * does not have it. Throws node's own errors.
 */
export function placeBlob(
  store: Store,
  digest: Digest,
  path: string,
  options: PlaceOptions = {},
): boolean {
  const executable = options.executable ?? false;
  const blob = blobPath(store, digest, executable);
  if (blob === undefined) return false;
  if (options.copy !== true && options.mode === undefined) {
    try {
      linkSync(blob, path);
      return true;
    } catch (error) {
      const errno = errnoOf(error);
      if (errno !== 'EXDEV' && errno !== 'EMLINK' && errno !== 'EPERM') throw error;
    }
  }
  copyFileSync(blob, path);
  chmodSync(
    path,
    options.mode ??
      (options.copy === true ? (executable ? 0o755 : 0o644) : executable ? 0o555 : 0o444),
  );
  utimesSync(path, BLOB_TIME, BLOB_TIME);
  return true;
}
