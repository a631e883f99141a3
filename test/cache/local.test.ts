import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { formatDiagnostic } from '../../src/base/diagnostic.ts';
import { digestOf, type Digest, type Sha256Hex } from '../../src/base/digest.ts';
import { errnoOf, systemError } from '../../src/base/fs.ts';
import { localCache } from '../../src/cache/local.ts';
import { hasBlob, objectPath, putBytes, readBlob, type Store } from '../../src/cache/store.ts';
import { blobsOf, loadTree, storeTree } from '../../src/cache/tree.ts';
import type { ActionResult } from '../../src/remote/message.ts';
import { bundleProgram } from '../rig/child.ts';
import { systemFailure, watchFileSystem } from '../rig/faults.ts';
import {
  faultsIn,
  filesBelow,
  openedStore,
  temporaryStore,
  wipe,
  type TemporaryStore,
} from '../rig/store.ts';

let temporary: TemporaryStore;
let store: Store;
let path: string | undefined;
beforeAll(() => {
  temporary = temporaryStore();
  store = temporary.store;
});
beforeEach(() => {
  path = process.env['PATH'];
});
afterEach(() => {
  process.env['PATH'] = path;
  wipe(temporary);
});
afterAll(() => temporary[Symbol.dispose]());

const here = (name: string): string => join(temporary.directory, name);

function resultOf(file: string): ActionResult {
  return {
    files: [{ path: 'out', digest: digestOf(file), executable: false }],
    directories: [],
    exitCode: 0,
    worker: 'test',
    startedMs: 1,
    completedMs: 2,
  };
}

const key = (name: string): Digest => digestOf(`key ${name}`);

/** What another process would find. */
const found = (name: string): ActionResult | undefined => localCache(store).result(key(name).hash);

/** Puts a program of this name before the system's. */
function replaceSync(script: string): void {
  mkdirSync(here('bin'), { recursive: true });
  writeFileSync(here('bin/sync'), `#!/bin/sh\n${script}\n`);
  chmodSync(here('bin/sync'), 0o755);
  process.env['PATH'] = `${here('bin')}${delimiter}${path}`;
}

describe('results', () => {
  test('are known at once to who put them, and to others once they are flushed', async () => {
    const cache = localCache(store);
    const result = { ...resultOf('x'), log: putBytes(store, 'log') };
    await cache.putResult(key('a'), result);
    expect(cache.result(key('a').hash)).toEqual(result);
    await cache.flush();
    expect(found('a')).toEqual(result);
    const known = await localCache(store).results([key('a').hash, key('b').hash]);
    expect([...known]).toEqual([[key('a').hash, result]]);
    expect(cache.name).toBe('local store');
    expect(cache.writable).toBe(true);
  });

  test('a later one replaces an earlier one', async () => {
    const cache = localCache(store);
    await cache.putResult(key('a'), resultOf('x'));
    await cache.putResult(key('a'), resultOf('y'));
    expect(cache.result(key('a').hash)).toEqual(resultOf('y'));
    await cache.flush();
    await cache.putResult(key('a'), resultOf('z'));
    expect(cache.result(key('a').hash)).toEqual(resultOf('z'));
    await cache.flush();
    expect(found('a')).toEqual(resultOf('z'));
  });

  test('are forgotten, flushed or not', async () => {
    const cache = localCache(store);
    await cache.putResult(key('a'), resultOf('x'));
    cache.forget(key('a').hash);
    expect(cache.result(key('a').hash)).toBeUndefined();
    await cache.flush();
    expect(found('a')).toBeUndefined();
    await cache.putResult(key('b'), resultOf('x'));
    await cache.flush();
    cache.forget(key('b').hash);
    cache.forget(key('c').hash);
    expect(found('b')).toBeUndefined();
  });

  test('that cannot be read are not there', async () => {
    const cache = localCache(store);
    const entry = objectPath(store, 'ac', key('a').hash);
    const write = async (): Promise<void> => {
      await cache.putResult(key('a'), resultOf('x'));
      await cache.flush();
      expect(found('a')).toEqual(resultOf('x'));
    };
    for (const damage of [
      () => truncateSync(entry, 0),
      () => truncateSync(entry, 20),
      () => writeFileSync(entry, 'text'),
      () => writeFileSync(entry, Buffer.concat([readFileSync(entry), readFileSync(entry)])),
      () => rmSync(entry),
      () => {
        rmSync(entry);
        mkdirSync(entry);
      },
    ]) {
      await write();
      damage();
      expect(found('a')).toBeUndefined();
      rmSync(entry, { recursive: true, force: true });
    }
    await write();
    // Another task's result under this name.
    copyFileSync(entry, objectPath(store, 'ac', key('b').hash));
    expect(found('b')).toBeUndefined();
    using _ = watchFileSystem(({ name }) => {
      if (name === 'readFileSync') throw systemFailure('EIO', 'read');
    });
    expect(found('a')).toBeUndefined();
  });
});

describe('blobs', () => {
  test('are put under their digest only, and asked for in numbers', async () => {
    const cache = localCache(store);
    const content = Buffer.from('content');
    await cache.putBlob(digestOf(content), content);
    expect((await cache.readBlob(digestOf(content)))?.toString()).toBe('content');
    expect(await cache.readBlob(digestOf('absent'))).toBeUndefined();
    expect(await cache.missing([digestOf(content), digestOf('absent')])).toEqual([
      digestOf('absent'),
    ]);
    await expect(cache.putBlob(digestOf('other'), content)).rejects.toThrow('another digest');
    await expect(cache.putBlob({ ...digestOf(content), size: 3 }, content)).rejects.toThrow();
    expect(faultsIn(store)).toEqual([]);
  });
});

describe('the order of things on the disk', () => {
  test('a result appears after the flush of all that it names', async () => {
    replaceSync(`[ "$1" = -f ] && [ -d "$2" ] && find "$2/cas" "$2/ac" -type f > ${here('seen')}`);
    const cache = localCache(store);
    const log = putBytes(store, 'log');
    await cache.putResult(key('a'), { ...resultOf('x'), log });
    await cache.flush();
    const seen = readFileSync(here('seen'), 'utf8').trim().split('\n');
    expect(seen).toEqual([objectPath(store, 'cas', log.hash)]);
    expect(found('a')).toBeDefined();
  });

  test('one flush serves all that came in meanwhile', async () => {
    replaceSync(`echo x >> ${here('count')}`);
    const cache = localCache(store);
    for (let i = 0; i < 500; i++) await cache.putResult(key(String(i)), resultOf('x'));
    await cache.flush();
    expect(readFileSync(here('count'), 'utf8').split('\n').length - 1).toBeLessThanOrEqual(2);
    for (let i = 0; i < 500; i++) expect(found(String(i))).toBeDefined();
    await cache.flush();
    expect(readFileSync(here('count'), 'utf8').split('\n').length - 1).toBeLessThanOrEqual(2);
  });

  test('flushes that nobody hurries wait for one another; one that is hurried does not', async () => {
    replaceSync(`echo x >> ${here('count')}`);
    const flushes = (): number => readFileSync(here('count'), 'utf8').split('\n').length - 1;
    const cache = localCache(store);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      await cache.putResult(key('first'), resultOf('x'));
      await cache.registered();
      expect(flushes()).toBe(1);
      const waits: Promise<void>[] = [];
      for (let i = 0; i < 20; i++) {
        await cache.putResult(key(String(i)), resultOf('x'));
        waits.push(cache.registered());
        vi.advanceTimersByTime(5);
      }
      expect(flushes()).toBe(1);
      expect(found('0')).toBeUndefined();
      vi.advanceTimersByTime(200);
      await Promise.all(waits);
      expect(flushes()).toBe(2);
      for (let i = 0; i < 20; i++) expect(found(String(i))).toBeDefined();
      await cache.putResult(key('last'), resultOf('x'));
      const patient = cache.registered();
      await cache.flush();
      expect(found('last')).toBeDefined();
      await patient;
      expect(flushes()).toBe(3);
    } finally {
      vi.useRealTimers();
    }
  });

  test('whoever waits for a flush finds all that was put before, whenever it was put', async () => {
    replaceSync('exit 0');
    const cache = localCache(store);
    const waits: Promise<void>[] = [];
    for (let i = 0; i < 60; i++) {
      await cache.putResult(key(String(i)), resultOf('x'));
      waits.push(
        cache.flush().then(() => {
          for (let j = 0; j <= i; j++) expect(found(String(j))).toBeDefined();
        }),
      );
      for (let turn = 0; turn < i % 7; turn++) await nextTurn();
      for (let microtask = 0; microtask < i % 5; microtask++) await Promise.resolve();
    }
    await Promise.all(waits);
  });

  test('a result that is forgotten or replaced during the flush does not come back', async () => {
    // Goes on when the test says so.
    replaceSync(`echo > ${here('began')}; while [ ! -e ${here('go')} ]; do :; done`);
    const cache = localCache(store);
    await cache.putResult(key('a'), resultOf('x'));
    await cache.putResult(key('b'), resultOf('old'));
    const flushed = cache.flush();
    while (!existsSync(here('began'))) await nextTurn();
    cache.forget(key('a').hash);
    await cache.putResult(key('b'), resultOf('new'));
    writeFileSync(here('go'), '');
    await flushed;
    expect(found('a')).toBeUndefined();
    expect(found('b')).toEqual(resultOf('new'));
  });

  test('where the flush fails nothing is registered; it is tried again later', async () => {
    // Flushing all file systems would not fail, and say nothing of the one that did.
    replaceSync(
      `[ $# -eq 0 ] || { echo "sync: error syncing '$2': Input/output error" >&2; exit 1; }`,
    );
    const cache = localCache(store);
    await cache.putResult(key('a'), resultOf('x'));
    let failure: unknown;
    try {
      await cache.flush();
    } catch (error) {
      failure = error;
    }
    expect(formatDiagnostic(systemError('register results in the store', failure))).toBe(
      `error: cannot register results in the store ${store.root}: input/output error (EIO)`,
    );
    expect(found('a')).toBeUndefined();
    expect(cache.result(key('a').hash)).toBeDefined();
    replaceSync('exit 0');
    await cache.flush();
    expect(found('a')).toEqual(resultOf('x'));
  });

  test('a sync that knows no file systems flushes all; where there is none, the error names it', async () => {
    replaceSync(
      `[ $# -eq 0 ] || { echo "sync: invalid option -- 'f'" >&2; exit 1; }; echo all >> ${here('said')}`,
    );
    const cache = localCache(store);
    await cache.putResult(key('a'), resultOf('x'));
    await cache.flush();
    expect(readFileSync(here('said'), 'utf8')).toBe('all\n');
    process.env['PATH'] = here('nothing');
    await cache.putResult(key('b'), resultOf('x'));
    await expect(cache.flush()).rejects.toMatchObject({ code: 'ENOENT', path: 'sync' });
    process.env['PATH'] = path;
    await cache.flush();
    expect(found('b')).toBeDefined();
  });

  test('where the disk is full no part of a result is left', async () => {
    const cache = localCache(store);
    await cache.putResult(key('a'), resultOf('x'));
    for (const failing of ['writeFileSync', 'renameSync'] as const) {
      using _ = watchFileSystem(({ name, args }) => {
        if (name === failing) throw systemFailure('ENOSPC', name, args[0]);
      });
      const failure = await cache.flush().then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(errnoOf(failure)).toBe('ENOSPC');
      expect(found('a')).toBeUndefined();
    }
    expect(filesBelow(join(store.root, 'ac'))).toEqual([]);
    expect(faultsIn(store)).toEqual([]);
    await cache.flush();
    expect(found('a')).toBeDefined();
  });
});

/** Every result that can be read, and what it names that cannot. */
function promises(store: Store): { results: number; broken: string[] } {
  const cache = localCache(store);
  const broken: string[] = [];
  let results = 0;
  const check = (digest: Digest, of: string): void => {
    if (!hasBlob(store, digest) || readBlob(store, digest) === undefined) broken.push(of);
  };
  for (const file of filesBelow(join(store.root, 'ac'))) {
    const name = file.split('/').at(-1)! as Sha256Hex;
    const result = cache.result(name);
    if (result === undefined) {
      broken.push(`result ${name}`);
      continue;
    }
    results++;
    if (result.log !== undefined) check(result.log, 'log');
    for (const { tree } of result.directories) {
      const loaded = loadTree(store, tree);
      if (loaded === undefined) broken.push('tree');
      else for (const blob of blobsOf(loaded)) check(blob, 'file');
    }
  }
  return { results, broken };
}

test('kill -9, again and again: every result that is there has all that it names', async () => {
  using program = await bundleProgram(resolve(import.meta.dirname, 'store.child.ts'));
  const killed = openedStore(here('killed'));
  let before = 0;
  for (let round = 0; round < 9; round++) {
    const writers = [0, 1].map((writer) =>
      program.start('results', killed.root, `${round} ${writer}`),
    );
    // Killed wherever they are when one of them has said so many results.
    for (let said = 0; said < 1 + (round % 4); said++) await writers[0]!.line();
    for (let turn = 0; turn < round * 5; turn++) await nextTurn();
    for (const { process } of writers) process.kill('SIGKILL');
    for (const writer of writers) expect(await writer.ended(), writer.stderr()).toBe('SIGKILL');
    const { results, broken } = promises(killed);
    expect(broken).toEqual([]);
    expect(results).toBeGreaterThan(before);
    before = results;
  }
  const again = program.start('put', killed.root, '1');
  expect(await again.ended(), again.stderr()).toBe(0);
  expect(readdirSync(join(killed.root, 'work'))).toEqual([]);
  expect(storeTree(killed, killed.root + '/log').ok).toBe(true);
});
