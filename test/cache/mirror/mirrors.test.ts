import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { digestOf } from '../../../src/base/digest.ts';
import { unzstd } from '../../../src/base/codec/unzstd.ts';
import { zstd } from '../../../src/base/codec/zstd.ts';
import { localCache } from '../../../src/cache/local.ts';
import { hasBlob, readBlob } from '../../../src/cache/store.ts';
import { ChaosMirror, only } from '../../rig/chaos.ts';
import { makeResult, never, openedMirrors } from '../../rig/mirrors.ts';
import { startNginx } from '../../rig/nginx.ts';
import {
  faultsIn,
  openedStore,
  temporaryStore,
  wipe,
  type TemporaryStore,
} from '../../rig/store.ts';

let here: TemporaryStore;
let there: TemporaryStore;
beforeAll(() => {
  here = temporaryStore();
  there = temporaryStore();
});
afterEach(() => {
  wipe(here);
  wipe(there);
});
afterAll(() => {
  here[Symbol.dispose]();
  there[Symbol.dispose]();
});

interface Place extends AsyncDisposable {
  readonly address: string;
}

const PLACES: Record<string, () => Promise<Place>> = {
  'a directory': () =>
    Promise.resolve({
      address: join(here.directory, 'mirror'),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }),
  'a server': async () => {
    const chaos = await ChaosMirror.start();
    return { address: chaos.url(), [Symbol.asyncDispose]: () => chaos[Symbol.asyncDispose]() };
  },
  'a server that knows zstd': async () => {
    const chaos = await ChaosMirror.start();
    Object.assign(chaos, codecs);
    return { address: chaos.url(), [Symbol.asyncDispose]: () => chaos[Symbol.asyncDispose]() };
  },
  nginx: async () => {
    const nginx = await startNginx();
    return { address: nginx.url, [Symbol.asyncDispose]: () => nginx[Symbol.asyncDispose]() };
  },
};

/** For the server's side. */
const codecs = {
  zstd: (content: Buffer) => whole(zstd([content], 3)),
  unzstd: (content: Buffer) => whole(unzstd([content])),
};

async function whole(source: AsyncIterable<Buffer>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of source) pieces.push(piece);
  return Buffer.concat(pieces);
}

describe.each(Object.entries(PLACES))('%s', (_, start) => {
  test('gives back, in another store, what was sent there', async () => {
    await using place = await start();
    const made = [1, 2, 3].map((n) => makeResult(here.store, here.directory, `r${n}`));
    const writer = openedMirrors(here.store, [place.address]);
    for (const { key, blobs, result } of made) writer.mirrors.offer(key, blobs, result);
    expect(await writer.close()).toEqual([]);

    const reader = openedMirrors(there.store, [place.address], { write: false });
    const absent = digestOf('absent');
    const keys = [...made.map(({ key }) => key.hash), absent.hash];
    const found = await reader.mirrors.results(keys);
    expect([...found.keys()].sort()).toEqual(made.map(({ key }) => key.hash).sort());
    for (const { key, result } of made) expect(found.get(key.hash)!.result).toEqual(result);
    expect(found.get(keys[0]!)!.mirror).toBe(place.address);

    const contents = made.flatMap(({ contents }) => contents);
    const progress: number[] = [];
    const missing = await reader.mirrors.fetch([...contents, absent], {
      signal: never,
      progress: (done, total) => progress.push(done, total!),
    });
    expect(missing).toEqual([absent]);
    for (const digest of contents) expect(readBlob(there.store, digest)).toBeDefined();
    expect(Math.max(...progress)).toBe(progress[1]);
    expect(faultsIn(there.store)).toEqual([]);
    expect(await reader.close()).toEqual([]);
  });

  test('is asked for nothing that is here, and sent nothing that is there', async () => {
    await using place = await start();
    const made = makeResult(here.store, here.directory, 'once');
    for (let round = 0; round < 2; round++) {
      const writer = openedMirrors(here.store, [place.address]);
      writer.mirrors.offer(made.key, made.blobs, made.result);
      writer.mirrors.offer(made.key, made.blobs, made.result);
      expect(await writer.mirrors.fetch(made.contents, { signal: never })).toEqual([]);
      expect(await writer.close()).toEqual([]);
    }
  });
});

test('questions and blobs go over few connections, however many they are', async () => {
  await using chaos = await ChaosMirror.start();
  const { mirrors, close } = openedMirrors(here.store, [chaos.url()]);
  const keys = Array.from({ length: 2000 }, (_, n) => digestOf(`key ${n}`).hash);
  expect((await mirrors.results([...keys, ...keys])).size).toBe(0);
  expect(chaos.count('GET ac/')).toBe(2000);
  expect(chaos.connections).toBeLessThanOrEqual(32);
  expect(await close()).toEqual([]);
});

test('a second offer of the same blobs asks for none of them again', async () => {
  await using chaos = await ChaosMirror.start();
  const made = makeResult(here.store, here.directory, 'x');
  const { mirrors, close } = openedMirrors(here.store, [chaos.url()]);
  for (let n = 0; n < 5; n++) mirrors.offer(digestOf(`key ${n}`), made.blobs, made.result);
  expect(await close()).toEqual([]);
  expect(chaos.count('HEAD cas/')).toBe(made.contents.length);
  expect(chaos.count('PUT cas/')).toBe(made.contents.length);
  expect(chaos.count('PUT ac/')).toBe(5);
});

test('more blobs that are there already than there are connections hold none of them', async () => {
  await using chaos = await ChaosMirror.start();
  const made = Array.from({ length: 40 }, (_, n) =>
    makeResult(here.store, here.directory, `h${n}`),
  );
  const first = openedMirrors(here.store, [chaos.url()]);
  for (const { key, blobs, result } of made) first.mirrors.offer(key, blobs, result);
  expect(await first.close()).toEqual([]);
  for (const { key } of made) chaos.files.delete(`ac/${key.hash}`);
  const before = chaos.connections;
  // Another builder comes to the same files: it asks for each, and sends the results alone.
  const second = openedMirrors(here.store, [chaos.url()]);
  for (const { key, blobs, result } of made) second.mirrors.offer(key, blobs, result);
  expect(await second.close()).toEqual([]);
  expect(chaos.connections - before).toBeLessThanOrEqual(32);
  for (const { key } of made) expect(chaos.files.has(`ac/${key.hash}`)).toBe(true);
});

test('the first mirror that has a result gives it, and the next what its blobs lack', async () => {
  await using first = await ChaosMirror.start();
  await using second = await ChaosMirror.start();
  const made = makeResult(here.store, here.directory, 'x');
  const writer = openedMirrors(here.store, [first.url(), second.url()]);
  writer.mirrors.offer(made.key, made.blobs, made.result);
  expect(await writer.close()).toEqual([]);
  for (const { hash } of made.contents) first.files.delete(`cas/${hash}`);
  first.requests.length = second.requests.length = 0;

  const reader = openedMirrors(there.store, [first.url(), second.url()]);
  const found = await reader.mirrors.results([made.key.hash]);
  expect(found.get(made.key.hash)!.mirror).toBe(first.url());
  expect(second.requests).toEqual([]);
  expect(await reader.mirrors.fetch(made.contents, { signal: never })).toEqual([]);
  expect(second.count('GET cas/')).toBe(made.contents.length);
  expect(await reader.close()).toEqual([]);
});

test('one blob that many wait for is fetched once', async () => {
  await using chaos = await ChaosMirror.start();
  const content = Buffer.from('content '.repeat(100_000));
  const digest = digestOf(content);
  chaos.files.set(`cas/${digest.hash}`, content);
  const { mirrors } = openedMirrors(here.store, [chaos.url()]);
  const all = await Promise.all(
    Array.from({ length: 10 }, () => mirrors.fetch([digest, digest], { signal: never })),
  );
  expect(all.flat()).toEqual([]);
  expect(chaos.requests).toEqual([`GET cas/${digest.hash}`]);
});

test('what is sent is compressed where the server says that it takes that, else not', async () => {
  for (const knows of [true, false]) {
    await using chaos = await ChaosMirror.start();
    const encodings = new Set<string | undefined>();
    if (knows) Object.assign(chaos, codecs);
    chaos.mood = only('PUT cas', ({ headers }) => {
      encodings.add(headers['content-encoding']);
      return false;
    });
    const made = makeResult(here.store, here.directory, `z${knows}`);
    const { mirrors, close } = openedMirrors(here.store, [chaos.url()]);
    mirrors.offer(made.key, made.blobs, made.result);
    expect(await close()).toEqual([]);
    expect(encodings.has('zstd')).toBe(knows);
    for (const { hash } of made.contents) {
      expect(digestOf(chaos.files.get(`cas/${hash}`)!).hash).toBe(hash);
    }
  }
});

test('an abort ends what is under way, and nothing is half there', async () => {
  await using chaos = await ChaosMirror.start(only('GET cas', () => true));
  const stop = new AbortController();
  const { mirrors, close } = openedMirrors(here.store, [chaos.url()]);
  const fetching = mirrors.fetch([digestOf('a'), digestOf('b')], { signal: stop.signal });
  while (chaos.requests.length < 2) await new Promise((turn) => setImmediate(turn));
  stop.abort();
  expect((await fetching).length).toBe(2);
  expect(await close()).toEqual([]);
  expect(faultsIn(here.store)).toEqual([]);
});

describe('a directory', () => {
  test('may be a store that somebody builds in', async () => {
    const made = makeResult(there.store, there.directory, 'x');
    const writer = openedMirrors(there.store, [join(here.directory, 'shared')]);
    writer.mirrors.offer(made.key, made.blobs, made.result);
    expect(await writer.close()).toEqual([]);
    const shared = openedStore(join(here.directory, 'shared'));
    expect(faultsIn(shared)).toEqual([]);
    for (const digest of made.contents) expect(hasBlob(shared, digest)).toBe(true);
    // The other way round: executable files are there as such only.
    const reader = openedMirrors(here.store, [there.store.root], { write: false });
    expect(await reader.mirrors.fetch(made.contents, { signal: never })).toEqual([]);
    expect(await reader.close()).toEqual([]);
  });

  test('that is a store keeps to itself what is good for its machine only', async () => {
    const made = makeResult(there.store, there.directory, 'mine');
    const cache = localCache(there.store);
    await cache.putResult(made.key, { ...made.result, local: true });
    await cache.flush();
    const reader = openedMirrors(here.store, [there.store.root], { write: false });
    expect((await reader.mirrors.results([made.key.hash])).size).toBe(0);
    expect(await reader.close()).toEqual([]);
    // Who has it to share puts it there, in place of the other.
    const own = makeResult(here.store, here.directory, 'mine');
    const writer = openedMirrors(here.store, [there.store.root]);
    writer.mirrors.offer(own.key, own.blobs, own.result);
    expect(await writer.close()).toEqual([]);
    expect(cache.result(made.key.hash)?.local).toBeUndefined();
  });

  test('that has a blob with another length has none, and gets it', async () => {
    const made = makeResult(there.store, there.directory, 'length');
    const shared = join(here.directory, 'length');
    const [{ hash }] = made.contents as [(typeof made.contents)[number]];
    const file = join(shared, 'cas', hash.slice(0, 2), hash);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, '');
    const writer = openedMirrors(there.store, [shared]);
    writer.mirrors.offer(made.key, made.blobs, made.result);
    expect(await writer.close()).toEqual([]);
    expect(digestOf(readFileSync(file)).hash).toBe(hash);
  });

  test('of another format is left alone', async () => {
    writeFileSync(join(there.store.root, 'version'), '99\n');
    const made = makeResult(here.store, here.directory, 'x');
    const { mirrors, close, warnings } = openedMirrors(here.store, [there.store.root]);
    mirrors.offer(made.key, made.blobs, made.result);
    expect((await mirrors.results([made.key.hash])).size).toBe(0);
    expect(await close()).toEqual(['mirror/given-up']);
    expect(warnings[0]!.message).toContain('it has format "99", this Ashlar knows 1');
    expect(existsSync(join(there.store.root, 'ac', made.key.hash.slice(0, 2), made.key.hash))).toBe(
      false,
    );
  });

  test('that is not there is told once', async () => {
    const { mirrors, close, warnings } = openedMirrors(here.store, ['/nowhere/at/all'], {
      write: false,
    });
    await mirrors.results([digestOf('a').hash, digestOf('b').hash]);
    await mirrors.fetch([digestOf('a'), digestOf('b')], { signal: never });
    expect(await close()).toEqual(['mirror/given-up']);
    expect(warnings[0]!.message).toBe(
      'the mirror /nowhere/at/all is not asked any more: there is no such directory',
    );
  });
});

test('passwords in addresses and netrc files are used, and never shown', async () => {
  await using chaos = await ChaosMirror.start((_, response) => {
    response.writeHead(401).end();
    return true;
  });
  const netrc = join(here.directory, 'netrc');
  writeFileSync(netrc, 'machine 127.0.0.1\n  login net password very-secret\n', { mode: 0o600 });
  for (const [address, env] of [
    [chaos.url('me:very-secret@'), {}],
    [chaos.url(), { NETRC: netrc }],
  ] as const) {
    const { mirrors, close, warnings } = openedMirrors(here.store, [address], { env });
    await mirrors.results([digestOf('a').hash]);
    expect(await close()).toEqual(['mirror/given-up']);
    expect(JSON.stringify(warnings)).not.toContain('secret');
    expect(warnings[0]!.message).toContain(`the mirror ${chaos.url()} is not asked any more`);
  }
  const basic = (login: string): string =>
    `Basic ${Buffer.from(`${login}:very-secret`).toString('base64')}`;
  expect([...chaos.authorizations]).toEqual([basic('me'), basic('net')]);
});

test('a read-only nginx is read, and the refusal to write told once', async () => {
  await using nginx = await startNginx({ writable: false });
  const made = [1, 2].map((n) => makeResult(here.store, here.directory, `n${n}`));
  const { mirrors, close, warnings } = openedMirrors(here.store, [nginx.url]);
  for (const { key, blobs, result } of made) mirrors.offer(key, blobs, result);
  expect(await close()).toEqual(['mirror/unwritable']);
  expect(warnings[0]!.message).toContain('it answered 405');
});
