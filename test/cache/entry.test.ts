import { describe, expect, test } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import { openEntry, sealEntry } from '../../src/cache/entry.ts';
import { decodeActionResult } from '../../src/remote/decode.ts';
import { encodeActionResult } from '../../src/remote/encode.ts';
import type { ActionResult } from '../../src/remote/message.ts';

const RESULT: ActionResult = {
  files: [{ path: 'out/file', digest: digestOf('x'), executable: true }],
  directories: [],
  exitCode: 0,
  worker: 'host',
  startedMs: 1,
  completedMs: 2,
};
const KEY = digestOf('key').hash;
const MESSAGE = encodeActionResult(RESULT);
const SEALED = sealEntry(KEY, MESSAGE);

test('what was sealed is opened, also when it is nothing', () => {
  expect(Buffer.from(openEntry(KEY, SEALED)!)).toEqual(Buffer.from(MESSAGE));
  expect(openEntry(KEY, sealEntry(KEY, new Uint8Array()))).toHaveLength(0);
});

test('a reader that knows nothing of the checksum reads the same result', () => {
  expect(decodeActionResult(SEALED)).toEqual(RESULT);
});

test('known answer', () => {
  expect(Buffer.from(sealEntry(KEY, Buffer.from('message'))).toString('hex')).toBe(
    `${Buffer.from('message').toString('hex')}c23e20${digestOf(`${KEY}message`).hash}`,
  );
});

describe('what is not what was written is not opened', () => {
  test('any bit', () => {
    for (let bit = 0; bit < SEALED.length * 8; bit++) {
      const changed = Uint8Array.from(SEALED);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect(openEntry(KEY, changed)).toBeUndefined();
    }
  });

  test('any part of it', () => {
    for (let length = 0; length < SEALED.length; length++) {
      expect(openEntry(KEY, SEALED.subarray(0, length))).toBeUndefined();
      expect(openEntry(KEY, SEALED.subarray(SEALED.length - length))).toBeUndefined();
    }
  });

  test('more than it, zeros of its size, or the message alone', () => {
    for (const content of [
      Buffer.concat([SEALED, SEALED]),
      Buffer.concat([SEALED, Buffer.from('x')]),
      Buffer.alloc(SEALED.length),
      MESSAGE,
    ]) {
      expect(openEntry(KEY, content)).toBeUndefined();
    }
  });

  test('that of another key', () => {
    expect(openEntry(digestOf('other').hash, SEALED)).toBeUndefined();
  });
});
