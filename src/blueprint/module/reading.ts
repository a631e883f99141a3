// The part of every step that concerns one module: its properties, messages about it, and looking at
// the modules it depends on.
import { definitionError, ok, type Diagnostic, type Result } from '../../base/diagnostic.ts';
import type { Span } from '../../base/span.ts';
import type { GlobOptions } from '../glob/glob.ts';
import type { Configurable, NestedProperty } from '../property/property.ts';
import { ConditionError, evaluateConfigurable, type ConditionValue } from '../property/select.ts';
import type { AnyValues } from '../property/value.ts';
import type { ReadingContext } from './context.ts';
import { LogicError, messageOf, stackOf } from './exception.ts';
import { checkPlain, checkTexts } from './given.ts';
import type { Graph } from './graph.ts';
import type { DependencyEdge, DependencyTag, Module } from './handle.ts';
import { propertySpan, writtenSpan } from './place.ts';
import { freeze, type Provider } from './provider.ts';
import { finalVariant, visitDependencies, walkDependencies } from './visit.ts';
import type { Dependency, Variant } from './variant.ts';

export class ModuleStep implements ReadingContext {
  readonly graph: Graph;
  readonly target: Variant;
  /** Where mistakes go: that of the whole pass. */
  readonly diagnostics: Diagnostic[];

  constructor(graph: Graph, target: Variant, diagnostics: Diagnostic[]) {
    this.graph = graph;
    this.target = target;
    this.diagnostics = diagnostics;
  }

  get module(): Module {
    return this.target;
  }

  get name(): string {
    return this.target.group.name;
  }

  get directory(): string {
    return this.target.group.definition.directory;
  }

  get properties(): AnyValues {
    this.#beThere();
    return this.target.values;
  }

  /** Of a kept module build logic may ask how it is called and of what type it is, and nothing more. */
  #beThere(): void {
    const { kept, name } = this.target.group;
    kept?.unknown(`module ${name}`);
  }

  as(properties: NestedProperty): never | undefined {
    const { target } = this;
    this.#beThere();
    return target.has(properties) ? (target.values as never) : undefined;
  }

  get config(): unknown {
    return this.graph.config;
  }

  error(message: string): void {
    this.report('module/error', `${this.shown}: ${message}`);
  }

  propertyError(property: string, message: string): void {
    this.#atProperty(property, message);
  }

  #atProperty(property: string, message: string, hint?: string): void {
    this.diagnostics.push(
      definitionError({
        code: 'module/property',
        message: `${this.shown}: ${property}: ${message}`,
        at: propertySpan(this.target.group, property),
        hint,
      }),
    );
  }

  /** The module as messages about it begin: without who created it. */
  protected get shown(): string {
    const { name, variant } = this.target;
    const shownVariant = variant === '' ? '' : ` variant ${JSON.stringify(variant)}`;
    return `module ${JSON.stringify(name)}${shownVariant}`;
  }

  /** Adds a diagnostic at the module. */
  protected report(code: string, message: string, hint?: string): void {
    const { place: at } = this.target.group;
    this.diagnostics.push(definitionError({ code, message, at, hint }));
  }

  evaluate<T>(property: Configurable<T>, name: string): T | undefined {
    const result = evaluateConfigurable(property, name, (condition, args) =>
      this.decide(condition, args),
    );
    if (result.ok) return result.value;
    this.diagnostics.push(...result.diagnostics);
    return undefined;
  }

  /** What a condition of `select` comes to for this module. Throws an Error that says why it cannot. */
  decide(condition: string, args: readonly string[]): ConditionValue {
    const { conditions } = this.graph;
    if (!Object.hasOwn(conditions, condition)) {
      const known = Object.keys(conditions).join(', ');
      throw new LogicError(
        `unknown condition ${condition}()${known === '' ? '' : `; known are ${known}`}`,
      );
    }
    try {
      return conditions[condition]!(this, ...args);
    } catch (error) {
      throw new ConditionError(messageOf(error), stackOf(error, this.graph.debug));
    }
  }

  glob(pattern: string, options?: GlobOptions): readonly string[] {
    const found = this.#glob(pattern, options);
    if (found.ok) return found.value;
    for (const { message, hint } of found.diagnostics) {
      this.report('module/error', `${this.shown}: ${message}`, hint);
    }
    return [];
  }

  propertyGlob(
    property: string,
    pattern: string,
    options?: GlobOptions,
  ): readonly string[] | undefined {
    const found = this.#glob(pattern, options);
    if (found.ok) return found.value;
    for (const { message, hint } of found.diagnostics) this.#atProperty(property, message, hint);
    return undefined;
  }

  #glob(pattern: string, options: GlobOptions | undefined): Result<readonly string[]> {
    this.#beThere();
    const result = this.graph.observations.glob(pattern, options);
    if (!result.ok) return result;
    const { group } = this.target;
    group.globs ??= [];
    if (!group.globs.includes(result.value.key)) group.globs.push(result.value.key);
    return ok(result.value.record.matches);
  }

  addFileDependencies(...paths: readonly string[]): void {
    this.#beThere();
    checkTexts('a file to depend on', paths);
    this.graph.observations.addFiles(paths);
    const { group } = this.target;
    group.files ??= [];
    for (const path of paths) if (!group.files.includes(path)) group.files.push(path);
  }

  get<T>(module: Module, provider: Provider<T>): T | undefined {
    const variant = module as Variant;
    const { mutator, name } = provider;
    if (mutator === undefined) {
      if (variant.generating !== 'done') {
        throw new LogicError(
          `Can't get value of provider ${name} before GenerateBuildActions finished`,
        );
      }
    } else if (variant.finishedMutator < this.#numberOf(mutator)) {
      throw new LogicError(
        `Can't get value of provider ${name} before mutator ${mutator} finished`,
      );
    }
    const index = this.graph.providerIndex(provider);
    const { kept } = variant.group;
    const value =
      kept === undefined ? variant.providers?.[index] : kept.valueOf(this.graph, variant, provider);
    return value as T | undefined;
  }

  set<T>(provider: Provider<T>, value: T): void {
    const { target } = this;
    this.#beThere();
    const { mutator, name } = provider;
    const when =
      mutator === undefined
        ? generatingPhase(target)
        : this.#mutatingPhase(target, this.#numberOf(mutator), mutator);
    if (when !== undefined) throw new LogicError(`Can't set value of provider ${name} ${when}`);
    if (value === undefined) throw new LogicError(`Value of provider ${name} is undefined`);
    if (provider.persistent) checkPlain(provider, value);
    const index = this.graph.providerIndex(provider);
    target.providers ??= [];
    if (target.providers[index] !== undefined) {
      throw new LogicError(`Value of provider ${name} is already set`);
    }
    target.providers[index] = freeze(value);
  }

  #mutatingPhase(variant: Variant, number: number, mutator: string): string | undefined {
    if (variant.startedMutator < number) return `before mutator ${mutator} started`;
    // A module that was created later never met the mutator: then a later one runs on it.
    const isOver = variant.finishedMutator >= number || variant.startedMutator > number;
    return isOver ? `after mutator ${mutator} finished` : undefined;
  }

  #numberOf(mutator: string): number {
    const number = this.graph.mutatorNumbers.get(mutator);
    if (number === undefined) throw new LogicError(`there is no mutator ${mutator}`);
    return number;
  }

  directDependencies(): readonly DependencyEdge[] {
    this.#beThere();
    return edgesOf(this.target);
  }

  directDependency(name: string, tag?: DependencyTag): Module | undefined {
    const { graph, target } = this;
    this.#beThere();
    // A name that says which name space it is of is not the module's own.
    const exact = name.startsWith('//') ? graph.names.find(name, target.group) : undefined;
    for (const dependency of target.dependencies) {
      const variant = finalVariant(dependency.module);
      const { group } = variant;
      if (
        (group.name === name || group === exact) &&
        (tag === undefined || dependency.tag === tag)
      ) {
        return variant;
      }
    }
    return undefined;
  }

  visitDependencies(visit: (module: Module) => void): void {
    this.#beThere();
    this.target.group.readsDeep = true;
    visitDependencies(this.target, visit);
  }

  walkDependencies(visit: (child: Module, parent: Module, tag: DependencyTag) => boolean): void {
    this.#beThere();
    this.target.group.readsDeep = true;
    walkDependencies(this.target, visit);
  }

  variants(): readonly Module[] {
    this.#beThere();
    return this.target.group.variants();
  }

  placeOf(property?: string, module: Module = this.target): Span | undefined {
    const { group } = module as Variant;
    group.kept?.unknown(`the place of module ${group.name}`);
    return property === undefined ? group.place : writtenSpan(group, property);
  }
}

function generatingPhase({ generating }: Variant): string | undefined {
  if (generating === 'waiting') return 'before GenerateBuildActions started';
  return generating === 'done' ? 'after GenerateBuildActions finished' : undefined;
}

/** The edges of a variant; one that was split in the running mutator stands for its first part. */
export function edgesOf({ dependencies }: Variant): readonly DependencyEdge[] {
  for (let i = 0; i < dependencies.length; i++) {
    if (dependencies[i]!.module.split !== undefined) return finalEdges(dependencies);
  }
  return dependencies;
}

function finalEdges(dependencies: readonly Dependency[]): DependencyEdge[] {
  return dependencies.map(({ module, tag }) => ({ module: finalVariant(module), tag }));
}
