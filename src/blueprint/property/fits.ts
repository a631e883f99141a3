// Whether a value that build logic made is one that a property can have: JavaScript does not tell a text from a list
// of its letters. Values that are frozen are values of modules, or parts of them: they fit already.
import { Configurable, type NestedProperty, type Property } from './property.ts';
import { describeType } from './extend.ts';
import type { AnyValues } from './value.ts';

/** The first value that does not fit, as `list of string, found "a"`; undefined where all do. */
export function misfit(property: Property, value: unknown): string | undefined {
  switch (property.kind) {
    case 'string':
    case 'path':
    case 'module':
      return typeof value === 'string' ? undefined : found(property, value);
    case 'enum':
      if (property.words.includes(value as string)) return undefined;
      return found(`one of ${property.words.join(', ')}`, value);
    case 'bool':
      return typeof value === 'boolean' ? undefined : found(property, value);
    case 'int':
      return Number.isSafeInteger(value) ? undefined : found(property, value);
    case 'list':
      if (!Array.isArray(value)) return found(property, value);
      if (Object.isFrozen(value)) return undefined;
      return firstOf(value, (item) => misfit(property.element, item));
    case 'map':
      if (!isObject(value)) return found(property, value);
      if (Object.isFrozen(value)) return undefined;
      return firstOf(Object.values(value), (item) => misfit(property.element, item));
    case 'nested':
      return isObject(value) ? misfitWithin(property, value) : found(property, value);
    case 'optional':
      return value === undefined ? undefined : misfit(property.inner, value);
    case 'configurable':
      return value instanceof Configurable ? undefined : misfit(property.inner, value);
    case 'mutated':
      return misfit(property.inner, value);
  }
}

/** The same for all properties of an object that are given, with the name of the property. */
export function misfitWithin({ fields }: NestedProperty, values: AnyValues): string | undefined {
  if (Object.isFrozen(values)) return undefined;
  for (const name of Object.keys(fields)) {
    const value = values[name];
    const problem = value === undefined ? undefined : misfit(fields[name]!, value);
    if (problem !== undefined) return `property ${JSON.stringify(name)}: ${problem}`;
  }
  return undefined;
}

/** The first thing that is found in any of the items. */
export function firstOf(
  items: readonly unknown[],
  find: (item: unknown) => string | undefined,
): string | undefined {
  for (const item of items) {
    const problem = find(item);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function isObject(value: unknown): value is AnyValues {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function found(wanted: Property | string, value: unknown): string {
  const shown = JSON.stringify(value) ?? String(value);
  const type = typeof wanted === 'string' ? wanted : describeType(wanted);
  return `expected ${type}, found ${shown}`;
}
