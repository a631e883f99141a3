// A module as build logic sees it: one variant, read-only. And what a module type is to those who only
// need to name one.
import type { NestedProperty } from '../property/property.ts';
import type { AnyValues, ValueOf, ValuesOf } from '../property/value.ts';
import type { Fields } from '../property/property.ts';

export interface Module {
  readonly name: string;
  /** The name of its module type; empty for modules that build logic created. */
  readonly typeName: string;
  /** Of the Blueprints file that defines it, relative to the source root; `.` for the root itself. */
  readonly directory: string;
  /** The file that defines it. */
  readonly file: string;
  /** Names of its variations, joined by `_`; empty while it is not split. */
  readonly variant: string;
  /** Its variation of a mutator; undefined where that did not split it. */
  variation(mutator: string): string | undefined;
  /** Whether its type has all of these properties. */
  has(properties: NestedProperty): boolean;
  /** Its properties, if its type has all of these; undefined otherwise. */
  as<TFields extends Fields>(
    properties: NestedProperty<TFields>,
  ): ValueOf<NestedProperty<TFields>> | undefined;
  /** Its properties, whatever they are. */
  readonly properties: AnyValues;
  /** `module "a" variant "b"`, as messages name it. */
  toString(): string;
}

/** What a dependency is for. Compared by identity; the name is for messages and queries. */
export interface DependencyTag {
  readonly name: string;
}

export function dependencyTag(name: string): DependencyTag {
  return { name };
}

/** A dependency of a module: what on, and what for. */
export interface DependencyEdge {
  readonly module: Module;
  readonly tag: DependencyTag;
}

/** A module type, as far as it takes to make a module of it. */
export interface ModuleTypeName<TFields extends Fields = Fields> {
  readonly kind: 'module type';
  readonly name: string;
  readonly schema: NestedProperty<TFields>;
}

/** Values of the properties that build logic sets on a module it creates; others have their defaults. */
export type Values<TFields extends Fields> = Partial<ValuesOf<TFields>> & {
  readonly name: string;
};
