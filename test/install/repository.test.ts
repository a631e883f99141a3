import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { activate } from '../../src/install/activate.ts';
import { rollback } from '../../src/install/rollback.ts';
import { inventory } from '../../src/install/inventory.ts';
import { listPackages, removePackages } from '../../src/install/repository.ts';
import { codes, leftovers, messages, rootWith, value } from './rig.ts';

const packages = { 'a--1': { 'bin/a': '' }, 'a--2': {}, 'b--1': {}, 'a-b--1': {}, 'B--1': {} };

test('packages are listed by name, then by version; other things are not', () => {
  using made = rootWith(packages);
  for (const name of ['.new-x--1', 'x', 'a--b--c', 'lost+found']) {
    mkdirSync(join(made.root.packages, name));
  }
  expect(listPackages(made.root).map(({ id }) => id)).toEqual([
    'B--1',
    'a--1',
    'a--2',
    'a-b--1',
    'b--1',
  ]);
});

test('what is used, and by what', async () => {
  using made = rootWith(packages);
  expect(value(inventory(made.root)).every(({ active }) => !active)).toBe(true);
  value(await activate(made.root, ['a--1', 'b--1']));
  value(await activate(made.root, ['a--2', 'b--1']));
  const shown = value(inventory(made.root)).map(({ id, active, generations }) => [
    id,
    active,
    ...generations,
  ]);
  expect(shown).toEqual([
    ['B--1', false],
    ['a--1', false, 1],
    ['a--2', true, 2],
    ['a-b--1', false],
    ['b--1', true, 1, 2],
  ]);
});

test('what is used is not removed, and then nothing is', async () => {
  using made = rootWith(packages);
  const { root } = made;
  value(await activate(root, ['a--1']));
  value(await activate(root, ['a--2']));
  const result = await removePackages(root, ['a--1', 'a--2', 'b--1', 'bad']);
  expect(codes(result)).toEqual(['id/outline', 'install/kept-package', 'install/active-package']);
  expect(messages(result)).toContain('a--1 is in generation 1, which rollback can return to');
  expect(readdirSync(root.packages).sort()).toEqual(Object.keys(packages).sort());
});

test('what is not used is removed; what is not there is fine', async () => {
  using made = rootWith(packages);
  expect(value(await removePackages(made.root, ['b--1', 'b--1', 'c--1']))).toEqual({
    removed: ['b--1'],
    absent: ['c--1'],
  });
  expect(existsSync(join(made.root.packages, 'b--1'))).toBe(false);
  expect(leftovers(made.root)).toEqual([]);
});

test('packages of generations that went away can be removed', async () => {
  using made = rootWith(packages);
  const { root } = made;
  value(await activate(root, ['a--1']));
  value(await activate(root, ['b--1']));
  for (let i = 0; i < 4; i++) value(await activate(root, [i % 2 ? 'b--1' : 'a--2']));
  expect(value(await removePackages(root, ['a--1'])).removed).toEqual(['a--1']);
  value(await rollback(root));
});

test('an undone generation keeps its packages', async () => {
  using made = rootWith(packages);
  value(await activate(made.root, ['a--1']));
  value(await activate(made.root, ['a--2']));
  value(await rollback(made.root));
  expect(codes(await removePackages(made.root, ['a--2']))).toEqual(['install/kept-package']);
});

test('a link in place of a package is removed, not what it leads to', async () => {
  using made = rootWith({});
  const elsewhere = join(made.path, 'elsewhere');
  mkdirSync(elsewhere);
  writeFileSync(join(elsewhere, 'precious'), '');
  mkdirSync(made.root.packages);
  symlinkSync(elsewhere, join(made.root.packages, 'a--1'));
  value(await removePackages(made.root, ['a--1']));
  expect(readdirSync(elsewhere)).toEqual(['precious']);
  expect(readdirSync(made.root.packages)).toEqual([]);
});

test('a name in place of an id is told which ids there are', async () => {
  using r = rootWith({ 'a--1': {}, 'a--2': {} });
  const result = await removePackages(r.root, ['a']);
  expect(result.ok ? [] : result.diagnostics.map(({ hint }) => hint)).toEqual([
    'of a there is a--1, a--2',
  ]);
});
