// The engine: from a tree of Blueprints files to a manifest, in phases that run one after the other.
//
//   register   module types, mutators, singletons   use()
//   parse      files → modules                      parse()
//   resolve    mutators → variants, dependencies    resolve()
//   prepare    modules, singletons → statements     prepare()
//   write      statements → manifest                write(), manifest(), targets()
//
// A phase that reports errors ends it. One engine runs once; it owns all its state.
import type { Diagnostic } from '../../base/diagnostic.ts';
import { growHeapFor } from '../../base/heap.ts';
import type { FileSystem } from '../glob/filesystem.ts';
import { LogicError } from '../module/exception.ts';
import { Graph, type GraphOptions } from '../module/graph.ts';
import type { Logic } from '../module/logic.ts';
import type { Module } from '../module/handle.ts';
import type { Group } from '../module/variant.ts';
import { numberMutators, runMutator } from '../module/pass.ts';
import { TransitionState } from '../module/transition.ts';
import { collectedOf, type CollectedRecord } from './collect.ts';
import { dependencyMutator } from './dynamic.ts';
import { loadFile } from './load.ts';
import { writeManifest, type Sink } from './manifest.ts';
import { modulesByName, prepare, type Prepared } from './prepare.ts';
import { Registry } from './registry.ts';
import { targetsOf } from './target.ts';
import type { ReadFile, TreeFile } from './treefile.ts';
import type { Dialect } from '../syntax/tree.ts';
import { walkTree, type Tree, type WalkOptions } from './walk.ts';

export interface EngineOptions extends Omit<GraphOptions, 'conditions'>, WalkOptions {
  readonly files: FileSystem;
  /** Modules of unknown types are left out; what is inside them must still be correct. */
  readonly ignoreUnknownModuleTypes?: boolean;
  /** Remember outputs for `targets()`. */
  readonly recordTargets?: boolean;
}

/** What an engine that analyses a part of the tree is told of the rest. */
export interface PartOptions {
  readonly files: readonly ReadFile[];
  /** Which modules of a file are part of it, by name and the file's path. */
  readonly has: (name: string, path: string) => boolean;
  /** Modules that it looks at and that are kept as they were. */
  readonly kept?: readonly Group[];
  /** Last parts of packages' paths of which it is known that several packages share them. */
  readonly sharedPackageNames: ReadonlySet<string>;
  readonly prefixes: ReadonlyMap<string, string>;
  /** Values of persistent providers, of modules that are not part of it. */
  readonly collected: (provider: string) => readonly CollectedRecord[];
}

type Phase = 'register' | 'parse' | 'resolve' | 'prepare' | 'failed';

export class Engine {
  readonly #options: EngineOptions;
  readonly #registry = new Registry();
  readonly #graph: Graph;
  #part: PartOptions | undefined;
  #tree: Tree | undefined;
  #prepared: Prepared | undefined;
  #phase: Phase = 'register';

  constructor(options: EngineOptions, ...logic: readonly Logic[]) {
    const names = options.names ?? logic.findLast((part) => part.names !== undefined)?.names?.();
    this.#options = { ...options, names };
    this.#graph = new Graph({ ...options, names, conditions: this.#registry.conditions });
    for (const part of logic) this.use(part);
  }

  /** Registers build logic. Throws LogicError for names that are taken. */
  use(logic: Logic): void {
    this.#registry.add(logic);
  }

  /** Reads the files and registers their modules. */
  parse(): readonly Diagnostic[] {
    this.#begin('parse', 'register');
    const { files, ignoreUnknownModuleTypes = false } = this.#options;
    const problems: Diagnostic[] = [];
    let count = 0;
    this.#tree = walkTree(files, this.#options, (file, modules) => {
      growHeapFor({ modules: (count += modules.length) });
      const options = { ignoreUnknownModuleTypes };
      problems.push(...loadFile(this.#graph, this.#registry, file, modules, options));
    });
    return this.#end([...this.#tree.diagnostics, ...problems]);
  }

  /** Registers some modules of files that were read before, instead of parsing the whole tree. */
  parsePart(part: PartOptions): readonly Diagnostic[] {
    this.#begin('parse', 'register');
    this.#part = part;
    const { ignoreUnknownModuleTypes = false } = this.#options;
    const options = { ignoreUnknownModuleTypes, only: part.has };
    const diagnostics: Diagnostic[] = [];
    for (const { file, modules, diagnostics: problems } of part.files) {
      diagnostics.push(...problems);
      diagnostics.push(...loadFile(this.#graph, this.#registry, file, modules, options));
    }
    for (const group of part.kept ?? []) {
      const problem = this.#graph.add(group, {});
      if (problem !== undefined) diagnostics.push(problem);
    }
    return this.#end(diagnostics);
  }

  /** Runs the mutators: afterwards the graph of variants is complete. */
  resolve(): readonly Diagnostic[] {
    this.#begin('resolve', 'parse');
    const transitions = new TransitionState(this.#graph);
    const cycles = this.#graph.updateOrder();
    if (cycles.length > 0) return this.#end(cycles);
    const { earlyMutators, mutators } = this.#registry;
    const all = [...earlyMutators, dependencyMutator(), ...mutators];
    numberMutators(this.#graph, all);
    for (const mutator of all) {
      const diagnostics = runMutator(this.#graph, mutator, transitions);
      if (diagnostics.some(({ severity }) => severity === 'error')) return this.#end(diagnostics);
    }
    return this.#end([]);
  }

  /** Lets modules and singletons make their statements. */
  prepare(): readonly Diagnostic[] {
    this.#begin('prepare', 'resolve');
    const part = this.#part;
    const { prepared, diagnostics } = prepare(this.#graph, this.#registry, {
      collect: (provider) =>
        collectedOf(this.#graph, provider, part?.collected(provider.name) ?? []),
      shared: part?.sharedPackageNames,
      prefixes: part?.prefixes,
      recordTargets: this.#options.recordTargets,
    });
    this.#prepared = prepared;
    return this.#end(diagnostics);
  }

  /** Hands on the manifest piece by piece. */
  write(sink: Sink): void {
    writeManifest(this.#graph, this.ready(), sink);
  }

  /** The whole manifest as one text. */
  manifest(): string {
    const pieces: Uint8Array[] = [];
    this.write((piece) => void pieces.push(piece));
    return Buffer.concat(pieces).toString('utf8');
  }

  /** Every output, as Ninja sees it, and the name of its rule; for an engine that records targets. */
  targets(): ReadonlyMap<string, string> {
    return targetsOf(this.ready());
  }

  /** All modules, by name, then in the order of their variants. */
  modules(): readonly Module[] {
    return modulesByName(this.#graph);
  }

  /** Files that build logic named, and those of the packages that the manifest uses. */
  get fileDependencies(): readonly string[] {
    return [...new Set([...this.#graph.observations.paths, ...this.packageFiles])];
  }

  /** Files that packages named which the manifest uses. */
  get packageFiles(): readonly string[] {
    const packages = [...(this.#prepared?.live.packages ?? [])];
    return packages.flatMap(({ fileDependencies }) => fileDependencies);
  }

  get tree(): Tree | undefined {
    return this.#tree;
  }

  /** The files that its modules are from. */
  get treeFiles(): readonly TreeFile[] {
    return this.#part?.files.map(({ file }) => file) ?? this.#tree?.files ?? [];
  }

  get graph(): Graph {
    return this.#graph;
  }

  get registry(): Registry {
    return this.#registry;
  }

  /** The form of the language that files are in; undefined for the latest. */
  get dialect(): Dialect | undefined {
    return this.#options.dialect;
  }

  /** Whether a name means the same module everywhere in the tree. */
  get simpleNames(): boolean {
    return this.#options.names === undefined;
  }

  /** What the manifest is written from. Throws LogicError before it has been prepared. */
  ready(): Prepared {
    if (this.#prepared === undefined || this.#phase !== 'prepare') {
      throw new LogicError('build actions are not ready');
    }
    return this.#prepared;
  }

  #begin(phase: Phase, after: Phase): void {
    if (this.#phase !== after) {
      throw new LogicError(`cannot ${phase} now: the engine is past or before that phase`);
    }
    this.#phase = phase;
  }

  #end(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
    if (diagnostics.some(({ severity }) => severity === 'error')) this.#phase = 'failed';
    return diagnostics;
  }
}
