// The step of a singleton.
import { definitionError, type Diagnostic } from '../../base/diagnostic.ts';
import type { GlobOptions } from '../glob/glob.ts';
import type { LocalRule, LocalVariable, NinjaText } from '../ninja/entity.ts';
import type { LiveEntities } from '../ninja/live.ts';
import type { PackageContext } from '../ninja/package.ts';
import { shownKind } from '../ninja/name.ts';
import type { RuleParameters } from '../ninja/rule.ts';
import type { BuildParameters } from '../ninja/statement.ts';
import { parseText } from '../ninja/text.ts';
import { ActionBuilder } from './action.ts';
import type { Collected, SingletonContext } from './context.ts';
import { LogicError } from './exception.ts';
import { checkText, checkTexts } from './given.ts';
import type { Graph } from './graph.ts';
import type { DependencyEdge, Module } from './handle.ts';
import type { Prefixes } from './prefix.ts';
import type { Provider } from './provider.ts';
import { edgesOf } from './reading.ts';
import { visitDependencies } from './visit.ts';
import type { Actions, Variant } from './variant.ts';

/** What singletons say about the manifest as a whole. */
export interface ManifestSettings {
  ninjaVersion: readonly [number, number, number];
  buildDirectory: NinjaText | undefined;
  readonly subninjas: string[];
}

/** What the engine gives every singleton of a run. */
export interface SingletonRun {
  readonly graph: Graph;
  readonly live: LiveEntities;
  readonly prefixes: Prefixes;
  readonly settings: ManifestSettings;
  readonly diagnostics: Diagnostic[];
  /** All modules, by name. Called at most once per run. */
  readonly modules: () => readonly Variant[];
  readonly collected: <T>(provider: Provider<T>) => readonly Collected<T>[];
}

export class SingletonStep implements SingletonContext {
  readonly name: string;
  readonly #run: SingletonRun;
  readonly #actions: ActionBuilder;

  constructor(name: string, run: SingletonRun) {
    this.name = name;
    this.#run = run;
    this.#actions = new ActionBuilder(() => run.prefixes.ofSingleton(name));
  }

  get config(): unknown {
    return this.#run.graph.config;
  }

  error(message: string): void {
    this.#run.diagnostics.push(definitionError({ code: 'singleton/error', message }));
  }

  moduleError(module: Module, message: string): void {
    const { place: at } = (module as Variant).group;
    this.#run.diagnostics.push(definitionError({ code: 'singleton/error', message, at }));
  }

  glob(pattern: string, options?: GlobOptions): readonly string[] {
    const result = this.#run.graph.observations.glob(pattern, options);
    if (result.ok) {
      this.#run.graph.observations.share([result.value.key]);
      return result.value.record.matches;
    }
    for (const { message, hint } of result.diagnostics) {
      this.#run.diagnostics.push(definitionError({ code: 'singleton/error', message, hint }));
    }
    return [];
  }

  addFileDependencies(...paths: readonly string[]): void {
    checkTexts('a file to depend on', paths);
    this.#run.graph.observations.addFiles(paths);
    this.#run.graph.observations.share(paths);
  }

  modules(): readonly Module[] {
    return this.#run.modules();
  }

  directDependencies(module: Module): readonly DependencyEdge[] {
    return edgesOf(module as Variant);
  }

  visitDependencies(module: Module, visit: (module: Module) => void): void {
    visitDependencies(module as Variant, visit);
  }

  get<T>(module: Module, provider: Provider<T>): T | undefined {
    const index = this.#run.graph.providerIndex(provider);
    return (module as Variant).providers?.[index] as T | undefined;
  }

  collected<T>(provider: Provider<T>): readonly Collected<T>[] {
    if (!provider.persistent) {
      throw new LogicError(
        `provider ${provider.name} is not persistent, so it cannot be collected`,
      );
    }
    return this.#run.collected(provider);
  }

  evaluateText(scope: PackageContext, text: string): string {
    const parsed = parseText(text, this.#actions.textScope(scope));
    this.#run.live.addText(parsed);
    return this.#run.live.evaluate(parsed);
  }

  requireNinjaVersion(major: number, minor: number, micro: number): void {
    const wanted = [major, minor, micro] as const;
    if (!wanted.every(Number.isSafeInteger)) {
      throw new LogicError(
        `a version of Ninja is three numbers, such as 1, 11, 0; not ${wanted.map(shownKind).join(', ')}`,
      );
    }
    if (compareVersions(wanted, this.#run.settings.ninjaVersion) > 0) {
      this.#run.settings.ninjaVersion = wanted;
    }
  }

  setBuildDirectory(scope: PackageContext, path: string): void {
    this.#run.settings.buildDirectory ??= parseText(path, this.#actions.textScope(scope));
  }

  addSubninja(path: string): void {
    checkText('the path of a manifest', path);
    this.#run.settings.subninjas.push(path);
  }

  variable(scope: PackageContext, name: string, value: string): LocalVariable {
    return this.#actions.variable(scope, name, value);
  }

  rule(
    scope: PackageContext,
    name: string,
    parameters: RuleParameters,
    ...argumentNames: readonly string[]
  ): LocalRule {
    return this.#actions.rule(scope, name, parameters, argumentNames);
  }

  build(scope: PackageContext, parameters: BuildParameters): void {
    this.#actions.build(scope, parameters);
  }

  finish(): Actions | undefined {
    return this.#actions.finish();
  }
}

/** Negative, zero or positive, as of two versions of Ninja. */
export function compareVersions(
  a: readonly [number, number, number],
  b: readonly [number, number, number],
): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}
