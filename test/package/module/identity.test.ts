// The ids of packages that modules declare: known answers, and what does and does not count.
import { expect, test } from 'vitest';
import type { PackageDeclaration } from '../../../src/package/module/declaration.ts';
import { hashModule, type ModuleInputs } from '../../../src/package/module/identity.ts';
import { packageValues, type PackageData } from '../../../src/package/module/properties.ts';

const NOTHING: ModuleInputs = {
  image: 'i',
  sources: new Map(),
  patches: [],
  requires: [],
  buildRequires: [],
};

function version(
  data: PackageData = {},
  inputs: Partial<ModuleInputs> = {},
  variant: string | null = null,
): string {
  const declaration = { name: 'p', variant, values: packageValues(data) } as PackageDeclaration;
  return hashModule(declaration, { ...NOTHING, ...inputs }, new Map());
}

test('known answers', () => {
  expect(version()).toMatchInlineSnapshot(
    `"f1f21fc5ba63e646cb943e466c55d27ac96a52855797bbd589b4219a00ed1546"`,
  );
  expect(
    version(
      {
        version: '1.0',
        variables: { CFLAGS: '-O2', A: '${CFLAGS}' },
        tasks: { compile: { script: 'make', after: ['configure'] } },
        split: [{ name: '-dev', files: ['include'], description: undefined, requires: [] }],
      },
      {
        sources: new Map([['p', new Map([['a.c', 'aa']])]]),
        patches: ['01', '02'],
        requires: ['a--1', 'b--2'],
      },
      'debug',
    ),
  ).toMatchInlineSnapshot(`"6dfb17d5f66985057874c27f54315982147b2fdcacf56d27b7f0d9472c1573a4"`);
});

test('the order of names decides nothing, that of lists does', () => {
  expect(version({ variables: { A: '1', B: '2' } })).toBe(
    version({ variables: { B: '2', A: '1' } }),
  );
  expect(version({}, { requires: ['a--1', 'b--2'] })).toBe(
    version({}, { requires: ['b--2', 'a--1'] }),
  );
  expect(version({}, { patches: ['01', '02'] })).not.toBe(version({}, { patches: ['02', '01'] }));
});

test('what does not count is not in it', () => {
  const flags = (more: string): string =>
    version({
      variables: { CFLAGS: `-O2 ${more}` },
      exclude: { CFLAGS: { pieces: ['-a', '-b'], reason: 'x' } },
    });
  expect(flags('-a')).toBe(flags('-b'));
  expect(flags('-a')).not.toBe(flags('-c'));
  const level = (value: string): string => version({ volatile: { LEVEL: { value, reason: 'x' } } });
  expect(level('1')).toBe(level('2'));
});
