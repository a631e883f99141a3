// Changes to trees: lists, properties, values. Every change gives a new tree and leaves the old one;
// what is new in it has no place of its own (line 0) and is printed where it comes.
import { definitionError, failed, ok, type Result } from '../../base/diagnostic.ts';
import type { Source } from '../../base/span.ts';
import { printExpression } from './print.ts';
import {
  typeName,
  type BoolLiteral,
  type Expression,
  type List,
  type MapLiteral,
  type Node,
  type Property,
  type StringLiteral,
} from './tree.ts';

/** What has properties: a module or a map. */
export type Owner = Node & { readonly properties: readonly Property[] };

/** A node without a place. */
function made(source: Source): Node {
  return { source, start: 0, end: 0, line: 0 };
}

export function makeString(source: Source, value: string): StringLiteral {
  return { kind: 'string', ...made(source), value };
}

export function makeBool(source: Source, value: boolean): BoolLiteral {
  return { kind: 'bool', ...made(source), value };
}

export function makeList(source: Source, values: readonly Expression[] = []): List {
  return { kind: 'list', ...made(source), closeLine: 0, values };
}

export function makeMap(source: Source, properties: readonly Property[] = []): MapLiteral {
  return { kind: 'map', ...made(source), closeLine: 0, properties };
}

function makeProperty(source: Source, name: string, value: Expression): Property {
  const place = made(source);
  return { kind: 'property', ...place, name, colon: 0, colonLine: 0, value, written: value };
}

/** The first property of a name. */
export function getProperty(owner: Owner, name: string): Property | undefined {
  return owner.properties.find((property) => property.name === name);
}

/** The value of a nested property, or undefined where there is none. */
export function getValue(owner: Owner, path: readonly string[]): Expression | undefined {
  const [name, ...rest] = path;
  const value = name === undefined ? undefined : getProperty(owner, name)?.value;
  if (rest.length === 0) return value;
  return value?.kind === 'map' ? getValue(value, rest) : undefined;
}

/**
 * Replaces the value of a nested property. `update` is given the value there is, or undefined, and
 * gives the new one, the same one for no change, or undefined for none: then the property goes. Maps on
 * the way are made where a value is to be set. Error code `blueprint/edit`: something on the way is no
 * map; and whatever `update` fails with.
 */
export function updateProperty<TOwner extends Owner>(
  owner: TOwner,
  path: readonly string[],
  update: (value: Expression | undefined) => Result<Expression | undefined>,
  above: readonly string[] = [],
): Result<TOwner> {
  const [name, ...rest] = path as [string, ...string[]];
  const property = getProperty(owner, name);
  const value = property?.value;
  const here = [...above, name];
  let result: Result<Expression | undefined>;
  if (rest.length === 0) result = update(value);
  else if (value === undefined) result = create(owner.source, rest, update, here);
  else if (value.kind === 'map') result = updateProperty(value, rest, update, here);
  else result = notAMap(here, value);
  if (!result.ok) return result;
  return ok(withValue(owner, name, property, result.value));
}

function create(
  source: Source,
  path: readonly string[],
  update: (value: Expression | undefined) => Result<Expression | undefined>,
  above: readonly string[],
): Result<Expression | undefined> {
  const map = updateProperty(makeMap(source), path, update, above);
  return map.ok && map.value.properties.length === 0 ? ok(undefined) : map;
}

/** What is said where a part of a property's path is no map. */
export function notAMap(path: readonly string[], value: Expression): Result<never> {
  return failed(
    definitionError({
      code: 'blueprint/edit',
      message: `Expected property "${path.join('.')}" to be a map, found ${typeName(value)}`,
      at: value,
    }),
  );
}

function withValue<TOwner extends Owner>(
  owner: TOwner,
  name: string,
  property: Property | undefined,
  value: Expression | undefined,
): TOwner {
  if (value === property?.value) return owner;
  const { properties, source } = owner;
  if (value === undefined) {
    return { ...owner, properties: properties.filter((other) => other !== property) };
  }
  if (property === undefined) {
    return { ...owner, properties: [...properties, makeProperty(source, name, value)] };
  }
  const changed = { ...property, value, written: value };
  return {
    ...owner,
    properties: properties.map((other) => (other === property ? changed : other)),
  };
}

/**
 * Moves the contents of a property to another name of the same owner: the property is renamed, or, where
 * the other one is there, its strings are added to that list. Error code `blueprint/edit` if those are
 * not two lists of strings.
 */
export function moveProperty<TOwner extends Owner>(
  owner: TOwner,
  name: string,
  newName: string,
): Result<TOwner> {
  const from = getProperty(owner, name);
  const to = getProperty(owner, newName);
  if (from === undefined || from === to) return ok(owner);
  if (to === undefined) {
    const renamed = { ...from, name: newName };
    return ok({ ...owner, properties: owner.properties.map((p) => (p === from ? renamed : p)) });
  }
  for (const { value } of [from, to]) {
    if (value.kind !== 'list') {
      return failed(
        definitionError({
          code: 'blueprint/edit',
          message: `expected a list of strings to move, found ${typeName(value)}`,
          at: value,
        }),
      );
    }
  }
  const moved = strings(from.value as List);
  if (!moved.ok) return moved;
  const sum = addStrings(to.value as List, moved.value);
  if (!sum.ok) return sum;
  return ok(withValue(withValue(owner, name, from, undefined), newName, to, sum.value));
}

/** The strings of a list. Error code `blueprint/edit` at the first element that is none. */
export function strings(list: List): Result<readonly string[]> {
  const other = list.values.find(({ kind }) => kind !== 'string');
  if (other === undefined) return ok((list.values as StringLiteral[]).map(({ value }) => value));
  return failed(
    definitionError({
      code: 'blueprint/edit',
      message: `expected string in list, got ${typeName(other)}`,
      at: other,
    }),
  );
}

/** Adds the strings that are not yet there, at the end. Fails as `strings` does. */
export function addStrings(list: List, added: readonly string[]): Result<List> {
  const known = strings(list);
  if (!known.ok) return known;
  const missing = [...new Set(added)].filter((value) => !known.value.includes(value));
  if (missing.length === 0) return ok(list);
  const { source, end, closeLine } = list;
  // They stand where the list ends, after the comments in it.
  const start = Math.max(0, end - 1);
  const values = missing.map((value): StringLiteral => {
    return { kind: 'string', source, start, end: start, line: closeLine, value };
  });
  return ok({ ...list, values: [...list.values, ...values] });
}

/** Removes one occurrence of each string. Fails as `strings` does. */
export function removeStrings(list: List, removed: readonly string[]): Result<List> {
  const known = strings(list);
  if (!known.ok) return known;
  const gone = new Set<number>();
  for (const value of removed) {
    const index = known.value.findIndex((other, i) => other === value && !gone.has(i));
    if (index !== -1) gone.add(index);
  }
  if (gone.size === 0) return ok(list);
  return ok({ ...list, values: list.values.filter((_, index) => !gone.has(index)) });
}

/** Replaces strings by others, in their places. Fails as `strings` does. */
export function replaceStrings(
  list: List,
  replacements: ReadonlyMap<string, string>,
): Result<List> {
  const known = strings(list);
  if (!known.ok) return known;
  if (!known.value.some((value) => replacements.has(value))) return ok(list);
  const values = (list.values as readonly StringLiteral[]).map((element) => {
    const value = replacements.get(element.value);
    return value === undefined ? element : { ...element, value };
  });
  return ok({ ...list, values });
}

/** Whether two expressions are printed alike. Comments do not count. */
export function sameExpressions(a: Expression, b: Expression): boolean {
  return printExpression(a) === printExpression(b);
}
