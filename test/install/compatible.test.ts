import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { validateCompatible } from '../../src/install/compatible.ts';
import { parsePackageName, type Package } from '../../src/install/package.ts';
import { parsePackageInfo } from '../../src/install/pkginfo.ts';
import { codes, goldenInstall, messages, value } from './rig.ts';

interface GoldenCase {
  readonly label: string;
  readonly ok: boolean;
  readonly packages: readonly (readonly [string, object])[];
}

const golden = JSON.parse(readFileSync(goldenInstall, 'utf8')) as {
  validate_compatible: GoldenCase[];
};

function pack(id: string, info: unknown): Package {
  const source = { file: `${id}/pkginfo.json`, text: JSON.stringify(info) };
  return {
    ...value(parsePackageName(id)),
    directory: `/nowhere/${id}`,
    info: value(parsePackageInfo(source)),
    buildinfo: undefined,
  };
}

const check = (...packages: [string, unknown][]) =>
  validateCompatible(packages.map(([id, info]) => pack(id, info)));

/** The code that stands for each refusal of the original. */
const CODES: Record<string, string> = {
  'same name twice': 'install/repeated-name',
  'require unmet': 'install/unmet-requirement',
  'require by id refused': 'install/exact-requirement',
  'env clash': 'install/repeated-variable',
  'env reserved LD_LIBRARY_PATH': 'install/reserved-variable',
  'group no user': 'install/group-without-username',
  'sysctl conflict': 'install/sysctl-conflict',
  "sysctl 1 vs '1'": 'install/sysctl-conflict',
  // Differs by design: the original never compared variants.
  'require variant, wrong variant installed: accepted': 'install/wrong-variant',
};

test('the golden file has the cases it had', () => {
  expect(golden.validate_compatible).toHaveLength(12);
});

test.each(golden.validate_compatible)('golden: $label', ({ label, ok, packages }) => {
  const result = validateCompatible(packages.map(([id, info]) => pack(id, info)));
  const code = CODES[label];
  if (code === undefined) {
    expect(ok).toBe(true);
    expect(result.ok).toBe(true);
  } else expect(codes(result)).toEqual([code]);
});

test('everything that is wrong is told at once', () => {
  const result = check(
    ['a--1', { requires: ['x', 'b--1'], environment: { PATH: '1', X: '1' }, group: 'g' }],
    ['b--1', { environment: { X: '2' }, sysctl: { s: { k: 1 }, t: { k: 2 } } }],
    ['b--2', {}],
  );
  expect(codes(result).sort()).toEqual([
    'install/exact-requirement',
    'install/group-without-username',
    'install/repeated-name',
    'install/repeated-variable',
    'install/reserved-variable',
    'install/sysctl-conflict',
    'install/unmet-requirement',
  ]);
});

test('a clash names both packages and points at both places', () => {
  const result = check(
    ['a--1', { environment: { X: '1' } }],
    ['b--1', { environment: { X: '1' } }],
  );
  expect(messages(result)).toBe(
    [
      'b--1/pkginfo.json:1:17: error: the variable X is set by both a--1 and b--1',
      '  1 | {"environment":{"X":"1"}}',
      '    |                 ~~~',
      '  a--1/pkginfo.json:1:17: note: a--1 sets it here',
    ].join('\n'),
  );
});

test('a requirement that is not met suggests the name that was meant', () => {
  expect(messages(check(['a--1', { requires: ['zlip'] }], ['zlib--1', {}]))).toContain(
    'hint: did you mean "zlib"?',
  );
});

test.each<[string, unknown, unknown, boolean]>([
  ['a variant by name, and that variant', { name: 'b', variant: 'ee' }, { variant: 'ee' }, true],
  ['a variant by name, and the default', { name: 'b', variant: 'ee' }, { variant: null }, false],
  ['the default by name, and the default', { name: 'b', variant: null }, { variant: null }, true],
  ['the default by name, and the empty name', { name: 'b', variant: null }, { variant: '' }, true],
  ['the default by name, and a variant', { name: 'b', variant: null }, { variant: 'ee' }, false],
  ['no variant, and a variant', 'b', { variant: 'ee' }, true],
  ['a variant, and a package that recorded none', { name: 'b', variant: 'ee' }, {}, true],
])('variants: requires %s', (_, required, info, met) => {
  const result = check(['a--1', { requires: [required] }], ['b--1', info]);
  if (met) expect(result.ok).toBe(true);
  else expect(codes(result)).toEqual(['install/wrong-variant']);
});

test('an empty group is no group', () => {
  expect(check(['a--1', { group: '' }]).ok).toBe(true);
  expect(check(['a--1', { group: 'g', username: 'dcos_a' }]).ok).toBe(true);
});
