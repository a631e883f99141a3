// What a wrong file is said to look like.
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { looksLike } from '../../../src/package/fetch/kind.ts';

test.each([
  ['', 'an empty file'],
  ['\n<!DOCTYPE html>', 'an HTML page (a login or an error page?)'],
  ['<!-- x --><HTML lang="en">', 'an HTML page (a login or an error page?)'],
  ['<?xml version="1.0"?>', 'an XML document (an error message?)'],
  ['{"message": "Not Found"}', 'JSON (an error message?)'],
  ['version https://git-lfs.github.com/spec/v1\n', 'a Git LFS pointer'],
  ['PK\u0003\u0004', 'a zip archive'],
  ['#!/bin/sh\n', 'text'],
  ['\u0000\u0001', 'binary data'],
  ['<htmlish>', 'text'],
])('%j is %s', (head, kind) => {
  expect(looksLike(Buffer.from(head, 'latin1'))).toBe(kind);
});

test('compressed data is told by its magic', () => {
  expect(looksLike(gzipSync('x'))).toBe('gzip data');
  expect(looksLike(Buffer.from('fd377a585a0000', 'hex'))).toBe('xz data');
  expect(looksLike(Buffer.from('28b52ffd00', 'hex'))).toBe('zstd data');
});
