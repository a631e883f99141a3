// Adds properties to properties: in front, behind or instead. Values are immutable, so the result is a
// new object that shares what did not change. Schemas say how values of each type are joined.
import {
  configurableOf,
  typeName,
  type Configurable,
  type NestedProperty,
  type Property,
} from './property.ts';
import type { AnyValues } from './value.ts';

export type Order = 'append' | 'prepend' | 'replace';

const ORDERS: readonly string[] = ['append', 'prepend', 'replace'];

/** Thrown for properties that do not fit together: a mistake of build logic. */
export class ExtendError extends Error {}

/**
 * Two values as one: strings and lists one behind the other, bools by "or", maps and nested properties
 * name by name; of optional values, enumerations and numbers the second, if it is set.
 */
export function joinValues(property: Property, first: unknown, second: unknown): unknown {
  return extendValue(property, first, second, 'append');
}

/**
 * Extends the values of one schema with those of another. Every property of the source that is set
 * must exist in the destination, with the same type; `matching` leaves out those that do not exist.
 * Properties that are mutated in the source are left as they are. Throws ExtendError.
 */
export function extend(
  destination: NestedProperty,
  values: AnyValues,
  source: NestedProperty,
  addition: AnyValues,
  order: Order,
  { matching = false, path = '' }: { matching?: boolean; path?: string } = {},
): AnyValues {
  if (!ORDERS.includes(order)) {
    throw new ExtendError(`can't extend properties in the order ${JSON.stringify(order)}`);
  }
  let result: Record<string, unknown> | undefined;
  for (const name of Object.keys(source.fields)) {
    const from = source.fields[name]!;
    const given = addition[name];
    if (given === undefined) continue;
    const added = from.kind === 'configurable' ? configurableOf(from.inner, given) : given;
    if (from.kind === 'mutated' || isUnset(from, added)) continue;
    const field = Object.hasOwn(destination.fields, name) ? destination.fields[name]! : undefined;
    // What files cannot set is set by a schema in which it is a plain property.
    const to = field?.kind === 'mutated' ? field.inner : field;
    const shown = JSON.stringify(path + name);
    if (to === undefined) {
      if (matching) continue;
      throw new ExtendError(`can't extend property ${shown}: failed to find property to extend`);
    }
    const extended =
      to.kind === 'nested' && from.kind === 'nested'
        ? extend(to, values[name] as AnyValues, from, added as AnyValues, order, {
            matching,
            path: `${path}${name}.`,
          })
        : extendValue(sameType(to, from, shown), values[name], added, order);
    if (extended === values[name]) continue;
    result ??= { ...values };
    result[name] = extended;
  }
  return result === undefined ? values : Object.freeze(result);
}

/** Whether extending with a value of this type changes nothing, in any order. */
function isUnset(property: Property, value: unknown): boolean {
  switch (property.kind) {
    case 'list':
      return (value as readonly unknown[]).length === 0;
    case 'map':
      return Object.keys(value as AnyValues).length === 0;
    case 'configurable':
      return !(value as Configurable<unknown>).isSet;
    case 'enum':
    case 'int':
      return value === property.fallback;
    case 'bool':
      return value === false;
    default:
      return value === undefined || value === '';
  }
}

function sameType(to: Property, from: Property, shown: string): Property {
  if (describeType(to) === describeType(from)) return to;
  throw new ExtendError(
    `can't extend property ${shown}: mismatched types ${describeType(to)} and ${describeType(from)}`,
  );
}

/** A type in a word or two, for messages: `list of string`. */
export function describeType(property: Property): string {
  switch (property.kind) {
    case 'list':
    case 'map':
      return `${property.kind} of ${describeType(property.element)}`;
    case 'optional':
    case 'configurable':
      return `${property.kind} ${describeType(property.inner)}`;
    case 'mutated':
      return describeType(property.inner);
    case 'nested':
      return 'map';
    default:
      return typeName(property);
  }
}

function extendValue(property: Property, value: unknown, added: unknown, order: Order): unknown {
  const [first, second] = order === 'prepend' ? [added, value] : [value, added];
  switch (property.kind) {
    case 'string':
    case 'path':
      return order === 'replace' ? added : (first as string) + (second as string);
    case 'bool':
      return order === 'replace' ? added : first === true || second === true;
    case 'module':
    case 'int':
    case 'enum':
      return order === 'prepend' && value !== property.fallback ? value : added;
    case 'list':
      if (order === 'replace') return added;
      return Object.freeze([...(first as unknown[]), ...(second as unknown[])]);
    case 'map':
      return Object.freeze(
        extendMap(property.element, value as AnyValues, added as AnyValues, order),
      );
    case 'nested':
      return extend(property, value as AnyValues, property, added as AnyValues, order);
    case 'optional':
      return extendOptional(property.inner, value, added, order);
    case 'configurable':
      if (order === 'replace') return added;
      return (first as Configurable<unknown>).concat(second as Configurable<unknown>);
    case 'mutated':
      return value;
  }
}

/** Of two optional values the added one counts, unless it is prepended to one that is set. */
function extendOptional(inner: Property, value: unknown, added: unknown, order: Order): unknown {
  if (added === undefined) return value;
  if (value === undefined) return added;
  if (inner.kind === 'list' || inner.kind === 'map' || inner.kind === 'nested') {
    return extendValue(inner, value, added, order);
  }
  return order === 'prepend' ? value : added;
}

function extendMap(
  element: Property,
  values: AnyValues,
  added: AnyValues,
  order: Order,
): Record<string, unknown> {
  const [outer, inner] = order === 'prepend' ? [added, values] : [values, added];
  const result: Record<string, unknown> = { ...outer, ...inner };
  for (const name of Object.keys(values)) {
    if (Object.hasOwn(added, name)) {
      result[name] = extendValue(element, values[name], added[name], order);
    }
  }
  return result;
}
