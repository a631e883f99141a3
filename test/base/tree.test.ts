import { execFileSync } from 'node:child_process';
import { chmodSync, linkSync, mkdirSync, readSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Refusal } from '../../src/base/refusal.ts';
import { walkTree } from '../../src/base/tree.ts';
import { scratch, type Scratch } from '../rig/scratch.ts';

function plant(work: Scratch): string {
  mkdirSync(work.at('tree/a'), { recursive: true });
  mkdirSync(work.at('tree/empty'), { mode: 0o700 });
  writeFileSync(work.at('tree/a/x'), 'x', { mode: 0o600 });
  writeFileSync(work.at('tree/a-b'), 'ab');
  writeFileSync(work.at('tree/a.b'), 'ab', { mode: 0o755 });
  writeFileSync(Buffer.from(`${work.at('tree')}/\xff`, 'latin1'), '');
  symlinkSync('a', work.at('tree/link'));
  return work.at('tree');
}

test('names come in the order of their bytes, directories as if they ended in a slash', () => {
  using work = scratch();
  const entries = [...walkTree(plant(work))].map((entry) => [entry.type, entry.path]);
  expect(entries).toEqual([
    ['file', 'a-b'],
    ['file', 'a.b'],
    ['directory', 'a'],
    ['file', 'a/x'],
    ['directory', 'empty'],
    ['symlink', 'link'],
    ['file', '\xff'],
  ]);
});

test('the order is that of the whole paths', () => {
  const part = fc.string({
    unit: fc.constantFrom('a', 'b', '-', '.', '0', '~'),
    minLength: 1,
    maxLength: 3,
  });
  const name = part.filter((text) => text !== '.' && text !== '..');
  fc.assert(
    fc.property(
      fc.array(fc.array(name, { minLength: 1, maxLength: 3 }), { maxLength: 12 }),
      (paths) => {
        using work = scratch();
        mkdirSync(work.at('tree'));
        for (const path of paths) mkdirSync(work.at('tree', ...path), { recursive: true });
        const walked = [...walkTree(work.at('tree'))].map(({ path }) => `${path}/`);
        expect(walked).toEqual([...walked].sort());
        expect(walked.length).toBe(new Set(walked).size);
      },
    ),
    { seed: 3, numRuns: 50 },
  );
});

test('modes are canonical, or special ones kept', () => {
  using work = scratch();
  const root = plant(work);
  chmodSync(`${root}/a-b`, 0o4755);
  const modes = (keepSpecial: boolean): (string | undefined)[] =>
    [...walkTree(root, { keepSpecial })].map((entry) =>
      'mode' in entry ? entry.mode.toString(8) : undefined,
    );
  expect(modes(false)).toEqual(['755', '755', '755', '644', '755', undefined, '644']);
  expect(modes(true)).toEqual(['4755', '755', '755', '600', '700', undefined, '644']);
});

test('a file is open while it is the current one', () => {
  using work = scratch();
  const contents: string[] = [];
  for (const entry of walkTree(plant(work))) {
    if (entry.type !== 'file') continue;
    const bytes = Buffer.alloc(entry.size);
    readSync(entry.fd, bytes);
    contents.push(bytes.toString());
  }
  expect(contents).toEqual(['ab', 'ab', 'x', '']);
});

test('names of one file are told as such', () => {
  using work = scratch();
  mkdirSync(work.at('tree'));
  writeFileSync(work.at('tree/a'), '');
  linkSync(work.at('tree/a'), work.at('tree/b'));
  writeFileSync(work.at('tree/c'), '');
  const identities = [...walkTree(work.at('tree'))].map((entry) =>
    entry.type === 'file' ? entry.identity : 'none',
  );
  expect(identities[0]).toBe(identities[1]);
  expect(identities[0]).toBeDefined();
  expect(identities[2]).toBeUndefined();
});

function refusal(root: string, depth?: number): { code: string; message: string } {
  try {
    for (const entry of walkTree(root, depth === undefined ? {} : { depth })) void entry;
  } catch (error) {
    if (error instanceof Refusal) return error.diagnostic;
    throw error;
  }
  return { code: 'walked', message: '' };
}

test('pipes and sockets are refused by name', async () => {
  using work = scratch();
  mkdirSync(work.at('pipes/d'), { recursive: true });
  execFileSync('mkfifo', [work.at('pipes/d/fifo')]);
  expect(refusal(work.at('pipes'))).toMatchObject({
    code: 'archive/special-file',
    message: expect.stringContaining('"d/fifo" is a named pipe'),
  });
  mkdirSync(work.at('sockets'));
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(work.at('sockets/s'), resolve));
  expect(refusal(work.at('sockets')).message).toContain('"s" is a socket');
  await new Promise((resolve) => server.close(resolve));
});

test('too deep a tree is refused, and an absent one told', () => {
  using work = scratch();
  mkdirSync(work.at('tree/1/2/3/4'), { recursive: true });
  expect(refusal(work.at('tree'), 5).code).toBe('walked');
  expect(refusal(work.at('tree'), 4)).toMatchObject({
    code: 'archive/limit',
    message: expect.stringContaining('"1/2/3/4"'),
  });
  expect(refusal(work.at('missing'))).toMatchObject({ code: 'fs/enoent' });
  symlinkSync('tree', work.at('link'));
  expect(refusal(work.at('link')).code).toMatch(/^fs\/e(?:loop|notdir)$/);
});

test('a tree deeper than a path may be long is walked', () => {
  using work = scratch();
  const name = 'd'.repeat(200);
  // One level at a time: the whole path is longer than the system takes.
  const script = `
    const { mkdirSync, writeFileSync } = require('node:fs');
    for (const name of ['tree', ...Array(30).fill('${name}')]) {
      mkdirSync(name);
      process.chdir(name);
    }
    writeFileSync('file', 'deep');`;
  execFileSync(process.execPath, ['-e', script], { cwd: work.path });
  const paths = [...walkTree(work.at('tree'))].map(({ path }) => path);
  expect(paths.length).toBe(31);
  expect(paths.at(-1)!.length).toBe(30 * 201 + 4);
  execFileSync('rm', ['-rf', work.at('tree')]);
});
