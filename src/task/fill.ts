// Puts outputs where nothing lies. Of many that go into one directory each is filled under its own name, while a
// lock keeps others from mending what is half done: a rename costs more than a directory and the link to its file.
import { chmodSync, linkSync, lstatSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { errnoOf, removeTree } from '../base/fs.ts';
import { lock, type Lock } from '../base/lock.ts';
import { makeDirectories } from '../base/mkdir.ts';
import { blobPath, placeBlob, type PlaceOptions, type Store } from '../cache/store.ts';
import { besideOf, deliveryLock, putRecord } from './beside.ts';
import { placeAnew } from './owned.ts';
import type { Place, PlacedFile } from './place.ts';

/**
 * `missing`: the store lacks a part; `taken`: something is in the way, or the machine refuses something, and
 * whoever delivers one by one will say what. Nothing is left there then.
 */
export type Filled = 'restored' | 'missing' | 'taken';

/** A lock costs as much as this many renames. */
const FEW = 4;

/** Fills places that were vacant a moment ago; what became of each, in their order. */
export async function fillPlaces(store: Store, places: readonly Place[]): Promise<Filled[]> {
  const counts = new Map<string, number>();
  for (const { path, tree } of places) {
    const directory = dirname(path);
    if (tree !== undefined) counts.set(directory, (counts.get(directory) ?? 0) + 1);
  }
  const crowded = new Set([...counts].flatMap(([path, count]) => (count < FEW ? [] : [path])));
  const held: (Lock | undefined)[] = [];
  try {
    // In an order that is the same for everybody, so that no two wait for each other.
    for (const directory of [...crowded].sort()) held.push(await lock(deliveryLock(directory)));
    const filler = new Filler(store, crowded);
    return places.map((place) => filler.fill(place));
  } finally {
    for (const one of held) await one?.release();
  }
}

class Filler {
  readonly #store: Store;
  /** Directories of which the lock is held. */
  readonly #locked: ReadonlySet<string>;
  /** Directories that are there, and whether what is made in them gets the permissions that were asked for. */
  readonly #exact = new Map<string, boolean | undefined>();

  constructor(store: Store, locked: ReadonlySet<string>) {
    this.#store = store;
    this.#locked = locked;
  }

  fill(place: Place): Filled {
    const { path, tree } = place;
    const parent = dirname(path);
    try {
      if (!this.#exact.has(parent)) {
        makeDirectories(parent);
        this.#exact.set(parent, undefined);
      }
      if (tree === undefined) return this.#linkFile(place);
      if (this.#locked.has(parent)) return this.#fillInPlace(place, tree, parent);
      return placeAnew(this.#store, tree, path, (fresh) => {
        this.#makeDirectory(fresh, parent);
        return this.#put(place, fresh, parent);
      });
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      return 'taken';
    }
  }

  /** A link is there at once; where only a copy can be had, that takes another name. */
  #linkFile({ path, files }: Place): Filled {
    const [, size, mode, hash] = files[0]!;
    const blob = blobPath(this.#store, { hash, size }, mode === 0o555);
    if (blob === undefined) return 'missing';
    linkSync(blob, path);
    return 'restored';
  }

  /** That the directory was made says that nothing of anybody's lies in it, and only then it goes on record as ours. */
  #fillInPlace(place: Place, tree: NonNullable<Place['tree']>, parent: string): Filled {
    const { path } = place;
    const beside = besideOf(path);
    this.#makeDirectory(path, parent);
    let filled = false;
    try {
      filled = putRecord(this.#store, tree, beside) && this.#put(place, path, parent);
    } finally {
      if (!filled) {
        removeTree(path);
        rmSync(beside.record, { force: true });
      }
    }
    return filled ? 'restored' : 'missing';
  }

  /** All that lies in a directory which was just made. */
  #put(place: Place, at: string, parent: string): boolean {
    const { directories, files, links } = place;
    for (const [inside] of directories) {
      if (inside !== '') this.#makeDirectory(at + inside, parent);
    }
    for (const file of files) if (!this.#putFile(file, at)) return false;
    for (const [inside, target] of links) symlinkSync(target, at + inside);
    // Inner ones first: some let nobody in afterwards.
    for (let i = directories.length - 1; i >= 0; i--) {
      const [inside, mode] = directories[i]!;
      if (mode !== 0o755) chmodSync(at + inside, mode);
    }
    return true;
  }

  /** By index, here as where places are looked at: taking a list apart by its iterator costs as much as a link. */
  #putFile(file: PlacedFile, at: string): boolean {
    const digest = { hash: file[3], size: file[1] };
    return placeBlob(this.#store, digest, at + file[0], optionsOf(file[2]));
  }

  /**
   * Permissions of what is made are a matter of the umask, and of what the directory above hands on: as one came out,
   * all others below the same directory do.
   */
  #makeDirectory(path: string, above: string): void {
    mkdirSync(path, 0o755);
    const exact = this.#exact.get(above);
    if (exact === true) return;
    const isExact = (lstatSync(path).mode & 0o7777) === 0o755;
    if (!isExact) chmodSync(path, 0o755);
    if (exact === undefined) this.#exact.set(above, isExact);
  }
}

const PLAIN: PlaceOptions = { executable: false };
const EXECUTABLE: PlaceOptions = { executable: true };

/** How a file with permission bits is placed: those that few have take a copy. */
function optionsOf(mode: number): PlaceOptions {
  if (mode === 0o444) return PLAIN;
  if (mode === 0o555) return EXECUTABLE;
  return { executable: (mode & 0o111) !== 0, mode };
}
