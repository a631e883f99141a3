import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Refusal } from '../../../src/base/refusal.ts';
import { packTree, type PackOptions } from '../../../src/base/tar/pack.ts';
import { unpackTar } from '../../../src/base/tar/unpack.ts';
import { PACKAGE_LIMITS } from '../../../src/base/unpack/limits.ts';
import { picture, scratch, type Scratch } from '../../rig/scratch.ts';

function pack(root: string, options?: PackOptions): Buffer {
  return Buffer.concat(Array.from(packTree(root, options), (chunk) => Buffer.from(chunk)));
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** The same tree, put together in another order, by another umask, at another time. */
function plant(work: Scratch, name: string, variation: 'one' | 'other'): string {
  const root = work.at(name);
  const steps: (() => void)[] = [
    () => mkdirSync(join(root, 'bin'), { recursive: true }),
    () => writeFileSync(join(root, 'bin/tool'), '#!/bin/sh\necho tool\n', { mode: 0o755 }),
    () => mkdirSync(join(root, 'lib/empty'), { recursive: true }),
    () => writeFileSync(join(root, 'lib/libx.so.1'), Buffer.alloc(70_000, 'lib')),
    () => symlinkSync('libx.so.1', join(root, 'lib/libx.so')),
    () => symlinkSync('/opt/pkg/etc', join(root, 'lib/etc')),
    () => writeFileSync(join(root, `lib/${'long'.repeat(40)}`), ''),
    () => writeFileSync(Buffer.from(`${root}/lib/\xe9t\xe9`, 'latin1'), 'latin1'),
    () => writeFileSync(join(root, 'lib/été'), 'utf-8'),
  ];
  const umask = process.umask(variation === 'one' ? 0o022 : 0o077);
  try {
    mkdirSync(root);
    mkdirSync(join(root, 'lib'));
    mkdirSync(join(root, 'bin'));
    for (const step of variation === 'one' ? steps : steps.reverse()) step();
  } finally {
    process.umask(umask);
  }
  if (variation === 'other') utimesSync(join(root, 'bin/tool'), 1, 2);
  return root;
}

test('the same tree gives the same, known, bytes', () => {
  using work = scratch();
  const one = pack(plant(work, 'one', 'one'));
  const other = pack(plant(work, 'other', 'other'));
  expect(sha256(one)).toBe('80e612ab11a6fc553484ae6c704cffc2428b5f8a65905692306515601325e0b2');
  expect(other.equals(one)).toBe(true);
});

test('a listing by GNU tar is sorted, owned by root, of one time', () => {
  using work = scratch();
  writeFileSync(work.at('it.tar'), pack(plant(work, 'tree', 'one')));
  const env = { ...process.env, LC_ALL: 'C' };
  const names = execFileSync('tar', ['-tf', work.at('it.tar'), '--quoting-style=literal'], {
    encoding: 'latin1',
    env,
  });
  const listed = names.trimEnd().split('\n');
  expect(listed).toEqual([...listed].sort());
  expect(listed.length).toBe(10);
  const long = execFileSync('tar', ['-tvf', work.at('it.tar'), '--utc'], {
    encoding: 'latin1',
    env,
  });
  for (const line of long.trimEnd().split('\n')) expect(line).toMatch(/ 0\/0 .* 1980-01-01 00:00 /);
});

test('GNU tar unpacks what was packed', () => {
  using work = scratch();
  const root = plant(work, 'tree', 'one');
  writeFileSync(work.at('it.tar'), pack(root));
  mkdirSync(work.at('out'));
  execFileSync('tar', ['-xf', work.at('it.tar'), '-C', work.at('out')]);
  expect(picture(work.at('out'))).toEqual(picture(root));
});

test('special modes and times are kept on request', () => {
  using work = scratch();
  const root = plant(work, 'tree', 'one');
  chmodSync(join(root, 'bin/tool'), 0o4755);
  chmodSync(join(root, 'lib/libx.so.1'), 0o600);
  const list = (options: PackOptions): string => {
    writeFileSync(work.at('it.tar'), pack(root, options));
    return execFileSync('tar', ['-tvf', work.at('it.tar'), '--utc'], { encoding: 'latin1' });
  };
  const plain = list({ mtime: 0 });
  expect(plain).toMatch(/^-rwxr-xr-x .* 1970-01-01 00:00 bin\/tool$/m);
  expect(plain).toMatch(/^-rw-r--r-- .* lib\/libx\.so\.1$/m);
  const special = list({ keepSpecialModes: true });
  expect(special).toMatch(/^-rwsr-xr-x .* bin\/tool$/m);
  expect(special).toMatch(/^-rw------- .* lib\/libx\.so\.1$/m);
});

test('files with several names are whole under each, or links', async () => {
  using work = scratch();
  mkdirSync(work.at('tree'));
  writeFileSync(work.at('tree/a'), 'content');
  linkSync(work.at('tree/a'), work.at('tree/b'));
  const copied = pack(work.at('tree'));
  expect(copied.toString('latin1').split('content').length).toBe(3);
  const linked = pack(work.at('tree'), { hardLinks: 'link' });
  expect(linked.toString('latin1').split('content').length).toBe(2);
  for (const [index, bytes] of [copied, linked].entries()) {
    await unpackTar([bytes], work.at(`${index}`));
    expect(picture(work.at(`${index}`))).toEqual(picture(work.at('tree')));
  }
});

test('an empty tree is an empty archive', () => {
  using work = scratch();
  mkdirSync(work.at('tree'));
  expect(pack(work.at('tree')).equals(Buffer.alloc(1024))).toBe(true);
});

function refusal(work: () => unknown): { code: string; message: string } {
  try {
    work();
  } catch (error) {
    if (error instanceof Refusal) return error.diagnostic;
    throw error;
  }
  return { code: 'packed', message: '' };
}

test('a sparse terabyte is refused before it is read', () => {
  using work = scratch();
  mkdirSync(work.at('tree'));
  writeFileSync(work.at('tree/huge'), '');
  truncateSync(work.at('tree/huge'), 2 ** 40);
  expect(refusal(() => pack(work.at('tree')))).toMatchObject({
    code: 'archive/limit',
    message: expect.stringContaining('"huge"'),
  });
});

test('too many entries are refused', () => {
  using work = scratch();
  const root = plant(work, 'tree', 'one');
  expect(refusal(() => pack(root, { limits: { ...PACKAGE_LIMITS, entries: 10 } })).code).toBe(
    'packed',
  );
  expect(refusal(() => pack(root, { limits: { ...PACKAGE_LIMITS, entries: 9 } })).code).toBe(
    'archive/limit',
  );
});

test('a file that shrinks while it is packed is told', () => {
  using work = scratch();
  mkdirSync(work.at('tree'));
  writeFileSync(work.at('tree/a'), Buffer.alloc(3 << 20));
  const found = refusal(() => {
    for (const chunk of packTree(work.at('tree'))) {
      expect(chunk.length).toBe(1 << 20);
      truncateSync(work.at('tree/a'), 1 << 20);
    }
  });
  expect(found).toMatchObject({ code: 'archive/changed', message: expect.stringContaining('"a"') });
});

/** A tree as data: names to text, link targets or further trees. */
type Tree = { [name: string]: string | Tree | { link: string } };

const byte = fc
  .integer({ min: 1, max: 255 })
  .filter((code) => code !== 0x2f)
  .map((code) => String.fromCharCode(code));
const entryName = fc
  .string({ unit: byte, minLength: 1, maxLength: 120 })
  .filter((text) => text !== '.' && text !== '..');

const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.dictionary(
    entryName,
    fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.string({ maxLength: 2000 }),
      fc.record({ link: fc.string({ unit: byte, minLength: 1, maxLength: 150 }) }),
      tie('tree'),
    ),
    { maxKeys: 5 },
  ) as fc.Arbitrary<Tree>,
}));

function write(root: Buffer, content: Tree): void {
  mkdirSync(root);
  for (const [name, value] of Object.entries(content)) {
    const path = Buffer.concat([root, Buffer.from('/'), Buffer.from(name, 'latin1')]);
    if (typeof value === 'string') writeFileSync(path, value);
    else if (typeof value['link'] === 'string')
      symlinkSync(Buffer.from(value['link'], 'latin1'), path);
    else write(path, value);
  }
}

test('what is packed and unpacked is what it was', async () => {
  await fc.assert(
    fc.asyncProperty(tree, fc.integer({ min: 1, max: 5000 }), async (content, cut) => {
      using work = scratch();
      write(Buffer.from(work.at('tree')), content);
      const bytes = pack(work.at('tree'));
      const chunks: Buffer[] = [];
      for (let at = 0; at < bytes.length; at += cut) chunks.push(bytes.subarray(at, at + cut));
      const result = await unpackTar(chunks, work.at('out'), { links: 'any' });
      expect(result.ok).toBe(true);
      expect(picture(work.at('out'))).toEqual(picture(work.at('tree')));
      expect(pack(work.at('out')).equals(bytes)).toBe(true);
    }),
    { seed: 5, numRuns: 60 },
  );
});
