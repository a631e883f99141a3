// Generates: every variant makes its statements, dependencies first; then singletons. Statements become
// text at once and are not kept. A variant whose step fails is left out together with those that
// depend on it.
import { definitionError, type Diagnostic } from '../../base/diagnostic.ts';
import { byCodePoint } from '../../base/digest.ts';
import type { Span } from '../../base/span.ts';
import { NO_TEXT, TextArena, type TextId } from '../ninja/arena.ts';
import type { NinjaText, Rule } from '../ninja/entity.ts';
import { LiveEntities } from '../ninja/live.ts';
import { NinjaError } from '../ninja/name.ts';
import { checkPackages, ProvisionalNames, sharedNames, type PackageNames } from '../ninja/names.ts';
import { NinjaWriter } from '../ninja/writer.ts';
import { exceptionDiagnostic } from '../module/exception.ts';
import { GenerateStep } from '../module/generating.ts';
import { checkEnded, checkText } from '../module/given.ts';
import type { Graph } from '../module/graph.ts';
import { GlobalNames } from '../module/names.ts';
import { shown } from '../module/pass.ts';
import { Prefixes } from '../module/prefix.ts';
import { SingletonStep, type ManifestSettings, type SingletonRun } from '../module/single.ts';
import type { Actions, Group, Variant } from '../module/variant.ts';
import { ModuleComments, singletonComment } from './comment.ts';
import { Outputs, type Maker } from './outputs.ts';
import type { Registry } from './registry.ts';

/** The oldest Ninja that reads every manifest, unless build logic asks for a newer one. */
const NINJA_VERSION = [1, 7, 0] as const;

/** Everything that a manifest is written from; the text of modules is with their variants. */
export interface Prepared {
  readonly live: LiveEntities;
  readonly names: PackageNames;
  /** Short names of packages that several of them share. */
  readonly shared: ReadonlySet<string>;
  readonly settings: ManifestSettings;
  readonly arena: TextArena;
  readonly prefixes: Prefixes;
  readonly outputs: Outputs;
  readonly singletons: readonly { readonly text: TextId; readonly entities: number }[];
  /** Entities named by what singletons said of the manifest, such as its build directory. */
  readonly settingEntities: readonly number[];
  /** Lists of ids of entities; variants refer to them by index. */
  readonly entityLists: readonly (readonly number[])[];
  /** Outputs and the rules that make them, if they were asked for. */
  readonly targets: readonly { readonly output: NinjaText; readonly rule: Rule }[];
  /** Whether a singleton visited the modules: then none of them may be left out of a run. */
  readonly visitsModules: boolean;
}

export interface PrepareOptions {
  /** Values of persistent providers, maybe also of modules that this run leaves out. */
  readonly collect: SingletonRun['collected'];
  /** Short names of packages of which it is known that several share them. */
  readonly shared?: ReadonlySet<string> | undefined;
  /** Prefixes of local names of modules that this run leaves out. */
  readonly prefixes?: ReadonlyMap<string, string> | undefined;
  readonly recordTargets?: boolean | undefined;
}

export interface PrepareResult {
  readonly prepared: Prepared;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Runs all steps of generating. Names in texts depend on which packages share their short names; where
 * that turns out only on the way, which is rare, everything is generated once more.
 */
export function prepare(graph: Graph, registry: Registry, options: PrepareOptions): PrepareResult {
  const known = options.shared ?? new Set<string>();
  const result = new Preparation(graph, registry, options, known).run();
  const shared = new Set([...known, ...sharedNames(result.prepared.live.packages)]);
  if (shared.size === known.size || result.diagnostics.length > 0) return result;
  const index = [...graph.providers].map((provider) => provider.mutator === undefined);
  for (const variant of graph.order) {
    variant.generating = 'waiting';
    variant.providers = variant.providers?.map((value, i) =>
      index[i] === true ? undefined : value,
    );
  }
  return new Preparation(graph, registry, options, shared).run();
}

class Preparation {
  readonly #graph: Graph;
  readonly #registry: Registry;
  readonly #options: PrepareOptions;
  readonly #shared: ReadonlySet<string>;
  readonly #live: LiveEntities;
  readonly #names: PackageNames;
  readonly #writer: NinjaWriter;
  readonly #arena = new TextArena();
  readonly #comments = new ModuleComments();
  readonly #prefixes: Prefixes;
  readonly #outputs = new Outputs();
  readonly #diagnostics: Diagnostic[] = [];
  readonly #reported = new Set<string>();
  readonly #lists = new Map<string, number>();
  readonly #entityLists: (readonly number[])[] = [];
  readonly #targets: { readonly output: NinjaText; readonly rule: Rule }[] = [];

  constructor(
    graph: Graph,
    registry: Registry,
    options: PrepareOptions,
    shared: ReadonlySet<string>,
  ) {
    this.#graph = graph;
    this.#registry = registry;
    this.#options = options;
    this.#shared = shared;
    this.#live = new LiveEntities(graph.config);
    this.#names = new ProvisionalNames(shared);
    this.#prefixes = new Prefixes(options.prefixes);
    this.#writer = new NinjaWriter(this.#names);
  }

  run(): PrepareResult {
    this.#checkNames();
    if (this.#diagnostics.length === 0) this.#generateModules();
    const settings: ManifestSettings = {
      ninjaVersion: NINJA_VERSION,
      buildDirectory: undefined,
      subninjas: [],
    };
    let visitsModules = false;
    const singletons = this.#runSingletons({
      graph: this.#graph,
      live: this.#live,
      prefixes: this.#prefixes,
      settings,
      diagnostics: this.#diagnostics,
      collected: this.#options.collect,
      modules: () => {
        visitsModules = true;
        return modulesByName(this.#graph);
      },
    });
    // What singletons evaluated counts as named by the manifest as a whole.
    if (settings.buildDirectory !== undefined) this.#live.addText(settings.buildDirectory);
    const settingEntities = this.#live.takeUsed();
    const prepared = {
      live: this.#live,
      names: this.#names,
      shared: this.#shared,
      settings,
      arena: this.#arena,
      prefixes: this.#prefixes,
      outputs: this.#outputs,
      singletons,
      settingEntities,
      entityLists: this.#entityLists,
      targets: this.#targets,
      visitsModules,
    };
    this.#checkPackages();
    return { prepared, diagnostics: this.#diagnostics };
  }

  #checkPackages(): void {
    if (sharedNames(this.#live.packages).size > this.#shared.size) return;
    try {
      checkPackages(this.#live.packages, this.#names);
    } catch (error) {
      const { message } = error as NinjaError;
      this.#diagnostics.push(definitionError({ code: 'ninja/packages', message }));
    }
  }

  /** Everything that is written is sorted by these names: they are asked for often, and with nobody to blame. */
  #checkNames(): void {
    const { names, groups } = this.#graph;
    if (names instanceof GlobalNames) return;
    for (const group of groups) {
      const problem = this.#graph.naming('uniqueName', group, () => {
        checkText('the unique name of a module', names.uniqueName(group));
        return undefined;
      });
      if (problem !== undefined) this.#diagnostics.push(problem);
    }
  }

  #generateModules(): void {
    const diagnostics = this.#diagnostics;
    const failed = new Set<Variant>();
    for (const variant of this.#graph.order) {
      if (failed.size > 0 && variant.dependencies.some(({ module }) => failed.has(module))) {
        failed.add(variant);
        continue;
      }
      const before = diagnostics.length;
      variant.generating = 'running';
      const { definition, kept } = variant.group;
      const { generate } = definition.type;
      const acts = generate !== undefined || variant.missing !== undefined;
      if (acts && kept === undefined) {
        this.#generate(variant, generate as ((context: GenerateStep) => void) | undefined);
      }
      variant.generating = 'done';
      if (diagnostics.length > before) failed.add(variant);
    }
  }

  #generate(variant: Variant, generate: ((context: GenerateStep) => void) | undefined): void {
    const step = new GenerateStep(this.#graph, variant, this.#diagnostics, this.#prefixes);
    try {
      checkEnded(generate?.(step));
      const actions = step.finish();
      if (actions === undefined) return;
      this.#writer.raw(this.#comments.of(variant));
      this.#write(actions, variant.group.place, variant, variant);
    } catch (error) {
      const where = `GenerateBuildActions for ${shown(variant)}`;
      const { place } = variant.group;
      this.#diagnostics.push(exceptionDiagnostic(where, error, place, this.#graph.debug));
    }
  }

  #runSingletons(run: SingletonRun): Prepared['singletons'] {
    if (this.#diagnostics.length > 0) return [];
    const made: { text: TextId; entities: number }[] = [];
    for (const { name, generate } of this.#registry.singletons) {
      const step = new SingletonStep(name, run);
      try {
        checkEnded(generate(step));
        const actions = step.finish();
        if (actions === undefined) continue;
        this.#writer.comment(singletonComment(name));
        const into: Written = { text: NO_TEXT, entities: -1 };
        this.#write(actions, undefined, into, name);
        if (into.text !== NO_TEXT) made.push({ text: into.text, entities: into.entities });
      } catch (error) {
        const where = `GenerateBuildActions for singleton ${name}`;
        this.#diagnostics.push(exceptionDiagnostic(where, error, undefined, this.#graph.debug));
      }
    }
    return made;
  }

  /** Finds what actions name, and writes them behind the comment that is there. */
  #write(
    { statements, variables, rules }: Actions,
    at: Span | undefined,
    into: Written,
    maker: Maker,
  ): void {
    const [writer, live] = [this.#writer, this.#live];
    writer.blankLine();
    try {
      for (const variable of variables) {
        live.addText(variable.value);
        writer.assign(variable.fullName, writer.value(variable.value));
      }
      if (variables.length > 0) writer.blankLine();
      for (const { fullName, definition } of rules) {
        live.addDefinition(definition);
        writer.rule(fullName, definition);
        writer.blankLine();
      }
      for (const statement of statements) {
        const definition = live.addStatement(statement);
        writer.build(statement, definition);
        writer.blankLine();
        this.#note(statement.outputs, maker);
        this.#note(statement.implicitOutputs, maker);
        if (this.#options.recordTargets !== true) continue;
        const { rule, outputs, implicitOutputs } = statement;
        for (const output of [...outputs, ...implicitOutputs]) this.#targets.push({ output, rule });
      }
    } catch (error) {
      writer.take();
      this.#reportValue(error, at);
      return;
    }
    into.text = this.#arena.add(writer.take());
    into.entities = this.#listOf(live.takeUsed());
  }

  #note(outputs: readonly NinjaText[], maker: Maker): void {
    for (const output of outputs) {
      const problem = this.#outputs.add(this.#live.evaluate(output), maker);
      if (problem !== undefined) this.#diagnostics.push(problem);
    }
  }

  #listOf(ids: readonly number[]): number {
    const key = ids.join();
    let index = this.#lists.get(key);
    if (index === undefined) {
      index = this.#entityLists.push(ids) - 1;
      this.#lists.set(key, index);
    }
    return index;
  }

  /** What a package's function threw, or a value that is no text: once, however many name it. */
  #reportValue(error: unknown, at: Span | undefined): void {
    this.#live.takeUsed();
    const message = error instanceof Error ? error.message : String(error);
    if (this.#reported.has(message)) return;
    this.#reported.add(message);
    const code = error instanceof NinjaError ? 'ninja/text' : 'ninja/value';
    const notes =
      this.#graph.debug && error instanceof Error ? [{ message: String(error.stack) }] : [];
    this.#diagnostics.push(definitionError({ code, message, at, notes }));
  }
}

interface Written {
  text: TextId;
  entities: number;
}

/** All variants, by the names of their modules. */
export function modulesByName(graph: Graph): Variant[] {
  return [...graph.groups]
    .sort((a: Group, b: Group) => byCodePoint(a.name, b.name) || a.rank - b.rank)
    .flatMap((group) => group.variants());
}
