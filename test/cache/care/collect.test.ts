import { lstatSync, mkdirSync, statSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setImmediate as nextTurn, setTimeout } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { digestOf } from '../../../src/base/digest.ts';
import { removeTree } from '../../../src/base/fs.ts';
import { lockScope, tryLock } from '../../../src/base/lock.ts';
import { collect, type Collected } from '../../../src/cache/care/collect.ts';
import { keepWithin } from '../../../src/cache/care/limit.ts';
import { takeInventory } from '../../../src/cache/care/inventory.ts';
import { inUseSince } from '../../../src/cache/care/lease.ts';
import { Marker } from '../../../src/cache/care/mark.ts';
import { setPin } from '../../../src/cache/care/pin.ts';
import { tombstone } from '../../../src/cache/care/tombstone.ts';
import { estimateUsage } from '../../../src/cache/care/usage.ts';
import { localCache } from '../../../src/cache/local.ts';
import { addedTo, hasBlob, objectPath, putBytes } from '../../../src/cache/store.ts';
import { loadTree, placeTree } from '../../../src/cache/tree.ts';
import { openWorkspace, workspaceLock } from '../../../src/cache/work.ts';
import { taskKey } from '../../../src/task/key.ts';
import { readRecord } from '../../../src/task/record.ts';
import { bundleProgram } from '../../rig/child.ts';
import { scriptTask } from '../../rig/engine.ts';
import { watchFileSystem } from '../../rig/faults.ts';
import { makeResult, never, type Made } from '../../rig/mirrors.ts';
import {
  faultsIn,
  filesBelow,
  temporaryStore,
  wipe,
  type TemporaryStore,
} from '../../rig/store.ts';

let here: TemporaryStore;
beforeAll(() => (here = temporaryStore()));
afterEach(() => wipe(here));
afterAll(() => here[Symbol.dispose]());

const MINUTE = 60_000;

/** Registers results, the first used longest ago, a minute apart. */
async function register(...seeds: string[]): Promise<Made[]> {
  const cache = localCache(here.store);
  const made = seeds.map((seed) => makeResult(here.store, here.directory, seed));
  for (const { key, result } of made) await cache.putResult(key, result);
  await cache.flush();
  made.forEach(({ key }, index) => age(key.hash, (made.length - index) * MINUTE));
  return made;
}

function age(key: string, ms: number): void {
  const time = (Date.now() - ms) / 1000;
  utimesSync(objectPath(here.store, 'ac', key), time, time);
}

async function makeRoom(maxBytes: number | undefined, dryRun = false): Promise<Collected> {
  // What was touched in the very millisecond in which it begins counts as in use.
  await setTimeout(2);
  return (await collect(here.store, { maxBytes, dryRun, signal: never }))!;
}

const keysIn = (): string[] => takeInventory(here.store).results.map(({ key }) => key);

/** What results name that is not there. */
function broken(): string[] {
  const marker = new Marker(here.store);
  const { results, blobs } = takeInventory(here.store);
  const present = new Set(blobs.map(({ hash }) => hash));
  return results.flatMap((result) =>
    [...(marker.blobsOf(result) ?? ['unreadable'])].filter((hash) => !present.has(hash as never)),
  );
}

describe('making room', () => {
  test('takes what was used longest ago, with all that only it needs, and leaves tombstones', async () => {
    const [a, b, c] = (await register('a', 'b', 'c')) as [Made, Made, Made];
    const { bytes } = takeInventory(here.store);
    const done = await makeRoom(bytes - 100);
    expect(done).toMatchObject({ bytesBefore: bytes, results: 1, inUseBytes: 0 });
    expect(takeInventory(here.store).bytes).toBe(done.bytesAfter);
    expect(keysIn().sort()).toEqual([b.key.hash, c.key.hash].sort());
    expect(broken()).toEqual([]);
    for (const { result } of [b, c]) expect(hasBlob(here.store, result.log!)).toBe(true);
    const gone = a.contents.filter((digest) => !hasBlob(here.store, digest));
    // Its record is no record of an action, so nothing kept it; one file of its tree is shared.
    expect(gone.length).toBe(a.contents.length - 1);
    const stone = tombstone(here.store, a.key.hash)!;
    expect(Math.abs(stone.atMs - Date.now())).toBeLessThan(10 * MINUTE);
    expect(stone.lastUsedMs).toBeLessThan(stone.atMs - 2 * MINUTE);
    expect(tombstone(here.store, b.key.hash)).toBeUndefined();
    expect(faultsIn(here.store)).toEqual([]);
    expect(estimateUsage(here.store)).toBe(done.bytesAfter);
  });

  test('what fits to the byte stays, and has no tombstone', async () => {
    const [, b, c] = (await register('a', 'b', 'c')) as [Made, Made, Made];
    // What nothing refers to is gone afterwards, and sizes are those of results alone.
    const { bytesAfter: fits } = await makeRoom(takeInventory(here.store).bytes - 100);
    expect(await makeRoom(fits)).toMatchObject({ results: 0, blobs: 0, bytesAfter: fits });
    const { bytesAfter: less } = await makeRoom(fits - 1, true);
    expect(await makeRoom(less)).toMatchObject({ results: 1, bytesAfter: less });
    expect(keysIn()).toEqual([c.key.hash]);
    expect(tombstone(here.store, b.key.hash)).toBeDefined();
    expect(tombstone(here.store, c.key.hash)).toBeUndefined();
  });

  test('leaves the record that the key of a result is made of', async () => {
    const { key, blobs } = taskKey(scriptTask({ name: 'recorded' }), () => {
      throw new Error('it depends on nothing');
    });
    for (const blob of blobs) putBytes(here.store, blob);
    const cache = localCache(here.store);
    await cache.putResult(key, makeResult(here.store, here.directory, 'r').result);
    await cache.flush();
    putBytes(here.store, 'nothing refers to this '.repeat(100));
    await makeRoom(takeInventory(here.store).bytes - 100);
    expect(keysIn()).toEqual([key.hash]);
    expect(readRecord(here.store, key.hash)).toMatchObject({ version: 1 });
  });

  test('a result that was used lately stays, however long ago it was made', async () => {
    const [a, b] = (await register('a', 'b')) as [Made, Made];
    expect(localCache(here.store).result(a.key.hash)).toBeDefined();
    await makeRoom(takeInventory(here.store).bytes - 100);
    expect(keysIn()).toEqual([a.key.hash]);
    expect(tombstone(here.store, b.key.hash)).toBeDefined();
  });

  test('to nothing leaves nothing', async () => {
    await register('a', 'b', 'c');
    expect(await makeRoom(0)).toMatchObject({ bytesAfter: 0, results: 3 });
    expect(takeInventory(here.store).bytes).toBe(0);
  });

  test('leaves results alone where there is no limit, and what may be about to be needed', async () => {
    const made = await register('a', 'b');
    putBytes(here.store, 'nothing refers to this');
    expect(await makeRoom(undefined)).toMatchObject({ results: 0, blobs: 0 });
    expect(keysIn().length).toBe(made.length);
    const { bytes } = takeInventory(here.store);
    // With a limit it is the first to go.
    expect(await makeRoom(bytes - 1)).toMatchObject({ results: 0 });
    expect(hasBlob(here.store, digestOf('nothing refers to this'))).toBe(false);
  });

  test('leaves what is pinned', async () => {
    const [a, b] = (await register('a', 'b')) as [Made, Made];
    setPin(here.store, 'release-1', [a.key.hash]);
    expect(await makeRoom(0)).toMatchObject({ results: 1, pinnedResults: 1 });
    expect(keysIn()).toEqual([a.key.hash]);
    expect(broken()).toEqual([]);
    expect(tombstone(here.store, b.key.hash)).toBeDefined();
  });

  test('on trial changes nothing, and tells the same', async () => {
    await register('a', 'b', 'c');
    const before = filesBelow(here.store.root);
    const { bytes } = takeInventory(here.store);
    const told = await makeRoom(bytes - 100, true);
    expect(filesBelow(here.store.root)).toEqual(before);
    expect(await makeRoom(bytes - 100)).toEqual(told);
  });

  test('counts layers, and takes the one that was used longest ago', async () => {
    for (const [name, minutes] of [
      ['old', 9],
      ['new', 5],
    ] as const) {
      const layer = join(here.store.root, 'layers', name);
      mkdirSync(join(layer, 'content'), { recursive: true });
      writeFileSync(join(layer, 'content/object.o'), 'x'.repeat(10_000));
      const time = (Date.now() - minutes * MINUTE) / 1000;
      utimesSync(layer, time, time);
    }
    expect(await makeRoom(15_000)).toMatchObject({ bytesBefore: 20_000, layers: 1 });
    expect(readdirSync(join(here.store.root, 'layers'))).toEqual(['new']);
    await makeRoom(0);
  });

  test('a result that is used at the last moment goes back to its place', async () => {
    const [a] = (await register('a')) as [Made];
    using _ = watchFileSystem(({ name, args }) => {
      if (name !== 'renameSync' || !String(args[0]).endsWith(a.key.hash)) return;
      const now = Date.now() / 1000;
      utimesSync(args[0] as string, now, now);
    });
    expect(await makeRoom(0)).toMatchObject({ results: 0 });
    expect(keysIn()).toEqual([a.key.hash]);
    expect(broken()).toEqual([]);
  });

  test('a blob that somebody counts on since it was looked at stays', async () => {
    putBytes(here.store, 'unreferenced');
    const path = objectPath(here.store, 'cas', digestOf('unreferenced').hash);
    const before = lstatSync(path).ctimeMs;
    let seen = 0;
    using _ = watchFileSystem(({ name, args }) => {
      // The second look at it is the one before it goes.
      if (name === 'lstatSync' && args[0] === path && ++seen === 2) {
        // The kernel's clock goes in steps.
        do utimesSync(path, 315_532_800, 315_532_800);
        while (statSync(path).ctimeMs === before);
      }
    });
    await makeRoom(0);
    expect(hasBlob(here.store, digestOf('unreferenced'))).toBe(true);
  });
});

describe('a clock that was wrong', () => {
  const YEAR = 365 * 24 * 60 * MINUTE;

  test('by years, in both directions, keeps nothing for ever and orders what it can', async () => {
    const [ahead, behind, now] = (await register('ahead', 'behind', 'now')) as [Made, Made, Made];
    age(ahead.key.hash, -50 * YEAR);
    age(behind.key.hash, 50 * YEAR);
    age(now.key.hash, 5 * MINUTE);
    // What nothing refers to goes first.
    await makeRoom(takeInventory(here.store).bytes - 1);
    expect(keysIn()).toHaveLength(3);
    await makeRoom(takeInventory(here.store).bytes - 1);
    expect(keysIn().sort()).toEqual([ahead.key.hash, now.key.hash].sort());
    await makeRoom(0);
    expect(keysIn()).toEqual([]);
    expect(takeInventory(here.store).blobs).toEqual([]);
  });

  test('and was set back while somebody works: nothing that may be in use goes', async () => {
    const [a] = (await register('a')) as [Made];
    const name = `${lockScope()}-1-${Date.now() + YEAR}-abc`;
    mkdirSync(join(here.store.root, 'work', name));
    const lock = await tryLock(workspaceLock(name));
    try {
      expect(await inUseSince(here.store)).toBe(0);
      age(a.key.hash, YEAR);
      await makeRoom(0);
      expect(keysIn()).toEqual([a.key.hash]);
      age(a.key.hash, -YEAR);
      await makeRoom(0);
      expect(keysIn()).toEqual([a.key.hash]);
    } finally {
      await lock!.release();
      removeTree(join(here.store.root, 'work', name));
    }
    await makeRoom(0);
    expect(keysIn()).toEqual([]);
  });

  test('counts for nothing where a result is read: its last use is now', async () => {
    const [a] = (await register('a')) as [Made];
    for (const ms of [-50 * YEAR, 50 * YEAR]) {
      age(a.key.hash, ms);
      expect(localCache(here.store).result(a.key.hash)).toBeDefined();
      const { mtimeMs } = statSync(objectPath(here.store, 'ac', a.key.hash));
      expect(Math.abs(Date.now() - mtimeMs)).toBeLessThan(MINUTE);
    }
  });
});

describe('while others work', () => {
  test('nothing goes that was used since they began, or shortly before', async () => {
    const [old, recent] = (await register('old', 'recent')) as [Made, Made];
    age(old.key.hash, 60 * MINUTE);
    age(recent.key.hash, 10_000);
    {
      await using workspace = await openWorkspace(here.store);
      expect(await inUseSince(here.store)).toBeDefined();
      const done = await makeRoom(0);
      expect(done.results).toBe(1);
      expect(done.inUseBytes).toBeGreaterThan(0);
      expect(keysIn()).toEqual([recent.key.hash]);
      expect(broken()).toEqual([]);
      const tree = loadTree(here.store, recent.result.directories[0]!.tree)!;
      expect(placeTree(here.store, tree, workspace.directory('tree'))).toBe(true);
    }
    expect(await inUseSince(here.store)).toBeUndefined();
    expect((await makeRoom(0)).bytesAfter).toBe(0);
  });

  test('processes of other machines go by their signs of life', async () => {
    const [a] = (await register('a')) as [Made];
    age(a.key.hash, 5000);
    const work = join(here.store.root, 'work', `ffffffff-1-${Date.now()}-elsewhere`);
    mkdirSync(work, { recursive: true });
    expect(await inUseSince(here.store)).toBeDefined();
    expect((await makeRoom(0)).results).toBe(0);
    const hours = (count: number): number => Date.now() / 1000 - count * 3600;
    utimesSync(work, hours(4), hours(4));
    expect(await inUseSince(here.store)).toBeUndefined();
    expect((await makeRoom(0)).results).toBe(1);
    removeTree(work);
  });

  test('what a killed process used is free again', async () => {
    using program = await bundleProgram(resolve(import.meta.dirname, '../store.child.ts'));
    await register('a');
    age((await register('b'))[0]!.key.hash, 0);
    const worker = program.start('work', here.store.root);
    await worker.line();
    expect((await makeRoom(0)).bytesAfter).toBeGreaterThan(0);
    worker.process.kill('SIGKILL');
    await worker.ended();
    expect((await makeRoom(0)).bytesAfter).toBe(0);
  });

  test('two that make room do not get into each other', async () => {
    await register('a', 'b', 'c', 'd');
    const options = { maxBytes: 0, dryRun: false, signal: never };
    const both = await Promise.all([collect(here.store, options), collect(here.store, options)]);
    expect(both.filter((done) => done === undefined).length).toBe(1);
    expect(takeInventory(here.store).bytes).toBe(0);
  });

  test('builders that register results during it never leave one without what it names', async () => {
    using program = await bundleProgram(resolve(import.meta.dirname, '../store.child.ts'));
    const builders = [0, 1].map((n) => program.start('results', here.store.root, `builder ${n}`));
    for (const builder of builders) await builder.line();
    for (let round = 0; round < 10; round++) {
      await builders[round % 2]!.line();
      await makeRoom(0);
      // What is being registered has its blobs first.
      expect(broken()).toEqual([]);
    }
    for (const { process } of builders) process.kill('SIGKILL');
    for (const builder of builders) await builder.ended();
    // A program that one of them was just starting holds its lock until it has begun.
    while ((await inUseSince(here.store)) !== undefined) await nextTurn();
    expect((await makeRoom(0)).bytesAfter).toBe(0);
  });
});

test('kill -9 at every file system call: what is left is whole, and the next run finishes', async () => {
  using program = await bundleProgram(resolve(import.meta.dirname, '../store.child.ts'));
  await register('a', 'b', 'c');
  const { bytes } = takeInventory(here.store);
  const rehearsal = program.start('collect', here.store.root, String(bytes), '-1');
  const quiet = Number(await rehearsal.line());
  expect(await rehearsal.ended(), rehearsal.stderr()).toBe(0);
  const calls = quiet + 120;
  let finished = 0;
  for (let call = Math.max(0, quiet - 40); call < calls && finished === 0; call += 5) {
    await register('a', 'b', 'c');
    const child = program.start('collect', here.store.root, '1000', String(call));
    const ended = await child.ended();
    expect(['SIGKILL', 0], child.stderr()).toContain(ended);
    if (ended === 0) finished++;
    expect(broken()).toEqual([]);
  }
  expect((await makeRoom(0)).bytesAfter).toBe(0);
});

test('for any uses and any limit: the limit holds, and nothing older stays than what goes', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.nat({ max: 500 }), { minLength: 1, maxLength: 5 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      async (minutes, share) => {
        const made = await register(...minutes.map((n) => `p${n}`));
        made.forEach(({ key }, index) => age(key.hash, (minutes[index]! + 1) * MINUTE));
        const maxBytes = takeInventory(here.store).bytes * share;
        const done = await makeRoom(maxBytes);
        expect(done.bytesAfter).toBeLessThanOrEqual(maxBytes);
        expect(broken()).toEqual([]);
        const left = new Set(keysIn());
        const stayed = minutes.filter((_, index) => left.has(made[index]!.key.hash));
        const went = minutes.filter((_, index) => !left.has(made[index]!.key.hash));
        expect(Math.max(-1, ...stayed)).toBeLessThan(Math.min(Infinity, ...went));
        wipe(here);
      },
    ),
    { numRuns: 8 },
  );
});

test('a limit is looked after only where it may be passed', async () => {
  await register('a', 'b');
  const { bytes } = takeInventory(here.store);
  expect(await keepWithin(here.store, bytes * 2, never)).toEqual([]);
  expect(keysIn().length).toBe(2);
  expect(estimateUsage(here.store)).toBe(bytes);
  // As far as is known, it is just full: nobody looks, and what is known stays.
  const full = bytes + addedTo(here.store);
  expect(await keepWithin(here.store, full, never)).toEqual([]);
  expect(estimateUsage(here.store)).toBe(full);
  expect(await keepWithin(here.store, 1000, never)).toEqual([]);
  expect(keysIn().length).toBe(0);
  await register('c');
  await using _ = await openWorkspace(here.store);
  age(digestOf('key c').hash, 0);
  const [told] = await keepWithin(here.store, 10, never);
  expect(told?.code).toBe('store/over-limit');
});
