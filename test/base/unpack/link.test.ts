import * as fc from 'fast-check';
import { posix } from 'node:path';
import { expect, test } from 'vitest';
import type { ByteName } from '../../../src/base/bytename.ts';
import { Refusal } from '../../../src/base/refusal.ts';
import { checkTarget } from '../../../src/base/unpack/link.ts';

const at = (path: string): ByteName => path as ByteName;

function code(path: string, target: string, rule: 'inside' | 'any' = 'inside'): string {
  try {
    checkTarget(at(path), target, rule);
  } catch (error) {
    if (error instanceof Refusal) return error.diagnostic.code;
    throw error;
  }
  return 'accepted';
}

test.each([
  ['l', 'a'],
  ['l', '.'],
  ['l', 'missing/also'],
  ['d/l', '..'],
  ['d/l', '../a/b'],
  ['d/e/l', '../../x'],
  ['d/l', './/../a'],
])('%s may lead to %s', (path, target) => {
  expect(code(path, target)).toBe('accepted');
});

test.each([
  ['l', '/etc/passwd', 'archive/outside'],
  ['l', '/', 'archive/outside'],
  ['l', '..', 'archive/outside'],
  ['d/l', '../..', 'archive/outside'],
  ['d/l', '../../d/x', 'archive/outside'],
  ['d/l', 'a/../../../d', 'archive/outside'],
  ['l', '', 'archive/link'],
  ['l', 'a\0b', 'archive/link'],
  ['l', 'x'.repeat(4096), 'archive/link'],
])('%s may not lead everywhere: %#', (path, target, expected) => {
  expect(code(path, target)).toBe(expected);
});

test('any text is taken where any is allowed', () => {
  expect(code('l', '/opt/lib', 'any')).toBe('accepted');
  expect(code('l', '../../..', 'any')).toBe('accepted');
  expect(code('l', '', 'any')).toBe('archive/link');
});

test('only a way up after a name has to be looked up', () => {
  expect(checkTarget(at('d/l'), '../a/b', 'inside')).toBeUndefined();
  expect(checkTarget(at('d/l'), 'a/../b/c', 'inside')).toEqual(['a', '..']);
  expect(checkTarget(at('d/e/l'), '../a/./b/../c', 'inside')).toEqual(['..', 'a', 'b', '..']);
});

test('what is accepted never leads out by its text', () => {
  const part = fc.constantFrom('..', '.', 'a', 'b', '');
  const path = fc.array(fc.constantFrom('d', 'e'), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(path, fc.array(part, { minLength: 1, maxLength: 6 }), (parts, target) => {
      const link = parts.join('/');
      const text = target.join('/');
      const outside = posix.normalize(posix.join('root', posix.dirname(link), text));
      const leaves = outside !== 'root' && !outside.startsWith('root/') && outside !== 'root/';
      if (text !== '' && !text.startsWith('/') && leaves) {
        expect(code(link, text)).toBe('archive/outside');
      }
    }),
    { seed: 2, numRuns: 2000 },
  );
});
