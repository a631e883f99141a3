// Analyses a part of the tree again: the modules that changed, those that see something else because of
// that, and what all of these look at. Whatever cannot be told apart this way is left to a whole run.
import type { FileSystem } from '../glob/filesystem.ts';
import { LogicError } from '../module/exception.ts';
import type { Logic } from '../module/logic.ts';
import { moduleOfOwner } from '../module/prefix.ts';
import type { Group, Variant } from '../module/variant.ts';
import type { Diagnostic } from '../../base/diagnostic.ts';
import type { Owner } from '../ninja/entity.ts';
import { sharedNames } from '../ninja/names.ts';
import type { Changes } from './change.ts';
import { listAt, textAt, textCount } from './column.ts';
import { ContentDigests, hasContent, type Content } from './content.ts';
import { Engine, type EngineOptions } from './engine.ts';
import { PartNames } from './partnames.ts';
import { Region } from './region.ts';
import { FileReader } from './reread.ts';
import { keptModules } from './shown.ts';
import {
  definedName,
  findEverNamed,
  findName,
  OBSERVED,
  READS_DEPENDERS,
  type State,
} from './state.ts';
import { childrenOf, exportsOf, namedBy, type ReadFile } from './treefile.ts';

/** What a partial analysis came to. */
export interface Part {
  readonly engine: Engine;
  readonly contents: ContentDigests;
  /** Modules of the state that this run replaces, or that are gone. */
  readonly replaced: ReadonlySet<number>;
  /** Modules of this run that count: the others were only looked at. */
  readonly groups: readonly Group[];
  /** Files that were read again because their content, or what they inherit, changed. */
  readonly changedFiles: ReadonlyMap<number, ReadFile>;
}

/** Why a partial analysis was given up. */
export interface NotPartial {
  readonly whole: string;
}

/** Analysing more than this part of the modules is not worth its own cost. */
const MAX_PART = 0.4;
/** Rounds of following what changed; a longer chain is likely to reach most of the tree. */
const MAX_ROUNDS = 12;

/** Analyses what changed. Gives up, with a reason, where that would not be the whole truth. */
export function analysePart(
  state: State,
  changes: Changes,
  options: EngineOptions,
  logic: readonly Logic[],
): Part | NotPartial {
  return new PartialAnalysis(state, changes, options, logic).run();
}

class GivenUp extends Error {}

class PartialAnalysis {
  readonly #state: State;
  readonly #changes: Changes;
  readonly #options: EngineOptions;
  readonly #logic: readonly Logic[];
  readonly #files: FileSystem;
  readonly #region: Region;
  readonly #reader: FileReader;
  readonly #changedFiles = new Map<number, ReadFile>();
  /** Something was asked of a kept module that nobody knows: now all of them are analysed. */
  #keepsNone = false;

  constructor(state: State, changes: Changes, options: EngineOptions, logic: readonly Logic[]) {
    this.#state = state;
    this.#changes = changes;
    this.#options = options;
    this.#logic = logic;
    this.#files = options.files;
    this.#region = new Region(state.modules);
    this.#reader = new FileReader(state.files, options.files, options.dialect);
  }

  run(): Part | NotPartial {
    try {
      this.#refuse(this.#changes.everything);
      this.#refuse(this.#state.manifest.whole);
      this.#findChangedFiles();
      this.#region.affect(this.#changes.modules);
      const { file } = this.#state.modules;
      const changed = new Uint8Array(textCount(this.#state.files.path));
      for (const index of this.#changedFiles.keys()) changed[index] = 1;
      for (let module = 0; module < file.length; module++) {
        if (changed[file[module]!] === 1) this.#region.affect([module]);
      }
      for (let round = 0; round < MAX_ROUNDS; round++) {
        const part = this.#analyse();
        if (part !== undefined) return part;
      }
      throw new GivenUp('the change spreads too far');
    } catch (error) {
      if (error instanceof GivenUp) return { whole: error.message };
      throw error;
    }
  }

  #refuse(reason: string | undefined): void {
    if (reason !== undefined) throw new GivenUp(reason);
  }

  /** Files with other content; and where a file hands on another scope, those that inherit it. */
  #findChangedFiles(): void {
    const { parent, path, exports, children } = this.#state.files;
    const pending = [...this.#changes.files];
    for (let index = pending.pop(); index !== undefined; index = pending.pop()) {
      if (this.#changedFiles.has(index)) continue;
      const read = this.#readFile(index);
      this.#changedFiles.set(index, read);
      const exists = (child: string): boolean => this.#files.kindOf(child) === 'file';
      const found = childrenOf(this.#files, read.file, this.#options.list !== undefined, exists);
      if (namedBy(found) !== textAt(children, index) || found.diagnostics.length > 0) {
        throw new GivenUp(`${textAt(path, index)} names other files`);
      }
      if (exportsOf(read.file) === textAt(exports, index)) continue;
      for (let child = 0; child < parent.length; child++) {
        if (parent[child] === index) pending.push(child);
      }
    }
  }

  #readFile(index: number): ReadFile {
    const read = this.#reader.at(index);
    if (read !== undefined) return read;
    throw new GivenUp(`${textAt(this.#state.files.path, index)} cannot be read`);
  }

  /** One round. Undefined when it showed that more must be analysed. */
  #analyse(): Part | undefined {
    const { modules, manifest } = this.#state;
    const parts = this.#region.parts(
      textCount(modules.name) * MAX_PART,
      (module) => !this.#keepsNone && this.#state.shown.type[module] !== -1,
    );
    if (parts === undefined) throw new GivenUp('the change concerns too many modules');
    const { analysed: closed, kept } = parts;
    const files = new Set(this.#changedFiles.keys());
    const names = new Set<string>();
    for (const module of closed) {
      files.add(modules.file[module]!);
      names.add(definedName(modules, module));
    }
    const asked = new Set<string>();
    const engine = new Engine(
      { ...this.#options, names: new PartNames((name) => void asked.add(name)) },
      ...this.#logic,
    );
    const known = (name: string): number | undefined => this.#indexOf(name);
    const changed = new Set([...this.#changedFiles.values()].map(({ file }) => file.path));
    const read = [...files].sort((a, b) => a - b).map((index) => this.#readFile(index));
    const unknown: string[] = [];
    const diagnostics = runPhases(engine, {
      files: read,
      has: (name, path) => changed.has(path) || names.has(name),
      kept: keptModules(this.#state, kept, engine.registry, (what) => void unknown.push(what)),
      sharedPackageNames: new Set(manifest.shared),
      prefixes: this.#foreignPrefixes(closed),
      collected: (provider) =>
        (this.#state.collected[provider] ?? []).filter(({ module }) => {
          const index = known(module);
          return index !== undefined && !closed.has(index);
        }),
    });
    if (unknown.length > 0 || (diagnostics.length === 0 && !areAsKept(engine))) {
      this.#keepsNone = true;
      return undefined;
    }
    const missed = [...asked]
      .flatMap((name) => findEverNamed(modules, name))
      .filter((index) => !closed.has(index) && !kept.has(index));
    if (missed.length > 0) {
      for (const module of missed) this.#region.meet(module);
      return undefined;
    }
    if (diagnostics.length > 0) throw new GivenUp('there are errors');
    return this.#compare(engine, closed);
  }

  #indexOf(name: string): number | undefined {
    const index = findName(this.#state.modules.name, name);
    return index === -1 ? undefined : index;
  }

  #foreignPrefixes(closed: ReadonlySet<number>): Map<string, string> {
    return new Map(
      [...this.#state.manifest.prefixes].filter(([, owner]) => {
        const module = moduleOfOwner(owner);
        const index = module === undefined ? undefined : this.#indexOf(module);
        return index !== undefined && !closed.has(index);
      }),
    );
  }

  /** Follows what is different now. When nothing new is, the analysis is complete. */
  #compare(engine: Engine, closed: ReadonlySet<number>): Part | undefined {
    this.#checkManifest(engine);
    const region = this.#region;
    if (this.#lacksDependers(engine, closed)) return undefined;
    const before = region.affected.size;
    const contents = new ContentDigests(engine.graph);
    const present = new Set<number>();
    const groups: Group[] = [];
    /** Modules that may have names, for some mutators at least, which there were not. */
    const appeared: Group[] = [];
    for (const group of engine.graph.groups) {
      if (group.kept !== undefined) continue;
      const index = this.#indexOf(group.name);
      if (index === undefined) {
        appeared.push(group);
        groups.push(group);
        this.#affectDependedOn(group);
        continue;
      }
      present.add(index);
      // Modules that are not analysed now may look at its properties too.
      if ((this.#state.modules.flags[index]! & OBSERVED) !== 0) group.observed = true;
      if (this.#isDifferent(index, contents.of(group))) {
        region.affect([index]);
        region.affectReaders(index);
        this.#affectDependedOn(group);
        appeared.push(group);
      }
      if (region.affected.has(index)) groups.push(group);
    }
    // Also one that was only to be looked at, if it is gone.
    for (const index of closed) {
      if (present.has(index)) continue;
      region.affect([index]);
      region.affectReaders(index);
    }
    for (const { name, formerNames } of appeared) {
      for (const one of [name, ...formerNames]) region.affectMissing(one);
    }
    if (region.affected.size > before) return undefined;
    this.#checkOutputs(engine, groups);
    return {
      engine,
      contents,
      replaced: new Set(region.affected),
      groups,
      changedFiles: this.#changedFiles,
    };
  }

  /**
   * Whether a module looks at its dependers, or another does for it, and not all of them are here. Where that is new,
   * it has to be remembered.
   */
  #lacksDependers(engine: Engine, closed: ReadonlySet<number>): boolean {
    let lacking = false;
    for (const group of engine.graph.groups) {
      if (!group.readsDependers) continue;
      const index = this.#indexOf(group.name);
      if (index === undefined) continue;
      if (this.#region.wantReaders(index, closed)) lacking = true;
      if ((this.#state.modules.flags[index]! & READS_DEPENDERS) === 0) this.#region.affect([index]);
    }
    return lacking;
  }

  /** Adds the modules that look at their dependers, of which this one is new or different. */
  #affectDependedOn(group: Group): void {
    for (const name of group.namesRead()) {
      const index = this.#indexOf(name);
      if (index !== undefined) this.#region.affectDependedOn(index);
    }
  }

  #isDifferent(index: number, content: Content): boolean {
    if (!hasContent(this.#state.modules.content, index, content)) return true;
    // What the digest says nothing of is taken for changed where the module was analysed for its own sake.
    return content.opaque && this.#region.affected.has(index);
  }

  /** That a file is made which was not, and which a module makes that is not analysed now, maybe. */
  #checkOutputs(engine: Engine, groups: readonly Group[]): void {
    const { modules, manifest } = this.#state;
    const { outputs } = engine.ready();
    const added = new Set<number>();
    const collect = (now: ArrayLike<number>, before: ArrayLike<number>): void => {
      const known = new Set(Array.from(before));
      for (const mark of Array.from(now)) if (!known.has(mark)) added.add(mark);
    };
    collect(outputs.marksOf(undefined), manifest.outputs);
    for (const group of groups) {
      const index = this.#indexOf(group.name);
      const before = index === undefined ? [] : listAt(modules.outputs, index);
      collect(outputs.marksOf(group), before);
    }
    if (added.size === 0) return;
    const { start, items } = modules.outputs;
    for (let module = 0; module + 1 < start.length; module++) {
      if (this.#region.affected.has(module)) continue;
      for (let at = start[module]!; at < start[module + 1]!; at++) {
        if (added.has(items[at]!)) throw new GivenUp('an output may be made twice');
      }
    }
  }

  /** Things that only a whole run can decide. */
  #checkManifest(engine: Engine): void {
    const { live, prefixes, visitsModules } = engine.ready();
    const owners = new Map<string, Owner>();
    for (const { owner } of this.#state.entities) owners.set(owner.path, owner);
    for (const owner of live.packages) owners.set(owner.path, owner);
    if (sharedNames(owners.values()).size > this.#state.manifest.shared.length) {
      throw new GivenUp('a package shares its name with another');
    }
    if (prefixes.clashed) throw new GivenUp('local names clash');
    if (visitsModules) throw new GivenUp('a singleton visits all modules');
  }
}

/** Whether kept modules have come to the variants that they had. */
function areAsKept({ graph }: Engine): boolean {
  return graph.groups.every(({ kept, members }) => kept?.has(members as Variant[]) ?? true);
}

function runPhases(
  engine: Engine,
  part: Parameters<Engine['parsePart']>[0],
): readonly Diagnostic[] {
  try {
    for (const step of [
      () => engine.parsePart(part),
      () => engine.resolve(),
      () => engine.prepare(),
    ]) {
      const diagnostics = step();
      if (diagnostics.length > 0) return diagnostics;
    }
    return [];
  } catch (error) {
    if (error instanceof LogicError) throw new GivenUp(error.message);
    throw error;
  }
}
