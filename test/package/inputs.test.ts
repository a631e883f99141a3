import { mkdirSync, symlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { definitionError, failed, ok } from '../../src/base/diagnostic.ts';
import { hashStrings } from '../../src/package/identity.ts';
import { summary } from './located.ts';
import { createPackages, createRig, idsBySpelling } from './rig.ts';

const P = { 'p/buildinfo.json': '{}', 'p/build': 'x' };

test('the image by what identifies it', async () => {
  using rig = createRig({ ...P, 'p/buildinfo.json': '{"docker": "some:image"}' });
  const asked: string[] = [];
  const ids = await rig.ids({
    imageId: (name) => {
      asked.push(name);
      return Promise.resolve(ok('docker-id-for-golden'));
    },
  });
  expect(asked).toEqual(['some:image']);
  expect(idsBySpelling(ids)['p']).toBe(idsBySpelling(await rig.ids())['p']);
});

test('extra as whatever it leads to', async () => {
  using rig = createRig({ ...P, 'other/f': '1' });
  const none = idsBySpelling(await rig.ids())['p'];
  const extra = join(rig.path, 'p/extra');
  const kinds: (string | undefined)[] = [];
  for (const target of ['../other', 'nowhere', 'extra', 'build']) {
    symlinkSync(target, extra);
    const ids = await rig.ids();
    const warnings = summary(ids.diagnostics, 'warning').length;
    kinds.push(`${idsBySpelling(ids)['p'] === none ? 'none' : 'some'} ${warnings}`);
    unlinkSync(extra);
  }
  expect(kinds).toEqual(['some 0', 'none 1', 'none 1', 'some 1']);
});

test('what an image or a repository fails with is told once, at a place', async () => {
  const source = { kind: 'git_local', rel_path: '../repo' };
  using rig = createPackages({ a: { single_source: source }, b: { single_source: source } });
  const problem = (name: string) =>
    failed(definitionError({ code: 'test/unknown', message: `unknown: ${name}` }));
  const ids = await rig.ids({
    imageId: problem,
    gitHead: (path) => Promise.resolve(problem(path)),
  });
  expect(summary(ids.diagnostics)).toEqual([
    'a/buildinfo.json test/unknown',
    'a/buildinfo.json:1:18 test/unknown',
  ]);
  expect(ids.identities.size).toBe(0);
});

test('what each package is made of is told with its id', async () => {
  using rig = createPackages({
    p: { sources: { s: { kind: 'url', url: 'https://h/x', sha256: 'a'.repeat(64) } } },
  });
  mkdirSync(join(rig.path, 'p/extra'));
  const ids = await rig.ids();
  const [p] = ids.identities.values();
  expect(p!.inputs).toMatchObject({ docker: 'docker-id-for-golden', extra: hashStrings([]) });
  expect(p!.inputs.sources.get('s')).toMatchObject({
    key: 'downloaded_sha256',
    value: 'a'.repeat(64),
  });
});

test('a repository is asked for once, and its commit enters the id', async () => {
  const source = { kind: 'git_local', rel_path: '../repo' };
  using rig = createPackages({ a: { single_source: source }, b: { single_source: source } });
  const asked: string[] = [];
  const ids = await rig.ids({
    gitHead: (directory) => {
      asked.push(directory);
      return Promise.resolve(ok('c'.repeat(40)));
    },
  });
  expect(asked).toEqual([join(rig.path, 'repo')]);
  const other = await rig.ids({ gitHead: () => Promise.resolve(ok('d'.repeat(40))) });
  expect(idsBySpelling(ids)['a']).not.toBe(idsBySpelling(other)['a']);
});
