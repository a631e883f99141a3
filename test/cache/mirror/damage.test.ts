// Damaged objects, each in a thousand ways, at the place where all that comes from elsewhere enters the
// store: whatever is wrong is found before a byte is to be seen there.
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { unzstd } from '../../../src/base/codec/unzstd.ts';
import { zstd } from '../../../src/base/codec/zstd.ts';
import { digestOf, type Digest } from '../../../src/base/digest.ts';
import { Refusal } from '../../../src/base/refusal.ts';
import { sealEntry } from '../../../src/cache/entry.ts';
import { openResult } from '../../../src/cache/mirror/judge.ts';
import { receiveBlob } from '../../../src/cache/mirror/receive.ts';
import { hasBlob, readBlob } from '../../../src/cache/store.ts';
import { encodeActionResult } from '../../../src/remote/encode.ts';
import { makeResult } from '../../rig/mirrors.ts';
import { blobsIn, faultsIn, temporaryStore, type TemporaryStore } from '../../rig/store.ts';

let here: TemporaryStore;
let maker: TemporaryStore;
beforeAll(() => {
  here = temporaryStore();
  maker = temporaryStore();
});
afterAll(() => {
  here[Symbol.dispose]();
  maker[Symbol.dispose]();
});

const POSITIONS = 1000;

/** Bytes that no codec makes much smaller. */
function noise(size: number): Buffer {
  let state = 1;
  return Buffer.from(
    Array.from({ length: size }, () => (state = (state * 48_271) % 2_147_483_647) >> 7),
  );
}

/** One bit flipped, at a thousand positions all over it. */
function* flipped(whole: Buffer): Generator<Buffer> {
  for (let n = 0; n < POSITIONS; n++) {
    const copy = Buffer.from(whole);
    copy[Math.floor((whole.length * n) / POSITIONS)]! ^= 1 << (n % 8);
    yield copy;
  }
}

/** Cut at every 64th of it, and to nothing. */
function* cut(whole: Buffer): Generator<Buffer> {
  for (let n = 0; n < 64; n++) yield whole.subarray(0, Math.floor((whole.length * n) / 64));
}

/** Of the right size, twice itself, and with something behind it. */
function* others(whole: Buffer): Generator<Buffer> {
  yield Buffer.alloc(whole.length);
  yield Buffer.concat([whole, whole]);
  yield Buffer.concat([whole, Buffer.from([0])]);
  yield Buffer.concat([whole, Buffer.from('garbage')]);
}

async function* inPieces(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 50_000) yield bytes.subarray(at, at + 50_000);
}

/** What is said of bytes that come as zstd; undefined when they were taken. */
async function receiveCompressed(digest: Digest, bytes: Buffer): Promise<string | undefined> {
  try {
    return await receiveBlob(here.store, digest, unzstd(inPieces(bytes)));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return error.message;
  }
}

async function compressed(bytes: Buffer): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of zstd([bytes], 3)) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

describe.each([
  ['in memory', 6_400],
  ['on the way through a file', 300_000],
])('a blob %s', (_, size) => {
  const content = noise(size);
  const digest = digestOf(content);

  test('that is damaged in any way', async () => {
    // What goes through a file takes longer, and is the same work for every bit.
    let count = 0;
    for (const damaged of [...cut(content), ...others(content)]) {
      expect(await receiveBlob(here.store, digest, inPieces(damaged))).toMatch(/^it/);
    }
    for (const damaged of flipped(content)) {
      if (size > 100_000 && count++ % 20 > 0) continue;
      const said = await receiveBlob(here.store, digest, inPieces(damaged));
      expect(said).toBe('its bytes are not those of its digest');
    }
    expect(blobsIn(here.store)).toEqual([]);
    expect(faultsIn(here.store)).toEqual([]);
  });

  test('that is right, under a digest with another size', async () => {
    for (const wrong of [0, 1, size - 1, size + 1, size * 2, 2 ** 40]) {
      // Nobody can hold so much: it goes through a file, and ends too early.
      const said = await receiveBlob(here.store, { ...digest, size: wrong }, inPieces(content));
      expect(said).toMatch(wrong < size ? /^it is longer/ : /^it ended after/);
    }
    expect(blobsIn(here.store)).toEqual([]);
  });
});

describe('a blob that comes compressed', () => {
  const content = noise(20_000);
  const digest = digestOf(content);

  test('and is damaged in any way', async () => {
    const whole = await compressed(content);
    const taken: number[] = [];
    let number = 0;
    for (const damaged of flipped(whole)) {
      if (number++ % 4 > 0) continue;
      const said = await receiveCompressed(digest, damaged);
      // A bit that means nothing (a reserved one, say) may give the same bytes: those are right then.
      if (said === undefined) taken.push(number);
    }
    for (const damaged of cut(whole))
      expect(await receiveCompressed(digest, damaged)).toBeDefined();
    if (hasBlob(here.store, digest)) expect(readBlob(here.store, digest)).toEqual(content);
    expect(taken.length).toBeLessThan(10);
    expect(faultsIn(here.store)).toEqual([]);
  });

  test('and holds something else, more, less, or is compressed otherwise', async () => {
    const large = noise(40_000);
    const wanted = digestOf(large);
    const whole = await compressed(large);
    const wrong: Record<string, Buffer> = {
      'more than its size': await compressed(Buffer.concat([large, large])),
      'less than its size': await compressed(large.subarray(1)),
      'other bytes of its size': await compressed(Buffer.alloc(large.length)),
      'two frames of it': Buffer.concat([whole, whole]),
      'garbage behind it': Buffer.concat([whole, Buffer.from('garbage')]),
      'gzip that says it is zstd': gzipSync(large),
      'nothing at all': Buffer.alloc(0),
      'what is not compressed': large,
    };
    for (const [what, bytes] of Object.entries(wrong)) {
      expect(await receiveCompressed(wanted, bytes), what).toBeDefined();
    }
    expect(hasBlob(here.store, wanted)).toBe(false);
    expect(faultsIn(here.store)).toEqual([]);
    expect(await receiveCompressed(wanted, whole)).toBeUndefined();
    expect(readBlob(here.store, wanted)).toEqual(large);
  });
});

test('a result that is damaged in any way, or lies under another key', () => {
  const { key, result } = makeResult(maker.store, maker.directory, 'damage');
  const whole = Buffer.from(sealEntry(key.hash, encodeActionResult(result)));
  expect(openResult(key.hash, whole)).toMatchObject({ result: { exitCode: 0 } });
  for (const damaged of [...flipped(whole), ...cut(whole), ...others(whole)]) {
    expect(typeof openResult(key.hash, damaged)).toBe('string');
  }
  expect(typeof openResult(digestOf('another').hash, whole)).toBe('string');
});
