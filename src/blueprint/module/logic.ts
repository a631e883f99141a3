// Build logic as a whole: the module types, mutators, singletons and conditions of a tree. Plain data,
// so that several can be put together and none belongs to the process.
import type { ModuleContext } from './context.ts';
import type { ConditionValue } from '../property/select.ts';
import type { Mutator } from './mutator.ts';
import type { Names } from './names.ts';
import type { Singleton } from './singleton.ts';
import type { AnyModuleType } from './type.ts';

export type { AnyModuleType };

/** Decides a condition of `select` for a module. Throws an Error that says why it cannot. */
export type Condition = (context: ModuleContext, ...args: readonly string[]) => ConditionValue;

export interface Logic {
  readonly moduleTypes?: readonly AnyModuleType[];
  /** They run before dependencies that properties name are added, in this order. */
  readonly earlyMutators?: readonly Mutator[];
  /** They run in this order. */
  readonly mutators?: readonly Mutator[];
  /** They run in this order. */
  readonly singletons?: readonly Singleton[];
  /** What names mean; one name space for the whole tree unless given. Called once for each engine. */
  readonly names?: (() => Names) | undefined;
  /** By the name they have in `select(name(…), …)`. */
  readonly conditions?: Readonly<Record<string, Condition>>;
}

/** Several pieces of build logic as one, in this order. */
export function combine(...parts: readonly Logic[]): Logic {
  return {
    moduleTypes: parts.flatMap((part) => part.moduleTypes ?? []),
    earlyMutators: parts.flatMap((part) => part.earlyMutators ?? []),
    mutators: parts.flatMap((part) => part.mutators ?? []),
    singletons: parts.flatMap((part) => part.singletons ?? []),
    names: parts.findLast((part) => part.names !== undefined)?.names,
    conditions: Object.assign({}, ...parts.map((part) => part.conditions ?? {})),
  };
}
