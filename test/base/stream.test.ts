import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import { copies, readBlocks, Tally, writeWhole } from '../../src/base/stream.ts';
import { scratch } from '../rig/scratch.ts';

test('a file comes in blocks, each valid until the next', async () => {
  using work = scratch();
  const content = Buffer.from(Array.from({ length: 600_000 }, (_, i) => i % 251));
  writeFileSync(work.at('file'), content);
  const parts: Buffer[] = [];
  for await (const part of copies(readBlocks(work.at('file')))) parts.push(part);
  expect(parts.map(({ length }) => length)).toEqual([262_144, 262_144, 75_712]);
  expect(Buffer.concat(parts).equals(content)).toBe(true);
  expect(() => readBlocks(work.at('missing')).next()).toThrow('ENOENT');
});

test('a tally counts and hashes what passes', async () => {
  const tally = new Tally({ hash: true });
  const passed: string[] = [];
  for await (const part of tally.through([Buffer.from('ab'), new Uint8Array([99])])) {
    passed.push(part.toString());
  }
  expect(passed).toEqual(['ab', 'c']);
  expect(tally.digest()).toEqual(digestOf('abc'));
  expect(() => new Tally({ hash: false }).digest()).toThrow('does not hash');
});

test('a part of a buffer is written whole', () => {
  using work = scratch();
  const fd = openSync(work.at('file'), 'w');
  writeWhole(fd, Buffer.from('0123456789'), 2, 8);
  closeSync(fd);
  expect(readFileSync(work.at('file'), 'utf8')).toBe('234567');
});
