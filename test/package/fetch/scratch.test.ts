// Whose work in progress may be taken over.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { abandoned, scratchDirectory, scratchName } from '../../../src/package/fetch/scratch.ts';

let work: string;
beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), 'ashlar-scratch-'));
});
afterEach(() => rmSync(work, { recursive: true }));

/** The id of a process that has ended. */
const deadPid = (): number => spawnSync('true').pid;

test('what a live process works on is left alone', () => {
  writeFileSync(scratchName(work, 'a'), '');
  expect(abandoned(work, 'a')).toEqual([]);
});

test('what a dead one left is found, by its own stem only', () => {
  const left = scratchName(work, 'a').replace(`-${process.pid}-`, `-${deadPid()}-`);
  writeFileSync(left, '');
  writeFileSync(`${left}.json`, '');
  writeFileSync(join(work, 'a.other'), '');
  expect(abandoned(work, 'a')).toEqual([left]);
  expect(abandoned(work, 'b')).toEqual([]);
});

test('what came from elsewhere is left alone for a day', () => {
  const mine = scratchName(work, 'a');
  const place = /a\.([0-9a-f]{8})/.exec(basename(mine))![1]!;
  const theirs = mine.replace(place, place === '00000000' ? '11111111' : '00000000');
  const left = theirs.replace(`-${process.pid}-`, `-${deadPid()}-`);
  writeFileSync(left, '');
  expect(abandoned(work, 'a')).toEqual([]);
  const old = Date.now() / 1000 - 90_000;
  utimesSync(left, old, old);
  expect(abandoned(work, 'a')).toEqual([left]);
});

test('a scratch directory goes with its scope, and takes the abandoned with it', () => {
  const left = scratchName(work, 'a').replace(`-${process.pid}-`, `-${deadPid()}-`);
  writeFileSync(left, '');
  {
    using directory = scratchDirectory(work, 'a');
    writeFileSync(join(directory.path, 'file'), '');
    expect(existsSync(left)).toBe(false);
  }
  expect(readdirSync(work)).toEqual([]);
});
