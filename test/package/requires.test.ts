import { expect, test } from 'vitest';
import { readRequire, readRequires } from '../../src/package/requires.ts';
import { validationTable, type Case } from './golden.ts';
import { collect, parse, summary } from './located.ts';

test.each(validationTable<Case<unknown, [string, string | null]>>('expand_require'))(
  'golden: $input',
  ({ input, ok, value }) => {
    const node = parse(JSON.stringify(input));
    const { value: found, out } = collect((out) => readRequire(node, out));
    expect(out.failed).toBe(!ok);
    expect(found && [found.name, found.variant]).toEqual(value);
    if (!ok) expect(out.diagnostics[0]!.at).toBe(node.at);
  },
);

function read(text: string) {
  const value = parse(text);
  return collect((out) => readRequires({ key: 'requires', keyAt: value.at, value }, out));
}

test('entries come sorted, each once; a name alone is told from the default variant asked for', () => {
  const { value, out } = read(
    '["c", {"name": "b", "variant": "x"}, "a", "a", {"name": "c", "variant": null}]',
  );
  expect(out.diagnostics).toEqual([]);
  expect(value.map(({ name, variant, plain }) => [name, variant, plain])).toEqual([
    ['a', null, true],
    ['b', 'x', false],
    ['c', null, false],
  ]);
});

test('every wrong entry is reported at its place', () => {
  const { out } = read(
    '[1,\n"a--1",\n{"name": "b"},\n{"name": 1, "variant": "x"},\n{"name": "b", "variant": 2},\n[]]',
  );
  expect(summary(out.diagnostics)).toEqual([
    'test.json:1:2 definition/type',
    'test.json:2:1 requires/exact-id',
    'test.json:3:1 requires/incomplete',
    'test.json:4:10 definition/type',
    'test.json:5:26 definition/type',
    'test.json:6:1 definition/type',
  ]);
});

test('two variants in one list are refused, whichever way they are written', () => {
  for (const text of [
    '["a", {"name": "a", "variant": "x"}]',
    '[{"name": "a", "variant": "x"}, "a"]',
    '[{"name": "a", "variant": "x"}, {"name": "a", "variant": "y"}]',
  ]) {
    expect(summary(read(text).out.diagnostics)).toEqual([
      expect.stringContaining('requires/two-variants'),
    ]);
  }
});

test('a key that has no effect is warned of', () => {
  const { out } = read('[{"name": "a", "variant": "x", "varaint": 1}]');
  expect(out.failed).toBe(false);
  expect(out.diagnostics[0]!.hint).toBe('did you mean "variant"?');
});

test('a hundred thousand entries are read in one go', () => {
  const names = Array.from({ length: 100_000 }, (_, i) => `"p${i}"`);
  expect(read(`[${names.join(',')}]`).value).toHaveLength(100_000);
});
