import { expect, test } from 'vitest';
import { extend, ExtendError } from '../../../src/blueprint/property/extend.ts';
import * as p from '../../../src/blueprint/property/property.ts';
import type { ValuesOf } from '../../../src/blueprint/property/value.ts';

const fields = {
  s: p.string(),
  l: p.list(p.string()),
  b: p.bool(),
  o: p.optional(p.string()),
  ol: p.optional(p.list(p.string())),
  ob: p.optional(p.bool()),
  i: p.int(),
  e: p.oneOf(['x', 'y']),
  m: p.map(p.list(p.string())),
  n: p.nested({ l: p.list(p.string()), deep: p.nested({ s: p.string() }) }),
  mut: p.mutated(p.string()),
};
const schema = p.properties(fields);
type Values = ValuesOf<typeof fields>;

function values(some: Partial<Values>): Values {
  return { ...(schema.fallback as Values), ...some };
}

const before = values({
  s: 'a',
  l: ['a'],
  o: 'a',
  ol: ['a'],
  m: { k: ['a'], a: ['a'] },
  n: { l: ['a'], deep: { s: 'a' } },
  mut: 'a',
});
const added = values({
  s: 'b',
  l: ['b'],
  b: true,
  o: 'b',
  ol: ['b'],
  ob: false,
  i: 5,
  e: 'y',
  m: { k: ['b'], b: ['b'] },
  n: { l: ['b'], deep: { s: 'b' } },
  mut: 'b',
});

test('append: strings, lists and maps grow, single values are replaced, read-only ones stay', () => {
  expect(extend(schema, before, schema, added, 'append')).toEqual({
    s: 'ab',
    l: ['a', 'b'],
    b: true,
    o: 'b',
    ol: ['a', 'b'],
    ob: false,
    i: 5,
    e: 'y',
    m: { k: ['a', 'b'], a: ['a'], b: ['b'] },
    n: { l: ['a', 'b'], deep: { s: 'ab' } },
    mut: 'a',
  });
});

test('prepend: what is set stays, lists grow at the front', () => {
  expect(extend(schema, before, schema, added, 'prepend')).toEqual({
    s: 'ba',
    l: ['b', 'a'],
    b: true,
    o: 'a',
    ol: ['b', 'a'],
    ob: false,
    i: 5,
    e: 'y',
    m: { k: ['b', 'a'], a: ['a'], b: ['b'] },
    n: { l: ['b', 'a'], deep: { s: 'ba' } },
    mut: 'a',
  });
  const set = extend(schema, { ...added, i: 7 }, schema, { ...before, i: 9, e: 'y' }, 'prepend');
  expect(set).toMatchObject({ i: 7, e: 'y', o: 'b', ob: false });
});

test('replace: what the source sets counts', () => {
  expect(extend(schema, before, schema, added, 'replace')).toEqual({
    ...added,
    m: { k: ['b'], a: ['a'], b: ['b'] },
    mut: 'a',
  });
});

test('what the source does not set changes nothing, and then it is the same object', () => {
  expect(extend(schema, before, schema, values({}), 'append')).toBe(before);
  expect(extend(schema, before, schema, values({}), 'replace')).toBe(before);
  expect(before.l).toEqual(['a']);
});

test('other schemas: properties are matched by name and must have the same type', () => {
  const other = p.properties({ l: p.list(p.string()), new: p.string() });
  const from = { l: ['z'], new: 'z' };
  expect(() => extend(schema, before, other, from, 'append')).toThrow(
    new ExtendError(`can't extend property "new": failed to find property to extend`),
  );
  expect(extend(schema, before, other, from, 'append', { matching: true })).toMatchObject({
    l: ['a', 'z'],
  });
  const wrong = p.properties({ n: p.nested({ l: p.list(p.int()) }) });
  expect(() => extend(schema, before, wrong, { n: { l: [1] } }, 'append')).toThrow(
    new ExtendError(
      `can't extend property "n.l": mismatched types list of string and list of int64`,
    ),
  );
});

test('what only build logic sets is its own affair: it neither counts nor must exist elsewhere', () => {
  const other = p.properties({ gone: p.mutated(p.string()) });
  expect(extend(schema, before, other, { gone: 'x' }, 'append')).toBe(before);
});

test.each(['append', 'prepend', 'replace'] as const)('%s: the result is immutable', (order) => {
  const { l, ol, m, n } = extend(schema, before, schema, structuredClone(added), order) as Values;
  for (const value of order === 'replace' ? [m, n, n.deep] : [l, ol, m, m['k'], n, n.l, n.deep]) {
    expect(Object.isFrozen(value)).toBe(true);
  }
});

test('maps of flags: added to by "or", unless replaced; names that come in front stay there', () => {
  const flags = p.properties({ f: p.map(p.bool()) });
  const [on, off] = [{ f: { a: true, b: true } }, { f: { c: true, b: false } }];
  expect(extend(flags, on, flags, off, 'append')).toEqual({ f: { a: true, b: true, c: true } });
  expect(extend(flags, on, flags, off, 'replace')).toEqual({ f: { a: true, b: false, c: true } });
  const keys = (order: 'append' | 'prepend'): string[] =>
    Object.keys(extend(flags, on, flags, off, order)['f'] as object);
  expect(keys('append')).toEqual(['a', 'b', 'c']);
  expect(keys('prepend')).toEqual(['c', 'b', 'a']);
});

test('values that leave out properties extend only what they have', () => {
  for (const order of ['append', 'prepend', 'replace'] as const) {
    expect(extend(schema, before, schema, {}, order)).toBe(before);
    expect(extend(schema, before, schema, { n: {} }, order)).toBe(before);
    expect(extend(schema, values({}), schema, { l: ['b'] }, order)).toEqual(values({ l: ['b'] }));
  }
});

test('what files cannot set is set by a schema that has it as a plain property, and by no other', () => {
  const to = p.properties({
    l: p.mutated(p.list(p.string())),
    n: p.mutated(p.nested({ s: p.string() })),
  });
  const plain = p.properties({ l: p.list(p.string()), n: p.nested({ s: p.string() }) });
  const addition = { l: ['b'], n: { s: 'b' } };
  const empty = { l: [], n: { s: '' } };
  expect(extend(to, empty, plain, addition, 'append')).toEqual(addition);
  expect(extend(to, addition, plain, addition, 'prepend')).toEqual({
    l: ['b', 'b'],
    n: { s: 'bb' },
  });
  expect(extend(to, empty, to, addition, 'append')).toBe(empty);
  const wrong = p.properties({ l: p.list(p.int()) });
  expect(() => extend(to, empty, wrong, { l: [1] }, 'append')).toThrow(
    'mismatched types list of string and list of int64',
  );
});
