import { expect, test } from 'vitest';
import { duplicateFlags, findNinja } from '../../src/bootstrap/ninja.ts';

test.each([
  [1, 6, true],
  [1, 8, true],
  [1, 9, true],
  [1, 11, true],
  [1, 12, false],
  [1, 13, false],
  [2, 0, false],
])('Ninja %i.%i is told of duplicate outputs in the way it knows', (major, minor, told) => {
  expect(duplicateFlags(major, minor)).toEqual(told ? ['-w', 'dupbuild=err'] : []);
});

test('a program that is not there, or is no Ninja, is the machine at fault', () => {
  const { PATH } = process.env;
  const missing = findNinja({ PATH, NINJA: '/nowhere/ninja' });
  expect(missing).toMatchObject({
    ok: false,
    diagnostics: [{ code: 'ninja/missing', fault: 'environment' }],
  });
  const other = findNinja({ PATH, NINJA: 'true' });
  expect(other).toMatchObject({ ok: false, diagnostics: [{ code: 'ninja/version' }] });
  expect(findNinja({ PATH })).toMatchObject({ ok: true, value: { program: 'ninja' } });
});
