// Where properties stand in a file: for messages, queries and editors. Knows nothing of schemas.
import { definitionError, type Diagnostic } from '../../base/diagnostic.ts';
import type { Span } from '../../base/span.ts';
import type { Value } from '../syntax/scope.ts';
import type { Expression, Property } from '../syntax/tree.ts';

type Given = Property<Value> | Property;

/** The colon of a property: the place of messages about the property rather than its value. */
export function colonSpan({ source, colon }: Given): Span {
  return { source, start: colon, end: colon + 1 };
}

/** A property that is given twice in one place, at any depth; the first one found. */
export function duplicateProperty(given: readonly Given[], prefix = ''): Diagnostic | undefined {
  const seen = given.length > 8 ? new Map<string, Given>() : undefined;
  for (let i = 0; i < given.length; i++) {
    const property = given[i]!;
    const { name } = property;
    const earlier = seen === undefined ? earlierOf(given, i, name) : seen.get(name);
    if (earlier !== undefined) return duplicate(property, earlier, prefix);
    seen?.set(name, property);
    const { kind } = property.value;
    if (kind === 'map' || kind === 'list') {
      const inner = duplicateInside(property.value, prefix + name);
      if (inner !== undefined) return inner;
    }
  }
  return undefined;
}

function earlierOf(given: readonly Given[], end: number, name: string): Given | undefined {
  for (let i = 0; i < end; i++) if (given[i]!.name === name) return given[i];
  return undefined;
}

function duplicateInside(value: Value | Expression, path: string): Diagnostic | undefined {
  if (value.kind === 'map') return duplicateProperty(value.properties, `${path}.`);
  if (value.kind !== 'list') return undefined;
  for (const [i, item] of value.values.entries()) {
    if (item.kind !== 'map' && item.kind !== 'list') continue;
    const inner = duplicateInside(item, `${path}[${i}]`);
    if (inner !== undefined) return inner;
  }
  return undefined;
}

function duplicate(property: Given, earlier: Given, prefix: string): Diagnostic {
  return definitionError({
    code: 'property/duplicate',
    message: `property "${prefix}${property.name}" already defined`,
    at: colonSpan(property),
    notes: [{ message: 'previous definition here', at: colonSpan(earlier) }],
  });
}

/** Every property given, by its path (`a.b`, `list[0].x`), in the order of the file. */
export function propertiesByPath(given: readonly Given[], prefix = ''): Map<string, Given> {
  const found = new Map<string, Given>();
  const add = (property: Given, value: Value | Expression, path: string): void => {
    found.set(path, property);
    if (value.kind === 'map') {
      for (const [inner, its] of propertiesByPath(value.properties, `${path}.`)) {
        found.set(inner, its);
      }
    } else if (value.kind === 'list') {
      // Items that hold properties stand for themselves, at the place of the list's property.
      for (const [i, item] of value.values.entries()) {
        if (item.kind === 'map' || item.kind === 'list') add(property, item, `${path}[${i}]`);
      }
    }
  };
  for (const property of given) add(property, property.value, prefix + property.name);
  return found;
}
