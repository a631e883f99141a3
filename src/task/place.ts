// What lies where an output was put, as a flat list: enough to see in one look at each file that nobody touched
// it, and to put it there again without its result or its tree being read.
import { lstatSync, readdirSync, readlinkSync, type Stats } from 'node:fs';
import { digestFile, sameDigest, type Digest, type Sha256Hex } from '../base/digest.ts';
import { errnoOf } from '../base/fs.ts';
import { BLOB_TIME, blobPath, type Store } from '../cache/store.ts';
import type { LoadedTree } from '../cache/tree.ts';
import type { Directory } from '../remote/message.ts';
import { besideOf, recordOf } from './beside.ts';

/**
 * A directory's time must lie this far in the past to tell of every change: clocks of file systems move in
 * steps of up to two seconds.
 */
const GRANULARITY_MS = 2_000;

/** A larger output takes longer to handle than its tree to read. */
const MAX_ENTRIES = 100_000;

/** Paths inside are relative to `path`: empty for itself, else they begin with a slash. Outer ones come first. */
export interface Place {
  readonly path: string;
  /** The Tree message of a directory; undefined where a single file is put. */
  readonly tree?: Digest | undefined;
  /** Of a single file; 0 where it is not known. */
  inode: number;
  readonly directories: readonly PlacedDirectory[];
  readonly files: readonly PlacedFile[];
  /** Path inside, and target. */
  readonly links: readonly (readonly [string, string])[];
}

/**
 * Path inside; permission bits; number of entries; time of last change in milliseconds, by which nothing was
 * added, removed or renamed since, or 0 where it is not known that it would tell.
 */
export type PlacedDirectory = [string, number, number, number];

/** Path inside, size, permission bits, digest. */
export type PlacedFile = readonly [string, number, number, Sha256Hex];

/** `changed`: something else may lie there, which takes a closer look. */
export type Condition = 'untouched' | 'vacant' | 'changed';

/**
 * What became of a place. What turns out to be known of it from now on is set, and `learned` called. Throws node's
 * own errors.
 */
export function conditionOf(store: Store, place: Place, learned: () => void): Condition {
  const there = look(place.path);
  if (there === undefined) return 'vacant';
  if (place.tree === undefined) return conditionOfFile(store, place, there, learned);
  const { path, directories, files, links } = place;
  if (directories.some((directory) => directory[3] === 0)) {
    // Only what is on record beside it tells whose files these are: those of two trees may look the same.
    if (recordOf(place.tree, besideOf(path)) === undefined) return 'changed';
  }
  const stats: Stats[] = [];
  for (const directory of directories) {
    const stat = directory[0] === '' ? there : look(path + directory[0]);
    if (!isUnchanged(path, directory, stat)) return 'changed';
    stats.push(stat);
  }
  for (const file of files) if (!isUntouched(look(path + file[0]), file)) return 'changed';
  for (const [inside, target] of links) if (targetOf(path + inside) !== target) return 'changed';
  const latest = Date.now() - GRANULARITY_MS;
  for (let i = 0; i < stats.length; i++) {
    const { mtimeMs, ctimeMs } = stats[i]!;
    const directory = directories[i]!;
    if (directory[3] === mtimeMs || mtimeMs > latest || ctimeMs > latest) continue;
    directory[3] = mtimeMs;
    learned();
  }
  return 'untouched';
}

/** Another output of the same size may have been put there: the inode tells, which is the store's own. */
function conditionOfFile(store: Store, place: Place, there: Stats, learned: () => void): Condition {
  const [, size, mode, hash] = place.files[0]!;
  if (!isUntouched(there, place.files[0]!)) return 'changed';
  if (place.inode === there.ino) return 'untouched';
  if (!isBlob(store, place.path, there, { hash, size }, mode === 0o555)) return 'changed';
  place.inode = there.ino;
  learned();
  return 'untouched';
}

/** Whether a file is a blob's own or, as a copy of the same size, has its bytes. */
export function isBlob(
  store: Store,
  path: string,
  there: Stats,
  digest: Digest,
  executable: boolean,
): boolean {
  const blob = blobPath(store, digest, executable);
  const own = blob === undefined ? undefined : look(blob);
  if (own?.ino === there.ino && own.dev === there.dev) return true;
  return sameDigest(digestFile(path), digest);
}

/** Whether a directory has the entries that it had, by their names. */
function isUnchanged(
  path: string,
  directory: PlacedDirectory,
  stat: Stats | undefined,
): stat is Stats {
  if (stat?.isDirectory() !== true) return false;
  if (directory[3] !== 0) return stat.mtimeMs === directory[3];
  // All that should be there is looked at by name: nothing else is there if there are not more.
  return readdirSync(path + directory[0]).length === directory[2];
}

function isUntouched(stat: Stats | undefined, file: PlacedFile): boolean {
  return (
    stat?.size === file[1] &&
    stat.mtimeMs === BLOB_TIME * 1000 &&
    (stat.mode & 0o7777) === file[2] &&
    stat.isFile()
  );
}

function look(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (errnoOf(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

function targetOf(path: string): string | undefined {
  return look(path)?.isSymbolicLink() === true ? readlinkSync(path) : undefined;
}

/** A file that is to be put at a path. */
export function filePlace(path: string, digest: Digest, executable: boolean): Place {
  const file = ['', digest.size, executable ? 0o555 : 0o444, digest.hash] as const;
  return { path, inode: 0, directories: [], files: [file], links: [] };
}

/** A tree that is to be put at a path; undefined for one that is too large, or lacks a part. */
export function treePlace(path: string, digest: Digest, tree: LoadedTree): Place | undefined {
  const directories: PlacedDirectory[] = [];
  const files: PlacedFile[] = [];
  const links: [string, string][] = [];
  const visit = (directory: Directory, inside: string, mode: number): boolean => {
    const entries =
      directory.files.length + directory.symlinks.length + directory.directories.length;
    if (directories.length + files.length + links.length + entries > MAX_ENTRIES) return false;
    directories.push([inside, mode, entries, 0]);
    for (const {
      name,
      digest: { hash, size },
      executable,
      mode: special,
    } of directory.files) {
      files.push([`${inside}/${name}`, size, special ?? (executable ? 0o555 : 0o444), hash]);
    }
    for (const { name, target } of directory.symlinks) links.push([`${inside}/${name}`, target]);
    return directory.directories.every(({ name, digest: { hash } }) => {
      const child = tree.children.get(hash);
      return child !== undefined && visit(child, `${inside}/${name}`, child.mode ?? 0o755);
    });
  };
  return visit(tree.root, '', 0o755)
    ? { path, tree: digest, inode: 0, directories, files, links }
    : undefined;
}
