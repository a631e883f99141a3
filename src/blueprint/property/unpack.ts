// From the evaluated properties of a module to values: checked against a schema, with every mistake at
// its place. Knows nothing of what the properties mean.
import {
  definitionError,
  didYouMean,
  failed,
  ok,
  type Diagnostic,
  type DiagnosticFields,
  type Note,
  type Result,
} from '../../base/diagnostic.ts';
import { byCodePoint } from '../../base/digest.ts';
import type { Span } from '../../base/span.ts';
import type { Value } from '../syntax/scope.ts';
import type { Property as SyntaxProperty } from '../syntax/tree.ts';
import { colonSpan, duplicateProperty } from './place.ts';
import {
  Configurable,
  fallbackOf,
  typeName,
  type ConfigurablePart,
  type EnumProperty,
  type Fields,
  type ListProperty,
  type MapProperty,
  type NestedProperty,
  type Property,
} from './property.ts';
import type { AnyValues } from './value.ts';

type Given = SyntaxProperty<Value>;

/** More mistakes than this in one module's values are not told: they have one cause, mostly. */
const MAX_ERRORS = 10;

/**
 * Unpacks properties by a schema. What `before` holds (set by build logic) is added to: strings and
 * lists are appended to, bools or-ed, optional values replaced. Error codes: `property/duplicate` (then
 * nothing else is reported), `property/type`, `property/mutated`, `property/word`, `property/range`,
 * `property/not-configurable`, `property/unrecognized`, `property/missing`.
 */
export function unpack(
  schema: NestedProperty,
  given: readonly Given[],
  at: Span,
  before: AnyValues = schema.fallback,
): Result<AnyValues> {
  const duplicate = duplicateProperty(given);
  if (duplicate !== undefined) return failed(duplicate);
  const unpacker = new Unpacker();
  const values = unpacker.nested(schema, given, before, '', at);
  const diagnostics = unpacker.finish();
  return diagnostics.length === 0 ? ok(values) : failed(...diagnostics);
}

/** Unpacks one value, for a property of this name. Error codes as of `unpack`. */
export function unpackValue(property: Property, value: Value, name: string): Result<unknown> {
  const unpacker = new Unpacker();
  const unpacked = unpacker.value(property, value, value, fallbackOf(property), '', name);
  const diagnostics = unpacker.finish();
  return diagnostics.length === 0 ? ok(unpacked) : failed(...diagnostics);
}

interface Unrecognized {
  readonly path: string;
  readonly diagnostic: Diagnostic;
}

interface Ordered {
  /** Positions in the schemas from the top down: mistakes are told in the schema's order. */
  readonly order: readonly number[];
  readonly diagnostic: Diagnostic;
}

/** Returned in place of a value that was reported. */
const FAILED = Symbol('failed');

class Unpacker {
  readonly #errors: Ordered[] = [];
  readonly #unrecognized: Unrecognized[] = [];
  /** The schemas around the current property, and its names in them. */
  readonly #schemas: NestedProperty[] = [];
  readonly #names: string[] = [];

  finish(): Diagnostic[] {
    if (this.#errors.length === 0 && this.#unrecognized.length === 0) return [];
    this.#errors.sort((a, b) => compareOrders(a.order, b.order));
    const errors = this.#errors.slice(0, MAX_ERRORS).map(({ diagnostic }) => diagnostic);
    if (errors.length === MAX_ERRORS) return errors;
    this.#unrecognized.sort((a, b) => byCodePoint(a.path, b.path));
    return [...errors, ...this.#unrecognized.map(({ diagnostic }) => diagnostic)];
  }

  nested(
    schema: NestedProperty,
    given: readonly Given[],
    before: AnyValues,
    prefix: string,
    at: Span,
  ): AnyValues {
    const { fields } = schema;
    const values: Record<string, unknown> = { ...before };
    const level = this.#schemas.push(schema) - 1;
    for (let i = 0; i < given.length; i++) {
      const property = given[i]!;
      const { name } = property;
      this.#names[level] = name;
      const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
      if (field === undefined) this.#unrecognize(property, prefix, fields);
      else if (field.kind === 'mutated') this.#refuse(property, prefix);
      else {
        const { value, written } = property;
        const unpacked = this.value(field, value, written, values[name], prefix, name);
        if (unpacked !== FAILED) values[name] = unpacked;
      }
    }
    this.#requireAll(schema, given, prefix, at);
    this.#schemas.pop();
    this.#names.length = level;
    return Object.freeze(values);
  }

  /** A value of one property, or FAILED; `written` is where the file gives it. */
  value(
    property: Property,
    value: Value,
    written: Span,
    before: unknown,
    prefix: string,
    name: string,
  ): unknown {
    switch (property.kind) {
      case 'string':
      case 'path':
        if (value.kind !== 'string') break;
        return before === property.fallback || before === ''
          ? value.value
          : (before as string) + value.value;
      case 'module':
        if (value.kind !== 'string') break;
        return value.value;
      case 'bool':
        if (value.kind !== 'bool') break;
        return value.value || (before === true && !property.fallback);
      case 'int':
        if (value.kind !== 'int') break;
        return this.#int(value, written, prefix + name);
      case 'enum':
        if (value.kind !== 'string') break;
        return this.#word(property, value, written, prefix + name);
      case 'list':
        if (value.kind !== 'list') break;
        return this.#list(property, value.values, before as readonly unknown[], prefix, name);
      case 'map':
        if (value.kind !== 'map') break;
        return this.#map(property, value.properties, before as AnyValues, `${prefix}${name}.`);
      case 'nested':
        if (value.kind !== 'map') break;
        return this.nested(
          property,
          value.properties,
          before as AnyValues,
          `${prefix}${name}.`,
          written,
        );
      case 'optional':
        // Of an optional value only nested ones are added to: others replace what was there.
        return this.value(
          property.inner,
          value,
          written,
          property.inner.kind === 'nested' && before !== undefined
            ? before
            : fallbackOf(property.inner),
          prefix,
          name,
        );
      case 'configurable':
        return this.#configurable(property.inner, value, written, before, prefix, name);
      case 'mutated':
        return this.value(property.inner, value, written, before, prefix, name);
    }
    this.#mistyped(property, value, written, prefix + name);
    return FAILED;
  }

  #list(
    { element }: ListProperty,
    given: readonly Value[],
    before: readonly unknown[],
    prefix: string,
    name: string,
  ): readonly unknown[] {
    const values: unknown[] = before.length === 0 ? [] : [...before];
    const plain = element.kind === 'string' || element.kind === 'path' || element.kind === 'module';
    for (let i = 0; i < given.length; i++) {
      const item = given[i]!;
      if (plain && item.kind === 'string') {
        values.push(item.value);
        continue;
      }
      const inner = `${name}[${i}]`;
      const unpacked = this.value(element, item, item, fallbackOf(element), prefix, inner);
      if (unpacked !== FAILED) values.push(unpacked);
    }
    return Object.freeze(values);
  }

  #map(
    { element }: MapProperty,
    given: readonly Given[],
    before: AnyValues,
    prefix: string,
  ): AnyValues {
    const values: Record<string, unknown> = { ...before };
    for (const { name, value, written } of given) {
      const old = Object.hasOwn(values, name) ? values[name] : fallbackOf(element);
      const unpacked = this.value(element, value, written, old, prefix, name);
      if (unpacked === FAILED) continue;
      // `__proto__` must become a property like any other.
      Object.defineProperty(values, name, { value: unpacked, enumerable: true, writable: true });
    }
    return Object.freeze(values);
  }

  #configurable(
    inner: Property,
    value: Value,
    written: Span,
    before: unknown,
    prefix: string,
    name: string,
  ): unknown {
    let parts: readonly ConfigurablePart[];
    if (value.kind === 'select') parts = [value];
    else if (value.kind === 'operator') parts = value.operands;
    else {
      const unpacked = this.value(inner, value, written, fallbackOf(inner), prefix, name);
      if (unpacked === FAILED) return FAILED;
      parts = [{ kind: 'unpacked', value: unpacked }];
    }
    return (before as Configurable<unknown>).concat(new Configurable(inner, parts));
  }

  #int(value: Value & { kind: 'int' }, at: Span, path: string): unknown {
    const number = Number(value.value);
    if (Number.isSafeInteger(number)) return number;
    const message = `int64 value ${value.value} of property "${path}" is out of range`;
    this.#add({ code: 'property/range', message, at, hint: 'at most 2^53 - 1, either way' });
    return FAILED;
  }

  #word(
    { words }: EnumProperty,
    value: Value & { kind: 'string' },
    at: Span,
    path: string,
  ): unknown {
    if (words.includes(value.value)) return value.value;
    this.#add({
      code: 'property/word',
      message: `${JSON.stringify(value.value)} is not a value of property "${path}"`,
      at,
      hint:
        didYouMean(value.value, words) ??
        `it can be ${words.map((word) => JSON.stringify(word)).join(', ')}`,
    });
    return FAILED;
  }

  #mistyped(property: Property, value: Value, written: Span, path: string): void {
    if (value.kind === 'select' || value.kind === 'operator') {
      this.#add({
        code: 'property/not-configurable',
        message: `can't assign select statement to non-configurable property "${path}"`,
        at: written,
      });
      return;
    }
    const kind = value.kind === 'int' ? 'int64' : value.kind;
    const elsewhere = value.source !== written.source || value.start !== written.start;
    const notes: Note[] = elsewhere ? [{ message: 'the value comes from here', at: value }] : [];
    this.#add({
      code: 'property/type',
      message: `can't assign ${kind} value to ${typeName(property)} property "${path}"`,
      at: written,
      notes,
    });
  }

  #refuse(property: Given, prefix: string): void {
    const message = `mutated field ${prefix}${property.name} cannot be set in a Blueprint file`;
    this.#add({ code: 'property/mutated', message, at: colonSpan(property) });
  }

  #add(fields: DiagnosticFields): void {
    const order = this.#schemas.map(({ fields: names }, level) =>
      Object.keys(names).indexOf(this.#names[level] ?? ''),
    );
    this.#errors.push({ order, diagnostic: definitionError(fields) });
  }

  #unrecognize(property: Given, prefix: string, fields: Fields): void {
    const path = prefix + property.name;
    const message = `unrecognized property "${path}"`;
    const known = Object.keys(fields).filter((name) => fields[name]!.kind !== 'mutated');
    const hint = didYouMean(property.name, known);
    const at = colonSpan(property);
    this.#unrecognized.push({
      path,
      diagnostic: definitionError({ code: 'property/unrecognized', message, at, hint }),
    });
  }

  #requireAll(
    { fields, requires }: NestedProperty,
    given: readonly Given[],
    prefix: string,
    at: Span,
  ): void {
    for (const name of requires) {
      if (given.some((property) => property.name === name)) continue;
      this.#names[this.#schemas.length - 1] = name;
      const { doc } = fields[name]!;
      this.#add({
        code: 'property/missing',
        message: `property "${prefix}${name}" is missing`,
        at,
        hint: doc === '' ? undefined : doc,
      });
    }
  }
}

function compareOrders(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    if (a[i] !== b[i]) return a[i]! - b[i]!;
  }
  return a.length - b.length;
}
