import { expect, test } from 'vitest';
import { formatOctal, parseNumber } from '../../../src/base/tar/number.ts';

const parse = (text: string, length = text.length): number | undefined =>
  parseNumber(Buffer.from(text.padEnd(length, '\0'), 'latin1'), 0, length);

test.each([
  ['0000644\0', 0o644],
  ['   644 \0', 0o644],
  ['\x00000644\0', 0o644],
  ['77777777777', 0o77777777777],
  ['        ', 0],
  ['\0\0\0\0\0\0\0\0', 0],
  ['644', 0o644],
])('%j is %i', (text, value) => {
  expect(parse(text)).toBe(value);
});

test.each(['000x644\0', '0000648\0', '-000644\0', '64 4   \0', '0x1ff\0'])(
  '%j is no number',
  (text) => {
    expect(parse(text)).toBeUndefined();
  },
);

test('base-256 holds what octal cannot', () => {
  const field = Buffer.alloc(12);
  field[0] = 0x80;
  field.writeBigUInt64BE(2n ** 40n, 4);
  expect(parseNumber(field, 0, 12)).toBe(2 ** 40);
  field.writeBigUInt64BE(BigInt(Number.MAX_SAFE_INTEGER), 4);
  expect(parseNumber(field, 0, 12)).toBe(Number.MAX_SAFE_INTEGER);
});

test('negative and huge numbers are none', () => {
  const field = Buffer.alloc(12, 0xff);
  expect(parseNumber(field, 0, 12)).toBeUndefined();
  field[0] = 0x80;
  expect(parseNumber(field, 0, 12)).toBeUndefined();
});

test('octal text is as wide as its field, or not at all', () => {
  expect(formatOctal(0o755, 8)).toBe('0000755\0');
  expect(formatOctal(0o7777777, 8)).toBe('7777777\0');
  expect(formatOctal(0o10000000, 8)).toBeUndefined();
  expect(formatOctal(-1, 8)).toBeUndefined();
  expect(formatOctal(1.5, 12)).toBeUndefined();
});
