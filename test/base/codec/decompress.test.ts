import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { byLibrary } from '../../../src/base/codec/bzip2.ts';
import { compress } from '../../../src/base/codec/compress.ts';
import { decompress } from '../../../src/base/codec/decompress.ts';
import { unzstd } from '../../../src/base/codec/unzstd.ts';
import { Refusal } from '../../../src/base/refusal.ts';
import type { ByteStream } from '../../../src/base/stream.ts';
import { collect, cut, noise, prose } from './roundtrip.ts';

const content = Buffer.concat([prose(300_000), noise(50_000), Buffer.alloc(200_000)]);

async function restored(source: ByteStream): Promise<Buffer> {
  return collect((await decompress(source)).content);
}

async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (error instanceof Refusal) return error.diagnostic.code;
    throw error;
  }
  return 'accepted';
}

const program = (name: string, argv: readonly string[], input: Buffer): Buffer =>
  execFileSync(name, argv, { input, maxBuffer: 1 << 28 });

/** Made by the usual programs, and by us. */
const made: Record<string, () => Promise<Buffer>> = {
  gzip: async () => gzipSync(content),
  'our gzip': () => collect(compress('gzip', cut(content, 70_000))),
  xz: async () => program('xz', ['-c'], content),
  'our xz': () => collect(compress('xz', cut(content, 70_000))),
  'our zstd': () => collect(compress('zstd', cut(content, 70_000))),
  none: async () => content,
};

describe.each(Object.keys(made))('%s', (name) => {
  test.each([1_000_000, 997])('comes back from chunks of %i bytes', async (size) => {
    const bytes = await made[name]!();
    expect((await restored(cut(bytes, size))).equals(content)).toBe(true);
  });

  test('is never taken for whole when it is cut off', async () => {
    if (name === 'none') return;
    const bytes = await made[name]!();
    for (const part of [0.999, 0.9, 0.5, 0.1]) {
      const end = Math.floor(bytes.length * part);
      expect(await refusal(restored([bytes.subarray(0, end)])), `${end}`).toBe('archive/corrupt');
    }
    expect(await refusal(restored([bytes.subarray(0, -1)]))).toBe('archive/corrupt');
  });

  test('comes back twice from two in a row', async () => {
    if (name === 'none') return;
    const bytes = await made[name]!();
    const twice = Buffer.concat([bytes, bytes]);
    const expected = Buffer.concat([content, content]);
    // A chunk that ends where the first one ends is a case of its own.
    for (const size of [twice.length, bytes.length, 4096]) {
      expect((await restored(cut(twice, size))).equals(expected), `${size}`).toBe(true);
    }
  });

  test('refuses what does not belong behind it', async () => {
    if (name === 'none') return;
    const bytes = await made[name]!();
    for (const chunks of [
      [Buffer.concat([bytes, Buffer.from('garbage')])],
      [bytes, Buffer.from('garbage')],
    ]) {
      expect(await refusal(restored(chunks))).toBe('archive/corrupt');
    }
  });
});

test('an empty stream is empty content', async () => {
  expect((await restored([])).length).toBe(0);
  expect((await restored([Buffer.alloc(0), Buffer.alloc(0)])).length).toBe(0);
});

test('empty content comes back empty from every codec', async () => {
  for (const codec of ['gzip', 'xz', 'zstd', 'none'] as const) {
    expect((await restored(compress(codec, []))).length, codec).toBe(0);
  }
});

test('a format that is known but not read is named', async () => {
  const work = decompress([Buffer.from('LZIP\x01\x0c rest of it')]);
  await expect(work).rejects.toMatchObject({
    diagnostic: { code: 'archive/compression', message: expect.stringContaining('lzip') },
  });
});

test('reading may stop at any point', async () => {
  for (const [name, make] of Object.entries(made)) {
    const opened = await decompress(cut(await make(), 4096));
    for await (const part of opened.content) {
      expect(part.length, name).toBeGreaterThan(0);
      break;
    }
  }
});

test('what the source throws comes through', async () => {
  for (const [name, make] of Object.entries(made)) {
    const bytes = await make();
    const broken = function* (): Generator<Buffer> {
      yield bytes.subarray(0, bytes.length >> 1);
      throw new Error('the network is gone');
    };
    await expect(restored(broken()), name).rejects.toThrow('the network is gone');
  }
});

describe('bzip2', () => {
  // `seq 1 400 | bzip2 -1`, so that the library is tried also where there is no bzip2.
  const stored = Buffer.from(
    'QlpoMTFBWSZTWViZLooAAPFIAAAQf+BQA3gHPOuipUDUm1P1RvyoQDTTQVTz0mk/9UqEUf6pPUftKhBP9VJqm/0qm8' +
      '1uV2/fM+bAPHAFiAdCgUDoQCxwB42AfNAB5pwB82AeOALEA6FAoHQgFjgDxsA+aAC2iAfNgHjgCxAOhQKB0IBY4A8b' +
      'APmgA60KBQOhALHAHjYB80AEyZJJJFj2qqvyiqu7u7uyQAAAAAAAAB5nOeKrbbltttWPbJJPvvvvvtkirphyrphyrp' +
      'hyrphyrphyrphyrphyrphyrphyrre9zu7uqcIAAKrFVbbbeIbmpnmZuamZtlXRxlXRxlXRxlXRxlXRxlXRxmv2pOTe' +
      'v2sqq5mZmY8bAPmgMu7u/SfplXRxlXRxlXQXdBd0F3QXdBd0F3QXdb3vdbu7s9JOSSST+kySSe33ve9JP1AAAAAJJJ' +
      'lVWZWZmOhALHAu8u7segAAAAAN73u7v27s7IKB0ILu8u7FySSSSSSSSSSSSSSSSSZVVmZl5iAdCgUXfvb70k+AAAAA' +
      'A3ve7mZnscAWIB1d3d5YqSSSSSAAAAK7v3327u7/SckkknpIkkk+nve979+/aAAAAAUP8XckU4UJBYmS6KA=',
    'base64',
  );
  const counted = Buffer.from(Array.from({ length: 400 }, (_, i) => `${i + 1}\n`).join(''));
  const byProgram = (): Buffer => program('bzip2', ['-c', '-1'], content);
  const missing = spawnSync('bzip2', ['--help']).error !== undefined;

  test('comes back with and without the program', async () => {
    const twice = Buffer.concat([stored, stored]);
    const expected = Buffer.concat([counted, counted]);
    expect((await restored(cut(twice, 7))).equals(expected)).toBe(true);
    const path = process.env['PATH'];
    process.env['PATH'] = '/nonexistent';
    try {
      expect((await restored(cut(twice, 7))).equals(expected)).toBe(true);
    } finally {
      process.env['PATH'] = path;
    }
  });

  test('the library refuses every cut and every damaged bit of a small file', async () => {
    for (let end = 0; end < stored.length; end++) {
      const found = await refusal(collect(byLibrary([stored.subarray(0, end)])));
      expect(found, `${end}`).toBe(end === 0 ? 'accepted' : 'archive/corrupt');
    }
    for (let bit = 0; bit < stored.length * 8; bit += 5) {
      const damaged = Buffer.from(stored);
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      const [result] = await Promise.allSettled([collect(byLibrary([damaged]))]);
      // Padding bits at the end, and a larger block size at the start, change nothing.
      if (result.status === 'fulfilled') expect(result.value.equals(counted), `${bit}`).toBe(true);
      else expect(result.reason, `${bit}`).toBeInstanceOf(Refusal);
    }
  });

  test.skipIf(missing)('the library and the program agree', async () => {
    const bytes = byProgram();
    expect((await collect(byLibrary(cut(bytes, 1000)))).equals(content)).toBe(true);
    expect((await restored(cut(bytes, 1000))).equals(content)).toBe(true);
    const twice = Buffer.concat([bytes, bytes]);
    const expected = Buffer.concat([content, content]);
    expect((await collect(byLibrary([twice]))).equals(expected)).toBe(true);
  });
});

describe('zstd', () => {
  const frame = (...bytes: number[]): Buffer => Buffer.from([0x28, 0xb5, 0x2f, 0xfd, ...bytes]);

  test('frames that are to be skipped are', async () => {
    const skipped = Buffer.from('502a4d1803000000616263', 'hex');
    const ours = await collect(compress('zstd', [content]));
    const mixed = Buffer.concat([skipped, ours, skipped, ours, skipped]);
    const expected = Buffer.concat([content, content]);
    expect((await restored(cut(mixed, 1000))).equals(expected)).toBe(true);
  });

  test('a window beyond 128 MiB is refused before memory is taken', async () => {
    // Windows of 2^28, 2^31 and 2^41 bytes.
    for (const descriptor of [0x90, 0xa8, 0xf8]) {
      const hostile = frame(0x00, descriptor, 0x01, 0x00, 0x00);
      await expect(collect(unzstd([hostile]))).rejects.toMatchObject({
        diagnostic: { code: 'archive/corrupt', message: expect.stringContaining('128 MiB') },
      });
    }
  });

  test('a checksum that does not match is refused', async () => {
    const ours = await collect(compress('zstd', [noise(1000)]));
    ours[500]! ^= 1;
    await expect(collect(unzstd([ours]))).rejects.toMatchObject({
      diagnostic: { message: expect.stringContaining('checksum') },
    });
  });

  test('several can be read at once', async () => {
    const inputs = [1, 2, 3].map((seed) => noise(700_000, `${seed}`));
    const packed = await Promise.all(
      inputs.map((input) => collect(compress('zstd', cut(input, 100_000)))),
    );
    const results = await Promise.all(packed.map((bytes) => restored(cut(bytes, 3_000))));
    for (const [index, input] of inputs.entries()) {
      expect(results[index]!.equals(input)).toBe(true);
    }
  });

  test('it leaves fetch() where it was', async () => {
    const { fetch } = globalThis;
    await restored(compress('zstd', [content]));
    expect(globalThis.fetch).toBe(fetch);
  });
});

describe('xz', () => {
  test('more memory than the limit is refused', async () => {
    // A dictionary of 1.5 GiB: the filter's property byte 37 in a block header with its checksum.
    const bytes = program('xz', ['-c', '--lzma2=preset=0,dict=1536MiB'], Buffer.from('small'));
    expect(await refusal(restored([bytes]))).toBe('archive/limit');
  });

  test('the environment does not change the bytes', async () => {
    const plain = await collect(compress('xz', [content]));
    process.env['XZ_OPT'] = '-0 --check=none';
    try {
      expect((await collect(compress('xz', [content]))).equals(plain)).toBe(true);
    } finally {
      delete process.env['XZ_OPT'];
    }
  });

  test('without xz the error says what to install', async () => {
    const path = process.env['PATH'];
    const bytes = program('xz', ['-c'], content);
    process.env['PATH'] = '/nonexistent';
    try {
      expect(await refusal(restored([bytes]))).toBe('archive/no-xz');
      expect(await refusal(collect(compress('xz', [content])))).toBe('archive/no-xz');
    } finally {
      process.env['PATH'] = path;
    }
  });
});

describe('known bytes', () => {
  const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

  test('zstd gives the same bytes everywhere', async () => {
    // More than one frame.
    const text = prose(1 << 20);
    const input = Buffer.concat([...Array.from({ length: 9 }, () => text), noise(1 << 20)]);
    expect(sha256(await collect(compress('zstd', cut(input, 1 << 20))))).toBe(
      'b753601bbc034ec003e46dfa3f3f156709f3309538a1ec27210f6f7306d09215',
    );
    expect(sha256(await collect(compress('zstd', [content], 19)))).toBe(
      'b005d59ff746df78432a5dbbc17a29efdee45e311821f2519cb01764aef641ad',
    );
    // Where the chunks end does not matter.
    expect(sha256(await collect(compress('zstd', cut(input, 77_777))))).toBe(
      'b753601bbc034ec003e46dfa3f3f156709f3309538a1ec27210f6f7306d09215',
    );
  });

  test('gzip has no time and no operating system in it', async () => {
    const bytes = await collect(compress('gzip', [content]));
    expect(bytes.subarray(0, 10).toString('hex')).toBe('1f8b08000000000000ff');
  });
});
