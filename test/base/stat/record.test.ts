// Which times are trusted, on which file systems.
import { execFileSync } from 'node:child_process';
import { statSync, type Stats } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { isTrustworthy } from '../../../src/base/stat/record.ts';

/** 0.25 s past a whole second, so that the file system is seen to keep more than seconds. */
const WRITTEN = 1_700_000_000_250;

let device = -1;

/** Whether a file is trusted that was changed at a time, looked at so many milliseconds later. */
function trusts(path: string, ctimeMs: number, later: number, mtimeMs = ctimeMs): boolean {
  // Each on a device of its own, as the type of one is asked for once.
  const stat = { dev: device--, mtimeMs, ctimeMs } as Stats;
  return isTrustworthy(path, stat, ctimeMs + later);
}

test('where the kernel stamps with its own clock, a few of its ticks are enough', () => {
  const type = execFileSync('stat', ['-f', '-c', '%t', tmpdir()], { encoding: 'utf8' }).trim();
  if (!['ef53', '1021994', '58465342', '9123683e', '794c7630'].includes(type)) return;
  expect(trusts(tmpdir(), WRITTEN, 45)).toBe(false);
  expect(trusts(tmpdir(), WRITTEN, 55)).toBe(true);
  // Set by somebody, to a time that is to come.
  expect(trusts(tmpdir(), WRITTEN, 55, WRITTEN + 20)).toBe(false);
  expect(trusts(tmpdir(), WRITTEN, -1_000)).toBe(false);
});

test('where only seconds are kept, or nobody knows what is, it takes two of them', () => {
  const whole = WRITTEN - 250;
  expect(trusts(tmpdir(), whole, 1_900)).toBe(false);
  expect(trusts(tmpdir(), whole, 2_100)).toBe(true);
  expect(trusts('/proc', WRITTEN, 1_900)).toBe(false);
  expect(trusts('/proc', WRITTEN, 2_100)).toBe(true);
});

test('of the same device the type is asked for once', () => {
  const stat = statSync(tmpdir());
  expect(isTrustworthy(tmpdir(), stat, Date.now() + 5_000)).toBe(true);
  expect(isTrustworthy('/nowhere', stat, Date.now() + 5_000)).toBe(true);
});
