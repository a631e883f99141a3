import { expect, test } from 'vitest';
import { parseDefinition } from '../../src/package/file.ts';
import { readTreeinfo } from '../../src/package/treeinfo.ts';
import { validationTable, type Case } from './golden.ts';
import { collect, summary } from './located.ts';

interface GoldenTreeinfo {
  readonly bootstrap_package_list: readonly string[];
  readonly core_package_list: readonly string[];
  readonly excludes: readonly string[];
  readonly variants: Readonly<Record<string, unknown>>;
}

function read(text: string) {
  return collect((out) => readTreeinfo(parseDefinition({ file: 'f', text }, out)!, out));
}

test.each(validationTable<Case<Record<string, unknown>, GoldenTreeinfo>>('treeinfo'))(
  'golden: $input',
  ({ input, ok, value }) => {
    const { value: found, out } = read(JSON.stringify(input));
    // The original let an unknown key pass unless all known ones were there too; it is always wrong.
    expect(out.failed).toBe(!ok || 'unknown' in input);
    if (out.failed || value === undefined) return;
    const names = (list: readonly { name: string }[]): string[] => list.map(({ name }) => name);
    expect(names(found.core)).toEqual(value.core_package_list);
    expect(names(found.bootstrap)).toEqual(value.bootstrap_package_list);
    expect(names(found.exclude)).toEqual(value.excludes);
    const variants = [...found.variants].map(([name, { variant }]) => [name, variant]);
    // A number is no variant's name: kept as text, and warned of.
    const expected = Object.entries(value.variants).map(([name, one]) => [name, String(one)]);
    expect(variants).toEqual(expected);
    expect(summary(out.diagnostics, 'warning')).toHaveLength(expected.length);
  },
);

test('null stands for the default variant', () => {
  const { value, out } = read('{"variants": {"a": null, "b": "x"}}');
  expect(out.diagnostics).toEqual([]);
  expect(value.variants.get('a')!.variant).toBeNull();
  expect(value.variants.get('b')!.variant).toBe('x');
});

test('all that is wrong is reported at its place', () => {
  const { out } = read(
    '{"exclude": ["a", "-b", 1],\n"core_package_list": ["a"],\n"boostrap_package_list": [],\n"variants": []}',
  );
  expect(summary(out.diagnostics).sort()).toEqual([
    'f:1:19 id/name',
    'f:1:25 definition/type',
    'f:2:23 treeinfo/excluded',
    'f:3:1 definition/unknown-key',
    'f:4:13 definition/type',
  ]);
});
