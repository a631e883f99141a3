import { chmodSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { definitionError, failed, ok } from '../../src/base/diagnostic.ts';
import type { Source } from '../../src/package/source.ts';
import { findPackages, selectTargets, type Tree } from '../../src/package/tree.ts';
import { parseTarget, spell } from '../../src/package/variant.ts';
import { validationTable } from './golden.ts';
import { summary } from './located.ts';
import { createRig, writeFiles, type Rig } from './rig.ts';

const spelled = (tree: Tree): string[] => tree.graph.definitions.map(spell);

async function load(rig: Rig): Promise<Tree> {
  const tree = await rig.load();
  if (!tree.ok) throw new Error(summary(tree.diagnostics).join());
  return tree.value;
}

test('packages are folders with a buildinfo, whatever else is there', async () => {
  using rig = createRig({
    'a/buildinfo.json': '{}',
    'a/x.y.buildinfo.json': '{}',
    'b/ee.buildinfo.json': '{}',
    'none/README': '',
    'empty/': '',
    file: '',
    'elsewhere.d/c/buildinfo.json': '{}',
    'cache/packages/p/buildinfo.json': '{}',
  });
  symlinkSync('elsewhere.d/c', join(rig.path, 'c'));
  symlinkSync('nowhere', join(rig.path, 'dangling'));
  symlinkSync('loop', join(rig.path, 'loop'));
  const tree = await load(rig);
  expect(spelled(tree)).toEqual(['a:x.y', 'a', 'b:ee', 'c']);
  expect(tree.diagnostics).toEqual([]);
});

test('one broken definition leaves the others usable', async () => {
  using rig = createRig({
    'a/buildinfo.json': '{',
    'b/buildinfo.json': '{}',
    'b/.buildinfo.json': '{}',
    'c/xbuildinfo.json': '{}',
    'd/e.buildinfo.json/': '',
  });
  const tree = await load(rig);
  expect(spelled(tree)).toEqual(['a', 'b', 'd:e']);
  expect(summary(tree.graph.definitions[0]!.diagnostics)).toEqual([
    'a/buildinfo.json:1:2 json/syntax',
  ]);
  expect(summary(tree.graph.definitions[2]!.diagnostics)).toEqual(['d/e.buildinfo.json fs/eisdir']);
  expect(summary(tree.diagnostics)).toEqual([
    'b/.buildinfo.json variant/file-name',
    'c/xbuildinfo.json variant/file-name',
  ]);
});

test('a folder whose name is not UTF-8 is left out, with a warning', async () => {
  using rig = createRig({ 'a/buildinfo.json': '{}' });
  const name = Buffer.concat([Buffer.from(`${rig.path}/`), Buffer.from([0xff, 0xfe])]);
  mkdirSync(name);
  writeFileSync(Buffer.concat([name, Buffer.from('/buildinfo.json')]), '{}');
  const tree = await load(rig);
  expect(spelled(tree)).toEqual(['a']);
  expect(summary(tree.diagnostics, 'warning')).toEqual([expect.stringContaining('tree/folder')]);
});

test('a folder that may not be read is an error', async () => {
  using rig = createRig({ 'a/buildinfo.json': '{}', 'b/x': '' });
  chmodSync(join(rig.path, 'b'), 0);
  const tree = await load(rig);
  // Root reads everything.
  const expected = process.getuid?.() === 0 ? [] : ['b fs/eacces'];
  expect(summary(tree.diagnostics)).toEqual(expected);
  chmodSync(join(rig.path, 'b'), 0o700);
});

describe('nothing to load', () => {
  test('an empty directory is no tree', async () => {
    using rig = createRig({});
    const tree = await rig.load();
    expect(tree.ok ? [] : tree.diagnostics.map(({ code }) => code)).toEqual(['tree/empty']);
  });

  test('an empty tree is one', async () => {
    using rig = createRig({ 'treeinfo.json': '' });
    expect(spelled(await load(rig))).toEqual([]);
  });

  test('a directory that is not there is an error', async () => {
    using rig = createRig({});
    renameSync(rig.path, `${rig.path}.gone`);
    const tree = await rig.load();
    expect(tree.ok ? [] : tree.diagnostics.map(({ code }) => code)).toEqual(['fs/enoent']);
    renameSync(`${rig.path}.gone`, rig.path);
  });
});

test('treeinfos are found by their names; the default one is always there', async () => {
  using rig = createRig({
    'a/buildinfo.json': '{}',
    'ee.treeinfo.json': '{"exclude": 1}',
    'treeinfo.jsonx': '',
    '.treeinfo.json': '{}',
  });
  const tree = await load(rig);
  expect([...tree.treeinfos.keys()]).toEqual([null, 'ee']);
  expect(summary(tree.treeinfos.get('ee')!.diagnostics)).toEqual([
    'ee.treeinfo.json:1:13 definition/type',
  ]);
  expect(summary(tree.diagnostics)).toEqual(['.treeinfo.json variant/file-name']);
});

test('settings are those above, and what is wrong with them is told', async () => {
  using rig = createRig({ 'a/buildinfo.json': '{}' });
  writeFiles(rig.path, { '../ashlar.json': '{"root": "/opt/x", "foo": 1}' });
  const tree = await load(rig);
  expect(tree.settings.root).toBe('/opt/x');
  expect(summary(tree.diagnostics)).toEqual(['../ashlar.json:1:20 definition/unknown-key']);
});

interface GoldenUpstream {
  readonly label: string;
  readonly local: Readonly<Record<string, string>>;
  readonly upstream: Readonly<Record<string, string>>;
  readonly folders?: Readonly<Record<string, string>>;
  readonly packages?: readonly (readonly [string, string | null])[];
  readonly trees?: readonly string[];
  readonly error?: string;
}

describe('upstream', () => {
  test.each(validationTable<GoldenUpstream>('upstream'))('golden: $label', async (one) => {
    using rig = createRig(one.local);
    const checkout = join(rig.path, 'cache/upstream/checkout');
    const sources: Source[] = [];
    const tree = await rig.load({
      checkoutUpstream: (source) => {
        sources.push(source);
        writeFiles(checkout, one.upstream);
        return Promise.resolve(ok(checkout));
      },
    });
    expect(sources.map(({ kind }) => kind)).toEqual(['git_local']);
    expect(sources[0]).toMatchObject({ directory: join(rig.path, '../../up') });
    expect(tree.ok).toBe(one.error === undefined);
    if (!tree.ok) {
      const code = one.label === 'upstream of upstream' ? 'nested' : 'packages';
      expect(summary(tree.diagnostics)).toEqual([`upstream.json:1:1 upstream/${code}`]);
      return;
    }
    const { definitions } = tree.value.graph;
    expect(definitions.map(({ name, variant }) => [name, variant])).toEqual(one.packages);
    const folders = definitions.map(({ name, directory }) => [
      name,
      directory.slice(rig.path.length + 1),
    ]);
    expect(Object.fromEntries(folders)).toEqual(one.folders);
    // Only the tree's own definitions of trees count: the default one, which is always there.
    expect([...tree.value.treeinfos.keys()]).toEqual([null]);
  });

  test('without a way to fetch it the tree cannot be loaded', async () => {
    using rig = createRig({ 'upstream.json': '{"kind": "git_local", "rel_path": "x"}' });
    const tree = await rig.load();
    expect(tree.ok ? [] : summary(tree.diagnostics)).toEqual([
      'upstream.json:1:1 upstream/unavailable',
    ]);
  });

  test('a source that is wrong is not fetched', async () => {
    using rig = createRig({ 'upstream.json': '{"kind": "git_local", "rel_path": "x", "ref": 1}' });
    const tree = await rig.load({ checkoutUpstream: () => Promise.reject(new Error('fetched')) });
    expect(tree.ok ? [] : summary(tree.diagnostics)).toEqual([
      'upstream.json:1:40 definition/unknown-key',
    ]);
  });

  test('what the checkout says is passed on', async () => {
    using rig = createRig({ 'upstream.json': '{"kind": "git_local", "rel_path": "x"}' });
    const problem = definitionError({ code: 'test/checkout', message: 'no' });
    const tree = await rig.load({ checkoutUpstream: () => Promise.resolve(failed(problem)) });
    expect(tree).toEqual(failed(problem));
  });
});

describe('targets', () => {
  test('mean a package in all its variants, or in one', async () => {
    using rig = createRig({
      'a/buildinfo.json': '{}',
      'a/x.buildinfo.json': '{}',
      'b/y.buildinfo.json': '{}',
    });
    const tree = await load(rig);
    const select = (...texts: string[]): string[] => {
      const targets = texts
        .map((text) => parseTarget(text))
        .flatMap((one) => (one.ok ? one.value : []));
      const selected = selectTargets(tree, targets);
      return selected.ok
        ? selected.value.map(spell)
        : selected.diagnostics.map(({ code, hint }) => `${code} ${hint ?? ''}`);
    };
    expect(select('a', 'a:x')).toEqual(['a:x', 'a']);
    expect(select('a:default')).toEqual(['a']);
    expect(select('a:other', 'c', 'b:default')).toEqual([
      'requires/unknown-variant there is a:x, a',
      'target/unknown-package "ashlar ids" lists those that there are',
      'requires/unknown-variant there is b:y',
    ]);
  });

  test('in a package folder the packages directory is the one above', () => {
    using rig = createRig({ 'a/ee.buildinfo.json': '{}' });
    expect(findPackages(rig.path)).toEqual({ directory: rig.path, name: undefined });
    expect(findPackages(join(rig.path, 'a'))).toEqual({ directory: rig.path, name: 'a' });
    expect(findPackages(join(rig.path, 'gone')).name).toBeUndefined();
  });
});
