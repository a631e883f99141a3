import { chmodSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ok } from '../../src/base/diagnostic.ts';
import { activate } from '../../src/install/activate.ts';
import { activeGeneration, history, inventory } from '../../src/install/inventory.ts';
import { rollback } from '../../src/install/rollback.ts';
import { changing, existingRoot, guarded, rootAt, type Root } from '../../src/install/root.ts';
import { codes, messages, rootWith, scratch, value } from './rig.ts';

const attempt = (root: Root) => changing(root, {}, () => ok('changed'));

test('the root of the file system is none, under any of its names', () => {
  using dir = scratch();
  symlinkSync('/', join(dir.path, 'slash'));
  for (const path of ['/', '//', '/..', join(dir.path, 'slash')]) {
    expect(codes(rootAt(path))).toEqual(['install/bad-root']);
  }
});

test('a root that is not there can be begun, but not looked at', async () => {
  using dir = scratch();
  const root = value(rootAt(join(dir.path, 'new')));
  expect(codes(existingRoot(root))).toEqual(['install/no-root']);
  expect(value(await attempt(root))).toBe('changed');
  expect(readdirSync(dir.path)).toEqual([]);
});

test('a root without a parent, and one that is a file', async () => {
  using dir = scratch();
  const orphan = value(rootAt(join(dir.path, 'no/where')));
  expect(messages(await attempt(orphan))).toBe(
    `error: ${orphan.path} cannot be made: ${join(dir.path, 'no')} does not exist\n` +
      `  hint: make it first (mkdir -p ${join(dir.path, 'no')}), or give another directory with --root`,
  );
  writeFileSync(join(dir.path, 'file'), '');
  expect(messages(await attempt(value(rootAt(join(dir.path, 'file')))))).toContain(
    'is not a directory',
  );
  expect(messages(await attempt(value(rootAt(join(dir.path, 'file/x')))))).toContain(
    'is not a directory',
  );
});

test('a place where nobody may write', async () => {
  // Not even root makes directories there, whatever the reason the machine gives.
  const result = await attempt(value(rootAt('/proc/self/ashlar')));
  const began = await activate(value(rootAt('/proc/self/ashlar')), []);
  expect(result.ok && began.ok).toBe(false);
  if (!began.ok) expect(began.diagnostics[0]!.fault).toBe('environment');
});

test('a root that may not be written, as an ordinary user', async ({ skip }) => {
  if (process.getuid?.() === 0) skip('permissions do not stop root');
  using made = rootWith({});
  chmodSync(made.root.path, 0o555);
  const result = await attempt(made.root);
  chmodSync(made.root.path, 0o755);
  expect(codes(result)).toEqual(['fs/eacces']);
});

test('everything foreign in the way is told, and nothing is touched', async () => {
  using made = rootWith({ 'a--1': { 'bin/a': '' } });
  const { root } = made;
  mkdirSync(join(root.path, 'bin'));
  writeFileSync(join(root.path, 'environment'), 'mine');
  symlinkSync('elsewhere', join(root.path, 'lib'));
  symlinkSync('generations/new', root.current);
  writeFileSync(root.generations, 'a file');
  const before = readdirSync(root.path);
  const result = await activate(root, ['a--1']);
  expect(codes(result)).toEqual(Array.from({ length: 5 }, () => 'install/foreign'));
  expect(messages(result)).toContain(
    `${join(root.path, 'bin')}: error: this is in the way: a link to current/bin has to be here`,
  );
  expect(readdirSync(root.path)).toEqual(before);
});

test('who only looks is told of it in the same words', async () => {
  using made = rootWith({ 'a--1': { 'bin/a': '' } });
  const { root } = made;
  mkdirSync(root.current);
  const expected = `${root.current}: error: this is in the way: a link to generations/N has to be here`;
  for (const look of [activeGeneration, inventory, history]) {
    expect(codes(look(root))).toEqual(['install/foreign']);
    expect(messages(look(root))).toContain(expected);
  }
  expect(messages(await rollback(root))).toContain(expected);
  rmSync(root.current, { recursive: true });
  rmSync(root.packages, { recursive: true });
  writeFileSync(root.packages, 'a file');
  writeFileSync(root.generations, 'a file');
  expect(codes(inventory(root))).toEqual(['install/foreign', 'install/foreign']);
});

test('generations may not lie elsewhere: links in them go up from where they are', async () => {
  using made = rootWith({});
  mkdirSync(join(made.path, 'other'));
  symlinkSync(join(made.path, 'other'), made.root.generations);
  expect(codes(await attempt(made.root))).toEqual(['install/foreign']);
  rmSync(made.root.generations);
  symlinkSync(join(made.path, 'other'), made.root.packages);
  expect((await attempt(made.root)).ok).toBe(true);
});

test('two names of one root are one lock', async () => {
  using made = rootWith({});
  symlinkSync(made.root.path, join(made.path, 'alias'));
  const alias = value(rootAt(join(made.path, 'alias')));
  const order: string[] = [];
  let other: Promise<unknown> = Promise.resolve();
  await changing(made.root, {}, async () => {
    await new Promise<void>((waits) => {
      other = changing(alias, { onWait: waits }, () => ok(order.push('second')));
    });
    return ok(order.push('first'));
  });
  await other;
  expect(order).toEqual(['first', 'second']);
});

test('a full disk is told with the free space; a bug is thrown on', () => {
  using made = rootWith({});
  const full = Object.assign(new Error('full'), { code: 'ENOSPC' });
  const result = guarded(made.root, 'activate in', () => {
    throw full;
  });
  expect(messages(result)).toMatch(
    /^error: cannot activate in .*: no space is left on the device \(ENOSPC\)\n {2}note: \d+ MB and \d+ files are free/,
  );
  expect(() =>
    guarded(made.root, 'x', () => {
      throw new TypeError('bug');
    }),
  ).toThrow('bug');
});
