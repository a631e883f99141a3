// The public API for build logic: what a tree's own module types may import from `ashlar`. The stock
// module types are written on exactly this.
export type { Diagnostic, Note, Result } from './base/diagnostic.ts';
export { formatDiagnostic } from './base/diagnostic.ts';

// Properties
export {
  bool,
  configurable,
  Configurable,
  int,
  list,
  map,
  moduleName,
  mutated,
  nested,
  oneOf,
  optional,
  path,
  properties,
  string,
  type Fields,
  type NestedProperty,
  type Property,
  type PropertyOptions,
} from './blueprint/property/property.ts';
export type { AnyValues, ValueOf, ValuesOf } from './blueprint/property/value.ts';
export { extend, type Order } from './blueprint/property/extend.ts';
export type { ConditionValue } from './blueprint/property/select.ts';
export { jsonSchema, type JsonSchema } from './blueprint/property/json-schema.ts';
export {
  completionsAt,
  referenceOf,
  type Completion,
  type PropertyReference,
} from './blueprint/property/reference.ts';

// Module types, mutators, singletons
export { moduleType, type ModuleType, type ModuleTypeOptions } from './blueprint/module/type.ts';
export {
  dependencyTag,
  type DependencyEdge,
  type DependencyTag,
  type Module,
  type ModuleTypeName,
} from './blueprint/module/handle.ts';
export {
  bottomUp,
  topDown,
  transition,
  type Mutator,
  type OutgoingContext,
  type TransitionSteps,
} from './blueprint/module/mutator.ts';
export { provider, type Provider } from './blueprint/module/provider.ts';
export { singleton, type Singleton } from './blueprint/module/singleton.ts';
export {
  combine,
  type AnyModuleType,
  type Condition,
  type Logic,
} from './blueprint/module/logic.ts';
export type { Variation } from './blueprint/module/variations.ts';
export type {
  ActionContext,
  BottomUpContext,
  Collected,
  GenerateContext,
  LoadContext,
  ModuleContext,
  MutatingContext,
  ReadingContext,
  SingletonContext,
  TopDownContext,
} from './blueprint/module/context.ts';

// Ninja
export { packageContext, type PackageContext } from './blueprint/ninja/package.ts';
export { consolePool, phonyRule } from './blueprint/ninja/entity.ts';
export type { Pool, Rule, Variable } from './blueprint/ninja/entity.ts';
export type { RuleParameters } from './blueprint/ninja/rule.ts';
export type { BuildParameters } from './blueprint/ninja/statement.ts';
export { NinjaError } from './blueprint/ninja/name.ts';
export { ninjaEscape, shellEscape, shellEscapeIncludingSpaces } from './blueprint/ninja/escape.ts';

// Files
export type { GlobOptions } from './blueprint/glob/glob.ts';
export { diskFiles, type FileSystem } from './blueprint/glob/filesystem.ts';
export { memoryFiles } from './blueprint/glob/memory.ts';
export { joinPath, replaceExtension } from './blueprint/glob/path.ts';

// Running
export { Engine, type EngineOptions } from './blueprint/phase/engine.ts';
