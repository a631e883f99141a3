// Files that stand for the use of results.
import { mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { digestOf } from '../../../src/base/digest.ts';
import { applyUses, setUse } from '../../../src/cache/care/uses.ts';
import { objectPath } from '../../../src/cache/store.ts';
import { temporaryStore } from '../../rig/store.ts';

const temporary = temporaryStore();
afterAll(() => temporary[Symbol.dispose]());
const { store } = temporary;
const key = digestOf('a result').hash;
const result = objectPath(store, 'ac', key);
const file = join(temporary.directory, 'used');
const uses = join(store.root, 'uses');
const HOUR = 3600;
const now = Math.floor(Date.now() / 1000);

/** The time of the result, in hours before now. */
const age = (): number => Math.abs(Math.round((now - statSync(result).mtimeMs / 1000) / HOUR));

beforeEach(() => {
  mkdirSync(dirname(result), { recursive: true });
  writeFileSync(result, '');
  utimesSync(result, now - 100 * HOUR, now - 100 * HOUR);
  writeFileSync(file, '');
  setUse(store, file, [key, digestOf('evicted').hash]);
});

test('a new time is a use, an old one is none, and the future tells nothing', () => {
  for (const [hours, expected] of [
    [200, 100],
    [50, 50],
    [70, 50],
    [-1000, 0],
  ] as const) {
    utimesSync(file, now - hours * HOUR, now - hours * HOUR);
    applyUses(store);
    expect(age()).toBe(expected);
  }
});

test('what stands for nothing any more, or was torn, is forgotten, and nothing is thrown', () => {
  for (const text of [
    '',
    '3\n',
    '"/etc\\u0000"\n',
    `${file}\n`,
    `"${temporary.directory}"\n${key}\n`,
  ]) {
    writeFileSync(join(uses, digestOf(text).hash), text);
  }
  writeFileSync(join(uses, 'no digest'), '');
  applyUses(store);
  expect(readdirSync(uses).sort()).toEqual([digestOf(file).hash, 'no digest'].sort());
});
