// The module engine's public API, all of it: what build logic may use. The stock module types are
// written on exactly this, and `ashlar` exports it.
export type { Diagnostic, Note, Result } from '../base/diagnostic.ts';
export { didYouMean, formatDiagnostic } from '../base/diagnostic.ts';
export type { Span } from '../base/span.ts';

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
  type ListProperty,
  type NestedProperty,
  type PathProperty,
  type Property,
  type PropertyOptions,
} from './property/property.ts';
export type { AnyValues, ValueOf, ValuesOf } from './property/value.ts';
export { extend, type Order } from './property/extend.ts';
export type { ConditionValue } from './property/select.ts';
export { jsonSchema, type JsonSchema } from './property/json-schema.ts';
export {
  completionsAt,
  referenceOf,
  type Completion,
  type PropertyReference,
} from './property/reference.ts';

// Module types, mutators, singletons
export {
  moduleType,
  type CommonFields,
  type ModuleType,
  type ModuleTypeOptions,
} from './module/type.ts';
export {
  dependencyTag,
  type DependencyEdge,
  type DependencyTag,
  type Module,
  type ModuleTypeName,
} from './module/handle.ts';
export {
  bottomUp,
  topDown,
  transition,
  type Mutator,
  type OutgoingContext,
  type TransitionSteps,
} from './module/mutator.ts';
export { provider, type Provider } from './module/provider.ts';
export { singleton, type Singleton } from './module/singleton.ts';
export type { Names } from './module/names.ts';
export { directoryNamespaces, type NamespaceOptions } from './module/namespaces.ts';
export { combine, type AnyModuleType, type Condition, type Logic } from './module/logic.ts';
export type { Variation } from './module/variations.ts';
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
} from './module/context.ts';

// Ninja
export { packageContext, type PackageContext } from './ninja/package.ts';
export { consolePool, phonyRule } from './ninja/entity.ts';
export type { Pool, Rule, Variable } from './ninja/entity.ts';
export type { RuleParameters } from './ninja/rule.ts';
export type { BuildParameters } from './ninja/statement.ts';
export { NinjaError } from './ninja/name.ts';
export { ninjaEscape, shellEscape, shellEscapeIncludingSpaces } from './ninja/escape.ts';

// Files
export type { GlobOptions } from './glob/glob.ts';
export { diskFiles, type FileSystem } from './glob/filesystem.ts';
export { memoryFiles } from './glob/memory.ts';
export { cleanPath, joinPath, replaceExtension } from './glob/path.ts';

// Running
export { Engine, type EngineOptions } from './phase/engine.ts';
