// Places that were vacant are filled exactly, whatever the umask, whoever else is at it, and wherever it is cut off.
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { Digest } from '../../src/base/digest.ts';
import { removeTree } from '../../src/base/fs.ts';
import { lock } from '../../src/base/lock.ts';
import { objectPath } from '../../src/cache/store.ts';
import { loadTree, storeTree } from '../../src/cache/tree.ts';
import { deliveryLock } from '../../src/task/beside.ts';
import { fillPlaces } from '../../src/task/fill.ts';
import { deliverTree } from '../../src/task/owned.ts';
import { conditionOf, treePlace, type Place } from '../../src/task/place.ts';
import { createRig, type Rig } from '../rig/engine.ts';
import { failAt, systemFailure, watchFileSystem, type Fault } from '../rig/faults.ts';

/** Path → content; a trailing slash makes a directory, `-> x` a link; modes are given by `modes`. */
type Files = Readonly<Record<string, string>>;

let count = 0;

function put(rig: Rig, files: Files, modes: Readonly<Record<string, number>> = {}): Digest {
  const made = join(rig.directory, `made-${count++}`);
  mkdirSync(made);
  for (const [path, content] of Object.entries(files)) {
    const at = join(made, path);
    mkdirSync(path.endsWith('/') ? at : dirname(at), { recursive: true });
    if (content.startsWith('-> ')) symlinkSync(content.slice(3), at);
    else if (!path.endsWith('/')) writeFileSync(at, content);
  }
  for (const [path, mode] of Object.entries(modes)) chmodSync(join(made, path), mode);
  const stored = storeTree(rig.store, made);
  if (!stored.ok) throw new Error('no tree');
  return stored.value.tree;
}

function placeOf(rig: Rig, tree: Digest, path: string): Place {
  return treePlace(path, tree, loadTree(rig.store, tree)!)!;
}

function shown(directory: string, inside = ''): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of readdirSync(directory)) {
    const at = join(directory, name);
    const stat = lstatSync(at);
    const mode = (stat.mode & 0o7777).toString(8);
    if (stat.isSymbolicLink()) found[inside + name] = `-> ${readlinkSync(at)}`;
    else if (stat.isDirectory()) {
      found[`${inside}${name}/`] = mode;
      Object.assign(found, shown(at, `${inside}${name}/`));
    } else found[inside + name] = `${mode} ${readFileSync(at, 'utf8')}`;
  }
  return found;
}

const FIRST: Files = { v: '1.0', same: 's', 'd/a': 'a', 'd/b': 'b', 'd/l': '-> a', 'e/': '' };
const SECOND: Files = { v: '1.1', same: 's', 'd/a': 'A', e: 'e' };
const FIRST_SHOWN = {
  v: '444 1.0',
  same: '444 s',
  'd/': '755',
  'd/a': '444 a',
  'd/b': '444 b',
  'd/l': '-> a',
  'e/': '755',
};
const SECOND_SHOWN = { v: '444 1.1', same: '444 s', 'd/': '755', 'd/a': '444 A', e: '444 e' };

const umask = process.umask();
afterEach(() => void process.umask(umask));

describe.each([
  ['one', 1],
  ['many', 9],
])('%s in a directory', (_, number) => {
  test.each([0o022, 0o077, 0o777])('are exactly the trees, with the umask %o', async (mask) => {
    using rig = await createRig();
    const tree = put(
      rig,
      { ...FIRST, x: '#!', odd: 'odd', 'p/q/r': 'r' },
      { x: 0o755, odd: 0o600, 'p/q': 0o2755, p: 0o700 },
    );
    const places = Array.from({ length: number }, (_unused, i) =>
      placeOf(rig, tree, join(rig.directory, `new/${i}`)),
    );
    mkdirSync(join(rig.directory, 'new'));
    process.umask(mask);
    expect(await fillPlaces(rig.store, places)).toEqual(places.map(() => 'restored'));
    process.umask(umask);
    const reference = join(rig.directory, 'reference');
    await deliverTree(rig.store, tree, reference);
    for (const place of places) {
      expect(shown(place.path)).toEqual(shown(reference));
      expect(lstatSync(place.path).mode & 0o7777).toBe(0o755);
      expect(await deliverTree(rig.store, tree, place.path)).toHaveProperty('current');
      expect(conditionOf(rig.store, place, () => undefined)).toBe('untouched');
    }
  });

  test('leave alone what is somebody else’s, and put nothing on record for it', async () => {
    using rig = await createRig();
    const parent = join(rig.directory, 'new');
    const tree = put(rig, FIRST);
    const places = Array.from({ length: number }, (_unused, i) =>
      placeOf(rig, tree, join(parent, String(i))),
    );
    mkdirSync(join(parent, '0'), { recursive: true });
    writeFileSync(join(parent, '0/mine'), 'mine');
    expect((await fillPlaces(rig.store, places))[0]).toBe('taken');
    expect(readdirSync(join(parent, '0'))).toEqual(['mine']);
    if (number > 1) expect(existsSync(join(parent, '.0.ashlar'))).toBe(false);
  });

  test('leave nothing of a tree that the store lacks a part of', async () => {
    using rig = await createRig();
    const parent = join(rig.directory, 'new');
    const tree = put(rig, FIRST);
    const places = Array.from({ length: number }, (_unused, i) =>
      placeOf(rig, tree, join(parent, String(i))),
    );
    const last = places[0]!.files.at(-1)!;
    rmSync(objectPath(rig.store, 'cas', last[3]));
    expect(await fillPlaces(rig.store, places)).toEqual(places.map(() => 'missing'));
    expect(readdirSync(parent)).toEqual([]);
  });

  test.each([
    ['dies', dieFrom],
    ['meets a full disk', (index: number) => failAt(index, 'ENOSPC')],
  ] as const)(
    'are right the next time, where the filling %s at any call',
    async (_fault, fault) => {
      using rig = await createRig();
      const first = put(rig, FIRST);
      const second = put(rig, SECOND);
      const parent = join(rig.directory, 'place');
      const path = join(parent, '0');
      const places = Array.from({ length: number }, (_unused, i) =>
        placeOf(rig, first, join(parent, String(i))),
      );
      let calls = Infinity;
      for (let index = 0; index <= calls && index < 60; index++) {
        removeTree(parent);
        // Another result was there before, and its record still is.
        if (index % 3 === 0) {
          await deliverTree(rig.store, second, path);
          removeTree(path);
        }
        calls = await withFault(fault(index), () => fillPlaces(rig.store, places));
        const next = index % 2 === 0 ? second : first;
        expect(await deliverTree(rig.store, next, path)).not.toHaveProperty('code');
        expect(shown(path)).toEqual(index % 2 === 0 ? SECOND_SHOWN : FIRST_SHOWN);
        expect(await deliverTree(rig.store, next, path)).toHaveProperty('current');
      }
      expect(calls).toBeGreaterThan(10);
    },
  );
});

test('whoever finds a directory half filled waits until it is done', async () => {
  using rig = await createRig();
  const parent = join(rig.directory, 'new');
  const tree = put(rig, FIRST);
  mkdirSync(parent);
  // As another process has it that is at it.
  const held = await lock(deliveryLock(parent));
  const path = join(parent, '0');
  mkdirSync(path);
  writeFileSync(join(parent, '.0.ashlar'), '');
  writeFileSync(join(path, 'v'), 'half');
  let done = false;
  const delivered = deliverTree(rig.store, tree, path).finally(() => (done = true));
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(done).toBe(false);
  expect(readFileSync(join(path, 'v'), 'utf8')).toBe('half');
  await held?.release();
  expect(await delivered).toBe('restored');
  expect(shown(path)).toEqual(FIRST_SHOWN);
});

/** Every call from this one on fails: nothing is cleaned up, as if the process had died. */
function dieFrom(index: number): Fault {
  return (call) => {
    if (call.index >= index) throw systemFailure('EIO', call.name);
  };
}

/** What happens up to the fault; how many calls there were without one. */
async function withFault(fault: Fault, doing: () => Promise<unknown>): Promise<number> {
  using watched = watchFileSystem(fault);
  try {
    await doing();
  } catch {
    // What it says is not the question here.
  }
  return watched.calls.length;
}
