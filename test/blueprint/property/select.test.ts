import { describe, expect, test } from 'vitest';
import * as p from '../../../src/blueprint/property/property.ts';
import { evaluateConfigurable, type Decide } from '../../../src/blueprint/property/select.ts';
import { extend } from '../../../src/blueprint/property/extend.ts';
import { unpack } from '../../../src/blueprint/property/unpack.ts';
import type { ValuesOf } from '../../../src/blueprint/property/value.ts';
import { evaluate } from '../../../src/blueprint/syntax/evaluate.ts';
import { parse } from '../../../src/blueprint/syntax/parse.ts';
import { Scope } from '../../../src/blueprint/syntax/scope.ts';

const fields = {
  s: p.configurable(p.string()),
  l: p.configurable(p.list(p.string())),
  b: p.configurable(p.bool()),
  plain: p.string(),
};
const schema = p.properties(fields);

function unpacked(text: string) {
  const { file, diagnostics } = parse({ file: 'Blueprints', text });
  expect(diagnostics).toEqual([]);
  const { modules, diagnostics: problems } = evaluate(file, new Scope());
  expect(problems).toEqual([]);
  return unpack(schema, modules[0]!.properties, modules[0]!);
}

function values(text: string): ValuesOf<typeof fields> {
  const result = unpacked(text);
  if (!result.ok) throw new Error(result.diagnostics[0]!.message);
  return result.value as ValuesOf<typeof fields>;
}

const decide: Decide = (name, args) => {
  if (name === 'arch') return 'arm';
  if (name === 'debug') return true;
  if (name === 'level') return 3;
  if (name === 'variable') return args[0] === 'set' ? 'v' : undefined;
  throw new Error(`unknown condition ${name}`);
};

function decided(text: string): unknown {
  const property = values(`m { ${text} }`)[text[0] as 's' | 'l' | 'b'];
  const result = evaluateConfigurable(property as p.Configurable<unknown>, text[0]!, decide);
  return result.ok ? result.value : result.diagnostics.map(({ code, message }) => [code, message]);
}

describe('a select comes to the first case that matches', () => {
  test.each([
    ['s: "x"', 'x'],
    ['s: select(arch(), { "x86": "a", "arm": "b", default: "c" })', 'b'],
    ['s: select(variable("none"), { any: "a", default: "c" })', 'c'],
    ['s: select(variable("set"), { any @ name: "is " + name, default: "c" })', 'is v'],
    [
      's: select((arch(), debug()), { ("arm", false): "a", ("arm", true): "b", (default, default): "c" })',
      'b',
    ],
    ['s: select(level(), { 1: "a", 3: "b", default: "c" })', 'b'],
    ['s: select(arch(), { "arm": unset, default: "c" })', undefined],
    ['s: "a" + select(arch(), { "arm": "b", default: "c" }) + "d"', 'abd'],
    ['l: ["a"] + select(arch(), { "arm": ["b"], default: [] }) + ["c"]', ['a', 'b', 'c']],
    [
      'l: select(arch(), { "arm": ["x"] + select(debug(), { true: ["y"], default: [] }), default: [] })',
      ['x', 'y'],
    ],
    ['b: select(debug(), { true: true, default: false })', true],
  ])('%s', (text, expected) => expect(decided(text)).toEqual(expected));
});

describe('mistakes', () => {
  test.each([
    [
      's: select(arch(), { "x86": "a" })',
      [
        'property/select-unhandled',
        'arch() had value "arm", which was not handled by the select statement',
      ],
    ],
    [
      's: select(arch(), { true: "a", default: "b" })',
      [
        'property/select-type',
        'Expected all branches of a select on condition arch() to have type string, found bool',
      ],
    ],
    [
      's: select(acrh(), { default: "b" })',
      ['property/select-condition', 'unknown condition acrh'],
    ],
    [
      's: select(arch(), { "arm": ["a"], default: "b" })',
      ['property/type', `can't assign list value to string property "s"`],
    ],
  ])('%s', (text, expected) => expect(decided(text)).toEqual([expected]));

  test('a property that is not configurable takes no select', () => {
    expect(unpacked('m { plain: select(arch(), { default: "b" }) }')).toMatchObject({
      diagnostics: [
        {
          code: 'property/not-configurable',
          message: `can't assign select statement to non-configurable property "plain"`,
        },
      ],
    });
  });
});

test('configurable values are appended, prepended and replaced like others, before they are decided', () => {
  const one = values('m { l: ["a"] + select(arch(), { "arm": ["b"], default: [] }) }');
  const two = values('m { l: ["z"] }');
  const result = (order: 'append' | 'prepend' | 'replace') => {
    const extended = extend(schema, one, schema, two, order) as ValuesOf<typeof fields>;
    return evaluateConfigurable(extended.l, 'l', decide);
  };
  expect(result('append')).toEqual({ ok: true, value: ['a', 'b', 'z'] });
  expect(result('prepend')).toEqual({ ok: true, value: ['z', 'a', 'b'] });
  expect(result('replace')).toEqual({ ok: true, value: ['z'] });
});
