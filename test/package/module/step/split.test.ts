// Dividing files among packages, and gathering what was made for people.
import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync, chmodSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { deploy } from '../../../../src/package/module/step/deploy.ts';
import type { StepKind, StepPackage } from '../../../../src/package/module/step/kind.ts';
import { listTree, split } from '../../../../src/package/module/step/split.ts';
import type { Subpackage } from '../../../../src/package/module/subpackage.ts';
import { scratch, type Scratch } from '../../../rig/scratch.ts';

function write(root: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

function part(name: string, ...files: string[]): Subpackage {
  return { name, files, description: undefined, requires: [], systemRequires: {}, scripts: {} };
}

function run(
  kind: StepKind,
  directory: Scratch,
  inputs: readonly string[],
  subpackages: Subpackage[],
) {
  mkdirSync(directory.at('out'), { recursive: true });
  const { run: work } = kind.prepare({
    package: {
      name: 'p',
      variant: null,
      prefix: '/opt/x',
      root: '/opt/x',
      environment: { A: '1' },
      subpackages,
    } as unknown as StepPackage,
    element: undefined,
    inputs: new Map(inputs.map((name) => [name, `/in/${name}`])),
    outputs: { made: { at: '/out', kind: 'tree' } },
    skip: [],
  });
  return work({
    locate: (inside) => join(directory.path, inside),
    log: () => undefined,
    progress: () => undefined,
    signal: new AbortController().signal,
  });
}

test('a file belongs to the first that names it, with the modes of directories, and links as they are', async () => {
  using directory = scratch();
  const root = directory.at('in/package');
  write(root, { 'bin/a': 'a', 'include/sub/a.h': 'h', 'lib/a.so.1': 'so', 'pkginfo.json': '{}' });
  symlinkSync('a.so.1', join(root, 'lib/a.so'));
  mkdirSync(join(root, 'empty'));
  mkdirSync(join(root, 'include/nothing'));
  chmodSync(join(root, 'lib'), 0o711);
  const packages = [
    part('p-dev', 'include', 'lib/*.so'),
    part('p-more', 'include', 'bin'),
    part('p', '**'),
  ];
  expect(await run(split, directory, ['package'], packages)).toMatchObject({ ok: true });
  const paths = (name: string): string[] =>
    listTree(directory.at('out', name)).map(({ path }) => path);
  expect(paths('p-dev')).toEqual(['include/nothing', 'include/sub/a.h', 'lib/a.so']);
  expect(paths('p-more')).toEqual(['bin/a']);
  expect(paths('p')).toEqual(['empty', 'lib/a.so.1']);
  expect(statSync(directory.at('out/p/lib')).mode & 0o777).toBe(0o711);
  expect(JSON.parse(readFileSync(directory.at('out/p/pkginfo.json'), 'utf8'))).toMatchObject({
    environment: { A: '1' },
  });
  expect(JSON.parse(readFileSync(directory.at('out/p-dev/pkginfo.json'), 'utf8'))).toMatchObject({
    environment: {},
  });
});

test('files that nobody names are all told, but empty directories are not', async () => {
  using directory = scratch();
  write(directory.at('in/package'), { 'bin/a': '', 'lib/b': '', 'lib/c': '' });
  mkdirSync(directory.at('in/package/empty'));
  const result = await run(split, directory, ['package'], [part('p', 'bin')]);
  expect(result).toMatchObject({
    ok: false,
    diagnostics: [{ code: 'split/unclaimed', notes: [{ message: 'lib/b' }, { message: 'lib/c' }] }],
  });
});

test('what is deployed is gathered, and nothing twice', async () => {
  using directory = scratch();
  write(directory.path, {
    'in/one/a': '1',
    'in/one/sub/x': 'x',
    'in/two/b': '2',
    'in/two/sub/y': 'y',
  });
  expect(await run(deploy, directory, ['one', 'two'], [])).toMatchObject({ ok: true });
  expect(listTree(directory.at('out')).map(({ path }) => path)).toEqual([
    'a',
    'b',
    'sub/x',
    'sub/y',
  ]);
  write(directory.path, { 'in/three/sub/x': 'again', 'in/three/b': 'again' });
  using other = scratch();
  write(other.path, { 'in/one/sub/x': '', 'in/three/sub/x': '' });
  const result = await run(deploy, other, ['one', 'three'], []);
  expect(result).toMatchObject({ ok: false, diagnostics: [{ code: 'deploy/conflict' }] });
  expect(result.ok ? '' : result.diagnostics[0]!.message).toBe(
    'p deploys sub/x twice: from the outputs one and three',
  );
});
