import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import {
  byCodePoint,
  canonicalJson,
  digestFile,
  digestOf,
  EMPTY_DIGEST,
  hashesOfFile,
  hashFile,
  isSha256Hex,
  sameDigest,
  type Canonical,
} from '../../src/base/digest.ts';

const directory = mkdtempSync(join(tmpdir(), 'ashlar-digest-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const BLOCK = 1 << 18;
const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

describe('digests', () => {
  test('known answers', () => {
    expect(EMPTY_DIGEST).toEqual({ hash: EMPTY, size: 0 });
    expect(digestOf('abc')).toEqual({
      hash: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
      size: 3,
    });
    expect(digestOf('ß\u{1f3db}')).toEqual(digestOf(Buffer.from('c39ff09f8f9b', 'hex')));
    expect(digestOf(new Uint8Array([0x61, 0x62, 0x63]))).toEqual(digestOf('abc'));
  });

  test.each([0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 3 * BLOCK + 17])(
    'both of a file of %i bytes',
    (size) => {
      const path = join(directory, `of-${size}`);
      const bytes = Buffer.alloc(size, 'some bytes');
      writeFileSync(path, bytes);
      expect(hashesOfFile(path)).toEqual({
        size,
        sha1: createHash('sha1').update(bytes).digest('hex'),
        sha256: createHash('sha256').update(bytes).digest('hex'),
      });
    },
  );

  test('both of a file of which the system gives a part at a time', () => {
    // The kernel makes these up as they are read, and says that they are empty.
    const { size, sha1, sha256 } = hashesOfFile('/proc/self/maps');
    expect(size).toBeGreaterThan(0);
    expect([sha1, sha256]).toEqual([
      expect.stringMatching(/^[0-9a-f]{40}$/),
      expect.stringMatching(/^[0-9a-f]{64}$/),
    ]);
    expect(() => hashesOfFile(join(directory, 'absent'))).toThrow(/ENOENT/);
    expect(() => hashesOfFile(directory)).toThrow(/EISDIR/);
  });

  test('of a file: of its bytes, also where it is larger than a block and behind a link', () => {
    const path = join(directory, 'large');
    const bytes = Buffer.alloc((1 << 18) * 3 + 17, 'block');
    writeFileSync(path, bytes);
    symlinkSync('large', join(directory, 'link'));
    expect(digestFile(path)).toEqual(digestOf(bytes));
    expect(digestFile(Buffer.from(join(directory, 'link')))).toEqual(digestOf(bytes));
    const sha1 = createHash('sha1');
    const md5 = createHash('md5');
    expect(hashFile(path, sha1, md5)).toBe(bytes.length);
    expect(sha1.digest('hex')).toBe(createHash('sha1').update(bytes).digest('hex'));
    expect(md5.digest('hex')).toBe(createHash('md5').update(bytes).digest('hex'));
  });

  test('of a file that cannot be read: node’s own error', () => {
    expect(() => digestFile(join(directory, 'absent'))).toThrow(/ENOENT/);
    expect(() => digestFile(directory)).toThrow(/EISDIR/);
  });

  test('are spelled in 64 lower-case digits', () => {
    expect(isSha256Hex(EMPTY)).toBe(true);
    for (const wrong of [
      EMPTY.toUpperCase(),
      EMPTY.slice(1),
      `${EMPTY}0`,
      `${EMPTY}\n`,
      '',
      'g'.repeat(64),
    ]) {
      expect(isSha256Hex(wrong)).toBe(false);
    }
  });

  test('are the same when hash and size are', () => {
    expect(sameDigest(digestOf('a'), digestOf('a'))).toBe(true);
    expect(sameDigest(digestOf('a'), digestOf('b'))).toBe(false);
    expect(sameDigest(digestOf('a'), { ...digestOf('a'), size: 2 })).toBe(false);
  });
});

describe('canonical JSON', () => {
  test('known answers', () => {
    const value = {
      b: [1, -2, true, null],
      a: { z: 'ß"\\\n', '': {} },
      skipped: undefined,
      '10': 1,
      '9': 2,
    };
    expect(canonicalJson(value)).toBe(
      '{"10":1,"9":2,"a":{"":{},"z":"ß\\"\\\\\\n"},"b":[1,-2,true,null]}',
    );
    expect(digestOf(canonicalJson(value)).hash).toBe(
      'c09cf3498a40f46e2ec4879ba1697b8722279021bd0ed3361b7736c43c23dfe1',
    );
    expect(canonicalJson('\ud800')).toBe('"\\ud800"');
    expect(canonicalJson(-0)).toBe('0');
  });

  test('keys stand in the order of code points, which is not that of UTF-16 above U+FFFF', () => {
    const value = { '\u{1f600}': 1, '\uffff': 2, '\ue000': 3, '\ud7ff': 4, z: 5, Z: 6, ä: 7 };
    expect(Object.keys(JSON.parse(canonicalJson(value)) as object)).toEqual([
      'Z',
      'z',
      'ä',
      '\ud7ff',
      '\ue000',
      '\uffff',
      '\u{1f600}',
    ]);
  });

  test('does not depend on the order in which a value was built, and reads back as the value', () => {
    const shuffled = (value: unknown, seed: number): unknown => {
      if (Array.isArray(value)) return value.map((item) => shuffled(item, seed));
      if (value === null || typeof value !== 'object') return value;
      const entries = Object.entries(value).sort(() =>
        (seed = (seed * 7919 + 1) % 104729) % 2 ? 1 : -1,
      );
      return Object.fromEntries(entries.map(([key, member]) => [key, shuffled(member, seed)]));
    };
    const { value } = fc.letrec<{ value: Canonical }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.string({ unit: 'binary' }),
        fc.maxSafeInteger(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('value')),
        fc.dictionary(fc.string({ unit: 'binary' }), tie('value')),
      ),
    }));
    fc.assert(
      fc.property(value, fc.nat(), (value, seed) => {
        const text = canonicalJson(value);
        expect(canonicalJson(shuffled(value, seed) as Canonical)).toBe(text);
        expect(isDeepStrictEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)))).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  test('there is none for what JSON or a double cannot hold', () => {
    for (const wrong of [
      0.5,
      Infinity,
      NaN,
      2 ** 53,
      [1, undefined],
      Array.from({ length: 1 }),
      undefined,
      1n,
      () => 1,
    ]) {
      expect(() => canonicalJson(wrong as Canonical)).toThrow(TypeError);
    }
  });
});

test('the order by code point is the order of UTF-8 bytes', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 4 }),
    fc
      .array(fc.constantFrom('a', '\u{1f600}', '\u{10000}', '\ud7ff', '\ue000', '\uffff'), {
        maxLength: 4,
      })
      .map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(byCodePoint(a, b)).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
    { numRuns: 3_000 },
  );
});
