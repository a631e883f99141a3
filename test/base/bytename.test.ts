import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytesOfName, fsPath, nameOfBytes, nameOfText, showName } from '../../src/base/bytename.ts';

test('any bytes come back', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect([...bytesOfName(nameOfBytes(bytes))]).toEqual([...bytes]);
    }),
    { seed: 1 },
  );
});

test('text becomes its UTF-8 bytes', () => {
  expect(nameOfText('é')).toBe('\xc3\xa9');
  expect(fsPath(nameOfText('plain'))).toBe('plain');
  expect(fsPath(nameOfText('é'))).toEqual(Buffer.from('é'));
});

test('names are shown as text where they are, and never act', () => {
  expect(showName(nameOfText('naïve ✓'))).toBe('naïve ✓');
  expect(showName('\xff\xfe')).toBe('\\xff\\xfe');
  expect(showName('a\x1b[31mb\nc')).toBe('a\\u001b[31mb\\u000ac');
  expect(showName('x'.repeat(5000)).length).toBeLessThan(400);
});
