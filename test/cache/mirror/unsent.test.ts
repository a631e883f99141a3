// Results that wait for a mirror to come back.
import { appendFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { digestOf, type Digest } from '../../../src/base/digest.ts';
import { localCache } from '../../../src/cache/local.ts';
import { noteUnsent, takeUnsent } from '../../../src/cache/mirror/unsent.ts';
import { putBytes } from '../../../src/cache/store.ts';
import { temporaryStore } from '../../rig/store.ts';

const temporary = temporaryStore();
afterAll(() => temporary[Symbol.dispose]());
const { store } = temporary;
const cache = localCache(store);

/** A result on record, with one file. */
async function made(name: string, local = false): Promise<Digest> {
  const key = putBytes(store, `action ${name}`);
  const digest = putBytes(store, `file of ${name}`);
  const file = { path: 'file', digest, executable: false };
  const times = { exitCode: 0, worker: '', startedMs: 1, completedMs: 2 };
  await cache.putResult(key, {
    files: [file],
    directories: [],
    ...times,
    ...(local ? { local: true } : {}),
  });
  await cache.flush();
  return key;
}

const keysOf = (mirror: string): string[] => takeUnsent(store, mirror).map(({ key }) => key.hash);

test('are taken once, each mirror its own, with all that they name', async () => {
  const [a, b] = [await made('a'), await made('b')];
  noteUnsent(store, 'one', [a.hash, b.hash, a.hash]);
  noteUnsent(store, 'one', [a.hash]);
  noteUnsent(store, 'two', [b.hash]);
  const taken = takeUnsent(store, 'one');
  expect(taken.map(({ key }) => key)).toEqual([a, b]);
  expect(taken[0]!.blobs).toContainEqual(digestOf('file of a'));
  expect(keysOf('one')).toEqual([]);
  expect(keysOf('two')).toEqual([b.hash]);
});

test('stay here when they are good for this machine only, or are gone', async () => {
  const local = await made('local', true);
  noteUnsent(store, 'one', [local.hash, digestOf('gone').hash]);
  expect(keysOf('one')).toEqual([]);
});

test('are the last of very many, and rubbish among them is none', async () => {
  const last = await made('last');
  const first = await made('first');
  noteUnsent(store, 'one', [first.hash]);
  const [name] = readdirSync(join(store.root, 'unsent'));
  appendFileSync(join(store.root, 'unsent', name!), 'torn\n\0\n');
  noteUnsent(
    store,
    'one',
    Array.from({ length: 2000 }, (_, i) => digestOf(`${i}`).hash),
  );
  noteUnsent(store, 'one', [last.hash]);
  expect(keysOf('one')).toEqual([last.hash]);
});
