import { expect, expectTypeOf, test } from 'vitest';
import { jsonSchema } from '../../../src/blueprint/property/json-schema.ts';
import * as p from '../../../src/blueprint/property/property.ts';
import { completionsAt, referenceOf } from '../../../src/blueprint/property/reference.ts';
import type { ValueOf } from '../../../src/blueprint/property/value.ts';

const schema = p.properties({
  name: p.string({ required: true, doc: 'What it is called.' }),
  kind: p.oneOf(['static', 'shared'], { doc: 'How it is linked.' }),
  level: p.optional(p.int()),
  deps: p.list(p.moduleName()),
  cflags: p.configurable(p.list(p.string())),
  env: p.map(p.string()),
  rules: p.list(p.nested({ in: p.path(), keep: p.bool({ default: true }) })),
  made: p.mutated(p.string()),
});

test('static types follow from the schema', () => {
  expectTypeOf<ValueOf<typeof schema>>().toEqualTypeOf<{
    readonly name: string;
    readonly kind: 'static' | 'shared';
    readonly level: number | undefined;
    readonly deps: readonly string[];
    readonly cflags: p.Configurable<readonly string[]>;
    readonly env: { readonly [name: string]: string };
    readonly rules: readonly { readonly in: string; readonly keep: boolean }[];
    readonly made: string;
  }>();
});

test('JSON Schema', () => {
  const strings = { type: 'array', items: { type: 'string', default: '' }, default: [] };
  expect(jsonSchema(schema)).toEqual({
    type: 'object',
    properties: {
      name: { type: 'string', default: '', description: 'What it is called.' },
      kind: {
        type: 'string',
        enum: ['static', 'shared'],
        default: 'static',
        description: 'How it is linked.',
      },
      level: {
        type: 'integer',
        minimum: Number.MIN_SAFE_INTEGER,
        maximum: Number.MAX_SAFE_INTEGER,
      },
      deps: strings,
      cflags: strings,
      env: { type: 'object', additionalProperties: { type: 'string', default: '' } },
      rules: {
        type: 'array',
        items: {
          type: 'object',
          properties: {
            in: { type: 'string', default: '' },
            keep: { type: 'boolean', default: true },
          },
          additionalProperties: false,
        },
        default: [],
      },
    },
    required: ['name'],
    additionalProperties: false,
  });
});

test('reference', () => {
  expect(referenceOf(schema).map(({ name, type, fallback }) => [name, type, fallback])).toEqual([
    ['name', 'string', undefined],
    ['kind', 'string', '"static"'],
    ['level', 'optional int64', undefined],
    ['deps', 'list of string', undefined],
    ['cflags', 'configurable list of string', undefined],
    ['env', 'map of string', undefined],
    ['rules', 'list of map', undefined],
  ]);
  expect(referenceOf(schema).at(-1)!.properties).toMatchObject([
    { name: 'in', type: 'string' },
    { name: 'keep', type: 'bool', fallback: 'true', values: ['true', 'false'] },
  ]);
});

test('completion knows names and values at every place', () => {
  const labels = (...path: string[]) => completionsAt(schema, path).map(({ label }) => label);
  expect(labels()).toEqual(['name', 'kind', 'level', 'deps', 'cflags', 'env', 'rules']);
  expect(labels('kind')).toEqual(['"static"', '"shared"']);
  expect(labels('rules')).toEqual(['in', 'keep']);
  expect(labels('rules', 'keep')).toEqual(['true', 'false']);
  expect(labels('name')).toEqual([]);
  expect(labels('nope', 'x')).toEqual([]);
  expect(labels('toString')).toEqual([]);
});
