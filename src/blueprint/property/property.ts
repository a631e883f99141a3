// Property schemas: run-time objects that say which properties a module type has. Static types,
// unpacking, extension, JSON Schema, documentation and completion all follow from them. They are
// plain immutable data; nothing here knows how values are read, or of modules.
import { unknownKey } from '../../base/known.ts';
import type { Value } from '../syntax/scope.ts';

/** Said of every property, whatever its type. */
export interface PropertyOptions {
  /** One or more sentences for the reference, in Markdown. */
  readonly doc?: string | undefined;
  /** Leaving it out is an error. */
  readonly required?: boolean | undefined;
}

interface Said {
  readonly doc: string;
  readonly required: boolean;
}

export interface StringProperty extends Said {
  readonly kind: 'string';
  readonly fallback: string;
}

/** A file, relative to the directory of the Blueprints file. */
export interface PathProperty extends Said {
  readonly kind: 'path';
  readonly fallback: string;
}

/** The name of another module. With a tag, the module gets a dependency on it before any mutator runs. */
export interface ModuleProperty<TTag = unknown> extends Said {
  readonly kind: 'module';
  readonly fallback: string;
  readonly tag: TTag | undefined;
}

export interface BoolProperty extends Said {
  readonly kind: 'bool';
  readonly fallback: boolean;
}

export interface IntProperty extends Said {
  readonly kind: 'int';
  readonly fallback: number;
}

/** One of several words. */
export interface EnumProperty<TWord extends string = string> extends Said {
  readonly kind: 'enum';
  readonly words: readonly TWord[];
  readonly fallback: TWord;
}

export interface ListProperty<TElement extends Property = Property> extends Said {
  readonly kind: 'list';
  readonly element: TElement;
}

/** Any names, with values of one type. */
export interface MapProperty<TElement extends Property = Property> extends Said {
  readonly kind: 'map';
  readonly element: TElement;
}

/** Properties of its own. */
export interface NestedProperty<TFields extends Fields = Fields> extends Said {
  readonly kind: 'nested';
  readonly fields: TFields;
  /** What it is where nothing is given; also the shape that all its values have. */
  readonly fallback: Readonly<Record<string, unknown>>;
  /** Names of the fields that must be given. */
  readonly requires: readonly string[];
}

/** Can be told apart from being set to nothing: undefined unless set. */
export interface OptionalProperty<TInner extends Property = Property> extends Said {
  readonly kind: 'optional';
  readonly inner: TInner;
}

/** May be given as a `select`, which is decided when the module asks for the value. */
export interface ConfigurableProperty<TInner extends Property = Property> extends Said {
  readonly kind: 'configurable';
  readonly inner: TInner;
}

/** Set by build logic only. */
export interface MutatedProperty<TInner extends Property = Property> extends Said {
  readonly kind: 'mutated';
  readonly inner: TInner;
}

export type Property =
  | StringProperty
  | PathProperty
  | ModuleProperty
  | BoolProperty
  | IntProperty
  | EnumProperty
  | ListProperty
  | MapProperty
  | NestedProperty
  | OptionalProperty
  | ConfigurableProperty
  | MutatedProperty;

/** A value as written, maybe with selects, or one that build logic made. */
export type ConfigurablePart = Value | { readonly kind: 'unpacked'; readonly value: unknown };

/** A value that may hold selects, before it is decided (select.ts). */
export class Configurable<T> {
  /** The type of what it comes to. */
  readonly property: Property;
  /** In the order in which they are added up. */
  readonly parts: readonly ConfigurablePart[];
  /** Never there; it makes the type parameter count. */
  declare readonly type?: T;

  constructor(property: Property, parts: readonly ConfigurablePart[]) {
    this.property = property;
    this.parts = parts;
  }

  /** Whether it is given at all. */
  get isSet(): boolean {
    return this.parts.length > 0;
  }

  /** This value, followed by another. */
  concat(other: Configurable<T>): Configurable<T> {
    return new Configurable(this.property, [...this.parts, ...other.parts]);
  }
}

/** A value that build logic gives for a configurable property: as it is, or in need of no decision. */
export function configurableOf<T>(inner: Property, value: T | Configurable<T>): Configurable<T> {
  if (value instanceof Configurable) return value;
  return new Configurable(inner, [{ kind: 'unpacked', value }]);
}

/** Properties by name, as they are spelled in files. */
export interface Fields {
  readonly [name: string]: Property;
}

const COMMON = ['doc', 'required'];
const WITH_DEFAULT = [...COMMON, 'default'];
const WITH_TAG = [...COMMON, 'tag'];

/** Throws TypeError for options that there are not. */
function said(what: string, options: PropertyOptions = {}, known = COMMON): Said {
  for (const key of Object.keys(options)) {
    const problem = unknownKey(what, key, known);
    if (problem !== undefined) throw new TypeError(problem);
  }
  const { doc = '', required = false } = options;
  return { doc, required };
}

/** What is said of the property inside, unless something is said of this one. */
function saidOf(what: string, inner: Property, options: PropertyOptions | undefined): Said {
  return options === undefined ? { doc: inner.doc, required: inner.required } : said(what, options);
}

export function string(
  options: PropertyOptions & { readonly default?: string } = {},
): StringProperty {
  return {
    kind: 'string',
    ...said('string', options, WITH_DEFAULT),
    fallback: options.default ?? '',
  };
}

export function path(options: PropertyOptions & { readonly default?: string } = {}): PathProperty {
  return { kind: 'path', ...said('path', options, WITH_DEFAULT), fallback: options.default ?? '' };
}

export function moduleName<TTag>(
  options: PropertyOptions & { readonly tag?: TTag } = {},
): ModuleProperty<TTag> {
  return {
    kind: 'module',
    ...said('moduleName', options, WITH_TAG),
    fallback: '',
    tag: options.tag,
  };
}

export function bool(options: PropertyOptions & { readonly default?: boolean } = {}): BoolProperty {
  return {
    kind: 'bool',
    ...said('bool', options, WITH_DEFAULT),
    fallback: options.default ?? false,
  };
}

/** A whole number that JavaScript can count to: beyond ±2^53 is an error. */
export function int(options: PropertyOptions & { readonly default?: number } = {}): IntProperty {
  return { kind: 'int', ...said('int', options, WITH_DEFAULT), fallback: options.default ?? 0 };
}

/** The first word is the value where none is given. */
export function oneOf<const TWord extends string>(
  words: readonly [TWord, ...TWord[]],
  options: PropertyOptions & { readonly default?: TWord } = {},
): EnumProperty<TWord> {
  return {
    kind: 'enum',
    ...said('oneOf', options, WITH_DEFAULT),
    words,
    fallback: options.default ?? words[0],
  };
}

export function list<TElement extends Property>(
  element: TElement,
  options?: PropertyOptions,
): ListProperty<TElement> {
  return { kind: 'list', ...said('list', options), element };
}

export function map<TElement extends Property>(
  element: TElement,
  options?: PropertyOptions,
): MapProperty<TElement> {
  return { kind: 'map', ...said('map', options), element };
}

export function nested<TFields extends Fields>(
  fields: TFields,
  options?: PropertyOptions,
): NestedProperty<TFields> {
  const fallback: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields)) fallback[name] = fallbackOf(field);
  const requires = Object.keys(fields).filter((name) => fields[name]!.required);
  return {
    kind: 'nested',
    ...said('properties', options),
    fields,
    fallback: Object.freeze(fallback),
    requires,
  };
}

export function optional<TInner extends Property>(
  inner: TInner,
  options?: PropertyOptions,
): OptionalProperty<TInner> {
  return { kind: 'optional', ...saidOf('optional', inner, options), inner };
}

export function configurable<TInner extends Property>(
  inner: TInner,
  options?: PropertyOptions,
): ConfigurableProperty<TInner> {
  return { kind: 'configurable', ...saidOf('configurable', inner, options), inner };
}

export function mutated<TInner extends Property>(
  inner: TInner,
  options?: PropertyOptions,
): MutatedProperty<TInner> {
  return { kind: 'mutated', ...saidOf('mutated', inner, options), inner };
}

/** Properties that belong together, such as all those of a module type. */
export const properties: typeof nested = nested;

const NO_ELEMENTS: readonly unknown[] = Object.freeze([]);
const NO_ENTRIES: Readonly<Record<string, unknown>> = Object.freeze({});

/** The value of a property that is not given. */
export function fallbackOf(property: Property): unknown {
  switch (property.kind) {
    case 'string':
    case 'path':
    case 'module':
    case 'bool':
    case 'int':
    case 'enum':
    case 'nested':
      return property.fallback;
    case 'list':
      return NO_ELEMENTS;
    case 'map':
      return NO_ENTRIES;
    case 'optional':
      return undefined;
    case 'configurable':
      return new Configurable(property.inner, []);
    case 'mutated':
      return fallbackOf(property.inner);
  }
}

/** What messages call a type of value: the words of the language. */
export function typeName(property: Property): string {
  switch (property.kind) {
    case 'string':
    case 'path':
    case 'module':
    case 'enum':
      return 'string';
    case 'bool':
      return 'bool';
    case 'int':
      return 'int64';
    case 'list':
      return 'list';
    case 'map':
    case 'nested':
      return 'map';
    case 'optional':
    case 'configurable':
    case 'mutated':
      return typeName(property.inner);
  }
}
