// The store on this machine: content-addressed blobs as read-only files that are hard-linked to where
// they are used. Many processes use one store at once, without locks: every file appears by rename.
// A blob's mtime is a constant, so a write through some link shows at the next look.
import {
  accessSync,
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
  type Stats,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import {
  definitionError,
  environmentError,
  failed,
  ok,
  type Diagnostic,
  type Result,
} from '../base/diagnostic.ts';
import { digestFile, digestOf, sameDigest, type Digest } from '../base/digest.ts';
import {
  discard,
  errnoOf,
  isLinkRefused,
  readIfExists,
  removeTree,
  systemError,
  temporaryBeside,
  writeAtomic,
} from '../base/fs.ts';
import { makeDirectories } from '../base/mkdir.ts';

/** Version of everything below the store's root. A store of another version is left alone. */
export const STORE_VERSION = '1';

/** 1980-01-01T00:00:00Z, in seconds: the mtime of every blob, hence of every restored file. */
export const BLOB_TIME = 315_532_800;

export interface Store {
  /** Absolute, without symbolic links: one store has one name. */
  readonly root: string;
}

/**
 * Where the store is: `--store` or ASHLAR_STORE, else below XDG_CACHE_HOME, else below HOME. Error
 * `store/nowhere` when none of them is set.
 */
export function storeRoot(env: NodeJS.ProcessEnv): Result<string> {
  if (env['ASHLAR_STORE']) return ok(resolve(env['ASHLAR_STORE']));
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
    for (const folder of ['tmp', 'work', 'log', 'cas', 'ac']) makeDirectory(join(root, folder));
    for (const folder of ['.', 'cas', 'ac', 'tmp', 'work']) {
      accessSync(join(root, folder), constants.W_OK | constants.X_OK);
    }
    // A store whose version a power cut took away would be refused ever after.
    if (version === undefined) writeAtomic(versionFile, `${STORE_VERSION}\n`, { durable: true });
    const store = { root: realpathSync(root) };
    removeLeftovers(store);
    return ok(store);
  } catch (error) {
    return failed(systemError('open the store', error, root));
  }
}

const REFUSED: readonly string[] = ['fs/erofs', 'fs/eacces', 'fs/eperm'];

/** Whether a store could not be opened because it may not be written: it may still be read. */
export function isWriteRefused({ code }: Diagnostic): boolean {
  return REFUSED.includes(code);
}

/**
 * Opens a store for who only looks at it: one that cannot be written as well, which is left as it is, `writable`
 * says so. Errors are those of openStore.
 */
export function openStoreToRead(
  root: string,
): Result<{ readonly store: Store; readonly writable: boolean }> {
  const opened = openStore(root);
  if (opened.ok) return ok({ store: opened.value, writable: true });
  if (!opened.diagnostics.every(isWriteRefused) || !isReadable(root)) return opened;
  return ok({ store: { root: realpathSync(root) }, writable: false });
}

/** Whether all can be seen that counts: what cannot would seem not to be there. */
function isReadable(root: string): boolean {
  try {
    const pins = existsSync(join(root, 'pins')) ? ['pins'] : [];
    for (const folder of ['.', 'cas', 'ac', ...pins]) {
      accessSync(join(root, folder), constants.R_OK | constants.X_OK);
    }
    return readFileSync(join(root, 'version'), 'utf8').trim() === STORE_VERSION;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return false;
  }
}

/** A temporary file lives for as long as one write takes. */
const LEFTOVER_MS = 24 * 3_600_000;

/** What killed processes left in `tmp`. The time of the last change tells: others are set by us. */
function removeLeftovers({ root }: Store): void {
  for (const name of readdirSync(join(root, 'tmp'))) {
    const path = join(root, 'tmp', name);
    const age = Date.now() - (lstatSync(path, { throwIfNoEntry: false })?.ctimeMs ?? Infinity);
    if (age > LEFTOVER_MS) removeLeftover(path);
  }
}

function removeLeftover(path: string): void {
  try {
    removeTree(path);
  } catch (error) {
    // Left to those who can: it must not keep anybody from working.
    if (errnoOf(error) === undefined) throw error;
  }
}

/** Never writable by others, however lax the umask: who can write here decides what builds get. */
function makeDirectory(path: string): void {
  makeDirectories(path, 0o755);
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
 * Undefined when the store has no such blob, or had one that was damaged and is now removed.
 */
export function blobPath(store: Store, digest: Digest, executable = false): string | undefined {
  const path = variantPath(store, digest, executable);
  if (intact(store, path, digest, executable)) return path;
  const other = variantPath(store, digest, !executable);
  if (!intact(store, other, digest, !executable)) return undefined;
  enter(store, path, executable, (temporary) => copyFileSync(other, temporary));
  return path;
}

/** The file of a blob with the permissions asked for, and what was seen of it. Undefined unless it is as we left it. */
export function sealedBlob(
  store: Store,
  digest: Digest,
  executable: boolean,
): { readonly path: string; readonly stat: Stats } | undefined {
  const path = variantPath(store, digest, executable);
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat?.size !== digest.size || !isSealed(stat, executable)) return undefined;
  return { path, stat };
}

/** A file that holds a blob, with whatever permissions: for who only reads it. Undefined as by blobPath. */
export function blobFile(store: Store, digest: Digest): string | undefined {
  return [false, true]
    .map((executable) => ({ path: variantPath(store, digest, executable), executable }))
    .find(({ path, executable }) => intact(store, path, digest, executable))?.path;
}

/** Whether a blob is there, for who counts on its staying. */
export function hasBlob(store: Store, digest: Digest): boolean {
  return [false, true].some((executable) =>
    wanted(store, variantPath(store, digest, executable), digest, executable),
  );
}

/**
 * Whether a blob's file is what its name says. Size, permissions and mtime tell in one stat; where they
 * are not as we left them, only its bytes decide.
 */
function intact(store: Store, path: string, digest: Digest, executable: boolean): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return false;
  if (stat.size === digest.size && isSealed(stat, executable)) return true;
  return examine(store, path, digest, executable, stat);
}

/**
 * A file that was copied here, or that somebody got at through another name it has, and may be writing to
 * still: when its bytes are right the store keeps a copy of its own, else nothing.
 */
function examine(
  store: Store,
  path: string,
  digest: Digest,
  executable: boolean,
  stat: Stats,
): boolean {
  if (stat.isFile() && isSealed(stat, executable) && digestFile(path).hash === digest.hash) {
    // Ours, and sound: it is the size asked for that is wrong.
    return false;
  }
  const renewed = stat.isFile() && renew(store, path, digest, executable);
  if (renewed === false) rmSync(path, { recursive: true, force: true });
  return renewed !== false && renewed === digest.size;
}

/** Puts a sealed copy in a file's place and tells its size; false when its bytes are wrong or unreadable. */
function renew(store: Store, path: string, digest: Digest, executable: boolean): number | false {
  let size: number | false = false;
  try {
    enter(store, path, executable, (temporary) => {
      copyFileSync(path, temporary, constants.COPYFILE_EXCL);
      const copied = digestFile(temporary);
      if (copied.hash !== digest.hash) throw new WrongBytes();
      size = copied.size;
    });
  } catch (error) {
    const unreadable = ['EACCES', 'EPERM', 'EIO', 'ENOENT'].includes(errnoOf(error) ?? '');
    if (!unreadable && !(error instanceof WrongBytes)) throw error;
    return false;
  }
  return size;
}

class WrongBytes extends Error {}

function modeOf(executable: boolean): number {
  return executable ? 0o555 : 0o444;
}

function isSealed(stat: Stats, executable: boolean): boolean {
  return (
    stat.isFile() &&
    stat.mtimeMs === BLOB_TIME * 1000 &&
    (stat.mode & 0o7777) === modeOf(executable)
  );
}

/** Gives a file the permissions and the time of a blob. */
function seal(path: string, executable: boolean): void {
  chmodSync(path, modeOf(executable));
  utimesSync(path, BLOB_TIME, BLOB_TIME);
}

/** Makes a blob's file: filled elsewhere, sealed, and then there at once. */
function enter(
  store: Store,
  path: string,
  executable: boolean,
  fill: (temporary: string) => void,
): void {
  replace(store, path, (temporary) => {
    fill(temporary);
    seal(temporary, executable);
    added.set(store.root, addedTo(store) + lstatSync(temporary).size);
  });
}

/** Bytes that this process put into each store. */
const added = new Map<string, number>();

/** How much this process has put into a store, for who watches its size. */
export function addedTo({ root }: Store): number {
  return added.get(root) ?? 0;
}

/** Counts bytes that came into a store beside its blobs. */
export function noteAdded({ root }: Store, bytes: number): void {
  added.set(root, (added.get(root) ?? 0) + bytes);
}

/** Makes a blob's file, executable or not, of what `fill` writes: bytes that were checked. Throws what `fill` throws. */
export function enterBlob(
  store: Store,
  digest: Digest,
  executable: boolean,
  fill: (temporary: string) => void,
): void {
  enter(store, variantPath(store, digest, executable), executable, fill);
}

/** Makes a file below the store appear whole, or not at all. Throws what `fill` throws. */
export function replace(store: Store, path: string, fill: (temporary: string) => void): void {
  const temporary = temporaryBeside(`${store.root}/tmp/new`);
  try {
    fill(temporary);
    name(temporary, path);
  } catch (error) {
    discard(temporary);
    throw error;
  }
}

/**
 * Gives a file its name, and makes the directory of the name with its first file: 512 empty ones took a tenth of a
 * second of every new store. Nothing above it, or a store that was removed would be there again.
 */
function name(temporary: string, path: string): void {
  try {
    renameSync(temporary, path);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    try {
      mkdirSync(dirname(path), { mode: 0o755 });
    } catch (failure) {
      // Another process may have been quicker.
      if (errnoOf(failure) !== 'EEXIST') throw failure;
    }
    renameSync(temporary, path);
  }
}

/** A blob that somebody counts on is marked as wanted when it was not for so long. */
const WANTED_GRAIN_MS = 60_000;

/**
 * As intact(), and leaves a new ctime on the file: whoever makes room takes what was wanted long ago.
 * Setting the mode that it has changes nothing else; its mtime has to tell of writes.
 */
function wanted(store: Store, path: string, digest: Digest, executable: boolean): boolean {
  if (!intact(store, path, digest, executable)) return false;
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined || Date.now() - stat.ctimeMs < WANTED_GRAIN_MS) return stat !== undefined;
  try {
    chmodSync(path, modeOf(executable));
    return true;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    // Of another user's it can only be hoped that it stays.
    return errnoOf(error) !== 'ENOENT';
  }
}

/** Stores bytes. Throws node's own errors. */
export function putBytes(store: Store, content: string | Uint8Array): Digest {
  const digest = digestOf(content);
  const path = variantPath(store, digest, false);
  if (wanted(store, path, digest, false)) return digest;
  enter(store, path, false, (temporary) => writeFileSync(temporary, content, { flag: 'wx' }));
  return digest;
}

/**
 * Takes a regular file into the store by moving it there: nobody may have it open for writing. One that
 * has other names, or is on another file system, is copied and stays. Returns its digest. Throws node's
 * own errors, and EBUSY when the file changed meanwhile.
 */
export function moveIntoStore(store: Store, file: string | Buffer, executable: boolean): Digest {
  const before = lstatSync(file);
  const digest = digestFile(file);
  const path = variantPath(store, digest, executable);
  if (wanted(store, path, digest, executable)) return digest;
  enter(store, path, executable, (temporary) => {
    if (before.nlink === 1 && moved(file, temporary)) {
      const after = lstatSync(temporary);
      if (after.mtimeMs !== before.mtimeMs || after.size !== digest.size) throw changed(file);
    } else {
      copyFileSync(file, temporary, constants.COPYFILE_EXCL);
      if (!sameDigest(digestFile(temporary), digest)) throw changed(file);
    }
  });
  return digest;
}

function moved(file: string | Buffer, to: string): boolean {
  try {
    renameSync(file, to);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EXDEV') return false;
    throw error;
  }
}

function changed(file: string | Buffer): Error {
  const message = `EBUSY: ${String(file)} changed while it was taken into the store`;
  return Object.assign(new Error(message), { code: 'EBUSY', path: String(file) });
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
 * does not have it. Throws node's own errors; a symbolic link planted at the path is not followed.
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
      if (!isLinkRefused(error)) throw error;
    }
  }
  const writable = executable ? 0o755 : 0o644;
  const ordinary = options.copy === true ? writable : modeOf(executable);
  try {
    copyFileSync(blob, path, constants.COPYFILE_EXCL);
    chmodSync(path, options.mode ?? ordinary);
    utimesSync(path, BLOB_TIME, BLOB_TIME);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') discard(path);
    throw error;
  }
  return true;
}
