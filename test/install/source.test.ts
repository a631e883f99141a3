import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { copyFile, packageUrl, parseSource } from '../../src/install/source.ts';
import { codes, messages, scratch, value } from './rig.ts';

test('a word is an id, or the file of a package', () => {
  using dir = scratch();
  writeFileSync(join(dir.path, 'a--1.tar.xz'), '');
  writeFileSync(join(dir.path, 'b--2.tar.zst'), '');
  expect(value(parseSource('a--1', dir.path))).toEqual({ id: 'a--1', archive: undefined });
  expect(value(parseSource('a--1.tar.xz', dir.path))).toEqual({
    id: 'a--1',
    archive: join(dir.path, 'a--1.tar.xz'),
  });
  expect(value(parseSource('./b--2.tar.zst', dir.path)).id).toBe('b--2');
});

test.each([
  ['a', 'id/outline'],
  ['bad.tar.xz', 'id/outline'],
  ['x.tar.gz', 'install/bad-archive-name'],
  ['a--1.tgz', 'install/bad-archive-name'],
  ['dir/a--1', 'install/bad-archive-name'],
  ['a--1.tar', 'install/bad-archive-name'],
  ['missing--1.tar.xz', 'install/no-archive'],
  ['/nowhere/a--1.tar.xz', 'install/no-archive'],
])('%s is refused', (word, code) => {
  using dir = scratch();
  expect(codes(parseSource(word, dir.path))).toEqual([code]);
});

test('a directory is not a file', () => {
  using dir = scratch();
  expect(messages(parseSource(`${dir.path}/`, '/'))).toContain('is not named like the archive');
});

test('where a repository has a package', () => {
  expect(packageUrl('https://host/x//', { id: 'a--1', name: 'a' })).toBe(
    'https://host/x/packages/a/a--1.tar.xz',
  );
});

test('what is on this machine is copied, by path and by URL', async () => {
  using dir = scratch();
  const [from, to] = [join(dir.path, 'a b%20'), join(dir.path, 'to')];
  writeFileSync(from, 'x');
  for (const url of [from, pathToFileURL(from).href]) {
    value(await copyFile(url, to));
    expect(readFileSync(to, 'utf8')).toBe('x');
    writeFileSync(to, '');
  }
});

test.each([
  ['/nowhere/a', 'install/not-fetched'],
  ['file:///nowhere/a', 'install/not-fetched'],
  ['file://relative/a', 'install/bad-url'],
  ['https://host/a', 'install/bad-url'],
  ['FTP://host/a', 'install/bad-url'],
])('%s is refused', async (url, code) => {
  using dir = scratch();
  expect(codes(await copyFile(url, join(dir.path, 'to')))).toEqual([code]);
});
