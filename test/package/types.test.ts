// Every key of every definition file, with values of every type: nothing throws, and what is refused is
// told at the value, with what was found.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ok, type Diagnostic } from '../../src/base/diagnostic.ts';
import { isSpan } from '../../src/base/span.ts';
import { loadTree } from '../../src/package/tree.ts';
import { scratch } from '../rig/scratch.ts';

const SOURCE = { kind: 'url', url: 'https://h/a', sha256: '0'.repeat(64) };
const GIT = { kind: 'git', git: 'https://h/a', ref: '1'.repeat(40), ref_origin: 'main' };

/** File → an object that is right, key by key. */
const RIGHT: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'p/buildinfo.json': {
    sources: { s: SOURCE },
    requires: ['q'],
    build_script: 'build',
    docker: 'image',
    environment: { A: 'b' },
    state_directory: true,
    username: 'dcos_a',
    group: 'g',
    sysctl: { s: { k: 'v' } },
    version_extra: 'x',
    src_writable: true,
  },
  'treeinfo.json': {
    exclude: [],
    variants: { p: 'default' },
    core_package_list: ['p', 'q'],
    bootstrap_package_list: ['p', 'q'],
  },
  'upstream.json': GIT,
  'ashlar.json': {
    root: '/opt/x',
    images: { a: 'host' },
    src_writable: true,
    mirrors: { m: ['https://h'] },
    repository_url: 'https://h',
    shared_state: { mirrors: [] },
    store: { max_size: '1GB' },
  },
};

const VALUES = [null, 1, -0, 1.5, 2 ** 53, true, 'x', '', [], [1], [[]], {}, { a: 1 }, { a: {} }];

async function problemsOf(file: string, content: unknown): Promise<readonly Diagnostic[]> {
  using work = scratch();
  for (const name of ['p', 'q']) {
    mkdirSync(join(work.path, name));
    writeFileSync(join(work.path, name, 'buildinfo.json'), '{}');
    writeFileSync(join(work.path, name, 'build'), '', { mode: 0o755 });
  }
  writeFileSync(join(work.path, file), JSON.stringify(content));
  mkdirSync(join(work.path, 'up/packages'), { recursive: true });
  const checkoutUpstream = () => Promise.resolve(ok(join(work.path, 'up')));
  const tree = await loadTree(work.path, { cwd: work.path, checkoutUpstream });
  if (!tree.ok) return tree.diagnostics;
  const { graph, treeinfos } = tree.value;
  return [
    ...graph.definitions.flatMap(({ diagnostics }) => diagnostics),
    ...[...treeinfos.values()].flatMap(({ diagnostics }) => diagnostics),
    ...tree.value.diagnostics,
  ];
}

const cases = Object.entries(RIGHT).flatMap(([file, right]) => [
  ...Object.keys(right).map((key) => [file, key, right] as const),
  ...(file.startsWith('p/')
    ? Object.keys(SOURCE).map((key) => [file, `sources.s.${key}`, right] as const)
    : []),
]);

test.each(cases)('%s: %s', async (file, key, right) => {
  let refused = 0;
  for (const value of VALUES) {
    const changed = key.startsWith('sources.s.')
      ? { ...right, sources: { s: { ...SOURCE, [key.slice(10)]: value } } }
      : { ...right, [key]: value };
    const problems = await problemsOf(file, changed);
    for (const { message, at, code } of problems) {
      expect(code).toMatch(/^[a-z]+\/[a-z0-9-]+$/);
      expect(message).not.toMatch(/undefined|\[object|NaN/);
      expect(at === undefined ? at : isSpan(at) ? at.source.file : at.file).toBeDefined();
    }
    if (problems.length > 0) refused++;
  }
  expect(refused).toBeGreaterThan(0);
});

test.each(Object.entries(RIGHT))(
  'a near miss in %s names the key that was meant',
  async (file, right) => {
    for (const key of Object.keys(right)) {
      const { [key]: value, ...rest } = right;
      const problems = await problemsOf(file, { ...rest, [`${key}z`]: value });
      expect(problems.some(({ hint }) => hint === `did you mean "${key}"?`)).toBe(true);
    }
  },
);
