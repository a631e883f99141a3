// What modules and singletons looked at outside Blueprints files, globs and further files, and the columns that this
// is kept in between runs.
import type { FileSystem } from '../glob/filesystem.ts';
import type { Graph } from '../module/graph.ts';
import type { GlobRecord } from '../module/observe.ts';
import type { Group } from '../module/variant.ts';
import {
  indexOfText,
  listAt,
  packLists,
  packTexts,
  textAt,
  textCount,
  unpackTexts,
  type TextColumn,
} from './column.ts';
import { contentDigest, packStamps } from './stamp.ts';
import type { Stamper } from './stamper.ts';
import type { StampedPaths, State, UserColumns, WatchedColumns } from './state.ts';

interface Used {
  /** Indexes of the modules that looked; undefined where the tree itself or singletons did. */
  readonly modules: readonly number[] | undefined;
}

export interface GlobLook extends GlobRecord, Used {
  /** Looked for by `subdirs` and the like: only Blueprints files in what it matches count. */
  readonly tree?: boolean;
}

export interface WatchedLook extends Used {
  readonly path: string;
  /** Undefined where there is no such file. */
  readonly digest: string | undefined;
}

export interface Looks {
  readonly globs: readonly GlobLook[];
  readonly watched: readonly WatchedLook[];
}

type LookColumns = Pick<State, 'globs' | 'directories' | 'watched'>;

/**
 * What the modules of a graph, and the singletons, looked at. Only the modules that have an index count: of a part of
 * the tree, the load hooks of all modules of its files have run.
 */
export function recordLooks(
  graph: Graph,
  indexOf: (group: Group) => number | undefined,
  files: FileSystem,
): Looks {
  const users = new Map<string, number[]>();
  for (const group of graph.groups) {
    const index = indexOf(group);
    for (const key of [...(group.globs ?? []), ...(group.files ?? [])]) {
      const known = users.get(key);
      const added = index === undefined ? [] : [index];
      if (known === undefined) users.set(key, added);
      else known.push(...added);
    }
  }
  const { observations } = graph;
  const usersOf = (key: string): readonly number[] | undefined =>
    observations.isShared(key) ? undefined : (users.get(key) ?? []);
  return {
    globs: [...observations.globs].map(([key, record]) => ({ ...record, modules: usersOf(key) })),
    watched: observations.paths.map((path) => ({
      path,
      digest: contentDigest(files, path),
      modules: usersOf(path),
    })),
  };
}

export function packLooks({ globs, watched }: Looks, stamper: Stamper): LookColumns {
  const directories = [...new Set(globs.flatMap(({ searched }) => searched))];
  const indexes = new Map(directories.map((path, index): [string, number] => [path, index]));
  return {
    globs: {
      key: packTexts(globs.map(globKey)),
      matches: packTexts(globs.map(({ matches }) => JSON.stringify(matches))),
      tree: Uint8Array.from(globs, ({ tree }) => Number(tree === true)),
      searched: packLists(globs.map(({ searched }) => searched.map((path) => indexes.get(path)!))),
      ...packUsers(globs),
    },
    directories: packPaths(directories, stamper),
    watched: {
      ...packPaths(
        watched.map(({ path }) => path),
        stamper,
      ),
      digest: packTexts(watched.map(({ digest }) => digest ?? '')),
      ...packUsers(watched),
    },
  };
}

function packPaths(paths: readonly string[], stamper: Stamper): StampedPaths {
  return { path: packTexts(paths), stamp: packStamps(paths.map((path) => stamper.of(path))) };
}

function packUsers(looks: readonly Used[]): UserColumns {
  return {
    modules: packLists(looks.map(({ modules }) => modules ?? [])),
    shared: Uint8Array.from(looks, ({ modules }) => Number(modules === undefined)),
  };
}

function usersAt({ modules, shared }: UserColumns, index: number): readonly number[] | undefined {
  return shared[index] === 1 ? undefined : [...listAt(modules, index)];
}

type SearchColumns = Pick<State, 'globs' | 'directories'>;

export function globAt({ globs, directories }: SearchColumns, index: number): GlobLook {
  type Key = [pattern: string, excludes: string[], followLinks: boolean];
  const [pattern, excludes, followLinks] = JSON.parse(textAt(globs.key, index)) as Key;
  return {
    pattern,
    excludes,
    followLinks,
    matches: JSON.parse(textAt(globs.matches, index)) as string[],
    searched: Array.from(listAt(globs.searched, index), (at) => textAt(directories.path, at)),
    modules: usersAt(globs, index),
    ...(globs.tree[index] === 1 ? { tree: true } : {}),
  };
}

export function unpackGlobs(columns: SearchColumns): GlobLook[] {
  const count = textCount(columns.globs.key);
  return Array.from({ length: count }, (_, index) => globAt(columns, index));
}

export function unpackLooks(columns: LookColumns): Looks {
  return { globs: unpackGlobs(columns), watched: unpackWatched(columns.watched) };
}

function unpackWatched(watched: WatchedColumns): WatchedLook[] {
  return unpackTexts(watched.path).map((path, index) => {
    const digest = textAt(watched.digest, index);
    const modules = usersAt(watched, index);
    return { path, digest: digest === '' ? undefined : digest, modules };
  });
}

/** What modules that were not analysed again looked at, at their new indexes, with what others did now. */
export function mergeLooks(old: LookColumns, moved: (index: number) => number, now: Looks): Looks {
  const globs = keep(unpackGlobs(old), moved);
  const watched = keep(unpackWatched(old.watched), moved);
  return {
    globs: [...globs, ...newOnes(now.globs, globs, globKey)],
    watched: [...watched, ...newOnes(now.watched, watched, ({ path }) => path)],
  };
}

/**
 * Whether an earlier run's columns say all this of the modules that were analysed again, none of which moved: the
 * common case, in which nothing is put together anew.
 */
export function saysTheSame(
  { globs, directories, watched }: LookColumns,
  replaced: { has(index: number): boolean },
  now: Looks,
): boolean {
  const sameGlob = (index: number, { matches, searched }: GlobLook): boolean => {
    const before = listAt(globs.searched, index);
    return (
      JSON.stringify(matches) === textAt(globs.matches, index) &&
      before.length === searched.length &&
      searched.every((path, i) => path === textAt(directories.path, before[i]!))
    );
  };
  return (
    isUsedTheSame(globs.key, globs, replaced, now.globs, globKey, sameGlob) &&
    isUsedTheSame(
      watched.path,
      watched,
      replaced,
      now.watched,
      ({ path }) => path,
      (index, { digest = '' }) => digest === textAt(watched.digest, index),
    )
  );
}

function isUsedTheSame<T extends Used>(
  keys: TextColumn,
  { modules, shared }: UserColumns,
  replaced: { has(index: number): boolean },
  now: readonly T[],
  keyOf: (look: T) => string,
  isSame: (index: number, look: T) => boolean,
): boolean {
  /** Modules that are replaced, by what they looked at; and where that is. */
  const before = new Map<string, { readonly index: number; readonly modules: Set<number> }>();
  for (let index = 0; index < shared.length; index++) {
    for (let at = modules.start[index]!; at < modules.start[index + 1]!; at++) {
      const module = modules.items[at]!;
      if (!replaced.has(module)) continue;
      const key = textAt(keys, index);
      const known = before.get(key);
      if (known === undefined) before.set(key, { index, modules: new Set([module]) });
      else known.modules.add(module);
    }
  }
  for (const look of now) {
    const key = keyOf(look);
    if (look.modules === undefined) {
      const index = indexOfText(keys, key);
      if (index === -1 || shared[index] !== 1) return false;
      continue;
    }
    if (look.modules.length === 0) continue;
    const its = before.get(key);
    const users = new Set(look.modules);
    if (its === undefined || its.modules.size !== users.size || !isSame(its.index, look))
      return false;
    for (const module of users) if (!its.modules.has(module)) return false;
    before.delete(key);
  }
  return before.size === 0;
}

function globKey({ pattern, excludes, followLinks }: GlobLook): string {
  return JSON.stringify([pattern, excludes, followLinks]);
}

function keep<T extends Used>(looks: readonly T[], moved: (index: number) => number): T[] {
  return looks.flatMap((look) => {
    const modules = look.modules?.map(moved).filter((index) => index !== -1);
    return modules?.length === 0 ? [] : [{ ...look, modules }];
  });
}

/** Of modules, all; of singletons, what is not known yet. */
function newOnes<T extends Used>(
  now: readonly T[],
  kept: readonly T[],
  keyOf: (look: T) => string,
): T[] {
  const shared = new Set(kept.filter(({ modules }) => modules === undefined).map(keyOf));
  return now.filter((look) =>
    look.modules === undefined ? !shared.has(keyOf(look)) : look.modules.length > 0,
  );
}
