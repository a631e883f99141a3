// Directories with their parents, and the true reason where they cannot be made.
import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeDirectories } from '../../src/base/mkdir.ts';
import { errnoOf } from '../../src/base/fs.ts';

let work: string;
beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), 'ashlar-directory-'));
});
afterEach(() => rmSync(work, { recursive: true }));

function errnoFor(path: string): string | undefined {
  try {
    makeDirectories(path);
    return undefined;
  } catch (error) {
    return errnoOf(error);
  }
}

test('parents are made, and what is there is fine', () => {
  makeDirectories(join(work, 'a/b/c'));
  makeDirectories(join(work, 'a/b/c/'));
  makeDirectories(join(work, 'a'));
  expect(statSync(join(work, 'a/b/c')).isDirectory()).toBe(true);
  symlinkSync('a', join(work, 'link'));
  expect(errnoFor(join(work, 'link'))).toBeUndefined();
});

test('what cannot be made is told by its own reason', () => {
  writeFileSync(join(work, 'file'), '');
  symlinkSync('nowhere', join(work, 'dangling'));
  expect(errnoFor(join(work, 'file'))).toBe('EEXIST');
  expect(errnoFor(join(work, 'file/below'))).toBe('ENOTDIR');
  expect(errnoFor(join(work, 'dangling'))).toBe('EEXIST');
  expect(errnoFor(join(work, 'x'.repeat(300)))).toBe('ENAMETOOLONG');
});
