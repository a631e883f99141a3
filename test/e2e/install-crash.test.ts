// Kills the real program before each of its calls that change the file system, and fails each of them:
// the root has the old set or the new one, complete, and the next change succeeds and leaves no trace.
import { readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { removeTree } from '../../src/base/fs.ts';
import { activate } from '../../src/install/activate.ts';
import { activeGeneration, history } from '../../src/install/inventory.ts';
import { listPackages, removePackages } from '../../src/install/repository.ts';
import { rootAt, type Root } from '../../src/install/root.ts';
import { leftovers, memory, scratch, value } from '../install/rig.ts';
import type { Ended } from '../rig/again.ts';
import { picture } from '../rig/scratch.ts';
import {
  ashlar,
  ashlarAgain,
  changes,
  expectPackage,
  expectSet,
  fill,
  template,
} from './install-rig.ts';

/** What a death before each call of a command leaves of a root, in the order of the calls. */
interface Deaths {
  readonly left: readonly Root[];
  /** The root that the command, left alone, came to. */
  readonly ended: Root;
}

/**
 * One run of the program writes down what lies there before each of its calls: all that a death at that moment
 * leaves. That it is so is shown by deaths at some of them, each in a run of its own.
 */
async function deaths(
  copy: (n: number) => Root,
  argv: readonly string[],
  directory: string,
): Promise<Deaths> {
  // One place for all: files of a root name it.
  const { path } = copy(0);
  const states = join(directory, 'states');
  const command = [...argv, '--root', path];
  const run = await ashlar(`copy:${path}:${states}`, command);
  expect(run).toMatchObject({ status: 0, signal: null, stderr: '' });
  const ended = value(rootAt(join(directory, 'ended')));
  renameSync(path, ended.path);
  const count = readdirSync(states).length;
  const left = Array.from({ length: count }, (_, i) => value(rootAt(join(states, String(i + 1)))));
  for (const n of new Set([1, Math.ceil(count / 3), Math.ceil((2 * count) / 3), count])) {
    const killed = copy(0);
    expect((await ashlar(`kill:${n}`, command)).signal).toBe('SIGKILL');
    expect(seen(killed)).toEqual(seen(left[n - 1]!));
    removeTree(path);
  }
  return { left, ended };
}

/** In names of what is not complete: the number of a process, and another one by chance. */
const TEMPORARY = /-\d+-[0-9a-f]{12}\b/g;

/** All that lies in a root. */
function seen(root: Root): string[] {
  return picture(root.path)
    .map((line) => line.replaceAll(TEMPORARY, ''))
    .sort();
}

test.each(Object.entries(changes))('%s, killed before each call', async (_, change) => {
  using dir = scratch(memory);
  const copy = await template(change, dir.path);
  const { left, ended } = await deaths(copy, change.args(dir.path), dir.path);
  expectSet(ended, change.after);
  const sets = new Set<string | undefined>();
  for (const root of left) {
    const active = activeGeneration(root);
    const set = active.ok ? active.value.packages.join(' ') : undefined;
    expect([change.before, change.after]).toContain(set);
    expectSet(root, set);
    sets.add(set);
    await change.again(root);
    expectSet(root, change.after);
    expect(leftovers(root)).toEqual([]);
    expect(value(history(root)).generations.length).toBeLessThanOrEqual(5);
  }
  // It went through the switch: both sides of it were left.
  expect(sets).toEqual(new Set([change.before, change.after]));
  expect(left.length).toBeGreaterThan(2);
});

test('each call fails once', async () => {
  using dir = scratch(memory);
  using again = ashlarAgain();
  const change = changes['an activation that prunes']!;
  const copy = await template(change, dir.path);
  const argv = (root: Root): string[] => [...change.args(dir.path), '--root', root.path];
  let points = 0;
  for (let n = 1; ; n++) {
    const root = copy(n);
    const fault = `${['ENOSPC', 'EIO', 'EROFS', 'EDQUOT'][n % 4]!}:${n}`;
    const ended = again.run(fault, argv(root));
    // A process of its own says and leaves the same.
    if (n % 7 === 1) {
      const left = seen(root);
      removeTree(root.path);
      const alone = await ashlar(fault, argv(copy(n)));
      expect(comparable(alone)).toEqual(comparable(ended));
      expect(seen(root)).toEqual(left);
    }
    if (ended.status === 0 && ended.stderr === '') break;
    points = n;
    // Nothing but clear words: what failed, no stack, no bug.
    expect(ended.stderr).toMatch(/^(?:error|warning): cannot /);
    expect(ended.stderr).not.toMatch(/\n\s+at /);
    if (/ENOSPC|EDQUOT/.test(fault)) expect(ended.stderr).toContain('MB and');
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
  }
  expect(points).toBeGreaterThan(20);
});

/** How a run ended, without the names of files that come and go, and whatever room there is. */
function comparable(ended: Ended): Ended {
  const stderr = ended.stderr.replaceAll(TEMPORARY, '').replaceAll(/\d+ (?=MB|files)/g, 'N ');
  return { ...ended, stderr };
}

test('a removal, killed before each call', async () => {
  using dir = scratch(memory);
  const copy = await template(
    { ...changes['the first activation']!, prepare: async (root) => fill(root) },
    dir.path,
  );
  const { left } = await deaths(copy, ['remove', 'tool--1'], dir.path);
  for (const root of left) {
    const there = listPackages(root).some(({ id }) => id === 'tool--1');
    if (there) expectPackage(root, 'tool--1');
    value(await removePackages(root, ['tool--1', 'other--1']));
    expect(listPackages(root).map(({ id }) => id)).toEqual(['tool--2']);
    expect(leftovers(root)).toEqual([]);
  }
  expect(left.length).toBeGreaterThan(5);
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
