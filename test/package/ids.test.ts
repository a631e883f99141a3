import { execFileSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ok } from '../../src/base/diagnostic.ts';
import { openStatTable } from '../../src/base/stat/table.ts';
import { createGraph } from '../../src/package/graph.ts';
import { buildIds, computeIds } from '../../src/package/ids.ts';
import { hashText } from '../../src/package/identity.ts';
import { validationTable } from './golden.ts';
import { summary } from './located.ts';
import { createPackages, createRig, GOLDEN_INPUTS, idsBySpelling, type Rig } from './rig.ts';
import { definitionOf, treeOf } from './synthetic.ts';

interface GoldenPackage {
  readonly label: string;
  readonly package: readonly [string, string | null];
  readonly files: Readonly<Record<string, string>>;
  readonly id?: string;
  readonly build_ids?: Readonly<Record<string, unknown>>;
  readonly error?: string;
}

const golden = validationTable<GoldenPackage>('packages');

/** What the original refused or crashed over, and where it is found here. */
const ERRORS: Record<string, string> = {
  'malformed json': 'p/buildinfo.json:1:2 json/syntax',
  'json list': 'p/buildinfo.json:1:1 definition/type',
  'json string': 'p/buildinfo.json:1:1 definition/type',
  'json null': 'p/buildinfo.json:1:1 definition/type',
  'utf-8 bom': 'p/buildinfo.json:1:1 json/syntax',
  'unknown key': 'p/buildinfo.json:1:2 definition/unknown-key',
  'two unknown keys':
    'p/buildinfo.json:1:2 definition/unknown-key,p/buildinfo.json:1:11 definition/unknown-key',
  'name key': 'p/buildinfo.json:1:2 definition/reserved-key',
  'variant key': 'p/buildinfo.json:1:2 definition/reserved-key',
  'build key': 'p/buildinfo.json:1:2 definition/reserved-key',
  'pkgpanda_version key': 'p/buildinfo.json:1:2 definition/reserved-key',
  'extra_source key, no extra folder': 'p/buildinfo.json:1:2 definition/reserved-key',
  'extra_source key, extra folder': 'p/buildinfo.json:1:2 definition/reserved-key',
  'sources and single_source': 'p/buildinfo.json:1:17 buildinfo/sources',
  'sources list': 'p/buildinfo.json:1:13 definition/type',
  'sources null': 'p/buildinfo.json:1:13 definition/type',
  'sha1 null': 'p/buildinfo.json:1:62 identity/unhashable',
  'unknown kind': 'p/buildinfo.json:1:28 source/kind',
  'missing kind': 'p/buildinfo.json:1:19 definition/missing-key',
  'source is a string': 'p/buildinfo.json:1:19 definition/type',
  'url missing sha1': 'p/buildinfo.json:1:19 source/checksum',
  'url extra key': 'p/buildinfo.json:1:106 definition/unknown-key',
  'url no scheme': 'p/buildinfo.json:1:42 source/url',
  'git missing ref_origin': 'p/buildinfo.json:1:19 definition/missing-key',
  'git extra key': 'p/buildinfo.json:1:131 definition/unknown-key',
  'git bad ref': 'p/buildinfo.json:1:68 source/ref',
  'git all-zero ref': 'p/buildinfo.json:1:68 source/ref',
  'git ref int': 'p/buildinfo.json:1:68 definition/type',
  'git_local absolute': 'p/buildinfo.json:1:53 source/path',
  'git_local no rel_path': 'p/buildinfo.json:1:19 definition/missing-key',
  'git_local not a repo': 'p/buildinfo.json:1:19 test/git',
  'git_local extra key': 'p/buildinfo.json:1:58 definition/unknown-key',
  'git_local dirty': 'p/buildinfo.json:1:19 test/git',
  'state_directory 1.0 (accepted by the check, then fails to hash)':
    'p/buildinfo.json:1:21 definition/type',
  'state_directory string': 'p/buildinfo.json:1:21 definition/type',
  'state_directory null': 'p/buildinfo.json:1:21 definition/type',
  'username bad': 'p/buildinfo.json:1:14 buildinfo/username',
  'username int': 'p/buildinfo.json:1:14 definition/type',
  'group bad': 'p/buildinfo.json:1:11 buildinfo/group',
  'group int': 'p/buildinfo.json:1:11 definition/type',
  'requires string': 'p/buildinfo.json:1:14 definition/type',
  'requires object': 'p/buildinfo.json:1:14 definition/type',
  'requires int': 'p/buildinfo.json:1:14 definition/type',
  'requires null': 'p/buildinfo.json:1:14 definition/type',
  'requires missing package': 'p/buildinfo.json:1:15 requires/unknown-package',
  'requires exact id': 'p/buildinfo.json:1:15 requires/exact-id',
  'requires dict missing variant': 'p/buildinfo.json:1:15 requires/incomplete',
  'requires two variants of one package': 'p/buildinfo.json:1:20 requires/two-variants',
  'requires self': 'p/buildinfo.json:1:15 requires/cycle',
  'environment null value': 'p/buildinfo.json:1:23 identity/unhashable',
  'environment float value': 'p/buildinfo.json:1:23 identity/unhashable',
  'version_extra empty': 'p/buildinfo.json:1:19 buildinfo/version-extra',
  'build_script missing': 'p/buildinfo.json:1:18 buildinfo/build-script',
  'no build file': 'p/buildinfo.json buildinfo/build-script',
  'variant without its script': 'p/ee.buildinfo.json buildinfo/build-script',
  'package name invalid': '-p/buildinfo.json id/name',
  'package name with --': 'a--b/buildinfo.json id/name',
  'package name trailing dash': 'a-/buildinfo.json id/name',
  'upstream.json bad kind': 'upstream.json:1:10 source/kind',
  'upstream.json empty': 'upstream.json:1:1 definition/missing-key',
};

/** The original could not build these at all; here the version is the text, `_`, and the hash it names. */
const VERSION_EXTRA = "version_extra (always fails: '-' is not allowed in versions)";

/** What is in the folder beside the files listed. */
const EMPTY_EXTRA = 'extra empty dir';
const HEAD = 'c87750ba74b2d1377c574b86bb95233cfee2c577';

test('there are as many golden packages as there were', () => {
  expect(golden).toHaveLength(112);
  const wrong = golden.filter(({ id, label }) => id === undefined && label !== VERSION_EXTRA);
  expect(wrong.map(({ label }) => label).sort()).toEqual(Object.keys(ERRORS).sort());
});

test.each(golden)('golden: $label', async ({ label, package: [name, variant], files, ...one }) => {
  using rig = createRig(files);
  if (label === EMPTY_EXTRA) rig.write({ 'p/extra/': '' });
  const expected = ERRORS[label] ?? '';
  const loaded = await rig.load();
  if (!loaded.ok) {
    expect(summary(loaded.diagnostics).join(',')).toBe(expected);
    return;
  }
  const definition = loaded.value.graph.find({ name, variant })!;
  const repository = label === 'git_local ok' || label.startsWith('git_local untracked');
  const ids = await rig.ids({
    targets: [loaded.value.graph.definitions[definition]!],
    ...(repository ? { gitHead: () => Promise.resolve(ok(HEAD)) } : {}),
  });
  expect(summary(ids.diagnostics).join(',')).toBe(expected);
  const found = [...ids.identities.values()].find(
    (each) => each.definition.name === name && each.definition.variant === variant,
  );
  if (label === VERSION_EXTRA) {
    // The hash that the original told of before it refused to take it for a version.
    expect(found?.id).toBe('p--1.0_0b185cba4049e24a2c9fa4a294d5bac5dfdfb4b1');
    return;
  }
  expect(found?.id).toBe(one.id);
  if (found === undefined) return;
  expect(buildIds(found, ids.closure(found.definition))).toEqual(one.build_ids);
});

async function idOf(rig: Rig, spelling = 'p'): Promise<string | undefined> {
  const ids = await rig.ids();
  expect(summary(ids.diagnostics)).toEqual([]);
  return idsBySpelling(ids)[spelling];
}

describe('what enters an id', () => {
  const P = { 'p/buildinfo.json': '{}', 'p/build': 'x' };

  test('the content of the script and of extra, not what else is in the folder', async () => {
    using rig = createRig({ ...P, 'p/extra/f': '1' });
    const before = await idOf(rig);
    rig.write({ 'p/README': 'x' });
    chmodSync(join(rig.path, 'p/build'), 0o755);
    expect(await idOf(rig)).toBe(before);
    rig.write({ 'p/extra/f': '2' });
    const extra = await idOf(rig);
    rig.write({ 'p/build': 'y' });
    const script = await idOf(rig);
    expect(new Set([before, extra, script]).size).toBe(3);
  });

  test('src_writable only if given', async () => {
    using rig = createRig(P);
    const without = await idOf(rig);
    rig.write({ 'p/buildinfo.json': '{"src_writable": false}' });
    const off = await idOf(rig);
    rig.write({ 'p/buildinfo.json': '{"src_writable": true}' });
    expect(new Set([without, off, await idOf(rig)]).size).toBe(3);
    rig.write({ 'p/buildinfo.json': '{}', 'ashlar.json': '{"src_writable": true}' });
    expect(await idOf(rig)).toBe(without);
  });

  test('the algorithm of a checksum as well as its digits', async () => {
    const of = (checksum: object): string =>
      JSON.stringify({ single_source: { kind: 'url', url: 'https://h/x', ...checksum } });
    using rig = createRig({ ...P, 'p/buildinfo.json': of({ sha256: 'a'.repeat(64) }) });
    const ids = await rig.ids();
    const [p] = ids.identities.values();
    expect(buildIds(p!, [])['sources']).toEqual({ p: { downloaded_sha256: 'a'.repeat(64) } });
  });

  test('an integer to its last digit', async () => {
    const of = (n: string): string => `{"environment": {"N": ${n}}}`;
    using rig = createRig({ ...P, 'p/buildinfo.json': of('9007199254740993') });
    const exact = await idOf(rig);
    rig.write({ 'p/buildinfo.json': of('9007199254740992') });
    expect(await idOf(rig)).not.toBe(exact);
  });
});

describe('requires', () => {
  test('that yield to a variant give an id; what the original accepted keeps its own', async () => {
    const packages = {
      p: { requires: ['a', { name: 'c', variant: 'ee' }] },
      a: { requires: ['c'] },
      c: {},
      'c/ee': {},
    };
    using rig = createPackages(packages);
    const ids = await rig.ids();
    expect(summary(ids.diagnostics)).toEqual([]);
    const byName = idsBySpelling(ids);
    const p = [...ids.identities.values()].find(({ definition }) => definition.name === 'p')!;
    expect(ids.closure(p.definition).map(({ id }) => id)).toEqual([byName['a'], byName['c:ee']]);
    // Alone, a is built with the default variant, as ever.
    using alone = createPackages({ a: packages.a, c: {} });
    expect(idsBySpelling(await alone.ids())['a']).toBe(byName['a']);
  });

  test('that conflict are reported once, where they first do', async () => {
    using rig = createPackages({
      top: { requires: ['p'] },
      p: { requires: ['a', { name: 'c', variant: 'x' }] },
      a: { requires: [{ name: 'c', variant: 'y' }] },
      'c/x': {},
      'c/y': {},
    });
    const ids = await rig.ids();
    expect(summary(ids.diagnostics)).toEqual(['p/buildinfo.json:1:18 requires/conflict']);
    expect(Object.keys(idsBySpelling(ids)).sort()).toEqual(['a', 'c:x', 'c:y']);
  });

  test('of an id are listed by id, whatever characters their names have', async () => {
    const packages = { p: { requires: ['a', 'a+', 'a-b', 'a@', 'A', 'a.b'] } };
    const others = { a: {}, 'a+': {}, 'a-b': {}, 'a@': {}, A: {}, 'a.b': {} };
    using rig = createPackages({ ...packages, ...others });
    const ids = await rig.ids();
    const p = [...ids.identities.values()].find(({ definition }) => definition.name === 'p')!;
    const closure = ids.closure(p.definition).map(({ id }) => id as string);
    expect(closure).toHaveLength(6);
    expect(closure).toEqual([...closure].sort());
  });
});

test('errors of all packages are collected, and only those of what is asked for', async () => {
  using rig = createRig({
    'a/buildinfo.json': '{"requires": ["b"]}',
    'a/build': '',
    'b/buildinfo.json': '{"requires": ["nope"], "username": "x"}',
    'b/build': '',
    'c/buildinfo.json': '{}',
    'd/buildinfo.json': '{}',
    'd/build/': '',
    'e/buildinfo.json': '{"build_script": "pipe"}',
    'f/buildinfo.json': '{}',
    'f/build': '',
    'treeinfo.json': '[]',
  });
  execFileSync('mkfifo', [join(rig.path, 'e/pipe')]);
  const ids = await rig.ids();
  expect(summary(ids.diagnostics).sort()).toEqual([
    'b/buildinfo.json:1:15 requires/unknown-package',
    'b/buildinfo.json:1:36 buildinfo/username',
    'c/buildinfo.json buildinfo/build-script',
    'd/buildinfo.json buildinfo/build-script',
    'e/buildinfo.json:1:18 buildinfo/build-script',
    'treeinfo.json:1:1 definition/type',
  ]);
  expect(Object.keys(idsBySpelling(ids))).toEqual(['f']);
  const tree = await rig.load();
  const f = tree.ok ? tree.value.graph.definitions.find(({ name }) => name === 'f')! : undefined;
  expect((await rig.ids({ targets: [f!] })).diagnostics).toEqual([]);
});

describe('large trees', () => {
  const inputs = {
    ...GOLDEN_INPUTS,
    files: { ...openStatTable(undefined), sha1: () => hashText('') },
  };

  test('a hundred thousand packages that require one each, and one that requires them all', async () => {
    const size = 100_000;
    const leaves = Array.from({ length: size }, (_, i) => `p${i}`);
    const definitions = leaves.map((name, i) =>
      definitionOf(name, i === 0 ? [] : [`p${(i * 7919) % i}`]),
    );
    const graph = createGraph([...definitions, definitionOf('top', leaves)]);
    const ids = await computeIds(treeOf(graph), inputs);
    expect(ids.diagnostics).toEqual([]);
    expect(ids.identities.size).toBe(size + 1);
    const top = graph.definitions.find(({ name }) => name === 'top')!;
    expect(ids.closure(top)).toHaveLength(size);
  });

  test('a hundred thousand requires that lead nowhere', async () => {
    const leaves = Array.from({ length: 100_000 }, (_, i) => `nowhere${i}`);
    const graph = createGraph([definitionOf('p', leaves), definitionOf('q', ['p'])]);
    const ids = await computeIds(treeOf(graph), inputs);
    expect(ids.diagnostics.length).toBeLessThanOrEqual(20);
    expect(ids.diagnostics.at(-1)!.notes!.at(-1)!.message).toContain('99980 more');
  });

  test('a chain two thousand long', async () => {
    const definitions = Array.from({ length: 2_000 }, (_, i) =>
      definitionOf(`p${i}`, i === 0 ? [] : [`p${i - 1}`]),
    );
    const ids = await computeIds(treeOf(createGraph(definitions)), inputs);
    expect(ids.identities.size).toBe(2_000);
  });

  test('a ring of ten thousand, with a tail', async () => {
    const size = 10_000;
    const definitions = Array.from({ length: size }, (_, i) =>
      definitionOf(`p${i}`, [`p${(i + 1) % size}`]),
    );
    const graph = createGraph([...definitions, definitionOf('tail', ['p0'])]);
    const ids = await computeIds(treeOf(graph), inputs);
    expect(ids.diagnostics.map(({ code }) => code)).toEqual(['requires/cycle']);
    expect(ids.identities.size).toBe(0);
  });

  test('ten thousand variants of one package', async () => {
    const variants = Array.from({ length: 10_000 }, (_, i) => `c:v${i}`);
    const users = variants.slice(0, 100).map((variant, i) => definitionOf(`u${i}`, [variant]));
    const graph = createGraph([...variants.map((one) => definitionOf(one, [])), ...users]);
    const ids = await computeIds(treeOf(graph), inputs);
    expect(ids.diagnostics).toEqual([]);
    expect(new Set(Object.values(idsBySpelling(ids))).size).toBe(10_100);
    const all = createGraph([...graph.definitions, definitionOf('all', ['u1', 'u2'])]);
    const conflict = await computeIds(treeOf(all), inputs);
    expect(conflict.diagnostics.map(({ code }) => code)).toEqual(['requires/conflict']);
  });
});
