import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { activate } from '../../src/install/activate.ts';
import { activeGeneration, history } from '../../src/install/inventory.ts';
import { rollback } from '../../src/install/rollback.ts';
import { codes, leftovers, messages, rootWith, value } from './rig.ts';

const three = {
  'a--1': { 'bin/a': '#!a1' },
  'a--2': { 'bin/a': '#!a2' },
  'b--1': { 'bin/b': '#!b1' },
};

test('going back, again, forth, and on from there', async () => {
  using made = rootWith(three);
  const { root } = made;
  const active = () => value(activeGeneration(root)).packages.join(' ');
  value(await activate(root, ['a--1']));
  value(await activate(root, ['a--2']));
  value(await activate(root, ['b--1']));
  expect(value(await rollback(root))).toMatchObject({
    generation: 2,
    changed: true,
    added: ['a--2'],
    removed: ['b--1'],
  });
  expect(value(await rollback(root)).generation).toBe(1);
  expect(codes(await rollback(root))).toEqual(['install/no-previous']);
  expect(value(await rollback(root, { to: 3 })).generation).toBe(3);
  expect(active()).toBe('b--1');
  expect(value(await rollback(root, { to: 3 })).changed).toBe(false);
  // Back from what came after a rollback is where that began, not what was undone.
  value(await rollback(root, { to: 1 }));
  expect(value(await activate(root, ['a--1', 'b--1'])).generation).toBe(4);
  expect(value(await rollback(root)).generation).toBe(1);
  expect(active()).toBe('a--1');
  expect(leftovers(root)).toEqual([]);
});

test('a rollback that cannot be is refused', async () => {
  using made = rootWith(three);
  const { root } = made;
  expect(codes(await rollback(root))).toEqual(['install/not-active']);
  value(await activate(root, ['a--1']));
  value(await activate(root, ['a--2']));
  expect(messages(await rollback(root, { to: 7 }))).toContain('generations that are there: 1, 2');
  rmSync(join(root.packages, 'a--1'), { recursive: true });
  expect(codes(await rollback(root))).toEqual(['install/incomplete-generation']);
  expect(value(activeGeneration(root)).number).toBe(2);
});

test('a current generation that was removed by hand is told, and can be left behind', async () => {
  using made = rootWith(three);
  const { root } = made;
  value(await activate(root, ['a--1']));
  value(await activate(root, ['a--2']));
  rmSync(join(root.generations, '2'), { recursive: true });
  expect(messages(activeGeneration(root))).toContain('generation 2 of');
  expect(codes(await rollback(root))).toEqual(['install/not-active']);
  expect(value(await rollback(root, { to: 1 })).generation).toBe(1);
  rmSync(join(root.generations, '1'), { recursive: true });
  expect(value(await activate(root, ['a--1'])).generation).toBe(2);
});

test('back at the oldest generation, whose predecessor is gone, its set is active already', async () => {
  using made = rootWith(three);
  const { root } = made;
  for (let i = 0; i < 7; i++) value(await activate(root, [i % 2 ? 'a--1' : 'a--2']));
  for (let i = 0; i < 4; i++) value(await rollback(root));
  expect(codes(await rollback(root))).toEqual(['install/no-previous']);
  expect(value(activeGeneration(root))).toMatchObject({ number: 3, packages: ['a--2'] });
  expect(value(await activate(root, ['a--2']))).toMatchObject({ generation: 3, changed: false });
  // The undone ones can still be reached.
  expect(value(await rollback(root, { to: 7 })).generation).toBe(7);
});

test('what a killed run was about to make current is no generation to go to', async () => {
  using made = rootWith(three);
  const { root } = made;
  value(await activate(root, ['a--1']));
  mkdirSync(join(root.generations, '2/active'), { recursive: true });
  symlinkSync('generations/2', join(root.path, '.current.new'));
  expect(value(history(root)).generations.map(({ number }) => number)).toEqual([1]);
  expect(codes(await rollback(root, { to: 2 }))).toEqual(['install/no-generation']);
  expect(value(activeGeneration(root)).packages).toEqual(['a--1']);
  expect(leftovers(root)).toEqual([]);
});
