// Generates: every variant makes its statements, dependencies first; then singletons; and all that
// they reach of the packages is evaluated. A variant whose step fails is left out together with those
// that depend on it.
import { definitionError, type Diagnostic } from '../../base/diagnostic.ts';
import { byCodePoint } from '../../base/digest.ts';
import { LiveEntities } from '../ninja/live.ts';
import { NinjaError } from '../ninja/name.ts';
import { exceptionDiagnostic } from '../module/exception.ts';
import { GenerateStep } from '../module/generating.ts';
import type { Graph } from '../module/graph.ts';
import { shown } from '../module/pass.ts';
import { Prefixes } from '../module/prefix.ts';
import { SingletonStep, type ManifestSettings, type SingletonRun } from '../module/single.ts';
import type { Actions, Group, Variant } from '../module/variant.ts';
import type { Span } from '../../base/span.ts';
import type { Registry } from './registry.ts';

/** The oldest Ninja that reads every manifest, unless build logic asks for a newer one. */
const NINJA_VERSION = [1, 7, 0] as const;

export interface SingletonActions {
  readonly name: string;
  readonly actions: Actions;
}

/** Everything that a manifest is written from. */
export interface Prepared {
  readonly live: LiveEntities;
  readonly settings: ManifestSettings;
  readonly singletons: readonly SingletonActions[];
  /** Whether a singleton visited the modules: then none of them may be left out of a run. */
  readonly visitsModules: boolean;
}

export interface PrepareOptions {
  /** Values of persistent providers that are known without the modules that set them. */
  readonly collect: SingletonRun['collected'];
}

/** Runs all steps of generating. Returns what went wrong beside what was made. */
export function prepare(
  graph: Graph,
  registry: Registry,
  { collect }: PrepareOptions,
): { prepared: Prepared; diagnostics: readonly Diagnostic[] } {
  const live = new LiveEntities(graph.config);
  const prefixes = new Prefixes();
  const diagnostics: Diagnostic[] = [];
  const tracker = new Tracker(live, graph.debug, diagnostics);
  generateModules(graph, prefixes, tracker, diagnostics);

  const settings: ManifestSettings = {
    ninjaVersion: NINJA_VERSION,
    buildDirectory: undefined,
    subninjas: [],
  };
  let visitsModules = false;
  const run: SingletonRun = {
    graph,
    live,
    prefixes,
    settings,
    diagnostics,
    collected: collect,
    modules: () => {
      visitsModules = true;
      return modulesByName(graph);
    },
  };
  const singletons = diagnostics.length > 0 ? [] : runSingletons(registry, run, tracker);
  if (settings.buildDirectory !== undefined) live.addText(settings.buildDirectory);
  return { prepared: { live, settings, singletons, visitsModules }, diagnostics };
}

function generateModules(
  graph: Graph,
  prefixes: Prefixes,
  tracker: Tracker,
  diagnostics: Diagnostic[],
): void {
  const failed = new Set<Variant>();
  for (const variant of graph.order) {
    if (failed.size > 0 && variant.dependencies.some((edge) => failed.has(edge.variant))) {
      failed.add(variant);
      continue;
    }
    const before = diagnostics.length;
    variant.generating = 'running';
    const { generate } = variant.group.definition.type;
    if (generate !== undefined || variant.missing !== undefined) {
      const step = new GenerateStep(graph, variant, diagnostics, prefixes);
      try {
        generate?.(step as never);
        variant.actions = step.finish();
        if (variant.actions !== undefined) tracker.add(variant.actions, variant.group.place);
      } catch (error) {
        const where = `GenerateBuildActions for ${shown(variant)}`;
        const { place } = variant.group;
        diagnostics.push(exceptionDiagnostic(where, error, place, graph.debug));
      }
    }
    variant.generating = 'done';
    if (diagnostics.length > before) failed.add(variant);
  }
}

function runSingletons(
  { singletons }: Registry,
  run: SingletonRun,
  tracker: Tracker,
): SingletonActions[] {
  const made: SingletonActions[] = [];
  for (const { name, generate } of singletons) {
    const step = new SingletonStep(name, run);
    try {
      generate(step);
      const actions = step.finish();
      if (actions === undefined) continue;
      tracker.add(actions, undefined);
      made.push({ name, actions });
    } catch (error) {
      const where = `GenerateBuildActions for singleton ${name}`;
      run.diagnostics.push(exceptionDiagnostic(where, error, undefined, run.graph.debug));
    }
  }
  return made;
}

/** Finds what statements reach; an entity that cannot be evaluated is reported once. */
class Tracker {
  readonly #live: LiveEntities;
  readonly #debug: boolean;
  readonly #diagnostics: Diagnostic[];
  readonly #reported = new Set<string>();

  constructor(live: LiveEntities, debug: boolean, diagnostics: Diagnostic[]) {
    this.#live = live;
    this.#debug = debug;
    this.#diagnostics = diagnostics;
  }

  add({ statements, variables, rules }: Actions, at: Span | undefined): void {
    try {
      for (const variable of variables) this.#live.addText(variable.value);
      for (const rule of rules) this.#live.addDefinition(rule.definition);
      for (const statement of statements) this.#live.addStatement(statement);
    } catch (error) {
      this.#live.abandon();
      const message = error instanceof Error ? error.message : String(error);
      if (this.#reported.has(message)) return;
      this.#reported.add(message);
      const code = error instanceof NinjaError ? 'ninja/text' : 'ninja/value';
      const stack = this.#debug && error instanceof Error ? [{ message: String(error.stack) }] : [];
      this.#diagnostics.push(definitionError({ code, message, at, notes: stack }));
    }
  }
}

/** All variants, by the names of their modules. */
export function modulesByName(graph: Graph): Variant[] {
  return [...graph.groups]
    .sort((a: Group, b: Group) => byCodePoint(a.name, b.name) || a.rank - b.rank)
    .flatMap((group) => group.variants());
}
