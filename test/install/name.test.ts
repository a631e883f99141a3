import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeName, encodePath } from '../../src/install/name.ts';

const bytesOf = (path: string | Buffer): Buffer =>
  typeof path === 'string' ? Buffer.from(path) : path;

test('valid names are themselves', () => {
  for (const name of ['a', 'é', '😀', '\ufffd', 'a b\n']) {
    expect(decodeName(Buffer.from(name))).toBe(name);
    expect(encodePath(name)).toBe(name);
  }
});

const valid = fc.string({ unit: 'grapheme' });

test('every name comes back as the bytes it was, alone and in a path', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 12 }), valid, (bytes, other) => {
      const name = decodeName(Buffer.from(bytes));
      expect(bytesOf(encodePath(name))).toEqual(Buffer.from(bytes));
      const path = `${other}/${name}`;
      expect(bytesOf(encodePath(path))).toEqual(Buffer.concat([Buffer.from(`${other}/`), bytes]));
    }),
    { numRuns: 1000 },
  );
});
