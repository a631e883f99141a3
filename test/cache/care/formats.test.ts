// What is read from the store's small files may be anything: cut off, mixed up, of another version.
import { appendFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { digestOf } from '../../../src/base/digest.ts';
import { checkPinName, readPins, removePin, setPin } from '../../../src/cache/care/pin.ts';
import { addTombstones, parseTombstones, tombstone } from '../../../src/cache/care/tombstone.ts';
import { addUsage, estimateUsage, parseUsage, writeUsage } from '../../../src/cache/care/usage.ts';
import { findLogin } from '../../../src/cache/mirror/netrc.ts';
import { temporaryStore, wipe, type TemporaryStore } from '../../rig/store.ts';

let here: TemporaryStore;
beforeAll(() => (here = temporaryStore()));
afterEach(() => wipe(here));
afterAll(() => here[Symbol.dispose]());

const key = (name: string) => digestOf(name).hash;
const stone = (name: string, atMs: number) => ({ key: key(name), atMs, lastUsedMs: atMs - 1 });

describe('tombstones', () => {
  test('are found, the last one of a key, also after others were added', () => {
    expect(tombstone(here.store, key('a'))).toBeUndefined();
    addTombstones(here.store, [stone('a', 1000), stone('b', 2000)]);
    expect(tombstone(here.store, key('a'))).toEqual(stone('a', 1000));
    addTombstones(here.store, [stone('a', 3000)]);
    expect(tombstone(here.store, key('a'))).toEqual(stone('a', 3000));
    expect(tombstone(here.store, key('b'))).toEqual(stone('b', 2000));
  });

  test('beyond a hundred thousand make room for the newest', () => {
    const many = Array.from({ length: 100_000 }, (_, index) => stone(`${index}`, 1000 + index));
    addTombstones(here.store, many);
    // So many still fit.
    expect(tombstone(here.store, many[0]!.key)).toEqual(many[0]);
    // In whatever order they were written.
    addTombstones(here.store, [stone('old', 10)]);
    expect(tombstone(here.store, key('old'))).toBeUndefined();
    expect(tombstone(here.store, many[9999]!.key)).toBeUndefined();
    expect(tombstone(here.store, many[10_000]!.key)).toEqual(many[10_000]);
    expect(tombstone(here.store, many.at(-1)!.key)).toEqual(many.at(-1));
  });

  test('that a crash cut off are lost, and no others', () => {
    addTombstones(here.store, [stone('a', 1000), stone('b', 2000)]);
    const file = join(here.store.root, 'tombstones');
    truncateSync(file, 142);
    addTombstones(here.store, [stone('c', 3000)]);
    expect(tombstone(here.store, key('a'))).toBeDefined();
    expect(tombstone(here.store, key('b'))).toBeUndefined();
    expect(tombstone(here.store, key('c'))).toBeDefined();
  });

  test('are read from any bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        for (const { atMs } of parseTombstones(text)) expect(Number.isSafeInteger(atMs)).toBe(true);
      }),
    );
    const lines = fc.array(fc.record({ name: fc.string(), at: fc.nat() }));
    fc.assert(
      fc.property(lines, (all) => {
        const text = all.map(({ name, at }) => `${key(name)} ${at} ${at}\n`).join('garbage\n');
        expect(parseTombstones(text).map(({ atMs }) => atMs)).toEqual(all.map(({ at }) => at));
      }),
    );
  });
});

describe('usage', () => {
  const usage = { atMs: 1, bytes: 1000, results: 2, blobs: 3, layers: 0 };

  test('is what was counted and what came since', () => {
    expect(estimateUsage(here.store)).toBeUndefined();
    addUsage(here.store, 5);
    expect(estimateUsage(here.store)).toBeUndefined();
    writeUsage(here.store, usage);
    expect(estimateUsage(here.store)).toBe(1000);
    addUsage(here.store, 10);
    addUsage(here.store, 0);
    addUsage(here.store, 20);
    expect(estimateUsage(here.store)).toBe(1030);
    appendFileSync(join(here.store.root, 'index.added'), 'nonsense\n-5\n7');
    expect(estimateUsage(here.store)).toBe(1037);
  });

  test.each(['', '{', 'null', '[]', '{"version":2}', '{"version":1,"bytes":-1}'])(
    'that reads %j is none',
    (text) => {
      writeFileSync(join(here.store.root, 'index'), text);
      expect(estimateUsage(here.store)).toBeUndefined();
    },
  );

  test('is read from any text', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseUsage(text)));
    fc.assert(fc.property(fc.json(), (text) => void parseUsage(text)));
  });
});

describe('pins', () => {
  test('are set, replaced, read and removed', () => {
    expect(readPins(here.store)).toEqual([]);
    setPin(here.store, 'v1', [key('b'), key('a'), key('a')]);
    setPin(here.store, 'v2', [key('c')]);
    setPin(here.store, 'v2', [key('d')]);
    expect(readPins(here.store)).toEqual([
      { name: 'v1', keys: [key('a'), key('b')].sort() },
      { name: 'v2', keys: [key('d')] },
    ]);
    expect(removePin(here.store, 'v1')).toBe(true);
    expect(removePin(here.store, 'v1')).toBe(false);
    writeFileSync(join(here.store.root, 'pins/v2'), `junk\n${key('e')}\n${key('f').slice(1)}`);
    expect(readPins(here.store)).toEqual([{ name: 'v2', keys: [key('e')] }]);
  });

  test('have names that are names of files', () => {
    for (const name of ['', '.', '..', 'a/b', '-x', '.x', 'x'.repeat(200), 'a\nb']) {
      expect(checkPinName(name).ok, name).toBe(false);
    }
    for (const name of ['release-1.0', 'main@2026', 'a+b'])
      expect(checkPinName(name).ok).toBe(true);
  });
});

describe('netrc', () => {
  test.each<[string, string | undefined]>([
    ['machine h login l password p', 'l:p'],
    ['machine other login x password y\nmachine h\n\tlogin l\n\tpassword p\n', 'l:p'],
    ['machine other login x password y\ndefault login l password p', 'l:p'],
    ['machine h password p login l', 'l:p'],
    ['machine H login l account a password p', 'l:p'],
    ['machine h login l password p\nmachine h login x password y', 'l:p'],
    ['macdef init\nmachine h login x password y\n\nmachine h login l password p', 'l:p'],
    ['# machine h login x password y\nmachine h login l password p', 'l:p'],
    ['machine other login x password y', undefined],
    ['', undefined],
    ['machine h', ':'],
    ['machine', undefined],
  ])('%j', (text, expected) => {
    const found = findLogin(text, 'h');
    expect(found && `${found.login}:${found.password}`).toBe(expected);
  });

  test('is read from any text', () => {
    fc.assert(fc.property(fc.string(), (text) => void findLogin(text, 'h')));
  });
});
