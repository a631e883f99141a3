import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadPackage } from '../../src/install/package.ts';
import { codes, messages, scratch, value, writeFiles, type Files } from './rig.ts';

function load(id: string, files: Files) {
  using dir = scratch();
  writeFiles(join(dir.path, id), files);
  return loadPackage(join(dir.path, id), id, id);
}

test('a package is its id and its own files', () => {
  const files = { 'pkginfo.json': '{"variant":"ee"}', 'buildinfo.full.json': '{"name":"a"}' };
  expect(value(load('a--1', files))).toMatchObject({
    id: 'a--1',
    name: 'a',
    version: '1',
    info: { variant: 'ee' },
  });
});

test.each<[string, Files, string, string]>([
  ['no pkginfo', { x: '' }, 'package/no-pkginfo', 'a--1: error: the package has no pkginfo.json'],
  ['bad JSON', { 'pkginfo.json': '{' }, 'json/syntax', 'a--1/pkginfo.json:1:2: error:'],
  ['not an object', { 'pkginfo.json': '[]' }, 'package/pkginfo', 'expected an object'],
  ['UTF-16', { 'pkginfo.json': '{\0}\0' }, 'json/syntax', 'a--1/pkginfo.json:1:2'],
  ['a directory', { 'pkginfo.json/': '' }, 'package/not-a-file', 'a--1/pkginfo.json: error'],
  ['a link', { 'pkginfo.json': { link: '/etc/passwd' } }, 'package/not-a-file', 'plain file'],
  [
    'another name',
    { 'pkginfo.json': '{}', 'buildinfo.full.json': '{"name":"b"}' },
    'package/name-mismatch',
    'a--1/buildinfo.full.json:1:9: error: this was built as name "b", but is here as a--1',
  ],
  [
    'another version',
    { 'pkginfo.json': '{}', 'buildinfo.full.json': '{"name":"a","package_version":"2"}' },
    'package/name-mismatch',
    'this was built as package_version "2"',
  ],
  [
    'a bad buildinfo',
    { 'pkginfo.json': '{}', 'buildinfo.full.json': '[]' },
    'package/buildinfo',
    'expected an object, found an array',
  ],
])('%s is told where it is', (_, files, code, message) => {
  const result = load('a--1', files);
  expect(codes(result)).toEqual([code]);
  expect(messages(result)).toContain(message);
});

test('a pipe in place of a file does not hang it', () => {
  using dir = scratch();
  execFileSync('mkfifo', [join(dir.path, 'pkginfo.json')]);
  expect(codes(loadPackage(dir.path, 'a--1'))).toEqual(['package/not-a-file']);
});

test('a bad id and a missing directory', () => {
  expect(codes(loadPackage('/nowhere', 'a'))).toEqual(['id/outline']);
  expect(codes(loadPackage('/nowhere', 'a--1'))).toEqual(['package/missing']);
});

test.each<[string, string, string | null | undefined]>([
  ['{}', '{"variant":"ee"}', 'ee'],
  ['{}', '{"variant":null}', null],
  ['{}', '{}', undefined],
  ['{"variant":"x"}', '{"variant":"ee"}', 'x'],
  ['{"variant":""}', '{"variant":"ee"}', null],
])('pkginfo %s and buildinfo %s: variant %s', (info, buildinfo, variant) => {
  const files = { 'pkginfo.json': info, 'buildinfo.full.json': buildinfo };
  expect(value(load('a--1', files)).info.variant).toBe(variant);
});
