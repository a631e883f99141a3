// Changes to trees leave the old tree as it was.
import { describe, expect, test } from 'vitest';
import { ok, type Result } from '../../../src/base/diagnostic.ts';
import {
  addStrings,
  getProperty,
  getValue,
  makeBool,
  makeList,
  makeString,
  moveProperty,
  removeStrings,
  replaceStrings,
  sameExpressions,
  updateProperty,
} from '../../../src/blueprint/syntax/edit.ts';
import { parse } from '../../../src/blueprint/syntax/parse.ts';
import { print, printExpression } from '../../../src/blueprint/syntax/print.ts';
import type { Expression, File, List, Module } from '../../../src/blueprint/syntax/tree.ts';

function moduleOf(text: string): { file: File; module: Module } {
  const { file } = parse({ file: 'Blueprints', text });
  const [module] = file.definitions;
  if (module?.kind !== 'module') throw new Error('no module');
  return { file, module };
}

function listOf(text: string): List {
  const value = getValue(moduleOf(`m { x: ${text} }`).module, ['x']);
  if (value?.kind !== 'list') throw new Error('no list');
  return value;
}

function take<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.diagnostics[0]!.message);
  return result.value;
}

const one = (value: Expression): string => printExpression(value).replaceAll(/\s+/g, ' ');

describe('lists', () => {
  test('strings are added once, in order, at the end', () => {
    const list = listOf('["b"]');
    expect(one(take(addStrings(list, ['a', 'b', 'a', 'c'])))).toBe('[ "b", "a", "c", ]');
    expect(take(addStrings(list, ['b']))).toBe(list);
    expect(one(list)).toBe('["b"]');
  });

  test('one occurrence of each string is removed', () => {
    const list = listOf('["a", "b", "a", "c"]');
    expect(one(take(removeStrings(list, ['a', 'c', 'x'])))).toBe('[ "b", "a", ]');
    expect(one(take(removeStrings(list, ['a', 'a'])))).toBe('[ "b", "c", ]');
    expect(take(removeStrings(list, ['x']))).toBe(list);
  });

  test('strings are replaced in their places', () => {
    const list = listOf('["a", "b"]');
    expect(one(take(replaceStrings(list, new Map([['a', 'z']]))))).toBe('[ "z", "b", ]');
    expect(take(replaceStrings(list, new Map()))).toBe(list);
  });

  test('what is no string is told, where it stands', () => {
    for (const result of [
      addStrings(listOf('["a", v]'), ['b']),
      removeStrings(listOf('["a", v]'), ['a']),
      replaceStrings(listOf('["a", v]'), new Map()),
    ]) {
      expect(result).toMatchObject({
        ok: false,
        diagnostics: [{ message: 'expected string in list, got variable', at: { start: 13 } }],
      });
    }
  });
});

describe('properties', () => {
  const text = 'm {\n    a: 1,\n    // about b\n    b: {\n        c: "x",\n    },\n}\n';

  test('are found, also nested ones', () => {
    const { module } = moduleOf(text);
    expect(getProperty(module, 'a')?.value).toMatchObject({ value: 1n });
    expect(getValue(module, ['b', 'c'])).toMatchObject({ value: 'x' });
    expect(getValue(module, ['a', 'c'])).toBeUndefined();
    expect(getValue(module, ['nope', 'c'])).toBeUndefined();
  });

  test('are set, with the maps on the way to them', () => {
    const { file, module } = moduleOf(text);
    const set = (path: string[], value: Expression) =>
      updateProperty(module, path, () => ok(value));
    const printed = (changed: Module) => print({ ...file, definitions: [changed] });
    expect(printed(take(set(['b', 'c'], makeString(file.source, 'y'))))).toBe(
      text.replace('"x"', '"y"'),
    );
    expect(printed(take(set(['d', 'e', 'f'], makeBool(file.source, true))))).toBe(
      text.replace(
        /\}\n$/,
        '    d: {\n        e: {\n            f: true,\n        },\n    },\n}\n',
      ),
    );
    expect(print(file)).toBe(text);
  });

  test('are removed, and nothing is made to remove something from', () => {
    const { module } = moduleOf(text);
    const remove = (path: string[]) => take(updateProperty(module, path, () => ok(undefined)));
    expect(remove(['b', 'c']).properties[1]!.value).toMatchObject({ kind: 'map', properties: [] });
    expect(remove(['a']).properties.map(({ name }) => name)).toEqual(['b']);
    expect(remove(['nope', 'c'])).toBe(module);
    expect(remove(['b', 'nope'])).toBe(module);
  });

  test('stay where something on the way is no map', () => {
    const { module, file } = moduleOf(text);
    expect(updateProperty(module, ['b', 'c', 'd'], () => ok(makeList(file.source)))).toMatchObject({
      ok: false,
      diagnostics: [{ message: 'Expected property "b.c" to be a map, found string' }],
    });
  });

  test('are moved: renamed, or added to a list', () => {
    const names = (module: Module) => module.properties.map(({ name }) => name);
    const { module } = moduleOf('m { a: ["1"], b: ["2", "1"], c: 1 }');
    expect(names(take(moveProperty(module, 'a', 'z')))).toEqual(['z', 'b', 'c']);
    const moved = take(moveProperty(module, 'a', 'b'));
    expect(names(moved)).toEqual(['b', 'c']);
    expect(one(moved.properties[0]!.value)).toBe('[ "2", "1", ]');
    expect(take(moveProperty(module, 'nope', 'b'))).toBe(module);
    expect(take(moveProperty(module, 'a', 'a'))).toBe(module);
    expect(moveProperty(module, 'a', 'c')).toMatchObject({ ok: false });
  });
});

test('expressions are the same if they are printed alike', () => {
  expect(sameExpressions(listOf('["\\x41"]'), listOf('[ "A" /* c */, ]'))).toBe(true);
  expect(sameExpressions(listOf('["a"]'), listOf('["b"]'))).toBe(false);
});
