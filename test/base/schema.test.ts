import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { formatDiagnostic, type Diagnostic } from '../../src/base/diagnostic.ts';
import { parseJson, type JsonNode } from '../../src/base/json.ts';
import { decode } from '../../src/base/schema.ts';

function node(text: string): JsonNode {
  const parsed = parseJson({ file: 'f.json', text });
  if (!parsed.ok) throw new Error(formatDiagnostic(parsed.diagnostics[0]!));
  return parsed.value;
}

function diagnostics(schema: v.GenericSchema, text: string): readonly Diagnostic[] {
  const result = decode(schema, node(text));
  if (result.ok) throw new Error(`decoded: ${text}`);
  expect(result.diagnostics.length).toBeGreaterThan(0);
  return result.diagnostics;
}

/** `line:column code message`, one per line. */
const problems = (schema: v.GenericSchema, text: string): string[] =>
  diagnostics(schema, text).map((diagnostic) => {
    const [head] = formatDiagnostic(diagnostic).split('\n');
    return `${/^f\.json:(\d+:\d+)/.exec(head!)![1]} ${diagnostic.code.slice('schema/'.length)} ${diagnostic.message}`;
  });

const Source = v.variant('kind', [
  v.strictObject({
    kind: v.literal('url'),
    url: v.string(),
    sha1: v.pipe(v.string(), v.regex(/^[0-9a-f]{40}$/, 'a sha1 has 40 hexadecimal digits')),
  }),
  v.strictObject({ kind: v.literal('git'), git: v.string(), ref: v.optional(v.string()) }),
]);
const Package = v.strictObject({
  name: v.string(),
  version: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
  kind: v.optional(v.picklist(['program', 'library'])),
  sources: v.optional(v.record(v.string(), Source)),
  requires: v.optional(
    v.array(
      v.union([v.string(), v.strictObject({ name: v.string(), variant: v.nullable(v.string()) })]),
    ),
  ),
  shared: v.optional(v.boolean()),
});

test('what fits is decoded, with defaults', () => {
  const text =
    '{"name": "a", "sources": {"x": {"kind": "git", "git": "u"}}, "requires": ["b", {"name": "c", "variant": null}]}';
  expect(decode(Package, node(text))).toEqual({ ok: true, value: JSON.parse(text) as unknown });
  expect(decode(v.strictObject({ a: v.optional(v.string(), 'default') }), node('{}'))).toEqual({
    ok: true,
    value: { a: 'default' },
  });
});

describe('one mistake', () => {
  test.each([
    ['[]', ['1:1 type expected an object, found an array']],
    ['null', ['1:1 type expected an object, found null']],
    ['{}', ['1:1 missing-key "name" is missing']],
    ['{"name": 3}', ['1:10 type expected a string, found the number 3']],
    [
      '{"name": "a", "shared": "yes"}',
      ['1:25 type expected true or false, found the string "yes"'],
    ],
    ['{"name": "a", "shared": null}', ['1:25 type expected true or false, found null']],
    ['{"name": "a", "version": 1.5}', ['1:26 type expected integer, found the number 1.5']],
    ['{"name": "a", "version": 0}', ['1:26 type expected >=1, found the number 0']],
    [
      '{"name": "a", "kind": "lib"}',
      ['1:23 type expected "program" or "library", found the string "lib"'],
    ],
    ['{"name": "a", "sources": []}', ['1:26 type expected an object, found an array']],
    ['{"name": "a", "sources": {"s": 1}}', ['1:32 type expected an object, found the number 1']],
    ['{"name": "a", "sources": {"s": {}}}', ['1:32 missing-key "kind" is missing']],
    [
      '{"name": "a", "sources": {"s": {"kind": "svn"}}}',
      ['1:41 type expected "url" or "git", found the string "svn"'],
    ],
    [
      '{"name": "a", "sources": {"s": {"kind": "git", "git": 1}}}',
      ['1:55 type expected a string, found the number 1'],
    ],
    [
      '{"name": "a", "sources": {"s": {"kind": "url", "url": "u", "sha1": "x"}}}',
      ['1:68 type a sha1 has 40 hexadecimal digits'],
    ],
    ['{"name": "a", "requires": "b"}', ['1:27 type expected an array, found the string "b"']],
    [
      '{"name": "a", "requires": [1]}',
      ['1:28 type expected a string or an object, found the number 1'],
    ],
    ['{"name": "a", "requires": [{"name": "b"}]}', ['1:28 missing-key "variant" is missing']],
    [
      '{"name": "a", "requires": [{"name": "b", "variant": 1}]}',
      ['1:53 type expected a string, found the number 1'],
    ],
    [
      '{"name": "a", "requires": [{"name": "b", "variant": null, "vairant": 1}]}',
      ['1:59 unknown-key unknown key "vairant"'],
    ],
    ['{"name": "a", "__proto__": {}}', ['1:15 reserved-key "__proto__" cannot be a key here']],
    [
      '{"name": "a", "sources": {"constructor": {"kind": "git", "git": "u"}}}',
      ['1:27 reserved-key "constructor" cannot be a key here'],
    ],
    [
      '{"name": "a", "version": 1e400}',
      ['1:26 number the number 1e400 is beyond what can be represented exactly'],
    ],
    [
      '{"name": "a", "version": 9007199254740993}',
      ['1:26 number the number 9007199254740993 is beyond what can be represented exactly'],
    ],
    ['{"name": 1, "name": "a", "name": 2}', ['1:34 type expected a string, found the number 2']],
  ])('%s', (text, expected) => {
    expect(problems(Package, text)).toEqual(expected);
  });
});

test('all mistakes at once, in the order of the file', () => {
  const text = `{
  "nmae": "a",
  "version": "1",
  "sources": {
    "one": {"kind": "url", "url": 1, "extra": true},
    "two": {"kind": "git", "ref": []}
  },
  "requires": [1, "b", {"nam": "c"}],
  "knid": 1
}`;
  expect(problems(Package, text)).toEqual([
    '1:1 missing-key "name" is missing',
    '2:3 unknown-key unknown key "nmae"',
    '3:14 type expected a number, found the string "1"',
    '5:12 missing-key "sha1" is missing',
    '5:35 type expected a string, found the number 1',
    '5:38 unknown-key unknown key "extra"',
    '6:12 missing-key "git" is missing',
    '6:35 type expected a string, found an array',
    '8:16 type expected a string or an object, found the number 1',
    '8:24 missing-key "name" is missing',
    '8:24 missing-key "variant" is missing',
    '8:25 unknown-key unknown key "nam"',
    '9:3 unknown-key unknown key "knid"',
  ]);
});

test('unknown keys are shown with the nearest known one, or with all', () => {
  const hints = diagnostics(
    Package,
    '{"name": "", "Sources": 1, "zzz": 1, "hasOwnProperty": 1}',
  ).map(({ hint }) => hint);
  const known = 'known keys are name, version, kind, sources, requires, shared';
  expect(hints).toEqual(['did you mean "sources"?', known, known]);
});

describe('schemas of other shapes', () => {
  test('unions: the branch that fits best is explained', () => {
    const schema = v.union([
      v.strictObject({ file: v.string(), mode: v.number() }),
      v.strictObject({ link: v.string(), to: v.string() }),
      v.array(v.strictObject({ x: v.number() })),
    ]);
    expect(problems(schema, '{"link": "a", "to": 1}')).toEqual([
      '1:21 type expected a string, found the number 1',
    ]);
    expect(problems(schema, '{"file": "a", "mode": 1, "modus": 1}')).toEqual([
      '1:26 unknown-key unknown key "modus"',
    ]);
    expect(problems(schema, '[{"x": 1}, {"x": 1, "y": 2}]')).toEqual([
      '1:21 unknown-key unknown key "y"',
    ]);
    expect(problems(schema, '3')).toEqual([
      '1:1 type expected an object or an array, found the number 3',
    ]);
  });

  test('nested ones', () => {
    const schema = v.union([
      v.string(),
      v.array(v.union([v.number(), v.record(v.string(), v.array(v.boolean()))])),
    ]);
    expect(problems(schema, '[1, {"a": [true, 0]}, "x"]')).toEqual([
      '1:18 type expected true or false, found the number 0',
      '1:23 type expected a number or an object, found the string "x"',
    ]);
  });

  test('checks of whole objects, of lengths and of keys', () => {
    const whole = v.pipe(
      v.strictObject({ min: v.number(), max: v.number() }),
      v.check(({ min, max }) => min <= max, '"min" is above "max"'),
    );
    expect(problems(whole, '{"min": 2, "max": 1}')).toEqual(['1:1 type "min" is above "max"']);
    expect(problems(whole, '{"min": 2}')).toEqual(['1:1 missing-key "max" is missing']);
    expect(problems(v.pipe(v.string(), v.minLength(2)), '"x"')).toEqual([
      '1:1 type expected a length of >=2, found the string "x"',
    ]);
    expect(problems(v.pipe(v.array(v.any()), v.nonEmpty()), '[]')).toEqual([
      '1:1 type expected a length of >0, found an array',
    ]);
    expect(
      problems(v.record(v.pipe(v.string(), v.regex(/^[a-z]+$/)), v.number()), '{"a": 1, "B": 1}'),
    ).toEqual(['1:10 type expected /^[a-z]+$/, found the key "B"']);
    expect(
      problems(
        v.pipe(
          v.number(),
          v.check(() => false),
        ),
        '1',
      ),
    ).toEqual(['1:1 type expected another value, found the number 1']);
  });

  test('those it does not walk are explained by valibot, never left without a word', () => {
    const tuple = v.strictTuple([v.string(), v.strictObject({ a: v.number() })]);
    expect(problems(tuple, '["x", {"a": "1"}]')).toEqual([
      '1:13 type expected a number, found the string "1"',
    ]);
    expect(problems(tuple, '["x", {"a": 1}, 2]')).toHaveLength(1);
    const both = v.intersect([v.strictObject({ a: v.number() }), v.object({ b: v.number() })]);
    expect(problems(both, '{"a": 1, "b": 1}')).toEqual([
      '1:15 type expected nothing, found the number 1',
    ]);
    const lazy = v.lazy(() => v.strictObject({ a: v.number() }));
    expect(problems(lazy, '{"a": 1, "c": 1}')).toHaveLength(1);
  });
});

test('very many mistakes are a hundred', () => {
  const keys = Array.from({ length: 100_000 }, (_, i) => `"k${i}": 1`).join(',');
  expect(problems(Package, `{${keys}}`)).toHaveLength(100);
  expect(problems(v.record(v.string(), v.string()), `{${keys}}`)).toHaveLength(100);
  expect(problems(v.array(v.string()), `[${'1,'.repeat(100_000)}1]`)).toHaveLength(100);
});

test('any JSON is decoded, or refused with at least one place', () => {
  const keys = [
    'name',
    'version',
    'kind',
    'sources',
    'requires',
    'url',
    'git',
    'ref',
    'variant',
    '__proto__',
    'x',
  ];
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom('url', 'git', 'library', 'x', '', null, true, 0, 1, 1.5, 1e21),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...keys), tie('value')),
    ),
  }));
  fc.assert(
    fc.property(value, (value) => {
      const text = JSON.stringify(value);
      const result = decode(Package, node(text));
      const valid = v.safeParse(Package, JSON.parse(text)).success;
      if (result.ok) expect(valid).toBe(true);
      else {
        expect(result.diagnostics.length).toBeGreaterThan(0);
        for (const diagnostic of result.diagnostics) {
          expect(formatDiagnostic(diagnostic)).toMatch(/^f\.json:1:\d+: error: /);
          expect(diagnostic.message).not.toContain('Received');
        }
      }
    }),
    { numRuns: 1_500 },
  );
});
