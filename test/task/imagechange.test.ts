// Images told apart by what is installed on their machines, here and through a mirror.
import { writeFileSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import { localCache } from '../../src/cache/local.ts';
import type { Store } from '../../src/cache/store.ts';
import { imageText } from '../../src/cli/reporter/image.ts';
import { identityRecords, keepIdentityRecord } from '../../src/sandbox/identity.ts';
import { imageChange } from '../../src/task/imagechange.ts';
import { fetchImages, publishImages } from '../../src/task/imagerecord.ts';
import { storeMirror } from '../rig/mirror.ts';
import { temporaryStore } from '../rig/store.ts';

interface Machine {
  readonly packages?: readonly string[];
  readonly tools?: Readonly<Record<string, string>>;
  readonly alternatives?: Readonly<Record<string, string>>;
}

const temporary = temporaryStore();
afterAll(() => temporary[Symbol.dispose]());
const { store } = temporary;

/** Remembers what a machine has, as if it had been looked at, and gives its identity. */
function seen(store: Store, { packages = [], tools = {}, alternatives = {} }: Machine): string {
  const record = JSON.stringify({ version: 1, machine: 'x86_64', packages, tools, alternatives });
  const identity = digestOf(record).hash;
  keepIdentityRecord(identityRecords(store.root), identity, record);
  return identity;
}

const GCC = { packages: ['gcc-12 12.2-1 amd64', 'make 4.3 amd64'], tools: { gcc: '1'.repeat(64) } };

test.each<[string, Machine, Machine, string]>([
  [
    'a package of another version, and not the tool that it brings',
    GCC,
    { packages: ['gcc-12 12.2-2 amd64', 'make 4.3 amd64'], tools: { gcc: '2'.repeat(64) } },
    'gcc-12 12.2-1 → 12.2-2',
  ],
  [
    'what changed before what came and went',
    { packages: ['a 1 all', 'b 1 all', 'z 1 all'] },
    { packages: ['aa 1 all', 'b 1 all', 'z 2 all'] },
    'z 1 → 2, a 1 removed and 1 more',
  ],
  [
    'a package that came',
    GCC,
    { ...GCC, packages: [...GCC.packages, 'jq 1.6 amd64'] },
    'jq 1.6 added',
  ],
  [
    'an architecture more of a package',
    { packages: ['libc6 2.36 amd64'] },
    { packages: ['libc6 2.36 amd64', 'libc6 2.36 i386'] },
    'libc6:i386 2.36 added',
  ],
  [
    'a tool that somebody replaced',
    GCC,
    { ...GCC, tools: { gcc: '2'.repeat(64) } },
    `tool gcc ${'1'.repeat(12)} → ${'2'.repeat(12)}`,
  ],
  [
    'an alternative',
    { alternatives: { cc: '/usr/bin/gcc' } },
    { alternatives: { cc: '/usr/bin/clang' } },
    'alternative cc /usr/bin/gcc → /usr/bin/clang',
  ],
  [
    'more than anybody reads, by number',
    {},
    { packages: Array.from({ length: 100 }, (_, i) => `p${i} 1 all`) },
    'p0 1 added, p1 1 added and 98 more',
  ],
])('%s', (_, before, after, text) => {
  const change = imageChange(store, seen(store, before), seen(store, after))!;
  expect(imageText(change.old, change.new)).toBe(text);
  // By whichever sandbox they were seen.
  expect(imageChange(store, `host:${seen(store, before)}`, seen(store, after))).toEqual(change);
  expect(
    imageChange(store, `host:${seen(store, after)}`, seen(store, after)),
    'the same image',
  ).toBeUndefined();
});

test('images that are not known are told by their identities, and the sandbox by its name', () => {
  const [a, b] = ['a', 'b'].map((digit) => digit.repeat(64)) as [string, string];
  expect(imageChange(store, a, b)).toBeUndefined();
  expect(imageText(a, b)).toBe('another one (aaaaaaaaaaaa → bbbbbbbbbbbb)');
  expect(imageText(a, `host:${a}`)).toBe('seen without isolation now, by the sandbox host');
  expect(imageText(`host:${a}`, a)).toBe('seen in isolation now');
});

test('a record that is not what the identity is a digest of, or no record, tells nothing', () => {
  const known = seen(store, GCC);
  for (const text of [
    '',
    '[]',
    '{}',
    'null',
    '{"packages": 3, "tools": "x"}',
    '{"packages": [3]}',
  ]) {
    const identity = digestOf(text).hash;
    mkdirSync(identityRecords(store.root), { recursive: true });
    writeFileSync(join(identityRecords(store.root), identity), text);
    expect(() => imageChange(store, known, identity)).not.toThrow();
  }
  writeFileSync(join(identityRecords(store.root), known), JSON.stringify(GCC));
  expect(imageChange(store, known, known)).toBeUndefined();
});

test('of images so many are remembered, the last', () => {
  const identities = Array.from({ length: 40 }, (_, i) =>
    seen(store, { packages: [`p ${i} all`] }),
  );
  const kept = readdirSync(identityRecords(store.root));
  expect(kept).toHaveLength(32);
  expect(kept).toContain(identities.at(-1));
});

test('what another machine has installed comes through a mirror, once, and only if it is that', async () => {
  using between = temporaryStore();
  using other = temporaryStore();
  const cache = localCache(between.store);
  const identity = seen(store, GCC);
  const up = storeMirror(store, cache);
  await publishImages(up, store, new Set([identity, `host:${identity}`, 'unknown']));
  expect(up.offered).toHaveLength(1);
  await expect.poll(() => cache.result(up.offered[0]!)).toBeDefined();
  const here = seen(other.store, { ...GCC, packages: ['gcc-12 12.2-2 amd64', 'make 4.3 amd64'] });
  const down = storeMirror(other.store, cache);
  const records = [{ work: { image: identity } }, { work: { step: 'fetch' } }, null];
  const { signal } = new AbortController();
  await fetchImages(down, other.store, records, signal);
  const { old, new: now } = imageChange(other.store, identity, here)!;
  expect(imageText(old, now)).toBe('gcc-12 12.2-1 → 12.2-2');
  await fetchImages(down, other.store, records, signal);
  expect(down.fetched).toHaveLength(1);
  await publishImages(up, store, new Set([identity]));
  expect(up.offered).toHaveLength(1);
});
