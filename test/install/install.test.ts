import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { definitionError, failed, ok } from '../../src/base/diagnostic.ts';
import { activate } from '../../src/install/activate.ts';
import { install, type InstallOptions } from '../../src/install/install.ts';
import { activeGeneration } from '../../src/install/inventory.ts';
import { copyFile, parseSource, type Unpack } from '../../src/install/source.ts';
import {
  codes,
  leftovers,
  messages,
  readText,
  rootWith,
  value,
  writeFiles,
  type Files,
} from './rig.ts';

/** Archives here are JSON: path → text. What is no JSON is a broken archive. */
const unpack: Unpack = async (archive, destination) => {
  const { readFileSync } = await import('node:fs');
  let files: Files;
  try {
    files = JSON.parse(readFileSync(archive, 'utf8')) as Files;
  } catch {
    writeFileSync(join(destination, 'half'), '');
    return failed(
      definitionError({ code: 'test/broken', message: 'broken', at: { file: archive } }),
    );
  }
  writeFiles(destination, files);
  return ok(undefined);
};

const options: InstallOptions = { unpack, fetchFile: copyFile };

function archives(directory: string, packages: Record<string, Files | string>): void {
  mkdirSync(directory, { recursive: true });
  for (const [name, files] of Object.entries(packages)) {
    writeFileSync(join(directory, name), typeof files === 'string' ? files : JSON.stringify(files));
  }
}

const sources = (cwd: string, ...words: string[]) =>
  words.map((word) => value(parseSource(word, cwd)));

const a1 = { 'pkginfo.json': '{}', 'bin/a': '#!a1' };
const a2 = { 'pkginfo.json': '{}', 'bin/a': '#!a2' };
const b1 = { 'pkginfo.json': '{"requires":["a"]}', 'bin/b': '#!b1' };

test('archives become packages, in a root that was not there', async () => {
  using made = rootWith({});
  archives(made.path, { 'a--1.tar.xz': a1, 'b--1.tar.zst': b1 });
  const told: string[] = [];
  const words = sources(made.path, 'a--1.tar.xz', 'b--1.tar.zst', 'a--1');
  const result = await install(made.root, words, {
    ...options,
    onPackage: (id, what) => told.push(`${what} ${id}`),
  });
  expect(value(result)).toEqual({
    added: ['a--1', 'b--1'],
    present: [],
    activation: undefined,
  });
  expect(told).toEqual(['added a--1', 'added b--1']);
  expect(readText(made.root, 'packages/a--1/bin/a')).toBe('#!a1');
  expect(leftovers(made.root)).toEqual([]);
  expect(value(await install(made.root, words, options)).present).toEqual(['a--1', 'b--1']);
});

test('with activation, each takes the place of its namesake and the others stay', async () => {
  using made = rootWith({});
  const { root } = made;
  archives(made.path, { 'a--1.tar.xz': a1, 'a--2.tar.xz': a2, 'b--1.tar.xz': b1 });
  const act = (...words: string[]) =>
    install(root, sources(made.path, ...words), { ...options, activate: true });
  expect(codes(await act('b--1.tar.xz'))).toEqual(['install/unmet-requirement']);
  expect(value(await act('a--1.tar.xz')).activation?.packages).toEqual(['a--1']);
  expect(value(await act('b--1')).activation?.packages).toEqual(['a--1', 'b--1']);
  expect(value(await act('a--2.tar.xz')).activation).toMatchObject({
    packages: ['a--2', 'b--1'],
    added: ['a--2'],
    removed: ['a--1'],
  });
  expect(readText(root, 'bin/a')).toBe('#!a2');
});

test('an id alone comes from the repository given, by path or URL', async () => {
  using made = rootWith({});
  const remote = join(made.path, 'remote');
  archives(join(remote, 'packages/a'), { 'a--1.tar.xz': a1, 'a--2.tar.xz': a2 });
  const get = (id: string, repositoryUrl?: string) =>
    install(made.root, sources('/', id), { ...options, repositoryUrl });
  value(await get('a--1', `${remote}/`));
  value(await get('a--2', `file://${remote}`));
  expect(readdirSync(made.root.packages).sort()).toEqual(['a--1', 'a--2']);
  expect(codes(await get('a--3', remote))).toEqual(['install/not-fetched']);
  expect(codes(await get('a--3'))).toEqual(['install/no-repository']);
  expect(codes(await get('a--3', 'https://host'))).toEqual(['install/bad-url']);
  // What is there already needs no repository.
  expect(value(await get('a--1')).present).toEqual(['a--1']);
  expect(leftovers(made.root)).toEqual([]);
});

test('a package with a fault is told by its archive, and nothing of it stays', async () => {
  using made = rootWith({});
  archives(made.path, {
    'a--1.tar.xz': 'no archive',
    'b--1.tar.xz': { x: '' },
    'c--1.tar.xz': { 'pkginfo.json': '{"requires": 1}' },
    'd--1.tar.xz': { 'pkginfo.json': '{}', 'buildinfo.full.json': '{"name": "e"}' },
    'e--1.tar.xz': a1,
  });
  const words = ['a', 'b', 'c', 'd', 'e'].map((name) => `${name}--1.tar.xz`);
  const result = await install(made.root, sources(made.path, ...words), {
    ...options,
    activate: true,
  });
  expect(codes(result)).toEqual([
    'test/broken',
    'package/no-pkginfo',
    'package/pkginfo',
    'package/name-mismatch',
  ]);
  expect(messages(result)).toContain(`${made.path}/c--1.tar.xz/pkginfo.json:1:14: error: expected`);
  // The good one is there, but nothing was activated.
  expect(readdirSync(made.root.packages)).toEqual(['e--1']);
  expect(codes(activeGeneration(made.root))).toEqual(['install/not-active']);
  expect(leftovers(made.root)).toEqual([]);
});

test('what cannot be had at all is told before anything is touched', async () => {
  using made = rootWith({});
  archives(made.path, { 'a--1.tar.xz': a1 });
  const result = await install(made.root, sources(made.path, 'a--1.tar.xz', 'b--1'), options);
  expect(codes(result)).toEqual(['install/no-repository']);
  expect(existsSync(made.root.packages)).toBe(false);
});

test('an interruption between packages leaves those that are there', async () => {
  using made = rootWith({});
  archives(made.path, { 'a--1.tar.xz': a1, 'b--1.tar.xz': b1 });
  const controller = new AbortController();
  const result = await install(made.root, sources(made.path, 'a--1.tar.xz', 'b--1.tar.xz'), {
    ...options,
    activate: true,
    signal: controller.signal,
    onPackage: () => controller.abort(),
  });
  expect(codes(result)).toEqual(['install/interrupted']);
  expect(readdirSync(made.root.packages)).toEqual(['a--1']);
  value(await activate(made.root, ['a--1']));
});
