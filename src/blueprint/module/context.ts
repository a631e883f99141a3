// What build logic can do at each step: the interfaces of the contexts that module types, mutators and
// singletons are given. Their implementations are elsewhere.
import type { Span } from '../../base/span.ts';
import type { GlobOptions } from '../glob/glob.ts';
import type { LocalRule, LocalVariable } from '../ninja/entity.ts';
import type { PackageContext } from '../ninja/package.ts';
import type { RuleParameters } from '../ninja/rule.ts';
import type { BuildParameters } from '../ninja/statement.ts';
import type { Order } from '../property/extend.ts';
import type { Configurable, Fields, NestedProperty } from '../property/property.ts';
import type { AnyValues, ValueOf } from '../property/value.ts';
import type { DependencyEdge, DependencyTag, Module, ModuleTypeName, Values } from './handle.ts';
import type { Provider } from './provider.ts';
import type { Variation } from './variations.ts';

/** What every step may do that looks at files or reports mistakes. */
export interface StepContext {
  /** What the engine was given for its build logic. */
  readonly config: unknown;
  /**
   * Files that a pattern matches, relative to the source root. The generator runs again when the
   * matches change. A malformed pattern is reported, and matches nothing.
   */
  glob(pattern: string, options?: GlobOptions): readonly string[];
  /** Makes the generator run again when one of these files changes. */
  addFileDependencies(...paths: readonly string[]): void;
}

/** A step that concerns one module. */
export interface ModuleContext<TValues = AnyValues> extends StepContext {
  readonly module: Module;
  readonly name: string;
  readonly directory: string;
  /** The module's properties. Immutable. */
  readonly properties: TValues;
  /** The module's properties, if its type has all of these; undefined otherwise. */
  as<TFields extends Fields>(
    properties: NestedProperty<TFields>,
  ): ValueOf<NestedProperty<TFields>> | undefined;
  /** Reports a mistake at the module; the step goes on. */
  error(message: string): void;
  /** Reports a mistake at a property (`a.b`, `list[0].x`), or at the module where it is not set. */
  propertyError(property: string, message: string): void;
  /**
   * Files that a pattern of a property matches, as of `glob`. A pattern that is malformed, or cannot be followed, is
   * reported at the property, and gives undefined: that is another thing than one which matches nothing.
   */
  propertyGlob(
    property: string,
    pattern: string,
    options?: GlobOptions,
  ): readonly string[] | undefined;
  /** The value that a configurable property comes to; mistakes are reported, and give undefined. */
  evaluate<T>(property: Configurable<T>, name: string): T | undefined;
}

/** Looking at other modules. What is looked at counts as read: its change runs this step again. */
export interface ReadingContext<TValues = AnyValues> extends ModuleContext<TValues> {
  /** What a module (a dependency, or the module itself) has set; undefined if it did not. */
  get<T>(module: Module, provider: Provider<T>): T | undefined;
  /** Sets a provider's value, once, at the time that the provider asks for. The value becomes immutable. */
  set<T>(provider: Provider<T>, value: T): void;
  /** Dependencies in the order in which they were added; one module may be there several times. */
  directDependencies(): readonly DependencyEdge[];
  /** The first direct dependency of this name, and tag if one is given. */
  directDependency(name: string, tag?: DependencyTag): Module | undefined;
  /** All dependencies, each once and after its own dependencies, without the module itself. */
  visitDependencies(visit: (module: Module) => void): void;
  /**
   * Every edge below the module, from the top down. Returns whether to go on below the child; each
   * module is gone through once, although each of its edges is visited.
   */
  walkDependencies(visit: (child: Module, parent: Module, tag: DependencyTag) => boolean): void;
  /** All variants of this module, in the order in which they were created. */
  variants(): readonly Module[];
  /**
   * Where a module (this one, unless another is given) writes a property, or where it stands itself.
   * Undefined for a property that its file does not have, such as one that it takes from elsewhere.
   */
  placeOf(property?: string, module?: Module): Span | undefined;
}

/** Changing modules, or making new ones. What is created or renamed counts when the mutator has ended. */
export interface MutatingContext<TValues = AnyValues> extends ReadingContext<TValues> {
  /** The mutator's name. */
  readonly mutator: string;
  /** Adds to the module's properties. Those of another schema must exist in the module's; see `extend`. */
  extendProperties<TFields extends Fields>(
    properties: NestedProperty<TFields>,
    values: AnyValues,
    order: Order,
    options?: { readonly matching?: boolean },
  ): void;
  /** Makes a module, at the place of this one. */
  createModule<TFields extends Fields>(
    type: ModuleTypeName<TFields>,
    values: NoInfer<Values<TFields>>,
  ): void;
  rename(name: string): void;
}

export interface TopDownContext<TValues = AnyValues> extends MutatingContext<TValues> {
  /** The modules that depend on this one, as they are: the mutator has run on them. */
  directDependers(): readonly DependencyEdge[];
}

export interface BottomUpContext<TValues = AnyValues> extends MutatingContext<TValues> {
  /** Whether there is a module of this name: for dependencies that are taken only where they exist. */
  hasModule(name: string): boolean;
  /** Depends on modules, each in the variant that is like this one. They count when the mutator has ended. */
  addDependency(tag: DependencyTag, ...names: readonly string[]): void;
  /** Lets another module depend on this one. */
  addReverseDependency(tag: DependencyTag, name: string): void;
  /** Depends on variants that are like this one, but for the given variations. */
  addVariationDependency(
    variations: readonly Variation[],
    tag: DependencyTag,
    ...names: readonly string[]
  ): void;
  /** Depends on the first variant that has the given variations, whatever else it is. */
  addFarVariationDependency(
    variations: readonly Variation[],
    tag: DependencyTag,
    ...names: readonly string[]
  ): void;
  /** Lets a variant that was just created depend on an earlier one of them. */
  addInterVariantDependency(tag: DependencyTag, from: Module, to: Module): void;
  /** Splits the module. Dependencies that the same mutator has split are followed into the same variation. */
  createVariations(...names: readonly string[]): readonly Module[];
  /** Splits the module without a say in which variants its later dependencies have. */
  createLocalVariations(...names: readonly string[]): readonly Module[];
  /** Splits the module into nothing, but lets its dependencies be those of this variation. */
  setDependencyVariation(name: string): void;
  /** For the next split: the variation of dependencies that lack the wanted one. */
  setDefaultDependencyVariation(name: string): void;
  /** Lets dependencies on the variant as it was before this split lead to one of the new ones. */
  aliasVariation(name: string): void;
  /** Makes a further variation that is only another name for one of the new ones. */
  createAliasVariation(alias: string, name: string): void;
  /** Lets everything that depends on the named module, in this variant, depend on this one instead. */
  replaceDependencies(name: string, only?: (depender: Module, tag: DependencyTag) => boolean): void;
}

/** Before a module from a file is registered. */
export interface LoadContext<TValues = AnyValues> extends ModuleContext<TValues> {
  extendProperties<TFields extends Fields>(
    properties: NestedProperty<TFields>,
    values: AnyValues,
    order: Order,
    options?: { readonly matching?: boolean },
  ): void;
  createModule<TFields extends Fields>(
    type: ModuleTypeName<TFields>,
    values: NoInfer<Values<TFields>>,
  ): void;
  /** Makes a module type known in the rest of this file, under a name of its own there. */
  registerModuleType(name: string, type: ModuleTypeName): void;
}

/** Adding to the manifest. */
export interface ActionContext {
  /** Defines a variable of this module (or singleton), used in its later texts. */
  variable(scope: PackageContext, name: string, value: string): LocalVariable;
  /** Defines a rule of this module. */
  rule(
    scope: PackageContext,
    name: string,
    parameters: RuleParameters,
    ...argumentNames: readonly string[]
  ): LocalRule;
  /** Adds a build statement. Names in its texts are those of the package, and of this module's variables. */
  build(scope: PackageContext, parameters: BuildParameters): void;
}

export interface GenerateContext<TValues = AnyValues>
  extends ReadingContext<TValues>, ActionContext {
  /**
   * Names that this module depends on and that do not exist, where the engine allows that. To ask is to
   * take over: whoever does not is told of an error.
   */
  missingDependencies(): readonly string[];
}

/** After all modules. */
export interface SingletonContext extends StepContext, ActionContext {
  readonly name: string;
  /** Reports a mistake. */
  error(message: string): void;
  /** Reports a mistake at a module. */
  moduleError(module: Module, message: string): void;
  /**
   * Every module, by name, then in the order of its variants. A singleton that visits them makes every
   * change analyse the whole tree: `collected` does not.
   */
  modules(): readonly Module[];
  directDependencies(module: Module): readonly DependencyEdge[];
  /** The module's dependencies, each once and after its own dependencies, without the module itself. */
  visitDependencies(module: Module, visit: (module: Module) => void): void;
  get<T>(module: Module, provider: Provider<T>): T | undefined;
  /** Every value of a persistent provider, with who set it, in the order of `modules`. */
  collected<T>(provider: Provider<T>): readonly Collected<T>[];
  /** The value of a text, as Ninja will see it. Throws NinjaError. */
  evaluateText(scope: PackageContext, text: string): string;
  /** The manifest needs at least this version of Ninja. */
  requireNinjaVersion(major: number, minor: number, micro: number): void;
  /** Where Ninja keeps its own files. The first call counts. */
  setBuildDirectory(scope: PackageContext, path: string): void;
  /** Reads another manifest, in a scope of its own. */
  addSubninja(path: string): void;
}

/** A provider's value, and the module that set it. */
export interface Collected<T> {
  readonly module: string;
  readonly variant: string;
  readonly typeName: string;
  readonly directory: string;
  readonly value: T;
}
