// A module graph in a file, with everything that it was made from: as long as none of that changes, questions are
// answered without analysing the tree. What the modules looked at is kept too, so that a part of the tree can be
// analysed alone where a question is about more than the graph.
import { mkdirSync, readdirSync, statSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { errnoOf } from '../../base/fs.ts';
import type { FileSystem } from '../glob/filesystem.ts';
import { recordModules } from '../phase/assemble.ts';
import { findChanges } from '../phase/change.ts';
import {
  packWords,
  unpackTexts,
  unpackWords,
  type ListColumn,
  type WordColumn,
} from '../phase/column.ts';
import type { Engine } from '../phase/engine.ts';
import { packLooks, recordLooks, type GlobLook } from '../phase/looks.ts';
import { groupsByName } from '../phase/manifest.ts';
import { recordFiles } from '../phase/record.ts';
import { readSealed, writeSealed } from '../phase/sealed.ts';
import { Stamper } from '../phase/stamper.ts';
import type { Looked, ModuleColumns } from '../phase/state.ts';
import type { ModuleGraph } from './graph.ts';

/** Changes whenever the meaning of the columns does. */
const FORMAT = 2;
/** Graphs that nobody asked anything of for so long are removed. */
const KEPT_MS = 30 * 24 * 60 * 60 * 1000;

export interface SavedGraph extends Looked {
  readonly format: number;
  /** Digest of everything else that the graph depends on: build logic, configuration, options. */
  readonly key: string;
  readonly modules: ModuleColumns;
  /** Whether a part of the tree can be analysed alone. */
  readonly divisible: boolean;
  readonly graph: GraphColumns;
}

/** What the columns of the modules do not say of a graph. */
interface GraphColumns {
  readonly type: WordColumn;
  readonly line: Int32Array;
  readonly column: Int32Array;
  readonly aliases: ReadonlyMap<number, readonly string[]>;
  readonly variant: WordColumn;
  readonly variations: WordColumn;
  readonly dependencies: ListColumn;
  readonly tags: Int32Array;
  readonly tagNames: readonly string[];
}

/** Where a graph is saved, and what it is of. */
export interface SavedPlace {
  readonly path: string;
  readonly key: string;
  readonly files: FileSystem;
  /** Absolute. */
  readonly root: string;
}

/** The graph, if it is that of the tree as it is now. */
export function readGraph(place: SavedPlace): SavedGraph | undefined {
  const { path, key, files, root } = place;
  const saved = readSealed(path) as SavedGraph | undefined;
  if (saved?.format !== FORMAT || saved.key !== key) return undefined;
  const takenAt = Date.now();
  const changes = findChanges(saved, files, root);
  if (changes.everything !== undefined || changes.files.size + changes.modules.size > 0) {
    return undefined;
  }
  // That nothing changed took reading: the next question shall see it from stamps again.
  if (changes.stale) write(path, { ...changes.current, takenAt });
  return saved;
}

/**
 * Saves the graph of an engine whose mutators have run without a warning; `takenAt` is when that began, in ms, and
 * `shared` are further files that it depends on as a whole. Where nothing can be written, nothing is.
 */
export function saveGraph(
  place: SavedPlace,
  engine: Engine,
  made: ModuleGraph,
  { takenAt, shared }: { readonly takenAt: number; readonly shared: readonly string[] },
): void {
  const { path, key, files, root } = place;
  const { graph } = engine;
  const tree = engine.tree!;
  graph.observations.addFiles(shared);
  graph.observations.share(shared);
  const stamper = new Stamper(root);
  const entries = groupsByName(graph);
  const indexes = new Map(entries.map((group, index) => [group, index]));
  const fileIndexes = new Map(tree.files.map((file, index) => [file.path, index]));
  const looks = recordLooks(graph, (group) => indexes.get(group), files);
  const ofTree = tree.globs.map((look): GlobLook => ({ ...look, modules: undefined, tree: true }));
  write(path, {
    format: FORMAT,
    key,
    takenAt,
    files: recordFiles(tree, stamper),
    ...packLooks({ globs: [...ofTree, ...looks.globs], watched: looks.watched }, stamper),
    modules: recordModules({
      entries,
      graph,
      // Nothing is compared with what a module shows, or makes: with any change the graph is made anew.
      contents: { of: () => ({ digest: '', opaque: false }) },
      outputs: { marksOf: () => [] },
      old: undefined,
      fileIndex: (file) => fileIndexes.get(file)!,
    }),
    divisible: engine.simpleNames,
    graph: packGraph(made),
  });
}

function packGraph({ modules, variants, tagNames }: ModuleGraph): GraphColumns {
  return {
    type: packWords(modules.type),
    line: modules.line,
    column: modules.column,
    aliases: modules.aliases,
    variant: packWords(variants.name),
    variations: packWords(variants.variations),
    dependencies: variants.dependencies,
    tags: variants.tags,
    tagNames,
  };
}

export function unpackGraph({ files, modules, graph }: SavedGraph): ModuleGraph {
  const { variants: first } = modules;
  const paths = unpackTexts(files.path);
  const module = new Int32Array(graph.variant.index.length);
  for (let index = 0; index + 1 < first.length; index++) {
    module.fill(index, first[index], first[index + 1]);
  }
  return {
    modules: {
      name: unpackTexts(modules.name),
      type: unpackWords(graph.type),
      file: Array.from(modules.file, (file) => paths[file]!),
      line: graph.line,
      column: graph.column,
      creator: modules.creator,
      variants: first,
      aliases: graph.aliases,
    },
    variants: {
      module,
      name: unpackWords(graph.variant),
      variations: unpackWords(graph.variations),
      dependencies: graph.dependencies,
      tags: graph.tags,
    },
    tagNames: graph.tagNames,
  };
}

function write(path: string, saved: SavedGraph): void {
  try {
    const directory = dirname(path);
    mkdirSync(directory, { recursive: true });
    writeSealed(path, saved);
    for (const name of readdirSync(directory)) {
      const other = join(directory, name);
      if (saved.takenAt - statSync(other).mtimeMs > KEPT_MS) unlinkSync(other);
    }
  } catch (error) {
    // It only saves time.
    if (errnoOf(error) === undefined) throw error;
  }
}
