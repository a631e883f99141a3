// What a run leaves for the next one, so that only what changed is analysed again: which files there
// were, what each module looked at and showed to others, and where its text is in the manifest. In
// columns, because for a large tree there are hundreds of thousands of rows. A state that cannot be
// read, for whatever reason, is no state: then everything is analysed.
import { deserialize, serialize } from 'node:v8';
import { crc32 } from 'node:zlib';
import { byCodePoint } from '../../base/digest.ts';
import { readIfExists, writeAtomic } from '../../base/fs.ts';
import type { GlobRecord } from '../module/observe.ts';
import type { Group } from '../module/variant.ts';
import type { CollectedRecord } from './collect.ts';
import type { EntityRecord } from './header.ts';
import type { Stamp } from './stamp.ts';

/** Changes whenever the meaning of the columns does. */
const FORMAT = 2;

/** Flags of a module. */
export const READS_DEEP = 1;
export const READS_DEPENDERS = 2;
export const OBSERVED = 4;
/** Shows something that has no digest. */
export const OPAQUE = 8;

export interface State {
  readonly format: number;
  /** Digest of everything that all results depend on: build logic, configuration, options. */
  readonly key: string;
  /** When the run began to look at files, in ms. */
  readonly takenAt: number;
  readonly files: FileColumns;
  readonly modules: ModuleColumns;
  readonly variants: VariantColumns;
  readonly entities: readonly EntityRecord[];
  readonly entityLists: readonly (readonly number[])[];
  readonly globs: readonly GlobState[];
  /** Further files that were named by build logic. */
  readonly watched: readonly WatchedFile[];
  readonly collected: Readonly<Record<string, readonly CollectedRecord[]>>;
  readonly manifest: ManifestRecord;
}

/** A Blueprints file. */
export interface FileColumns {
  readonly path: readonly string[];
  readonly stamp: readonly Stamp[];
  readonly digest: readonly string[];
  /** Index of the file it inherits from; -1 for none. */
  readonly parent: Int32Array;
  /** What it hands to its children, and which it has, as text that can be compared. */
  readonly exports: readonly string[];
  readonly children: readonly string[];
}

/** Modules, in the order of the manifest. */
export interface ModuleColumns {
  readonly name: readonly string[];
  /** Names in files, of modules that were renamed since. */
  readonly defined: ReadonlyMap<number, string>;
  readonly file: Int32Array;
  /** The module that created it; -1 for none. */
  readonly creator: Int32Array;
  readonly content: Uint8Array;
  readonly flags: Uint8Array;
  /** Modules that it looked at: indexes into `name`, and behind those into `absent`. */
  readonly reads: ListColumn;
  /** Names that were looked up and not found. */
  readonly absent: readonly string[];
  readonly writes: ListColumn;
  readonly variants: Int32Array;
}

/** Lists of numbers, one behind the other. */
export interface ListColumn {
  /** Where each list begins, and where the last one ends. */
  readonly start: Int32Array;
  readonly items: Int32Array;
}

/** Variants of each module in the order of their creation. */
export interface VariantColumns {
  /** Indexes into `names`. */
  readonly name: Int32Array;
  readonly names: readonly string[];
  /** Bytes in the manifest; length 0 for none. */
  readonly start: Float64Array;
  readonly length: Int32Array;
  /** Index into `entityLists`; -1 for none. */
  readonly entities: Int32Array;
}

export interface GlobState extends GlobRecord {
  /** Looked for by `subdirs` and the like: only Blueprints files in what it matches count. */
  readonly tree?: boolean;
  /** Indexes of the modules that asked; undefined for the tree itself and for singletons. */
  readonly modules: readonly number[] | undefined;
  /** Of the directories that were searched. */
  readonly stamps: readonly Stamp[];
}

export interface WatchedFile {
  readonly path: string;
  readonly stamp: Stamp;
  /** Undefined where there is no such file. */
  readonly digest: string | undefined;
  readonly modules: readonly number[] | undefined;
}

export interface ManifestRecord {
  readonly stamp: Stamp;
  /** Short names of packages that several of them share. */
  readonly shared: readonly string[];
  /** Why modules cannot be analysed without the others; undefined where they can. */
  readonly whole: string | undefined;
  /** Prefixes of local names, and whose they are. */
  readonly prefixes: ReadonlyMap<string, string>;
}

/** Reads a state with this key; undefined where there is none that is whole. */
export function readState(path: string, key: string): State | undefined {
  try {
    const bytes = readIfExists(path);
    if (bytes === undefined || bytes.length < 4) return undefined;
    const body = bytes.subarray(4);
    if (bytes.readUInt32LE(0) !== crc32(body)) return undefined;
    const state = deserialize(body) as State;
    return state.format === FORMAT && state.key === key ? state : undefined;
  } catch {
    return undefined;
  }
}

export function writeState(path: string, state: Omit<State, 'format'>): void {
  const body = serialize({ format: FORMAT, ...state });
  const head = Buffer.alloc(4);
  head.writeUInt32LE(crc32(body));
  writeAtomic(path, Buffer.concat([head, body]));
}

/** Index of a name among those of the modules, which are sorted; -1 where there is none. */
export function findName(names: readonly string[], name: string): number {
  let low = 0;
  let high = names.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const order = byCodePoint(names[middle]!, name);
    if (order === 0) return middle;
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return -1;
}

/** A module's flags. */
export function flagsOf(group: Group, content: string | undefined): number {
  return (
    (group.readsDeep ? READS_DEEP : 0) |
    (group.readsDependers ? READS_DEPENDERS : 0) |
    (group.observed ? OBSERVED : 0) |
    (content === undefined ? OPAQUE : 0)
  );
}

/** Lists of numbers as columns. */
export function packLists(lists: readonly ArrayLike<number>[]): ListColumn {
  const start = new Int32Array(lists.length + 1);
  let total = 0;
  for (let i = 0; i < lists.length; i++) start[i + 1] = total += lists[i]!.length;
  const items = new Int32Array(total);
  for (let i = 0; i < lists.length; i++) items.set(lists[i]!, start[i]);
  return { start, items };
}

/** One of the lists. */
export function listAt({ start, items }: ListColumn, index: number): Int32Array {
  return items.subarray(start[index], start[index + 1]);
}

/** Who has whom in their lists: the lists the other way round, for the indexes below `count`. */
export function invertLists(lists: ListColumn, count: number): ListColumn {
  const start = new Int32Array(count + 1);
  for (const item of lists.items) if (item < count) start[item + 1]!++;
  for (let i = 0; i < count; i++) start[i + 1]! += start[i]!;
  const next = start.slice(0, count);
  const items = new Int32Array(start[count]!);
  for (let list = 0; list + 1 < lists.start.length; list++) {
    for (let at = lists.start[list]!; at < lists.start[list + 1]!; at++) {
      const item = lists.items[at]!;
      if (item < count) items[next[item]!++] = list;
    }
  }
  return { start, items };
}
