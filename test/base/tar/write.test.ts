import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nameOfText, type ByteName } from '../../../src/base/bytename.ts';
import type { TarEntry } from '../../../src/base/tar/entry.ts';
import { TarReader } from '../../../src/base/tar/reader.ts';
import { paddingLength, TAR_END, tarHeader, type WriteEntry } from '../../../src/base/tar/write.ts';
import { scratch } from '../../rig/scratch.ts';

const name = (text: string): ByteName => text as ByteName;
const plain: WriteEntry = { type: 'file', name: name('f'), mode: 0o644, mtime: 315_532_800 };

function readBack(...entries: WriteEntry[]): TarEntry[] {
  const found: TarEntry[] = [];
  const reader = new TarReader({
    entry: (entry) => void found.push(entry),
    content: () => undefined,
    entryEnd: () => undefined,
  });
  for (const entry of entries) {
    reader.push(tarHeader(entry));
    // Sizes beyond memory are only stated here; their content would follow.
    if ((entry.size ?? 0) > 0) return found;
  }
  reader.push(TAR_END);
  reader.end();
  return found;
}

test('an ordinary entry is one block', () => {
  expect(tarHeader(plain).length).toBe(512);
  expect(tarHeader({ ...plain, name: name(`${'p'.repeat(155)}/${'n'.repeat(100)}`) }).length).toBe(
    512,
  );
  expect(tarHeader({ ...plain, type: 'directory', name: name('n'.repeat(99)) }).length).toBe(512);
});

test.each([
  ['a long component', { name: name('n'.repeat(101)) }],
  ['a long path', { name: name(`${'p'.repeat(156)}/n`) }],
  ['a directory whose slash does not fit', { type: 'directory', name: name('n'.repeat(100)) }],
  ['text that is not ASCII', { name: nameOfText('ü') }],
  ['bytes that are no text', { name: name('\xff\xfe') }],
  ['a long target', { type: 'symlink', link: name('t'.repeat(101)) }],
  ['a target that is not ASCII', { type: 'symlink', link: nameOfText('ü') }],
  ['eight gigabytes', { size: 2 ** 33 }],
  ['a time before 1970', { mtime: -1 }],
  ['a time with a fraction', { mtime: 1.5 }],
] satisfies [string, Partial<WriteEntry>][])('%s goes into an extended header', (_, more) => {
  const entry: WriteEntry = { ...plain, ...more };
  expect(tarHeader(entry).length).toBe(1536);
  const { type, mtime, size = 0, link = '' } = entry;
  const slash = type === 'directory' ? '/' : '';
  expect(readBack(entry)).toMatchObject([{ type, name: entry.name + slash, mtime, size, link }]);
});

test('all names and links come back as they were', () => {
  const byte = fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code));
  const path = fc
    .string({ unit: byte, minLength: 1, maxLength: 400 })
    .filter((text) => !text.endsWith('/'));
  fc.assert(
    fc.property(path, path, (first, second) => {
      const entries: WriteEntry[] = [
        { ...plain, name: name(first) },
        { ...plain, type: 'symlink', name: name(second), link: name(first) },
      ];
      expect(readBack(...entries)).toMatchObject([{ name: first }, { name: second, link: first }]);
    }),
    { seed: 4, numRuns: 500 },
  );
});

test('owners and records of others go in on request', () => {
  const text = tarHeader({
    ...plain,
    uid: 2_097_152,
    gid: 5,
    uname: 'root',
    pax: new Map([['VENDOR.note', 'x']]),
  }).toString('latin1');
  expect(text).toContain('15 uid=2097152\n17 VENDOR.note=x\n'.split('\n')[0]);
  expect(text).toContain('VENDOR.note=x\n');
  expect(text).toContain('0000005\0');
  expect(text).toContain('root\0');
});

test('padding fills the last block', () => {
  expect([0, 1, 511, 512, 513].map(paddingLength)).toEqual([0, 511, 1, 0, 511]);
});

describe('GNU tar reads', () => {
  test.each([
    ['long names', { name: name(`${'d/'.repeat(150)}${'n'.repeat(200)}`) }],
    ['UTF-8', { name: nameOfText('übung/日本') }],
    ['bytes', { name: name('x\xff\xfey') }],
    ['links', { type: 'symlink', link: name(`../${'t'.repeat(300)}`) }],
  ] satisfies [string, Partial<WriteEntry>][])('%s', (_, more) => {
    using work = scratch();
    const entry: WriteEntry = { ...plain, ...more };
    writeFileSync(work.at('it.tar'), Buffer.concat([tarHeader(entry), TAR_END]));
    const argv = ['-tvf', work.at('it.tar'), '--quoting-style=literal', '--full-time', '--utc'];
    const env = { ...process.env, LC_ALL: 'C.UTF-8' };
    const listing = execFileSync('tar', argv, { encoding: 'latin1', env }).trimEnd();
    const link = entry.link === undefined ? '' : ` -> ${entry.link}`;
    expect(listing).toMatch(/ 1980-01-01 00:00:00 /);
    expect(listing.endsWith(` ${entry.name}${link}`)).toBe(true);
  });
});
