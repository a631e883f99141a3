// Kills the real program before each of its calls that change the file system, and fails each of them:
// the root has the old set or the new one, complete, and the next change succeeds and leaves no trace.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { activate } from '../../src/install/activate.ts';
import { activeGeneration, history } from '../../src/install/inventory.ts';
import { listPackages, removePackages } from '../../src/install/repository.ts';
import { leftovers, memory, scratch, value } from '../install/rig.ts';
import { ashlar, changes, expectPackage, expectSet, fill, template } from './install-rig.ts';

/** Runs for n = 1, 2, …, two at a time, until one says that there are no more. */
async function sweep(run: (n: number) => Promise<boolean>): Promise<number> {
  let next = 1;
  let last = Infinity;
  const work = async (): Promise<void> => {
    while (next < last) {
      const n = next++;
      if (!(await run(n))) last = Math.min(last, n);
    }
  };
  await Promise.all([work(), work()]);
  return last - 1;
}

test.each(Object.entries(changes))('%s, killed before each call', async (_, change) => {
  using dir = scratch(memory);
  const copy = await template(change, dir.path);
  const seen = new Set<string | undefined>();
  const points = await sweep(async (n) => {
    const root = copy(n);
    const ended = await ashlar(`kill:${n}`, [...change.args(dir.path), '--root', root.path]);
    if (ended.signal === null) {
      expect(ended).toMatchObject({ status: 0, stderr: '' });
      expectSet(root, change.after);
      return false;
    }
    const active = activeGeneration(root);
    const set = active.ok ? active.value.packages.join(' ') : undefined;
    expect([change.before, change.after]).toContain(set);
    expectSet(root, set);
    seen.add(set);
    await change.again(root);
    expectSet(root, change.after);
    expect(leftovers(root)).toEqual([]);
    expect(value(history(root)).generations.length).toBeLessThanOrEqual(5);
    return true;
  });
  // The sweep went through the switch: it saw both sides of it.
  expect(seen).toEqual(new Set([change.before, change.after]));
  expect(points).toBeGreaterThan(2);
});

test('each call fails once', async () => {
  using dir = scratch(memory);
  const change = changes['an activation that prunes']!;
  const copy = await template(change, dir.path);
  const points = await sweep(async (n) => {
    const root = copy(n);
    const errno = ['ENOSPC', 'EIO', 'EROFS', 'EDQUOT'][n % 4]!;
    const ended = await ashlar(`${errno}:${n}`, [...change.args(dir.path), '--root', root.path]);
    if (ended.status === 0 && ended.stderr === '') return false;
    // Nothing but clear words: what failed, no stack, no bug.
    expect(ended.stderr).toMatch(/^(?:error|warning): cannot /);
    expect(ended.stderr).not.toMatch(/\n\s+at /);
    if (errno === 'ENOSPC' || errno === 'EDQUOT') expect(ended.stderr).toContain('MB and');
    // A warning: the new set is active, an old generation could not be removed.
    expect(ended.status).toBe(ended.stderr.startsWith('warning') ? 0 : 3);
    const set = value(activeGeneration(root)).packages.join(' ');
    if (ended.status === 0) expect(set).toBe(change.after);
    expectSet(root, set);
    if (ended.status !== 0) expect(leftovers(root)).toEqual([]);
    await change.again(root);
    expectSet(root, change.after);
    value(await activate(root, ['tool--1']));
    expect(leftovers(root)).toEqual([]);
    return true;
  });
  expect(points).toBeGreaterThan(20);
});

test('a removal, killed before each call', async () => {
  using dir = scratch(memory);
  const copy = await template(
    { ...changes['the first activation']!, prepare: async (root) => fill(root) },
    dir.path,
  );
  const points = await sweep(async (n) => {
    const root = copy(n);
    const ended = await ashlar(`kill:${n}`, ['remove', 'tool--1', '--root', root.path]);
    const there = listPackages(root).some(({ id }) => id === 'tool--1');
    if (there) expectPackage(root, 'tool--1');
    value(await removePackages(root, ['tool--1', 'other--1']));
    expect(listPackages(root).map(({ id }) => id)).toEqual(['tool--2']);
    expect(leftovers(root)).toEqual([]);
    return ended.signal !== null;
  });
  expect(points).toBeGreaterThan(5);
});

test('what the preload counts is what happens', async () => {
  using dir = scratch(memory);
  const root = (await template(changes['a rollback']!, dir.path))(1);
  const trace = join(dir.path, 'trace');
  expect((await ashlar(`trace:${trace}`, ['rollback', '--root', root.path])).status).toBe(0);
  const calls = readFileSync(trace, 'utf8').trim().split('\n');
  expect(calls.map((line) => (JSON.parse(line) as string[])[0])).toEqual([
    'symlinkSync',
    'renameSync',
    'fsyncSync',
  ]);
});
