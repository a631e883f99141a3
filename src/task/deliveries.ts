// What a build puts in place, as far as all of it is in the local store: many outputs in one go, without a promise for
// each. What takes a closer look (something lies there already, or a part is missing) is handed back to the scheduler.
import { lstatSync } from 'node:fs';
import { dirname } from 'node:path';
import { errnoOf } from '../base/fs.ts';
import type { LocalCache } from '../cache/local.ts';
import { loadTree } from '../cache/tree.ts';
import type { Delivery } from './deliver.ts';
import { fillPlaces, type Filled } from './fill.ts';
import type { Node } from './node.ts';
import { conditionOf, filePlace, treePlace, type Place, type PlacedDirectory } from './place.ts';
import { PlacedTable, type Entry } from './placed.ts';
import type { TaskResult } from './task.ts';

/** So many at once: few enough that whatever else goes on is not kept waiting. */
const AT_ONCE = 200;

/** `closer`: to be delivered one by one. */
export type Outcome = Exclude<Filled, 'taken'> | 'closer';

export class Deliveries {
  readonly #cache: LocalCache;
  readonly #table: PlacedTable | undefined;
  readonly #places = new Map<Node, readonly Place[]>();
  /** What the table says of those that it is enough for. */
  readonly #known = new Map<Node, Entry>();
  /** Directories of outputs that were not there when they were looked for. */
  readonly #absent = new Map<string, boolean>();
  #waiting: { readonly node: Node; readonly vacant: readonly Place[] }[] = [];
  #done: Node[] = [];

  /** `table`: the file in which to remember what lies where. */
  constructor(cache: LocalCache, table: string | undefined) {
    this.#cache = cache;
    this.#table = table === undefined ? undefined : new PlacedTable(table);
  }

  /**
   * The result of a node whose outputs lie untouched where they are wanted, or can be put there without another look
   * at the result: then they wait for `some()`. Throws node's own errors.
   */
  find(node: Node): { readonly result: TaskResult; readonly current: boolean } | undefined {
    const { hash } = node.key.key;
    const first = node.deliveries[0]!.path;
    const entry = this.#table?.find(first);
    if (entry?.key !== hash || entry.places.length !== node.deliveries.length) return undefined;
    const { places, result, identity } = entry;
    const learned = (): void => this.#table!.touch(first);
    const vacant: Place[] = [];
    for (let i = 0; i < places.length; i++) {
      const place = places[i]!;
      if (place.path !== node.deliveries[i]!.path) return undefined;
      if (this.#isAbsent(place.path)) {
        vacant.push(place);
        continue;
      }
      const condition = conditionOf(this.#cache.store, place, learned);
      if (condition === 'changed') return undefined;
      if (condition === 'vacant') vacant.push(place);
    }
    if (vacant.length === 0) {
      // What is used daily must not look as if nobody wanted it.
      if (this.#table!.use(first)) this.#cache.touch(hash);
      return { result, current: true };
    }
    // It has to be on record still.
    if (this.#cache.identity(hash) !== identity) return undefined;
    this.#places.set(node, places);
    this.#known.set(node, entry);
    this.#waiting.push({ node, vacant });
    return { result, current: false };
  }

  /** Whether the directory that an output goes into is not there: then nothing in it has to be looked for. */
  #isAbsent(path: string): boolean {
    const directory = dirname(path);
    let absent = this.#absent.get(directory);
    if (absent === undefined) {
      absent = !isThere(directory);
      this.#absent.set(directory, absent);
    }
    return absent;
  }

  /** Has a node's result put in place by `some()`; false where it has to be delivered one by one. */
  add(node: Node): boolean {
    if (node.deliveries.length === 0) return false;
    // Found before its record was looked up.
    if (this.#places.has(node)) return true;
    const places: Place[] = [];
    for (const delivery of node.deliveries) {
      const place = this.#placeOf(node.result!, delivery);
      if (place === undefined) return false;
      places.push(place);
    }
    this.#places.set(node, places);
    if (!places.every(({ path }) => this.#isAbsent(path) || !isThere(path))) return false;
    this.#waiting.push({ node, vacant: places });
    return true;
  }

  #placeOf(result: TaskResult, { output, path }: Delivery): Place | undefined {
    const value = result.outputs[output]!;
    if (value.kind === 'file') return filePlace(path, value.digest, value.executable);
    const tree = loadTree(this.#cache.store, value.tree);
    return tree === undefined ? undefined : treePlace(path, value.tree, tree);
  }

  get waiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** Puts some of those that wait in place. */
  async some(): Promise<(readonly [Node, Outcome])[]> {
    const now = this.#waiting.slice(0, AT_ONCE);
    this.#waiting = this.#waiting.slice(AT_ONCE);
    const filled = await fillPlaces(
      this.#cache.store,
      now.flatMap(({ vacant }) => vacant),
    );
    let next = 0;
    return now.map(({ node, vacant }) => {
      const own = filled.slice(next, next + vacant.length);
      next += vacant.length;
      return [node, outcomeOf(own)];
    });
  }

  /** All outputs of a node are in place. */
  done(node: Node): void {
    if (this.#table !== undefined && this.#places.has(node)) this.#done.push(node);
  }

  /** What was known of a node's outputs does not hold. */
  forget(node: Node): void {
    this.#places.delete(node);
    this.#known.delete(node);
    this.#waiting = this.#waiting.filter((one) => one.node !== node);
    const [first] = node.deliveries;
    if (first !== undefined) this.#table?.delete(first.path);
  }

  /** Writes down what lies where, once all results are registered. Throws node's own errors. */
  save(): void {
    for (const node of this.#done) {
      const { hash } = node.key.key;
      const places = this.#places.get(node);
      const { result } = node;
      if (places === undefined || result === undefined) continue;
      const known = this.#known.get(node);
      const same = known?.result === result && known.places === places;
      if (same && places.every(isUnknown)) {
        this.#table?.use(places[0]!.path);
        continue;
      }
      const identity = same ? known.identity : this.#cache.identity(hash);
      if (identity === undefined) continue;
      this.#table?.set({ key: hash, identity, result, places: places.map(unknown) });
    }
    this.#done = [];
    this.#table?.save();
  }
}

/** Whether nothing is on record of a place that would not hold when all of it is put there anew. */
function isUnknown({ inode, directories }: Place): boolean {
  return inode === 0 && directories.every((directory) => directory[3] === 0);
}

/** What was put there just now may be changed without another time. */
function unknown(place: Place): Place {
  const directories = place.directories.map(
    ([inside, mode, entries]) => [inside, mode, entries, 0] as PlacedDirectory,
  );
  return { ...place, inode: 0, directories };
}

function outcomeOf(filled: readonly Filled[]): Outcome {
  if (filled.includes('missing')) return 'missing';
  return filled.includes('taken') ? 'closer' : 'restored';
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    if (errnoOf(error) === 'ENOTDIR') return false;
    throw error;
  }
}
