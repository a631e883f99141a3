import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Refusal } from '../../../src/base/refusal.ts';
import { baseOf, componentsOf, entryPath, parentOf } from '../../../src/base/unpack/name.ts';
import { archive } from '../../rig/raw-tar.ts';
import { picture, scratch } from '../../rig/scratch.ts';

const rules = { strip: 0, depth: 10, length: 1000 };

function code(raw: string): string {
  try {
    entryPath(raw, rules);
  } catch (error) {
    if (error instanceof Refusal) return error.diagnostic.code;
    throw error;
  }
  return 'accepted';
}

test.each([
  ['a/b', 'a/b'],
  ['./a//b/', 'a/b'],
  ['./', ''],
  ['a/./b', 'a/b'],
  ['-rf', '-rf'],
  ['...', '...'],
  ['a\\..\\b', 'a\\..\\b'],
  ['C:\\x', 'C:\\x'],
  ['C:..x', 'C:..x'],
  ['CON', 'CON'],
  ['.git/config', '.git/config'],
  ['\xff\xfe', '\xff\xfe'],
  ['a\nb', 'a\nb'],
  ['trailing. ', 'trailing. '],
])('%j stands for %j', (raw, path) => {
  expect(entryPath(raw, rules)).toBe(path);
});

test.each([
  ['', 'archive/name'],
  ['a\0b', 'archive/name'],
  ['/etc/passwd', 'archive/outside'],
  ['//a', 'archive/outside'],
  ['..', 'archive/outside'],
  ['../a', 'archive/outside'],
  ['a/..', 'archive/outside'],
  ['a/../b', 'archive/outside'],
  ['C:/../x', 'archive/outside'],
  ['n'.repeat(256), 'archive/name'],
  [`a/${'n'.repeat(256)}/b`, 'archive/name'],
  ['d/'.repeat(10) + 'f', 'archive/limit'],
  ['d/'.repeat(100_000), 'archive/limit'],
  [`${'n'.repeat(250)}/`.repeat(5), 'archive/name'],
])('a hostile name is refused: %#', (raw, expected) => {
  expect(code(raw)).toBe(expected);
});

test('a refusal of a terrible name is one short line', () => {
  expect(() => entryPath(`/\x1b[2J${'x'.repeat(100_000)}`, rules)).toThrowError(
    expect.objectContaining({
      message: expect.stringMatching(/^the entry "\/\\u001b\[2Jx{200,300}/),
    }),
  );
});

describe('stripping', () => {
  // Without doubled slashes: GNU tar 1.34 takes what is left of `top//b` for the absolute `/b`.
  const names = ['top', 'top/', 'top/a', './top/c', 'top/./d', 'other/e', 'x/y/f', 'x/y/g/'];

  test.each([1, 2, 3])('counts as GNU tar does: %i', (strip) => {
    using work = scratch();
    for (const [index, name] of names.entries()) {
      const out = work.at(`${index}`);
      mkdirSync(out);
      writeFileSync(work.at('one.tar'), archive({ name, type: name.endsWith('/') ? '5' : '0' }));
      execFileSync('tar', ['-xf', work.at('one.tar'), `--strip-components=${strip}`, '-C', out]);
      const made = picture(out).map((line) => line.split(' ')[0]!.replace(/\/$/, ''));
      expect(made.at(-1), name).toBe(entryPath(name, { ...rules, strip }));
    }
  });

  test('never leaves an absolute name', () => {
    expect(entryPath('top//b', { ...rules, strip: 1 })).toBe('b');
    expect(entryPath('x//y//g/', { ...rules, strip: 2 })).toBe('g');
    expect(entryPath('./', { ...rules, strip: 1 })).toBeUndefined();
    expect(entryPath('.', { ...rules, strip: 1 })).toBeUndefined();
  });
});

test('paths come apart', () => {
  const path = entryPath('a/b/c', rules)!;
  expect([parentOf(path), baseOf(path), componentsOf(path)]).toEqual(['a/b', 'c', ['a', 'b', 'c']]);
  const lone = entryPath('a', rules)!;
  expect([parentOf(lone), baseOf(lone), componentsOf(parentOf(lone))]).toEqual(['', 'a', []]);
});
