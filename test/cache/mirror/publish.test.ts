// Publishing and bringing, killed at each system call that changes the disk, with writes that never
// reached it, and with a disk that is full.
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { digestOf } from '../../../src/base/digest.ts';
import { takeInventory } from '../../../src/cache/care/inventory.ts';
import { Marker } from '../../../src/cache/care/mark.ts';
import { readBlob } from '../../../src/cache/store.ts';
import { ChaosMirror } from '../../rig/chaos.ts';
import { bundleProgram, type Program } from '../../rig/child.ts';
import { systemFailure, watchFileSystem } from '../../rig/faults.ts';
import { makeResult, never, openedMirrors } from '../../rig/mirrors.ts';
import {
  blobsIn,
  faultsIn,
  filesBelow,
  openedStore,
  temporaryStore,
  wipe,
  type TemporaryStore,
} from '../../rig/store.ts';

let here: TemporaryStore;
let program: Program;
let mirror: string;
beforeAll(async () => {
  here = temporaryStore();
  program = await bundleProgram(resolve(import.meta.dirname, 'publish.child.ts'));
  mirror = join(here.directory, 'mirror');
});
beforeEach(() => {
  openedStore(mirror);
  openedStore(`${here.store.root}-source`);
});
afterEach(() => wipe(here));
afterAll(() => {
  program[Symbol.dispose]();
  here[Symbol.dispose]();
});

/** What is wrong with a mirror: a result that names what is not there, blobs that are not what they say. */
function wrongIn(root: string): string[] {
  const store = openedStore(root);
  const marker = new Marker(store);
  const { results, blobs } = takeInventory(store);
  const present = new Set<string>(blobs.map(({ hash }) => hash));
  const missing = results.flatMap((result) =>
    [...(marker.blobsOf(result) ?? ['unreadable'])].filter((hash) => !present.has(hash)),
  );
  const bytes = blobs.filter(({ path, hash }) => digestOf(readFileSync(path)).hash !== hash);
  return [...missing, ...bytes.map(({ path }) => path)];
}

function strace(options: readonly string[], action: string): number | null {
  const child = [process.execPath, program.path, action, here.store.root, mirror];
  const { status, signal } = spawnSync('strace', ['-f', '-qq', ...options, ...child], {
    env: { ...process.env, UV_THREADPOOL_SIZE: '1' },
    stdio: 'ignore',
  });
  return signal === null ? status : null;
}

test.each([
  ['push', 'rename', 8],
  ['push', 'fsync', 8],
  // Not at writes: most of those are how threads wake each other, before anything is copied.
  ['push', 'copy_file_range,sendfile', 8],
  ['pull', 'rename', 8],
  ['pull', 'write,pwrite64', 12],
])('%s, killed at one %s after the other, leaves nothing half there', (action, calls, most) => {
  const source = openedStore(`${here.store.root}-source`);
  const made = makeResult(source, join(here.directory, 'work'), 'published');
  // All that is killed is the publishing: what is published is there before.
  if (action === 'push') makeResult(here.store, join(here.directory, 'work'), 'published');
  else expect(strace(['-o', '/dev/null'], 'push')).toBe(0);
  let kills = 0;
  for (let nth = 1; nth <= most; nth += 2) {
    // Each begins where nothing has arrived: which call is the n-th does not depend on how far the last one came.
    if (action === 'push') emptyFan(mirror);
    else emptyFan(here.store.root);
    const status = strace(
      ['-o', '/dev/null', '-e', `trace=${calls}`, '-e', `inject=${calls}:signal=KILL:when=${nth}`],
      action,
    );
    if (status === null) kills++;
    expect(wrongIn(mirror)).toEqual([]);
    expect(faultsIn(here.store).filter((fault) => !fault.startsWith('left behind'))).toEqual([]);
  }
  expect(kills).toBe(most / 2);
  expect(strace(['-o', '/dev/null'], action)).toBe(0);
  expect(wrongIn(mirror)).toEqual([]);
  expect(takeInventory(openedStore(mirror)).results.map(({ key }) => key)).toEqual([made.key.hash]);
});

/** Removes all blobs and results of a store. */
function emptyFan(root: string): void {
  for (const kind of ['cas', 'ac']) {
    for (const path of filesBelow(join(root, kind))) rmSync(path);
  }
}

test('every file of a mirror is on the disk before it has its name', () => {
  const log = join(here.directory, 'strace.log');
  expect(strace(['-y', '-o', log, '-e', 'trace=fsync,fdatasync,rename'], 'push')).toBe(0);
  const synced = new Set<string>();
  const named: string[] = [];
  for (const line of readFileSync(log, 'utf8').split('\n')) {
    const [, sync] = /f(?:data)?sync\(\d+<([^>]+)>/.exec(line) ?? [];
    if (sync !== undefined) synced.add(sync);
    const [, from, to] = /rename\("([^"]+)", "([^"]+)"\) += 0/.exec(line) ?? [];
    if (to?.startsWith(`${mirror}/`) !== true) continue;
    named.push(to);
    expect(synced.has(from!), `${from} was named before it was flushed`).toBe(true);
  }
  expect(named.length).toBeGreaterThan(5);
  // The result comes last.
  expect(named.findIndex((path) => path.startsWith(`${mirror}/ac/`))).toBe(named.length - 1);
});

test('a full disk ends the fetching with one warning, and nothing of it is left', async () => {
  await using chaos = await ChaosMirror.start();
  const made = makeResult(openedStore(`${here.store.root}-source`), here.directory, 'full');
  for (const digest of made.contents) {
    const bytes = readBlob(openedStore(`${here.store.root}-source`), digest)!;
    chaos.files.set(`cas/${digest.hash}`, bytes);
  }
  for (const failing of ['writeFileSync', 'writeSync', 'openSync', 'renameSync'] as const) {
    wipe(here);
    const { mirrors, warnings, close } = openedMirrors(here.store, [chaos.url()]);
    {
      using _ = watchFileSystem(({ name, args }) => {
        const path = typeof args[0] === 'string' ? args[0] : here.store.root;
        if (name === failing && path.startsWith(here.store.root)) {
          throw systemFailure('ENOSPC', name, args[0]);
        }
      });
      const missing = await mirrors.fetch(made.contents, { signal: never });
      expect(missing.length).toBeGreaterThan(0);
    }
    await close();
    expect(warnings.map(({ code }) => code)).toEqual(['fs/enospc']);
    expect(faultsIn(here.store)).toEqual([]);
  }
  const { mirrors, close } = openedMirrors(here.store, [chaos.url()]);
  expect(await mirrors.fetch(made.contents, { signal: never })).toEqual([]);
  expect(await close()).toEqual([]);
  expect(blobsIn(here.store).length).toBe(made.contents.length);
});
