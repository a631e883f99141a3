import { describe, expect, test } from 'vitest';
import type { Diagnostic } from '../../../src/base/diagnostic.ts';
import { isSpan, positionAt, type Place } from '../../../src/base/span.ts';
import { propertiesByPath, colonSpan } from '../../../src/blueprint/property/place.ts';
import * as p from '../../../src/blueprint/property/property.ts';
import { unpack } from '../../../src/blueprint/property/unpack.ts';
import type { AnyValues } from '../../../src/blueprint/property/value.ts';
import { evaluate } from '../../../src/blueprint/syntax/evaluate.ts';
import { parse } from '../../../src/blueprint/syntax/parse.ts';
import { bytePosition } from '../../../src/blueprint/syntax/position.ts';
import { Scope, type Value } from '../../../src/blueprint/syntax/scope.ts';
import type { Module } from '../../../src/blueprint/syntax/tree.ts';
import { golden } from '../golden.ts';

interface GoldenSchema {
  readonly kind: string;
  readonly elem?: GoldenSchema;
  readonly fields?: readonly {
    readonly field: string;
    readonly property: string;
    readonly type: GoldenSchema;
    readonly tag: string;
    readonly exported: boolean;
    readonly embedded: boolean;
  }[];
}

interface Target {
  readonly schema: GoldenSchema;
  readonly value: Record<string, unknown> | null;
}

interface UnpackCase {
  readonly id: string;
  readonly input: string;
  readonly targets_before: readonly Target[];
  readonly result: {
    readonly targets_after?: readonly Target[];
    readonly errors?: readonly string[];
    readonly property_positions?: Record<string, readonly number[]>;
    readonly panic?: string;
  };
}

const { cases } = golden('proptools/unpack.json') as { cases: UnpackCase[] };

/** A Go type as a property; undefined where Ashlar has no such thing. */
function toProperty(schema: GoldenSchema, value: unknown): p.Property | undefined {
  switch (schema.kind) {
    case 'bool':
      return p.bool();
    case 'string':
      return p.string();
    case 'int':
    case 'int64':
      return p.int();
    case 'slice': {
      const element = toProperty(
        schema.elem!.kind === 'ptr' ? schema.elem!.elem! : schema.elem!,
        null,
      );
      return element === undefined ? undefined : p.list(element);
    }
    case 'ptr': {
      const inner = toProperty(schema.elem!, value);
      return inner === undefined ? undefined : p.optional(inner);
    }
    case 'interface': {
      const { $iface } = value as { $iface: GoldenSchema | null };
      return $iface === null ? undefined : toProperty($iface, null);
    }
    case 'struct':
      return toNested(schema, value as Record<string, unknown> | null);
    default:
      return undefined;
  }
}

function toNested(
  schema: GoldenSchema,
  value: Record<string, unknown> | null,
): p.NestedProperty | undefined {
  const fields: Record<string, p.Property> = {};
  for (const { field, property, type, tag, exported } of schema.fields!) {
    if (!exported) continue;
    const made = toProperty(type, value?.[field]);
    if (made === undefined) return undefined;
    fields[property] = tag === '' ? made : p.mutated(made);
  }
  return p.properties(fields);
}

/** A value of the original, as one of the property; what is not set is the fallback. */
function fromGolden(property: p.Property, schema: GoldenSchema, value: unknown): unknown {
  if (value === null || value === undefined) return p.fallbackOf(property);
  switch (schema.kind) {
    case 'ptr':
      return fromGolden(
        property.kind === 'optional' ? property.inner : property,
        schema.elem!,
        value,
      );
    case 'interface': {
      const { $iface, value: inner } = value as { $iface: GoldenSchema; value: unknown };
      return fromGolden(property, $iface, inner);
    }
    case 'slice': {
      const { element } = property as p.ListProperty;
      return (value as unknown[]).map((item) => fromGolden(element, schema.elem!, item));
    }
    case 'struct': {
      const { fields } = property as p.NestedProperty;
      const values: Record<string, unknown> = {};
      for (const { field, property: name, type, exported } of schema.fields!) {
        if (!exported) continue;
        values[name] = fromGolden(fields[name]!, type, (value as Record<string, unknown>)[field]);
      }
      return values;
    }
    default:
      return value;
  }
}

/** Several targets at once are one schema here. */
function merge(schemas: readonly p.NestedProperty[]): p.NestedProperty {
  const fields: Record<string, p.Property> = {};
  for (const schema of schemas) {
    for (const [name, field] of Object.entries(schema.fields)) {
      const other = fields[name];
      fields[name] =
        other?.kind === 'nested' && field.kind === 'nested' ? merge([other, field]) : field;
    }
  }
  return p.properties(fields);
}

/** What of the values belongs to a schema. */
function project(schema: p.NestedProperty, values: AnyValues): unknown {
  return Object.fromEntries(
    Object.entries(schema.fields).map(([name, field]) => [
      name,
      field.kind === 'nested' ? project(field, values[name] as AnyValues) : values[name],
    ]),
  );
}

function evaluated(text: string): Module<Value> {
  const { file, diagnostics } = parse({ file: '<input>', text });
  expect(diagnostics).toEqual([]);
  const result = evaluate(file, new Scope());
  expect(result.diagnostics).toEqual([]);
  return result.modules[0]!;
}

function place(at: Place): string {
  if (!isSpan(at)) return at.file;
  const { line, column } = positionAt(at.source, at.start);
  return `${at.source.file}:${line}:${column}`;
}

/** A diagnostic as the original prints it: a note with a place is an error of its own. */
function lines({ at, message, notes = [] }: Diagnostic): string[] {
  return [
    `${place(at!)}: ${message}`,
    ...notes
      .filter((note) => note.message === 'previous definition here')
      .map((note) => `${place(note.at!)}: <-- ${note.message}`),
  ];
}

/** Faults of the original that the specification names, repaired in what is expected of us. */
function repaired(errors: readonly string[]): string[] {
  const reported = errors.map((error) => /(?:property|field) "?([^" ]+)"?/.exec(error)?.[1]);
  return errors.flatMap((error, i) => {
    const path = reported[i] ?? '';
    // After a type error the items of lists and maps were reported as unrecognized on top.
    const parent = path.replace(/(?:\[\d+\]|\.[^.]+)$/, '');
    if (
      error.includes('unrecognized') &&
      path !== parent &&
      reported.slice(0, i).includes(parent)
    ) {
      return [];
    }
    // A wrong kind of element in a list of structures was reported in Go's words, at the property.
    const odd = /cannot assign (\w+) value .*@<input>:(\d+:\d+) to (struct|slice) property/.exec(
      error,
    );
    if (odd === null) return [error];
    const kind = odd[3] === 'struct' ? 'map' : 'list';
    return [`<input>:${odd[2]}: can't assign ${odd[1]} value to ${kind} property "f[${i}]"`];
  });
}

function run({ input, targets_before }: UnpackCase) {
  const schemas = targets_before.map(({ schema, value }) => toNested(schema.elem!, value));
  if (schemas.includes(undefined)) return undefined;
  const merged = merge(schemas as p.NestedProperty[]);
  let before = merged.fallback;
  for (const [i, { schema, value }] of targets_before.entries()) {
    const given = fromGolden(schemas[i]!, schema.elem!, value) as AnyValues;
    before = { ...before, ...given };
    for (const [name, field] of Object.entries(merged.fields)) {
      if (field.kind === 'nested') before = { ...before, [name]: field.fallback };
    }
  }
  const module = evaluated(input);
  return { module, schemas, result: unpack(merged, module.properties, module, before) };
}

describe('golden', () => {
  test('every case is there', () => expect(cases.length).toBe(374));

  const [panics, others] = [true, false].map((wanted) =>
    cases.filter(({ result }) => (result.panic !== undefined) === wanted),
  );

  test.each(others!)('$id', (wanted) => {
    const { errors = [], targets_after, property_positions } = wanted.result;
    const { module, schemas, result } = run(wanted)!;
    if (errors.length > 0) {
      expect(result.ok).toBe(false);
      if (!result.ok) expect(result.diagnostics.flatMap(lines)).toEqual(repaired(errors));
      return;
    }
    expect(result).toMatchObject({ ok: true });
    if (!result.ok) return;
    for (const [i, after] of targets_after!.entries()) {
      expect(project(schemas[i]!, result.value)).toEqual(
        fromGolden(schemas[i]!, after.schema.elem!, after.value),
      );
    }
    const places = propertiesByPath(module.properties);
    for (const [path, position] of Object.entries(property_positions!)) {
      const { source, start } = colonSpan(places.get(path)!);
      expect(bytePosition(source, start)).toEqual(position);
    }
  });

  test.each(panics!)('$id: where the original crashed, an answer', (wanted) => {
    const found = run(wanted);
    if (/unsupported kind for field f: (?:float64|map)|nil interface/.test(wanted.result.panic!)) {
      // Schemas of Ashlar cannot say such a thing.
      expect(found).toBeUndefined();
      return;
    }
    const { result } = found!;
    const intoInt = wanted.id.startsWith('matrix int');
    if (intoInt && /<- (?:int|neg)$/.test(wanted.id)) {
      // Plain integers are an addition.
      expect(result).toEqual({ ok: true, value: { f: wanted.id.endsWith('neg') ? -1 : 42 } });
      return;
    }
    expect(result.ok).toBe(false);
    if (result.ok) return;
    for (const { code, message } of result.diagnostics) {
      expect(code).toBe('property/type');
      expect(message).toMatch(/^can't assign \w+ value to \w+ property "f(?:\[\d\])?"$/);
    }
  });
});

describe('beyond the original', () => {
  const schema = p.properties({
    name: p.string({ required: true, doc: 'What it is called.' }),
    kind: p.oneOf(['static', 'shared']),
    level: p.int({ default: 3 }),
    verbose: p.bool({ default: true }),
    env: p.map(p.string()),
    srcs: p.list(p.path()),
    arch: p.nested({
      arm: p.nested({ cflags: p.list(p.string()) }),
      internal: p.mutated(p.string()),
    }),
  });
  const tryIt = (text: string) => {
    const module = evaluated(text);
    return unpack(schema, module.properties, module);
  };
  const messages = (text: string) => {
    const result = tryIt(text);
    return result.ok
      ? []
      : result.diagnostics.map(({ at, message, hint }) =>
          [`${place(at!)}: ${message}`, ...(hint === undefined ? [] : [hint])].join(' | '),
        );
  };

  test('defaults, words and maps', () => {
    expect(tryIt('m { name: "x", env: { a: "1", __proto__: "2" }, verbose: false }')).toEqual({
      ok: true,
      value: {
        name: 'x',
        kind: 'static',
        level: 3,
        verbose: false,
        env: Object.defineProperty({ a: '1' }, '__proto__', { value: '2', enumerable: true }),
        srcs: [],
        arch: { arm: { cflags: [] }, internal: '' },
      },
    });
    expect(tryIt('m { name: "x", kind: "shared", level: 7 }')).toMatchObject({
      value: { kind: 'shared', level: 7, verbose: true },
    });
  });

  test('values are immutable', () => {
    const result = tryIt('m { name: "x", srcs: ["a"], env: {a: "b"} }');
    if (!result.ok) throw new Error('unpacks');
    const { srcs, arch, env } = result.value as { srcs: string[]; arch: object; env: object };
    for (const value of [result.value, srcs, arch, env]) expect(Object.isFrozen(value)).toBe(true);
  });

  test('every mistake is told, in the order of the schema, with what was meant', () => {
    expect(
      messages(
        'm { src: ["a"], arch: { arm: {cfags: []}, internal: "x" }, level: 9007199254740993, kind: "Shared", srcs: [1] }',
      ),
    ).toEqual([
      '<input>:1:1: property "name" is missing | What it is called.',
      '<input>:1:91: "Shared" is not a value of property "kind" | did you mean "shared"?',
      '<input>:1:67: int64 value 9007199254740993 of property "level" is out of range | at most 2^53 - 1, either way',
      '<input>:1:108: can\'t assign int64 value to string property "srcs[0]"',
      '<input>:1:51: mutated field arch.internal cannot be set in a Blueprint file',
      '<input>:1:36: unrecognized property "arch.arm.cfags" | did you mean "cflags"?',
      '<input>:1:8: unrecognized property "src" | did you mean "srcs"?',
    ]);
  });

  test('duplicates are found at any depth', () => {
    expect(messages('m { name: "x", env: { a: "1", b: "2", a: "3" } }')).toEqual([
      '<input>:1:40: property "env.a" already defined',
    ]);
    const many = Array.from({ length: 20 }, (_, i) => `p${i}: [{ q: 1, q: 2 }]`).join(', ');
    expect(messages(`m { ${many} }`)).toEqual(['<input>:1:19: property "p0[0].q" already defined']);
  });

  test('a value from a variable is reported where it is used, with a note where it comes from', () => {
    const result = tryIt('v = 1\nm { name: v }');
    expect(result).toMatchObject({
      diagnostics: [
        { at: { start: 16 }, notes: [{ message: 'the value comes from here', at: { start: 4 } }] },
      ],
    });
  });

  test('names that objects have anyway are unrecognized like others', () => {
    expect(messages('m { name: "x", constructor: 1, toString: 2 }')).toEqual([
      '<input>:1:27: unrecognized property "constructor"',
      '<input>:1:40: unrecognized property "toString"',
    ]);
  });

  test('of very many mistakes ten are told, and nothing unrecognized beside them', () => {
    const text = `m { name: "x", bogus: 1, srcs: [${'1, '.repeat(12)}] }`;
    expect(messages(text)).toHaveLength(10);
    expect(messages(text).join()).not.toContain('bogus');
  });

  test('what only build logic can set is not suggested', () => {
    expect(messages('m { name: "x", arch: { interna: "y" } }')).toEqual([
      '<input>:1:31: unrecognized property "arch.interna"',
    ]);
  });

  test('what build logic has set before is added to, in maps and in what is optional', () => {
    const fields = {
      o: p.optional(p.nested({ l: p.list(p.string()), s: p.string() })),
      m: p.map(p.list(p.string())),
      w: p.optional(p.string()),
    };
    const module = evaluated('m { o: { l: ["b"] }, m: { k: ["b"], n: ["c"] }, w: "b" }');
    const before = { o: { l: ['a'], s: 'a' }, m: { k: ['a'], other: ['a'] }, w: 'a' };
    expect(unpack(p.properties(fields), module.properties, module, before)).toEqual({
      ok: true,
      value: { o: { l: ['a', 'b'], s: 'a' }, m: { k: ['a', 'b'], other: ['a'], n: ['c'] }, w: 'b' },
    });
  });
});
