import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { activate } from '../../src/install/activate.ts';
import { rollback } from '../../src/install/rollback.ts';
import { activeGeneration, history } from '../../src/install/inventory.ts';
import {
  addToRepository,
  codes,
  leftovers,
  messages,
  reachable,
  readText,
  rootWith,
  value,
} from './rig.ts';

const three = {
  'a--1': { 'bin/a': '#!a1', 'lib/x/a': '', 'pkginfo.json': '{"environment":{"A":"1"}}' },
  'a--2': { 'bin/a': '#!a2', 'lib/x/a': '' },
  'b--1': { 'bin/b': '#!b1', 'lib/x/b': '' },
};

test('an activation says what came, what went, and where it is', async () => {
  using made = rootWith(three);
  const { root } = made;
  expect(value(await activate(root, ['b--1', 'a--1']))).toEqual({
    generation: 1,
    changed: true,
    packages: ['a--1', 'b--1'],
    added: ['a--1', 'b--1'],
    removed: [],
    warnings: [],
  });
  expect(value(await activate(root, ['a--2', 'b--1']))).toMatchObject({
    generation: 2,
    added: ['a--2'],
    removed: ['a--1'],
  });
  expect(reachable(root)).toEqual({
    'bin/a': 'packages/a--2/bin/a',
    'bin/b': 'packages/b--1/bin/b',
    'lib/x/a': 'packages/a--2/lib/x/a',
    'lib/x/b': 'packages/b--1/lib/x/b',
  });
  expect(leftovers(root)).toEqual([]);
});

test('every link of a root is relative, so that it can be moved', async () => {
  using made = rootWith(three);
  value(await activate(made.root, ['a--1'], { prefix: '/opt/elsewhere' }));
  expect(readlinkSync(join(made.root.path, 'bin'))).toBe('current/bin');
  expect(readlinkSync(join(made.root.path, 'current'))).toBe('generations/1');
  expect(readlinkSync(join(made.root.path, 'current/bin'))).toBe('../../packages/a--1/bin');
  expect(readlinkSync(join(made.root.path, 'active/a'))).toBe('../../../packages/a--1');
  expect(readText(made.root, 'environment')).toContain('LD_LIBRARY_PATH=/opt/elsewhere/lib\n');
});

test('the same set again changes nothing; a damaged or different one is made anew', async () => {
  using made = rootWith(three);
  const { root } = made;
  value(await activate(root, ['a--1', 'b--1']));
  expect(value(await activate(root, ['b--1', 'a--1', 'b--1']))).toMatchObject({
    generation: 1,
    changed: false,
    added: [],
    removed: [],
  });
  expect(value(await activate(root, ['a--1', 'b--1'], { prefix: '/p' }))).toMatchObject({
    generation: 2,
    changed: true,
    added: [],
  });
  rmSync(join(root.path, 'current/bin/a'));
  expect(value(await activate(root, ['a--1', 'b--1'], { prefix: '/p' })).generation).toBe(3);
  rmSync(join(root.path, 'lib'));
  expect(value(await activate(root, ['a--1', 'b--1'], { prefix: '/p' })).generation).toBe(4);
  expect(Object.keys(reachable(root))).toContain('lib/x/a');
});

test('nothing at all can be active', async () => {
  using made = rootWith(three);
  value(await activate(made.root, ['a--1']));
  expect(value(await activate(made.root, []))).toMatchObject({ packages: [], removed: ['a--1'] });
  expect(reachable(made.root)).toEqual({});
});

test('a set with a fault touches nothing', async () => {
  using made = rootWith({ ...three, 'c--1': { 'bin/b': 'clash' } });
  const { root } = made;
  expect(codes(await activate(root, ['b--1', 'c--1', 'd--1']))).toEqual(['package/missing']);
  expect(codes(await activate(root, ['b--1', 'c--1']))).toEqual(['install/conflict']);
  expect(existsSync(root.generations)).toBe(false);
  value(await activate(root, ['a--1']));
  const before = readlinkSync(root.current);
  expect(messages(await activate(root, ['b--1', 'c--1']))).toBe(
    'error: b--1 and c--1 both provide bin/b\n' +
      '  hint: nothing was changed; a path can come from one package only',
  );
  expect(readlinkSync(root.current)).toBe(before);
  expect(leftovers(root)).toEqual([]);
});

test('what a mistyped id may have meant', async () => {
  using made = rootWith(three);
  expect(messages(await activate(made.root, ['a--3']))).toContain('of a there is a--1, a--2');
  expect(messages(await activate(made.root, ['a']))).toContain('of a there is a--1, a--2');
});

test('a package linked into a directory of another one is a conflict, not a way into it', async () => {
  using made = rootWith({
    'a--1': { 'share/real/file': '', 'lib/d': { link: '../share/real' } },
    'b--1': { 'lib/d/intruder': '' },
  });
  const result = await activate(made.root, ['a--1', 'b--1']);
  expect(messages(result)).toContain(
    'a--1 and b--1 both provide lib/d (link lib/d of a--1, directory lib/d of b--1)',
  );
  expect(existsSync(join(made.root.packages, 'a--1/share/real/intruder'))).toBe(false);
});

test('five generations are kept, and those beyond go away', async () => {
  using made = rootWith(three);
  const { root } = made;
  for (let i = 0; i < 8; i++) value(await activate(root, [i % 2 ? 'a--1' : 'a--2']));
  expect(value(history(root)).generations.map(({ number }) => number)).toEqual([4, 5, 6, 7, 8]);
  expect(leftovers(root)).toEqual([]);
});

test('leftovers of a run that was killed go away, whatever it was about', async () => {
  using made = rootWith(three);
  const { root } = made;
  value(await activate(root, ['a--1']));
  value(await activate(root, ['a--2']));
  // Half built; whole but never current; on the way out; links of both kinds of switch.
  mkdirSync(join(root.generations, '9.new/bin'), { recursive: true });
  mkdirSync(join(root.generations, '3/active'), { recursive: true });
  symlinkSync('generations/3', join(root.path, '.current.new'));
  mkdirSync(join(root.generations, '1.old/bin'), { recursive: true });
  symlinkSync('generations/1', join(root.path, '.current.back'));
  mkdirSync(join(root.packages, '.new-x--1/package'), { recursive: true });
  mkdirSync(join(root.packages, '.old-y--1/bin'), { recursive: true });
  expect(value(await activate(root, ['b--1'])).generation).toBe(3);
  expect(leftovers(root)).toEqual([]);
  expect(value(history(root)).generations.map(({ number }) => number)).toEqual([1, 2, 3]);
  expect(value(activeGeneration(root)).packages).toEqual(['b--1']);
});

test('a generation made current just before the kill stays', async () => {
  using made = rootWith(three);
  const { root } = made;
  value(await activate(root, ['a--1']));
  symlinkSync('generations/1', join(root.path, '.current.new'));
  expect(value(await activate(root, ['a--2'])).generation).toBe(2);
  expect(value(await rollback(root)).generation).toBe(1);
});

test('foreign things among the generations are left alone', async () => {
  using made = rootWith(three);
  const { root } = made;
  mkdirSync(join(root.generations, '7'), { recursive: true });
  writeFileSync(join(root.generations, 'notes'), 'mine');
  expect(value(await activate(root, ['a--1'])).generation).toBe(8);
  expect(existsSync(join(root.generations, 'notes'))).toBe(true);
  expect(value(history(root)).generations.map(({ number }) => number)).toEqual([8]);
});

test('activations at once come one after the other, each whole', async () => {
  using made = rootWith(three);
  const sets = [['a--1'], ['a--2'], ['b--1'], ['a--1', 'b--1'], ['a--2', 'b--1']];
  let waited = 0;
  const results = await Promise.all(
    sets.map((ids) => activate(made.root, ids, { onWait: () => void waited++ })),
  );
  const numbers = results.map((result) => value(result).generation);
  expect(numbers.sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5]);
  expect(waited).toBe(4);
  const last = results.map(value).find(({ generation }) => generation === 5)!;
  expect(value(activeGeneration(made.root)).packages).toEqual(last.packages);
});

test('a wait for another change can be given up', async () => {
  using made = rootWith(three);
  const [first, second] = await Promise.all([
    activate(made.root, ['a--1']),
    activate(made.root, ['b--1'], { signal: AbortSignal.abort() }),
  ]);
  const interrupted = [first, second].find((result) => !result.ok);
  expect(codes(interrupted!)).toEqual(['install/interrupted']);
});

test('a root whose packages lie on another file system works', async ({ skip }) => {
  if (!existsSync('/dev/shm')) skip('no second file system at hand');
  using made = rootWith({});
  using other = rootWith(three, '/dev/shm');
  symlinkSync(other.root.packages, made.root.packages);
  value(await activate(made.root, ['a--1', 'b--1']));
  expect(readText(made.root, 'bin/a')).toBe('#!a1');
});

test('names that are not UTF-8 are reachable', async () => {
  using made = rootWith(three);
  const odd = Buffer.from([0x6f, 0xff, 0x80]);
  for (const id of ['a--1', 'b--1']) {
    const lib = Buffer.from(`${join(made.root.packages, id)}/lib/x/${id}-`);
    writeFileSync(Buffer.concat([lib, odd]), id);
  }
  value(await activate(made.root, ['a--1', 'b--1']));
  for (const id of ['a--1', 'b--1']) {
    const at = Buffer.concat([Buffer.from(`${made.root.path}/lib/x/${id}-`), odd]);
    expect(existsSync(at)).toBe(true);
  }
});

test('a reader never finds anything missing or mixed during 80 swaps', async () => {
  const files = (version: string) => ({
    'bin/tool': version,
    'lib/only': version,
    'pkginfo.json': JSON.stringify({ environment: { VERSION: version } }),
  });
  using made = rootWith({
    'a--1': files('1'),
    'a--2': files('2'),
    'b--1': { 'bin/b': 'b' },
  });
  const { root } = made;
  value(await activate(root, ['a--1', 'b--1']));
  // Reads until its standard input closes, then tells what it saw. The directory is opened once per
  // round, as a reader does that wants one generation.
  const program = `
    const { readFileSync, readlinkSync } = require('node:fs');
    const root = process.argv[1];
    let open = true, rounds = 0;
    const seen = {}, misses = [];
    process.stdin.on('end', () => { open = false; }).resume();
    const round = () => {
      for (let i = 0; i < 50; i++, rounds++) {
        try {
          for (const path of ['bin/tool', 'lib/only', 'environment', 'active/a/pkginfo.json']) {
            readFileSync(root + '/' + path, 'utf8');
          }
          const one = root + '/' + readlinkSync(root + '/current');
          const [tool, text] = ['bin/tool', 'environment'].map((p) => readFileSync(one + '/' + p, 'utf8'));
          const set = tool + /VERSION=(.)/.exec(text)[1];
          seen[set] = (seen[set] ?? 0) + 1;
        } catch (error) { misses.push(String(error)); }
      }
      if (open) setImmediate(round);
      else process.stdout.write(JSON.stringify({ rounds, seen, misses: misses.slice(0, 5) }));
    };
    process.stdout.write('ready\\n');
    round();`;
  const reader = spawn(process.execPath, ['-e', program, root.path], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let output = '';
  const ready = new Promise<void>((resolve) => {
    reader.stdout.on('data', (chunk) => {
      output += String(chunk);
      resolve();
    });
  });
  const ended = new Promise<void>((resolve) => reader.on('close', () => resolve()));
  await ready;
  for (let i = 0; i < 80; i++) value(await activate(root, [i % 2 ? 'a--1' : 'a--2', 'b--1']));
  reader.stdin.end();
  await ended;
  const told = JSON.parse(output.replace('ready\n', '')) as {
    rounds: number;
    seen: Record<string, number>;
    misses: string[];
  };
  expect(told.misses).toEqual([]);
  expect(Object.keys(told.seen).sort()).toEqual(['11', '22']);
  expect(told.rounds).toBeGreaterThan(80);
});

test('packages are never written into', async () => {
  using made = rootWith(three);
  const { root } = made;
  const listing = () => reachableFiles(root.packages);
  const before = listing();
  value(await activate(root, ['a--1', 'b--1']));
  value(await activate(root, ['a--2']));
  value(await rollback(root));
  expect(listing()).toEqual(before);
  addToRepository(root, 'c--1', {});
  expect(listing()).not.toEqual(before);
});

function reachableFiles(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort();
}
