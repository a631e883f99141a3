// Writes down what the next run needs to know of this one, beside the columns of the modules: files,
// globs, further files, values that were collected.
import type { FileSystem } from '../glob/filesystem.ts';
import { digestOf } from '../../base/digest.ts';
import type { Graph } from '../module/graph.ts';
import type { GlobRecord } from '../module/observe.ts';
import type { Group } from '../module/variant.ts';
import { absolutePath, contentDigest } from './change.ts';
import { stampOf, type Stamp } from './stamp.ts';
import type { FileColumns, GlobState, State, WatchedFile } from './state.ts';
import { exportsOf, type ReadFile, type TreeFile } from './treefile.ts';
import type { Tree } from './walk.ts';

/** Takes stamps of paths, each once. */
export class Stamper {
  readonly #root: string;
  readonly #known: Map<string, Stamp>;

  /** `known` are stamps that were taken before anything was read. */
  constructor(root: string, known: ReadonlyMap<string, Stamp> = new Map()) {
    this.#root = root;
    this.#known = new Map(known);
  }

  of(path: string): Stamp {
    let stamp = this.#known.get(path);
    if (stamp === undefined) {
      stamp = stampOf(absolutePath(this.#root, path));
      this.#known.set(path, stamp);
    }
    return stamp;
  }
}

/** The files of a whole run. */
export function recordFiles({ files, children }: Tree, stamper: Stamper): FileColumns {
  const indexes = new Map<TreeFile, number>();
  for (const [index, file] of files.entries()) indexes.set(file, index);
  const parents = files.map(({ parent }) => (parent === undefined ? -1 : indexes.get(parent)!));
  return {
    path: files.map(({ path }) => path),
    stamp: files.map(({ path }) => stamper.of(path)),
    digest: files.map(({ source }) => digestOf(source.text).hash),
    parent: Int32Array.from(parents),
    exports: files.map(exportsOf),
    children: files.map((file) => (children.get(file) ?? []).join('\n')),
  };
}

/** The files of an earlier run, some of them read again. */
export function updateFiles(
  old: FileColumns,
  changed: ReadonlyMap<number, ReadFile>,
  stamper: Stamper,
): FileColumns {
  const digest = [...old.digest];
  const exports = [...old.exports];
  for (const [index, { file }] of changed) {
    digest[index] = digestOf(file.source.text).hash;
    exports[index] = exportsOf(file);
  }
  return { ...old, stamp: old.path.map((path) => stamper.of(path)), digest, exports };
}

/** What was looked at outside Blueprints files, and by which modules. */
export interface Looked {
  readonly globs: GlobState[];
  readonly watched: WatchedFile[];
}

/**
 * What the modules of a graph, and the singletons, looked at. Only the modules that have an index count;
 * what none of the others did either counts for the whole tree.
 */
export function recordLooks(
  graph: Graph,
  indexOf: (group: Group) => number | undefined,
  files: FileSystem,
  stamper: Stamper,
): Looked {
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
  return {
    globs: [...observations.globs].map(([key, record]) =>
      recordGlob(record, observations.isShared(key) ? undefined : users.get(key), stamper),
    ),
    watched: observations.paths.map((path) => ({
      path,
      stamp: stamper.of(path),
      digest: contentDigest(files, path),
      modules: observations.isShared(path) ? undefined : users.get(path),
    })),
  };
}

export function recordGlob(
  record: GlobRecord & { readonly tree?: boolean },
  modules: readonly number[] | undefined,
  stamper: Stamper,
): GlobState {
  return { ...record, modules, stamps: record.searched.map((path) => stamper.of(path)) };
}

/** What modules that were not analysed again looked at, at their new indexes, with what others did now. */
export function mergeLooks(
  old: Pick<State, 'globs' | 'watched'>,
  moved: (index: number) => number,
  now: Looked,
  stamper: Stamper,
): Looked {
  const globs = keep(old.globs, moved).map((one) => recordGlob(one, one.modules, stamper));
  const watched = keep(old.watched, moved).map((one) => ({ ...one, stamp: stamper.of(one.path) }));
  const globKey = (one: GlobState): string =>
    JSON.stringify([one.pattern, one.excludes, one.followLinks]);
  return {
    globs: [...globs, ...newOnes(now.globs, globs, globKey)],
    watched: [...watched, ...newOnes(now.watched, watched, ({ path }) => path)],
  };
}

interface Used {
  readonly modules: readonly number[] | undefined;
}

function keep<T extends Used>(records: readonly T[], moved: (index: number) => number): T[] {
  return records.flatMap((record) => {
    const modules = record.modules?.map(moved).filter((index) => index !== -1);
    return modules?.length === 0 ? [] : [{ ...record, modules }];
  });
}

/** Of modules, all; of singletons, what is not known yet. */
function newOnes<T extends Used>(
  now: readonly T[],
  kept: readonly T[],
  keyOf: (record: T) => string,
): T[] {
  const shared = new Set(kept.filter(({ modules }) => modules === undefined).map(keyOf));
  return now.filter((record) =>
    record.modules === undefined ? !shared.has(keyOf(record)) : record.modules.length > 0,
  );
}
