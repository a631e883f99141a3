// What a run leaves for the next one, so that only what changed is analysed again: which files there
// were, what each module looked at and showed to others, and where its text is in the manifest. In
// columns, because for a large tree there are hundreds of thousands of rows. A state that cannot be
// read, for whatever reason, is no state: then everything is analysed.
import type { Group } from '../module/variant.ts';
import type { CollectedRecord } from './collect.ts';
import { findSorted, textAt, textCount, type ListColumn, type TextColumn } from './column.ts';
import type { EntityRecord } from './header.ts';
import { readSealed, writeSealed } from './sealed.ts';
import type { Stamp, StampColumn } from './stamp.ts';

/** Changes whenever the meaning of the columns does. */
const FORMAT = 8;

/** Flags of a module. */
export const READS_DEEP = 1;
export const READS_DEPENDERS = 2;
export const OBSERVED = 4;

export interface State {
  readonly format: number;
  /** Digest of everything that all results depend on: build logic, configuration, options. */
  readonly key: string;
  /** When the run began to look at files, in ms. */
  readonly takenAt: number;
  readonly files: FileColumns;
  readonly modules: ModuleColumns;
  readonly variants: VariantColumns;
  readonly shown: ShownColumns;
  readonly entities: readonly EntityRecord[];
  readonly entityLists: readonly (readonly number[])[];
  readonly globs: GlobColumns;
  /** What globs searched. */
  readonly directories: StampedPaths;
  /** Further files that were named by build logic. */
  readonly watched: WatchedColumns;
  readonly collected: Readonly<Record<string, readonly CollectedRecord[]>>;
  readonly manifest: ManifestRecord;
}

/** What an analysis looked at, and when: says whether it would come to the same now. */
export type Looked = Pick<State, 'takenAt' | 'files' | 'globs' | 'directories' | 'watched'>;

export interface StampedPaths {
  readonly path: TextColumn;
  readonly stamp: StampColumn;
}

/** Blueprints files. */
export interface FileColumns extends StampedPaths {
  readonly digest: TextColumn;
  /** Index of the file it inherits from; -1 for none. */
  readonly parent: Int32Array;
  /** What it hands to its children, and which it has, as text that can be compared. */
  readonly exports: TextColumn;
  readonly children: TextColumn;
}

/** Modules, in the order of the manifest. */
export interface ModuleColumns {
  readonly name: TextColumn;
  /** Names that modules had before they were renamed: the first one is that of their file. */
  readonly formerNames: ReadonlyMap<number, readonly string[]>;
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
  /** Marks of the files that it makes. */
  readonly outputs: ListColumn;
  readonly variants: Int32Array;
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
  /** How many variants have each of these lists; nothing for the last ones that none has. */
  readonly uses: Int32Array;
  /** Where the text of all of them begins in the manifest, and where it ends. */
  readonly textStart: number;
  readonly textEnd: number;
}

/** What modules show to others. */
export interface ShownColumns {
  /** Index into `types`, the names of module types; -1 for a module that cannot be taken as it was. */
  readonly type: Int32Array;
  readonly types: readonly string[];
  /** Of each variant: index into `shapes`, which are its variations in the order in which it got them. */
  readonly shape: Int32Array;
  readonly shapes: readonly (readonly (readonly [mutator: string, variation: string])[])[];
  /** The names of providers that were used; not those that several providers have. */
  readonly providers: readonly string[];
  /** What each module's variants provided, as JSON; empty for nothing. */
  readonly values: TextColumn;
}

/** Who looked at something: modules, or also the tree itself or singletons. */
export interface UserColumns {
  readonly modules: ListColumn;
  /** 1 where others than modules did: then a change concerns everything. */
  readonly shared: Uint8Array;
}

export interface GlobColumns extends UserColumns {
  /** Pattern, excludes, and whether links are followed, as JSON. */
  readonly key: TextColumn;
  /** What it matches, as JSON. */
  readonly matches: TextColumn;
  /** 1 for what `subdirs` and the like look for: only Blueprints files in what it matches count. */
  readonly tree: Uint8Array;
  /** Indexes of the directories that were searched. */
  readonly searched: ListColumn;
}

export interface WatchedColumns extends StampedPaths, UserColumns {
  /** Empty where there is no such file. */
  readonly digest: TextColumn;
}

export interface ManifestRecord {
  readonly stamp: Stamp;
  /** Short names of packages that several of them share. */
  readonly shared: readonly string[];
  /** Why modules cannot be analysed without the others; undefined where they can. */
  readonly whole: string | undefined;
  /** Prefixes of local names, and whose they are. */
  readonly prefixes: ReadonlyMap<string, string>;
  /** Marks of the files that singletons make. */
  readonly outputs: Int32Array;
}

/** Reads a state with this key; undefined where there is none that is whole. */
export function readState(path: string, key: string): State | undefined {
  const state = readSealed(path) as State | undefined;
  return state?.format === FORMAT && state.key === key ? state : undefined;
}

export function writeState(path: string, state: Omit<State, 'format'>): void {
  writeSealed(path, { format: FORMAT, ...state });
}

/** Index of a name among those of the modules, which are sorted; -1 where there is none. */
export function findName(names: TextColumn, name: string): number {
  return findSorted(textCount(names), (index) => textAt(names, index), name);
}

/** Indexes of the modules that have a name, or had it before they were renamed: it meant any of them to some mutator. */
export function findEverNamed({ name, formerNames }: ModuleColumns, wanted: string): number[] {
  const index = findName(name, wanted);
  const found = index === -1 ? [] : [index];
  for (const [renamed, its] of formerNames) if (its.includes(wanted)) found.push(renamed);
  return found;
}

/** The name that a module has in its file. */
export function definedName({ name, formerNames }: ModuleColumns, index: number): string {
  return formerNames.get(index)?.[0] ?? textAt(name, index);
}

/** A module's flags. */
export function flagsOf(group: Group): number {
  return (
    (group.readsDeep ? READS_DEEP : 0) |
    (group.readsDependers ? READS_DEPENDERS : 0) |
    (group.observed ? OBSERVED : 0)
  );
}
