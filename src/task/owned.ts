// Output directories that are exactly a task's result: what is stale goes, what is the same stays untouched.
// Beside each lies a record of what was put there, so that nobody else's files are ever removed and a look
// at what is unchanged needs no bytes. Killed at any point, the next delivery ends what this one began.
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  type Stats,
} from 'node:fs';
import { dirname } from 'node:path';
import { definitionError, type Diagnostic } from '../base/diagnostic.ts';
import { sameDigest, type Digest } from '../base/digest.ts';
import { errnoOf, readIfExists, removeTree, temporaryBeside } from '../base/fs.ts';
import { lock } from '../base/lock.ts';
import { BLOB_TIME, blobPath, hasBlob, placeBlob, type Store } from '../cache/store.ts';
import { loadTree, parseTree, placeTree, type LoadedTree } from '../cache/tree.ts';
import type { Directory, FileNode } from '../remote/message.ts';
import { besideOf, deliveryLock, putRecord, recordOf, replaceBy, type Beside } from './beside.ts';

/**
 * Makes a directory exactly the tree. It was, or `restored`: it is now; `missing`: the store lacks
 * a part. A diagnostic (`output/foreign`) where something lies that was not put there by a delivery.
 * Throws node's own errors.
 */
export async function deliverTree(
  store: Store,
  tree: Digest,
  path: string,
): Promise<'restored' | 'missing' | Untouched | Diagnostic> {
  const beside = besideOf(path);
  const untouched = findUntouched(tree, path, beside);
  if (untouched !== undefined) return { current: untouched };
  const wanted = loadTree(store, tree);
  if (wanted === undefined) return 'missing';
  const anew = isVacant(path)
    ? placeAnew(store, tree, path, (fresh) => placeTree(store, wanted, fresh))
    : 'taken';
  if (anew !== 'taken') return anew;
  // Only one at a time changes what lies there.
  const held = await lock(deliveryLock(dirname(path)));
  try {
    return change(store, tree, wanted, path, beside);
  } finally {
    await held?.release();
  }
}

/** A directory that was what is wanted already. */
export interface Untouched {
  readonly current: LoadedTree;
}

/** The tree in a directory that is what its record says, if that is what is wanted. */
function findUntouched(tree: Digest, path: string, beside: Beside): LoadedTree | undefined {
  const bytes = recordOf(tree, beside);
  const recorded = bytes === undefined ? undefined : parseTree(bytes);
  return recorded !== undefined && isSame(recorded, recorded.root, path) ? recorded : undefined;
}

function isSame(tree: LoadedTree, directory: Directory, path: string): boolean {
  const { files, symlinks, directories } = directory;
  const names = namesIn(path);
  if (names?.length !== files.length + symlinks.length + directories.length) return false;
  return (
    files.every((file) => isPlaced(file, `${path}/${file.name}`)) &&
    symlinks.every(({ name, target }) => linkAt(`${path}/${name}`) === target) &&
    directories.every(({ name, digest }) => {
      const child = tree.children.get(digest.hash);
      return child !== undefined && isSame(tree, child, `${path}/${name}`);
    })
  );
}

/** Undefined for what is no directory. */
function namesIn(path: string): string[] | undefined {
  try {
    // Slashed, so that a link to a directory is followed by nobody but readdir, and told apart before.
    return lstatSync(path).isDirectory() ? readdirSync(path) : undefined;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** Whether the file that was put at a path is still there as it was. */
function isPlaced({ digest, executable, mode }: FileNode, path: string): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return (
    stat?.isFile() === true &&
    stat.size === digest.size &&
    stat.mtimeMs === BLOB_TIME * 1000 &&
    (stat.mode & 0o7777) === (mode ?? (executable ? 0o555 : 0o444))
  );
}

function linkAt(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch (error) {
    if (['ENOENT', 'EINVAL', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
}

/** Whether nothing lies at a path, or a directory with nothing in it. */
function isVacant(path: string): boolean {
  const there = lstatSync(path, { throwIfNoEntry: false });
  return there === undefined || (there.isDirectory() && readdirSync(path).length === 0);
}

/**
 * Where nothing lies: filled under another name, and then there at once. On record before that, so that
 * it is ours whatever happens. `fill` makes the directory, and returns false where the store lacks a part.
 * `taken`: somebody was quicker. Throws node's own errors.
 */
export function placeAnew(
  store: Store,
  tree: Digest,
  path: string,
  fill: (fresh: string) => boolean,
): 'restored' | 'missing' | 'taken' {
  const beside = besideOf(path);
  makeParent(path);
  const fresh = temporaryBeside(beside.fresh);
  try {
    if (!fill(fresh) || !putRecord(store, tree, beside)) return 'missing';
    renameSync(fresh, path);
    if (existsSync(beside.changing)) rmSync(beside.changing);
    return 'restored';
  } catch (error) {
    if (errnoOf(error) !== 'ENOTEMPTY' && errnoOf(error) !== 'EEXIST') throw error;
    // What lies there now may be another tree than the one on record.
    writeFileSync(beside.changing, '');
    return 'taken';
  } finally {
    if (existsSync(fresh)) removeTree(fresh);
  }
}

/** Made for the directory before, most of the time. */
let lastParent = '';

function makeParent(path: string): void {
  const parent = dirname(path);
  if (parent === lastParent && existsSync(parent)) return;
  mkdirSync(parent, { recursive: true });
  lastParent = parent;
}

function change(
  store: Store,
  tree: Digest,
  wanted: LoadedTree,
  path: string,
  beside: Beside,
): 'restored' | 'missing' | Diagnostic {
  const { record, changing } = beside;
  const there = lstatSync(path, { throwIfNoEntry: false });
  const owned = existsSync(record) || existsSync(changing);
  if (!owned || there?.isDirectory() !== true) return foreign(path, there);
  // Nothing is removed for a result that is not to be had.
  if (!isComplete(store, wanted)) return 'missing';
  const old = existsSync(changing) ? undefined : readTree(record);
  if (existsSync(record)) renameSync(record, changing);
  if (!new Change(store, wanted, old).apply(path)) return 'missing';
  if (!putRecord(store, tree, beside)) return 'missing';
  rmSync(changing, { force: true });
  return 'restored';
}

function readTree(path: string): LoadedTree | undefined {
  const bytes = readIfExists(path);
  return bytes === undefined ? undefined : parseTree(bytes);
}

function isComplete(store: Store, tree: LoadedTree): boolean {
  const all = [tree.root, ...tree.children.values()];
  return all.every(({ files }) => files.every(({ digest }) => hasBlob(store, digest)));
}

/** Turns a directory into a tree, entry by entry. */
class Change {
  readonly #store: Store;
  readonly #wanted: LoadedTree;
  /** What is known to lie there; undefined after a delivery that did not come to its end. */
  readonly #old: LoadedTree | undefined;

  constructor(store: Store, wanted: LoadedTree, old: LoadedTree | undefined) {
    this.#store = store;
    this.#wanted = wanted;
    this.#old = old;
  }

  apply(path: string): boolean {
    return this.#directory(this.#wanted.root, this.#old?.root, path);
  }

  #directory(directory: Directory, old: Directory | undefined, path: string): boolean {
    const { files, symlinks, directories, mode } = directory;
    const wanted = new Set([...files, ...symlinks, ...directories].map(({ name }) => name));
    for (const name of readdirSync(path, { encoding: 'buffer' })) {
      if (!wanted.has(name.toString('utf8'))) removeEntry(path, name);
    }
    for (const file of files) {
      const before = old?.files.find(({ name }) => name === file.name);
      if (!this.#file(file, before, `${path}/${file.name}`)) return false;
    }
    for (const { name, target } of symlinks) {
      const at = `${path}/${name}`;
      if (linkAt(at) === target) continue;
      replaceBy(at, (temporary) => symlinkSync(target, temporary));
    }
    for (const { name, digest } of directories) {
      const child = this.#wanted.children.get(digest.hash);
      if (child === undefined) return false;
      const at = `${path}/${name}`;
      const before = old?.directories.find((node) => node.name === name);
      const known = before === undefined ? undefined : this.#old?.children.get(before.digest.hash);
      if (lstatSync(at, { throwIfNoEntry: false })?.isDirectory() !== true) {
        removeTree(at);
        mkdirSync(at, { mode: 0o700 });
      }
      if (!this.#directory(child, known, at)) return false;
      setMode(at, child.mode ?? 0o755);
    }
    if (directory === this.#wanted.root) setMode(path, mode ?? 0o755);
    return true;
  }

  #file(file: FileNode, before: FileNode | undefined, at: string): boolean {
    if (this.#isThere(file, before, at)) return true;
    const { digest, executable, mode } = file;
    let placed = false;
    replaceBy(at, (temporary) => {
      placed = placeBlob(this.#store, digest, temporary, { executable, mode });
      return placed;
    });
    return placed;
  }

  /** The record tells what a file holds that is as it was put there; without one, only the blob itself does. */
  #isThere(file: FileNode, before: FileNode | undefined, at: string): boolean {
    if (!isPlaced(file, at)) return false;
    if (before !== undefined) return sameDigest(before.digest, file.digest);
    const blob = file.mode === undefined && blobPath(this.#store, file.digest, file.executable);
    return typeof blob === 'string' && isOneFile(lstatSync(blob), lstatSync(at));
  }
}

function isOneFile(a: Stats, b: Stats): boolean {
  return a.ino === b.ino && a.dev === b.dev;
}

function setMode(path: string, mode: number): void {
  if ((lstatSync(path).mode & 0o7777) !== mode) chmodSync(path, mode);
}

/** Names are bytes: what is stale may have one that is no text. */
function removeEntry(directory: string, name: Buffer): void {
  const text = name.toString('utf8');
  if (Buffer.from(text, 'utf8').equals(name)) removeTree(`${directory}/${text}`);
  else rmSync(Buffer.concat([Buffer.from(`${directory}/`), name]), { recursive: true });
}

function foreign(path: string, there: Stats | undefined): Diagnostic {
  const what = there?.isDirectory() === true ? 'holds files' : 'is a file';
  return definitionError({
    code: 'output/foreign',
    message: `${path} is to become a task's output, but ${what} that no delivery put there`,
    hint: 'move it out of the way, or choose another place',
  });
}
