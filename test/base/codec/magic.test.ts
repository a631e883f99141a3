import { expect, test } from 'vitest';
import { identifyCodec } from '../../../src/base/codec/magic.ts';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

test.each([
  ['1f8b0800', 'gzip'],
  ['fd377a585a000004', 'xz'],
  ['425a683931415926535900', 'bzip2'],
  ['425a6831177245385090', 'bzip2'],
  ['28b52ffd0458', 'zstd'],
  ['502a4d1804000000', 'zstd'],
  ['5f2a4d1804000000', 'zstd'],
  ['', 'none'],
  ['1f', 'none'],
])('%s begins %s', (head, codec) => {
  expect(identifyCodec(hex(head))).toEqual({ codec });
});

test.each([
  ['4c5a495001', 'lzip'],
  ['504b0304', 'zip'],
  ['377abcaf271c', '7-Zip'],
  ['5d00008000', 'lzma (.lzma)'],
  ['1f9d90', 'compress (.Z)'],
])('%s is known as %s, and not read', (head, unsupported) => {
  expect(identifyCodec(hex(head))).toMatchObject({ unsupported });
});

test('a tar archive whose first entry is called BZh9 is no bzip2', () => {
  expect(identifyCodec(Buffer.from('BZh9-notes.txt\0\0\0'))).toEqual({ codec: 'none' });
});
