// What V8 made of the program is kept between runs: used when it fits, made anew when not, and never trusted blindly.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createRig, type Rig, type Run } from '../rig/program.ts';

let rig: Rig;
let place: string;
let directory: string;
beforeEach(() => {
  rig = createRig();
  place = join(rig.directory, 'tmp');
  mkdirSync(place);
  directory = join(place, `ashlar-compiled-${process.getuid!()}`);
});
afterEach(() => rig[Symbol.dispose]());

function help(env: Record<string, string> = {}, command = 'ids'): Run {
  return rig.run([command, '--help'], { env: { TMPDIR: place, ...env } });
}

function files(): string[] {
  return existsSync(directory) ? readdirSync(directory).sort() : [];
}

test('a file for each command, which only its user can read or write, and which stays as it is', () => {
  const first = help();
  expect(first).toMatchObject({ status: 0, stderr: '' });
  const [file] = files();
  expect(file).toMatch(/^[0-9a-f]{8}-[0-9a-f]{16}-[0-9a-f]{8}-main-ids$/);
  expect(statSync(directory).mode & 0o777).toBe(0o700);
  expect(statSync(join(directory, file!)).mode & 0o777).toBe(0o600);
  const before = statSync(join(directory, file!), { bigint: true });
  expect(help()).toEqual(first);
  expect(statSync(join(directory, file!), { bigint: true })).toMatchObject({
    ino: before.ino,
    mtimeNs: before.mtimeNs,
  });
  help({}, 'build');
  expect(files()).toHaveLength(2);
});

test('what a run needs besides is added', () => {
  help();
  const path = join(directory, files()[0]!);
  const before = statSync(path);
  rig.write({ 'a/buildinfo.json': '{}', 'a/build': '#!/bin/bash\n' });
  expect(rig.run(['ids'], { env: { TMPDIR: place } })).toMatchObject({ status: 0 });
  expect(statSync(path).size).toBeGreaterThan(before.size);
});

test('whatever lies there instead, the program does its work and mends it', () => {
  const good = help();
  const path = join(directory, files()[0]!);
  const bytes = readFileSync(path);
  const broken = fc.oneof(
    fc.nat(bytes.length - 1).map((length) => bytes.subarray(0, length)),
    fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 })).map(([at, bits]) => {
      const copy = Buffer.from(bytes);
      copy[at]! ^= bits;
      return copy;
    }),
    fc.uint8Array({ maxLength: 100 }).map((some) => Buffer.from(some)),
    fc.uint8Array({ minLength: 1, maxLength: 100 }).map((some) => Buffer.concat([bytes, some])),
  );
  fc.assert(
    fc.property(broken, (some) => {
      writeFileSync(path, some);
      expect(help()).toEqual(good);
      expect(readFileSync(path).equals(some)).toBe(false);
    }),
    { numRuns: 12 },
  );
});

test.each<[what: string, arrange: () => void]>([
  ['is open to others', () => (mkdirSync(directory), chmodSync(directory, 0o777))],
  ['is a link', () => (mkdirSync(join(place, 'other')), symlinkSync('other', directory))],
  ['is a file', () => writeFileSync(directory, '')],
])('a place that %s is not used', (_, arrange) => {
  arrange();
  expect(help()).toMatchObject({ status: 0, stderr: '' });
  if (statSync(directory).isDirectory()) expect(readdirSync(directory)).toEqual([]);
});

test('nothing is kept where no temporary files are, or where Node is to keep nothing', () => {
  const missing = join(place, 'missing');
  expect(help({ TMPDIR: missing })).toMatchObject({ status: 0, stderr: '' });
  expect(existsSync(missing)).toBe(false);
  expect(help({ NODE_DISABLE_COMPILE_CACHE: '1' })).toMatchObject({ status: 0, stderr: '' });
  expect(files()).toEqual([]);
});

test('other options of Node have code of their own', () => {
  help();
  expect(help({ NODE_OPTIONS: '--max-old-space-size=512' })).toMatchObject({
    status: 0,
    stderr: '',
  });
  expect(files()).toHaveLength(2);
});

test('files of other builds of the same bundle go, those of others stay for a month', () => {
  help();
  const [file] = files();
  const old = file!.replace(/-[0-9a-f]{16}-/, `-${'0'.repeat(16)}-`);
  const other = file!.replace(/^[0-9a-f]{8}/, '00000000');
  const gone = file!.replace(/^[0-9a-f]{8}/, '11111111');
  for (const name of [old, other, gone]) writeFileSync(join(directory, name), '');
  const daysAgo = (days: number): number => Date.now() / 1000 - days * 86_400;
  utimesSync(join(directory, other), daysAgo(29), daysAgo(29));
  utimesSync(join(directory, gone), daysAgo(31), daysAgo(31));
  help({}, 'build');
  expect(files()).toContain(other);
  expect(files()).not.toContain(old);
  expect(files()).not.toContain(gone);
  expect(files()).toHaveLength(3);
});

test('a mistyped command keeps nothing', () => {
  expect(rig.run(['idss'], { env: { TMPDIR: place } }).status).toBe(2);
  expect(files()).toEqual([]);
});

test('a program that imports Ashlar keeps nothing', () => {
  const index = join(import.meta.dirname, '../../dist/index.js');
  const line = `TMPDIR=${place} node --input-type=module -e 'import { list } from "${index}"; console.log(typeof list)'`;
  expect(rig.shell(line)).toMatchObject({ status: 0, stdout: 'function\n' });
  expect(files()).toEqual([]);
  expect(tmpdir()).not.toBe(place);
});
