// Mirrors that lie, stall and break: never a wrong byte in the store, never an error, always an end, and
// one clear message for each.
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { digestOf } from '../../../src/base/digest.ts';
import { sealEntry } from '../../../src/cache/entry.ts';
import { objectPath, readBlob } from '../../../src/cache/store.ts';
import { encodeActionResult } from '../../../src/remote/encode.ts';
import { ChaosMirror, MOODS, only } from '../../rig/chaos.ts';
import { HttpServer } from '../../rig/http.ts';
import { makeResult, never, openedMirrors, type Made } from '../../rig/mirrors.ts';
import { blobsIn, faultsIn, temporaryStore, wipe, type TemporaryStore } from '../../rig/store.ts';

let here: TemporaryStore;
let maker: TemporaryStore;
beforeAll(() => {
  here = temporaryStore();
  maker = temporaryStore();
});
afterEach(() => {
  wipe(here);
  wipe(maker);
});
afterAll(() => {
  here[Symbol.dispose]();
  maker[Symbol.dispose]();
});

/** Those that only patience ends; the others say themselves what is wrong, however busy this machine is. */
const SLOW = new Set(['one byte at a time', 'no answer at all', 'a head that never ends']);

const timesFor = (name: string) => ({ spanMs: SLOW.has(name) ? 300 : 20_000, leastBytes: 1000 });

/** A mirror that has a result with all that it names. */
async function filled(seed: string): Promise<{ chaos: ChaosMirror; made: Made }> {
  const chaos = await ChaosMirror.start();
  const made = makeResult(maker.store, maker.directory, seed);
  const writer = openedMirrors(maker.store, [chaos.url()]);
  writer.mirrors.offer(made.key, made.blobs, made.result);
  expect(await writer.close()).toEqual([]);
  return { chaos, made };
}

describe.each(Object.entries(MOODS))('%s', (name, mood) => {
  const times = timesFor(name);
  test('gives no result, and the next mirror is asked', async () => {
    const { chaos, made } = await filled('r');
    const good = (await filled('r')).chaos;
    await using _ = chaos;
    await using __ = good;
    chaos.mood = mood;
    const { mirrors, warnings, close } = openedMirrors(here.store, [chaos.url(), good.url()], {
      times,
    });
    const keys = Array.from({ length: 40 }, (_, n) => digestOf(`key ${n}`).hash);
    const found = await mirrors.results([made.key.hash, ...keys]);
    expect(found.get(made.key.hash)?.mirror).toBe(good.url());
    await close();
    expect(warnings.filter(({ code }) => code === 'mirror/given-up').length).toBe(1);
    expect(warnings.every(({ severity }) => severity === 'warning')).toBe(true);
    expect(chaos.requests.length).toBeLessThanOrEqual(200);
    expect(`${name}: ${warnings.at(-1)!.message.replaceAll(chaos.url(), 'M')}`).toMatchSnapshot();
  });

  test('gives no blob, and the next mirror is asked', async () => {
    const { chaos, made } = await filled('b');
    const good = (await filled('b')).chaos;
    await using _ = chaos;
    await using __ = good;
    chaos.mood = only('GET cas', mood);
    const { mirrors, warnings, close } = openedMirrors(here.store, [chaos.url(), good.url()], {
      times,
    });
    expect((await mirrors.results([made.key.hash])).size).toBe(1);
    expect(await mirrors.fetch(made.contents, { signal: never })).toEqual([]);
    for (const digest of made.contents) expect(readBlob(here.store, digest)).toBeDefined();
    await close();
    expect(warnings.length).toBeGreaterThan(0);
    expect(warnings.length).toBeLessThanOrEqual(6);
    expect(faultsIn(here.store)).toEqual([]);
  });

  test('takes nothing, and what was to be sent is told', async () => {
    await using chaos = await ChaosMirror.start(only('PUT', mood));
    const made = makeResult(here.store, here.directory, 'p');
    const { mirrors, warnings, close } = openedMirrors(here.store, [chaos.url()], { times });
    mirrors.offer(made.key, made.blobs, made.result);
    await close();
    // Some answer with a status that means yes.
    if (chaos.count('PUT ac/') === 0) expect(warnings.length).toBeGreaterThan(0);
    expect(faultsIn(here.store)).toEqual([]);
  });
});

test('HEAD says yes and GET says no: the blob is missing, and nothing is wrong with that', async () => {
  const { chaos, made } = await filled('h');
  await using _ = chaos;
  for (const { hash } of made.contents) chaos.files.delete(`cas/${hash}`);
  const { mirrors, close } = openedMirrors(here.store, [chaos.url()]);
  expect((await mirrors.results([made.key.hash])).size).toBe(1);
  expect((await mirrors.fetch(made.contents, { signal: never })).length).toBe(made.contents.length);
  expect(await close()).toEqual([]);
  expect(blobsIn(here.store)).toEqual([]);
});

test('a blob that the mirror has with wrong bytes is replaced when the right ones are made', async () => {
  const { chaos, made } = await filled('w');
  await using _ = chaos;
  const [{ hash, size }] = made.contents as [(typeof made.contents)[number]];
  chaos.files.set(`cas/${hash}`, Buffer.alloc(size, 'x'));
  const { mirrors, warnings, close } = openedMirrors(maker.store, [chaos.url()]);
  const reader = openedMirrors(here.store, [chaos.url()]);
  expect((await reader.mirrors.fetch(made.contents, { signal: never })).length).toBe(1);
  expect(reader.warnings.map(({ code }) => code)).toEqual(['mirror/wrong-blob']);
  expect(reader.warnings[0]!.message).toContain(
    `cas/${hash}: its bytes are not those of its digest`,
  );
  const again = makeResult(here.store, here.directory, 'w');
  reader.mirrors.offer(again.key, again.blobs, again.result);
  await reader.close();
  expect(digestOf(chaos.files.get(`cas/${hash}`)!).hash).toBe(hash);
  expect(await mirrors.fetch([], { signal: never })).toEqual([]);
  expect([...(await close()), ...warnings]).toEqual([]);
});

test('a blob that turns out to be wrong after it was counted as there is sent by who names it next', async () => {
  const { chaos, made } = await filled('turned');
  await using _ = chaos;
  const [{ hash, size }] = made.contents as [(typeof made.contents)[number]];
  const right = chaos.files.get(`cas/${hash}`)!;
  chaos.files.set(`cas/${hash}`, Buffer.alloc(size, 'x'));
  const { mirrors, close } = openedMirrors(here.store, [chaos.url()]);
  const again = makeResult(here.store, here.directory, 'turned');
  mirrors.offer(again.key, again.blobs, again.result);
  // It has one of that name and size: nothing is sent.
  while (chaos.count(`GET ac/${again.key.hash}`) === 0) {
    await new Promise((done) => setTimeout(done, 5));
  }
  expect(chaos.count(`PUT cas/${hash}`)).toBe(1);
  rmSync(objectPath(here.store, 'cas', hash));
  expect(await mirrors.fetch([{ hash, size }], { signal: never })).toHaveLength(1);
  makeResult(here.store, here.directory, 'turned');
  mirrors.offer(digestOf('another key'), again.blobs, again.result);
  expect(await close()).toEqual(['mirror/wrong-blob']);
  expect(chaos.files.get(`cas/${hash}`)!.equals(right)).toBe(true);
});

test('a mirror on which everything is damaged is not believed, but heals with what is made again', async () => {
  await using chaos = await ChaosMirror.start();
  const seeds = Array.from({ length: 9 }, (_, n) => `heal${n}`);
  const made = seeds.map((seed) => makeResult(maker.store, maker.directory, seed));
  const writer = openedMirrors(maker.store, [chaos.url()]);
  for (const one of made) writer.mirrors.offer(one.key, one.blobs, one.result);
  expect(await writer.close()).toEqual([]);
  const sound = new Map(chaos.files);
  // Results cut off, blobs of the right size with other bytes: no question but for the bytes tells.
  for (const [path, content] of sound) {
    const cut = path.startsWith('ac/');
    chaos.files.set(path, cut ? content.subarray(1) : Buffer.alloc(content.length, '?'));
  }

  const builder = openedMirrors(here.store, [chaos.url()]);
  expect((await builder.mirrors.results(made.map(({ key }) => key.hash))).size).toBe(0);
  expect(await builder.mirrors.fetch(made[0]!.contents, { signal: never })).toEqual(
    made[0]!.contents,
  );
  for (const seed of seeds) {
    const again = makeResult(here.store, here.directory, seed);
    builder.mirrors.offer(again.key, again.blobs, again.result);
  }
  const codes = await builder.close();
  expect(codes.filter((code) => code !== 'mirror/damaged-result')).toEqual(['mirror/given-up']);
  expect(builder.warnings.at(-1)!.message).toContain(
    'is not read any more: 5 of its answers were wrong',
  );
  const wrong = [...chaos.files].filter(([path, content]) => !sound.get(path)!.equals(content));
  expect(wrong.map(([path]) => path)).toEqual([]);

  wipe(maker);
  const reader = openedMirrors(maker.store, [chaos.url()], { write: false });
  expect((await reader.mirrors.results(made.map(({ key }) => key.hash))).size).toBe(9);
  const contents = made.flatMap((one) => one.contents);
  expect(await reader.mirrors.fetch(contents, { signal: never })).toEqual([]);
  expect(await reader.close()).toEqual([]);
});

test('a mirror that takes everything and has nothing afterwards costs only that', async () => {
  await using chaos = await ChaosMirror.start((request, response) => {
    if (request.method !== 'PUT') return false;
    request.resume();
    request.on('end', () => response.writeHead(201).end());
    return true;
  });
  const made = makeResult(maker.store, maker.directory, 'forgotten');
  const writer = openedMirrors(maker.store, [chaos.url()]);
  writer.mirrors.offer(made.key, made.blobs, made.result);
  expect(await writer.close()).toEqual([]);
  const reader = openedMirrors(here.store, [chaos.url()]);
  expect((await reader.mirrors.results([made.key.hash])).size).toBe(0);
  expect(await reader.mirrors.fetch(made.contents, { signal: never })).toEqual(made.contents);
  expect(await reader.close()).toEqual([]);
});

test('a result that is there before its blobs are is as good as none, until they are', async () => {
  const { chaos, made } = await filled('early');
  await using _ = chaos;
  const late = new Map(chaos.files);
  for (const path of late.keys()) if (path.startsWith('cas/')) chaos.files.delete(path);
  const first = openedMirrors(here.store, [chaos.url()]);
  expect((await first.mirrors.results([made.key.hash])).size).toBe(1);
  expect(await first.mirrors.fetch(made.contents, { signal: never })).toEqual(made.contents);
  expect(await first.close()).toEqual([]);
  for (const [path, content] of late) chaos.files.set(path, content);
  const later = openedMirrors(here.store, [chaos.url()]);
  expect(await later.mirrors.fetch(made.contents, { signal: never })).toEqual([]);
  expect(await later.close()).toEqual([]);
});

test('a store that knows no capitals is as good as any: no two names differ by them', async () => {
  const { chaos, made } = await filled('case');
  await using _ = chaos;
  for (const path of chaos.files.keys()) expect(path).toMatch(/^(ac|cas)\/[0-9a-f]{64}$/);
  expect(new Set([...chaos.files.keys()].map((path) => path.toUpperCase())).size).toBe(
    chaos.files.size,
  );
  const { mirrors, close } = openedMirrors(here.store, [chaos.url()]);
  expect((await mirrors.results([made.key.hash])).size).toBe(1);
  expect(await mirrors.fetch(made.contents, { signal: never })).toEqual([]);
  expect(await close()).toEqual([]);
  expect(chaos.requests.join('\n')).not.toMatch(/ (ac|cas)\/.*[A-Z]/);
});

test('failures that are not in a row end nothing, however many they are', async () => {
  let requests = 0;
  await using chaos = await ChaosMirror.start((_, response) => {
    if (++requests % 2 === 0) return false;
    response.writeHead(500).end();
    return true;
  });
  const { mirrors, warnings, close } = openedMirrors(here.store, [chaos.url()]);
  for (let n = 0; n < 6; n++) await mirrors.results([digestOf(`key ${n}`).hash]);
  expect(chaos.requests.length).toBe(12);
  expect([...(await close()), ...warnings]).toEqual([]);
});

test('a blob that the mirror has with another length is sent again', async () => {
  const { chaos, made } = await filled('length');
  await using _ = chaos;
  const [{ hash }] = made.contents as [(typeof made.contents)[number]];
  chaos.files.set(`cas/${hash}`, chaos.files.get(`cas/${hash}`)!.subarray(1));
  const { mirrors, close } = openedMirrors(maker.store, [chaos.url()]);
  mirrors.offer(digestOf('another'), made.blobs, made.result);
  expect(await close()).toEqual([]);
  expect(digestOf(chaos.files.get(`cas/${hash}`)!).hash).toBe(hash);
});

test('a busy mirror is waited for when it asks for little', async () => {
  const { chaos, made } = await filled('busy');
  await using _ = chaos;
  let refused = 0;
  chaos.mood = (_, response) => {
    if (refused >= 2) return false;
    refused++;
    response.writeHead(503, { 'retry-after': '0' }).end();
    return true;
  };
  const { mirrors, close } = openedMirrors(here.store, [chaos.url()]);
  expect((await mirrors.results([made.key.hash])).size).toBe(1);
  expect(await close()).toEqual([]);
});

test('a lookup that takes too long as a whole ends, with what came in time', async () => {
  const { chaos, made } = await filled('late');
  await using _ = chaos;
  chaos.mood = (request) => !request.url!.includes(made.key.hash);
  const { mirrors, warnings, close } = openedMirrors(here.store, [chaos.url()], { lookupMs: 500 });
  const keys = Array.from({ length: 10 }, (_, n) => digestOf(`key ${n}`).hash);
  expect((await mirrors.results([made.key.hash, ...keys])).size).toBe(1);
  expect(await close()).toEqual(['mirror/given-up']);
  expect(warnings[0]!.message).toContain('it answered 1 of 11 questions in the time it has');
});

test('a connection that was closed while nobody looked is made anew, and nobody hears of it', async () => {
  const { chaos, made } = await filled('kept');
  await using _ = chaos;
  const { mirrors, close } = openedMirrors(here.store, [chaos.url()]);
  for (let round = 0; round < 5; round++) {
    expect((await mirrors.results([made.key.hash])).size).toBe(1);
    chaos.dropConnections();
  }
  expect(await close()).toEqual([]);
});

test('results cut at every 64th, with one bit flipped, doubled or under another name are refused', async () => {
  const { chaos, made } = await filled('cut');
  await using _ = chaos;
  const path = `ac/${made.key.hash}`;
  const whole = chaos.files.get(path)!;
  const other = sealEntry(digestOf('other').hash, encodeActionResult(made.result));
  const variants = [
    ...Array.from({ length: 64 }, (_, n) => whole.subarray(0, Math.floor((whole.length * n) / 64))),
    ...Array.from({ length: 100 }, (_, n) => {
      const flipped = Buffer.from(whole);
      flipped[Math.floor((whole.length * n) / 100)]! ^= 1 << (n % 8);
      return flipped;
    }),
    Buffer.concat([whole, whole]),
    Buffer.concat([whole, Buffer.from('garbage')]),
    Buffer.from(other),
    encodeActionResult(made.result),
  ];
  for (const variant of variants) {
    chaos.files.set(path, Buffer.from(variant));
    const { mirrors, close } = openedMirrors(here.store, [chaos.url()]);
    expect((await mirrors.results([made.key.hash])).size).toBe(0);
    expect(await close()).toEqual(['mirror/damaged-result']);
  }
});

test('blobs cut at every 64th, with one bit flipped, doubled or empty never get into the store', async () => {
  await using chaos = await ChaosMirror.start();
  const content = Buffer.from(Array.from({ length: 6_400 }, (_, n) => n * 7));
  const digest = digestOf(content);
  const variants = [
    ...Array.from({ length: 64 }, (_, n) => content.subarray(0, n * 100)),
    ...Array.from({ length: 200 }, (_, n) => {
      const flipped = Buffer.from(content);
      flipped[n * 32]! ^= 1 << (n % 8);
      return flipped;
    }),
    Buffer.concat([content, content]),
    Buffer.concat([content, Buffer.from('x')]),
  ];
  for (const variant of variants) {
    chaos.files.set(`cas/${digest.hash}`, variant);
    const { mirrors, close } = openedMirrors(here.store, [chaos.url()]);
    expect(await mirrors.fetch([digest], { signal: never })).toEqual([digest]);
    expect(await close()).toEqual(['mirror/wrong-blob']);
  }
  expect(blobsIn(here.store)).toEqual([]);
  expect(faultsIn(here.store)).toEqual([]);
});

test('a bomb of zstd, to somebody who takes zstd, is stopped at the size that is promised', async () => {
  const { zstd } = await import('../../../src/base/codec/zstd.ts');
  const pieces: Buffer[] = [];
  for await (const piece of zstd([Buffer.alloc(64 << 20)], 1)) pieces.push(piece);
  const bomb = Buffer.concat(pieces);
  await using chaos = await ChaosMirror.start((_, response) => {
    response.writeHead(200, { 'content-encoding': 'zstd' }).end(bomb);
    return true;
  });
  const digest = digestOf(Buffer.alloc(300_000, 'y'));
  const { mirrors, warnings, close } = openedMirrors(here.store, [chaos.url()]);
  expect(await mirrors.fetch([digest], { signal: never })).toEqual([digest]);
  expect(await close()).toEqual(['mirror/wrong-blob']);
  expect(warnings[0]!.message).toContain('it is longer than the 300000 bytes');
  expect(faultsIn(here.store)).toEqual([]);
});

test('a certificate that nobody vouches for ends the mirror at once', async () => {
  const [keyFile, certFile] = ['key', 'cert'].map((name) => join(here.directory, name));
  const names = '-subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1';
  const options = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 ${names}`;
  execFileSync('openssl', [...options.split(' '), '-keyout', keyFile!, '-out', certFile!], {
    stdio: 'ignore',
  });
  const tls = { key: readFileSync(keyFile!, 'utf8'), cert: readFileSync(certFile!, 'utf8') };
  await using server = await HttpServer.start((_, reply) => reply.send(200, 'x'), tls);
  const { mirrors, warnings, close } = openedMirrors(here.store, [server.url('/cache')]);
  expect((await mirrors.results([digestOf('a').hash])).size).toBe(0);
  expect(await close()).toEqual(['mirror/given-up']);
  expect(warnings[0]!.message).toContain('its TLS certificate is not accepted');
  expect(server.requests).toEqual([]);
});
