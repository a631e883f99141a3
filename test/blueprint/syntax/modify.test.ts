// Changes to named modules: what is changed, what is left, and where comments stay.
import { describe, expect, test } from 'vitest';
import { modify, type Change } from '../../../src/blueprint/syntax/modify.ts';
import { parse } from '../../../src/blueprint/syntax/parse.ts';
import { print } from '../../../src/blueprint/syntax/print.ts';

function modified(text: string, change: Change, path = 'deps') {
  const { file } = parse({ file: 'Blueprints', text });
  const properties = path.split(',').map((property) => property.split('.'));
  const result = modify(file, { modules: new Set(['a']), properties, change });
  return {
    text: print(result.file),
    changed: result.changed,
    messages: result.diagnostics.map(({ message }) => message),
  };
}

const add = (...strings: string[]): Change => ({
  kind: 'list',
  add: strings,
  remove: [],
  sort: false,
});
const remove = (...strings: string[]): Change => ({
  kind: 'list',
  add: [],
  remove: strings,
  sort: false,
});

describe('lists', () => {
  const text = 'm {\n    name: "a",\n    deps: [\n        "b", // bb\n        "d10",\n    ],\n}\n';

  test('a sorted list stays sorted, and comments stay with their elements', () => {
    const expected = text
      .replace('"b"', '"a",\n        "b"')
      .replace('"d10"', '"d9",\n        "d10"');
    expect(modified(text, add('a', 'd9')).text).toBe(expected);
  });

  test('only named modules with a plain name are concerned', () => {
    const other = text.replace('"a"', 'n').replace('m {', 'n = "a"\nm {');
    expect(modified(other, add('x'))).toMatchObject({ changed: false, messages: [] });
    expect(modified(text.replace('"a"', '"b"'), add('x')).changed).toBe(false);
  });

  test('adding what is there and removing what is not changes nothing', () => {
    expect(modified(text, add('b'))).toMatchObject({ changed: false, text });
    expect(modified(text, remove('x'))).toMatchObject({ changed: false, text });
    expect(modified(text, remove('x'), 'nope.deps')).toMatchObject({ changed: false, text });
  });

  test('numbers beyond 64 bits sort as numbers, where the original crashes', () => {
    const big = 'm {\n    name: "a",\n    deps: ["a99999999999999999999"],\n}\n';
    expect(modified(big, add('a99999999999999999998')).text).toContain(
      '"a99999999999999999998",\n        "a99999999999999999999"',
    );
  });
});

test('one module fails, others change', () => {
  const text = 'm {\n    name: "a",\n    deps: v,\n    other: ["x"],\n}\n';
  const result = modified(text, add('y'), 'deps,other,name.x');
  expect(result.messages).toEqual([
    'parameter deps in module a is a variable, unsupported',
    'Expected property "name" to be a map, found string',
  ]);
  expect(result.text).toContain('other: [\n        "x",\n        "y",\n    ]');
});

test('each kind of change minds the type that is there', () => {
  const text = 'm {\n    name: "a",\n    s: "x",\n    b: true,\n    l: [],\n}\n';
  const kinds: readonly (readonly [Change, string, string])[] = [
    [add('x'), 's', 'to be list, found string'],
    [{ kind: 'string', value: 'y' }, 'l', 'to be string, found list'],
    [{ kind: 'bool', value: false }, 's', 'to be bool, found string'],
    [
      { kind: 'replace', replacements: new Map([['x', 'y']]) },
      'b',
      'to be a list or string, found bool',
    ],
  ];
  for (const [change, path, message] of kinds) {
    expect(modified(text, change, path).messages).toEqual([
      `expected parameter ${path} in module a ${message}`,
    ]);
  }
});

test('properties are moved inside of maps too', () => {
  const text = 'm {\n    name: "a",\n    t: {\n        x: ["1"],\n    },\n}\n';
  expect(modified(text, { kind: 'move', to: 'y' }, 't.x').text).toBe(text.replace('x:', 'y:'));
  expect(modified(text, { kind: 'move', to: 'y' }, 'nope.x').changed).toBe(false);
  expect(modified(text, { kind: 'move', to: 'y' }, 'name.x').messages).toEqual([
    'Expected property "name" to be a map, found string',
  ]);
});
