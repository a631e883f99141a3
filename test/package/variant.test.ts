import { describe, expect, test } from 'vitest';
import { compareVariants, findVariants, parseTarget, spell } from '../../src/package/variant.ts';
import { validationTable } from './golden.ts';
import { collect, summary } from './located.ts';

interface GoldenVariants {
  readonly extension: string;
  readonly filenames: readonly string[];
  readonly ok: boolean;
  readonly value?: readonly (string | null)[];
}

test.each(validationTable<GoldenVariants>('get_variants_from_filesystem'))(
  'golden: $extension in $filenames',
  ({ extension, filenames, ok, value }) => {
    const { value: found, out } = collect((out) =>
      findVariants(filenames, extension, (file) => `p/${file}`, out),
    );
    expect(out.failed).toBe(!ok);
    if (ok) expect(found).toEqual(value);
    else expect(summary(out.diagnostics)).toEqual([`p/${filenames[0]} variant/file-name`]);
  },
);

test('all wrong names are reported, and the others still found', () => {
  const names = ['b.buildinfo.json', '.buildinfo.json', 'xbuildinfo.json', 'buildinfo.json', 'z'];
  const { value, out } = collect((out) => findVariants(names, 'buildinfo.json', (f) => f, out));
  expect(value).toEqual([null, 'b']);
  expect(summary(out.diagnostics)).toHaveLength(2);
});

test('named variants come before the default one, names by code point', () => {
  const sorted = ['b', 'a', 'a:x', 'a:w', '😀', '～']
    .map((text) => parseTarget(text))
    .flatMap((target) => (target.ok ? target.value : []))
    .map(({ name, variant }) => ({ name, variant: variant ?? null }))
    .sort(compareVariants);
  expect(sorted.map(spell)).toEqual(['a:w', 'a:x', 'a', 'b', '～', '😀']);
});

describe('targets', () => {
  test.each([
    ['a', { name: 'a', variant: undefined }],
    ['a:x', { name: 'a', variant: 'x' }],
    ['a:default', { name: 'a', variant: null }],
    ['a:x:y', { name: 'a', variant: 'x:y' }],
  ])('%s', (text, target) => {
    expect(parseTarget(text)).toEqual({ ok: true, value: target });
  });

  test.each(['', ':', ':x', 'a:'])('%j is none', (text) => {
    expect(parseTarget(text).ok).toBe(false);
  });
});
