// Which texts count as commits: for ids as in the original, for git strictly.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { isSha, parseCommit } from '../../../src/package/fetch/commit.ts';

const golden = JSON.parse(
  readFileSync(
    resolve(import.meta.dirname, '../../../../shared/golden/pkgpanda/validation.json'),
    'utf8',
  ),
) as { is_sha: { input: string; value: boolean }[] };

test.each(golden.is_sha)('as in the original: "$input"', ({ input, value }) => {
  expect(isSha(input)).toBe(value);
});

test.each([
  [`0x${'0'.repeat(38)}`, false],
  [`+0X_${'0'.repeat(35)}1`, true],
  [`0x${'_'.repeat(2)}${'1'.repeat(36)}`, false],
  [`_${'1'.repeat(39)}`, false],
  [`${'1'.repeat(39)}_`, false],
  [`${'1'.repeat(19)} ${'1'.repeat(20)}`, false],
  [`\t\u2003${'1'.repeat(36)}\n\u001f`, true],
  [`${'1'.repeat(39)}\u0661`, true],
  [`${'1'.repeat(39)}\u{10400}`, false],
])('as Python reads numbers: %j', (text, value) => {
  expect(isSha(text)).toBe(value);
});

test('git takes 40 hexadecimal digits in either case', () => {
  expect(parseCommit('A'.repeat(40))).toEqual({ ok: true, value: 'a'.repeat(40) });
  for (const ref of ['0'.repeat(40), `0x${'a'.repeat(38)}`, 'master', '', '-'.repeat(40)]) {
    const result = parseCommit(ref);
    expect(result.ok ? [] : result.diagnostics.map(({ code }) => code)).toEqual(['source/bad-ref']);
  }
});
