import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatPax, parsePax } from '../../../src/base/tar/pax.ts';

test('records come back, whatever bytes they hold', () => {
  const byte = fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code));
  const value = fc.string({ unit: byte, maxLength: 300 });
  const key = fc.stringMatching(/^[A-Za-z0-9._]{1,30}$/);
  fc.assert(
    fc.property(fc.uniqueArray(fc.tuple(key, value), { selector: ([k]) => k }), (records) => {
      expect([...parsePax(formatPax(records))!]).toEqual(records);
    }),
    { seed: 20_240_901 },
  );
});

test('a length that adds a digit to itself is right', () => {
  for (let length = 80; length < 110; length++) {
    const text = formatPax([['path', 'x'.repeat(length)]]).toString('latin1');
    expect(Number(text.split(' ')[0])).toBe(text.length);
  }
});

test.each([
  '5 a=b',
  '7 a=b\n',
  '5 a=b\n',
  '06 a=b\n',
  '-6 a=b\n',
  '6  a=b\n',
  '6 a-b\n',
  'six a=b\n',
  '99999999999 a=b\n',
  '6 a=b\n6',
  '3 \n',
  '6 a=b\n\0\0',
  ' ',
])('%j is malformed', (text) => {
  expect(parsePax(Buffer.from(text, 'latin1'))).toBeUndefined();
});

test('the later of two records wins', () => {
  expect(parsePax(Buffer.from('6 a=1\n6 a=2\n'))!.get('a')).toBe('2');
});
