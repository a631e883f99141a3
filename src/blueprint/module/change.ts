// What a mutator wants changed in modules that it may visit later, or that do not exist yet. It is
// collected while the mutator runs and done when it has ended, so that every module is seen by it as it
// was before.
import type { Diagnostic } from '../../base/diagnostic.ts';
import type { AnyValues } from '../property/value.ts';
import type { DependencyTag, Module } from './handle.ts';
import type { Dependency, Group, Variant } from './variant.ts';

export interface Creation {
  readonly group: Group;
  readonly values: AnyValues;
  readonly by: Group;
}

export interface Replacement {
  readonly from: Variant;
  readonly to: Variant;
  readonly only: ((depender: Module, tag: DependencyTag) => boolean) | undefined;
}

export interface ReverseDependency {
  readonly depender: Variant;
  readonly dependency: Dependency;
  readonly by: Variant;
}

/** The state of one run of one mutator over the graph. */
export interface Pass {
  readonly mutator: string;
  readonly number: number;
  /** The mutator whose variations a split makes: a transition's parts share it. */
  readonly splits: string;
  readonly diagnostics: Diagnostic[];
  readonly splitVariants: Variant[];
  readonly added: Variant[];
  readonly reverse: ReverseDependency[];
  readonly creations: Creation[];
  readonly renames: { readonly group: Group; readonly name: string }[];
  readonly replacements: Replacement[];
}
