import { join } from 'node:path';
import { expect, test } from 'vitest';
import { activate } from '../../src/install/activate.ts';
import { activeGeneration, history, inventory } from '../../src/install/inventory.ts';
import { rootAt } from '../../src/install/root.ts';
import { codes, rootWith, scratch, value } from './rig.ts';

test('a root that is not there has nothing to show', () => {
  using dir = scratch();
  const root = value(rootAt(join(dir.path, 'none')));
  for (const look of [inventory, activeGeneration, history]) {
    expect(codes(look(root))).toEqual(['install/no-root']);
  }
});

test('an empty root has no packages, nothing active and no history', () => {
  using made = rootWith({});
  expect(value(inventory(made.root))).toEqual([]);
  expect(codes(activeGeneration(made.root))).toEqual(['install/not-active']);
  expect(value(history(made.root))).toEqual({ generations: [], current: undefined });
});

test('ids are sorted by code point, whatever order they were given in', async () => {
  using made = rootWith({ 'b--1': {}, 'B--1': {}, 'a-b--1': {}, 'a--1': {} });
  value(await activate(made.root, ['b--1', 'a-b--1', 'B--1', 'a--1']));
  expect(value(activeGeneration(made.root)).packages).toEqual(['B--1', 'a--1', 'a-b--1', 'b--1']);
  expect(value(history(made.root))).toMatchObject({ current: 1, generations: [{ number: 1 }] });
});
