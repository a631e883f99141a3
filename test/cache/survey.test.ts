import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { formatDiagnostic } from '../../src/base/diagnostic.ts';
import { surveyOutput } from '../../src/cache/survey.ts';
import { storeTree } from '../../src/cache/tree.ts';
import { watchFileSystem } from '../rig/faults.ts';
import { blobsIn, temporaryStore } from '../rig/store.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ashlar-survey-'));
  mkdirSync(join(directory, 'sub'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const inside = (name: string): string => join(directory, name);
const bytes = (path: string, ...tail: number[]): Buffer =>
  Buffer.concat([Buffer.from(`${inside(path)}/`), Buffer.from(tail)]);
const problems = (): string[] => {
  const found = surveyOutput(directory);
  return found.ok ? [] : found.diagnostics.map(formatDiagnostic);
};

test('files, directories and links are found, in the order of bytes, with the modes they have', () => {
  writeFileSync(inside('b'), 'x');
  chmodSync(inside('b'), 0o4711);
  writeFileSync(inside('\ue000'), '');
  writeFileSync(inside('\u{1f600}'), '');
  symlinkSync('../anywhere', inside('a'));
  mkdirSync(inside('sub/empty'));
  chmodSync(inside('sub'), 0o2750);
  const found = surveyOutput(directory);
  expect(found.ok && found.value).toMatchObject({
    files: [{ name: 'b', mode: 0o104711 }, { name: '\ue000' }, { name: '\u{1f600}' }],
    symlinks: [{ name: 'a', target: '../anywhere' }],
    directories: [{ name: 'sub', mode: 0o042750, directories: [{ name: 'empty', files: [] }] }],
  });
});

describe('refused, with the path inside', () => {
  const KINDS = 'an output holds files, directories and symbolic links';
  const HINT = '  hint: remove it at the end of the build script';

  test('named pipes, sockets and devices', async () => {
    execFileSync('mkfifo', [inside('sub/pipe')]);
    const server = createServer().listen(inside('socket'));
    await new Promise((resolve) => server.on('listening', resolve));
    const device = spawnSync('mknod', [inside('sub/null'), 'c', '1', '3']).status === 0;
    const block = spawnSync('mknod', [inside('sub/zdisk'), 'b', '7', '200']).status === 0;
    const found = problems();
    server.close();
    expect(found).toEqual([
      `error: socket is a socket; ${KINDS}\n${HINT}`,
      ...(device ? [`error: sub/null is a character device; ${KINDS}\n${HINT}`] : []),
      `error: sub/pipe is a named pipe; ${KINDS}\n${HINT}`,
      ...(block ? [`error: sub/zdisk is a block device; ${KINDS}\n${HINT}`] : []),
    ]);
  });

  test('names and link targets that are not UTF-8', () => {
    writeFileSync(bytes('sub', 0x61, 0xff), '');
    mkdirSync(bytes('.', 0xed, 0xa0, 0x80));
    symlinkSync(Buffer.from([0x80, 0x1b]), inside('link'));
    expect(problems()).toEqual([
      'error: the name í\u00a0\\u0080 is not UTF-8\n  hint: rename it in the build script',
      'error: the link link points to what is not UTF-8',
      'error: the name sub/aÿ is not UTF-8\n  hint: rename it in the build script',
    ]);
  });

  test('a sparse file of a terabyte, before anybody reads it', () => {
    writeFileSync(inside('sub/huge'), '');
    truncateSync(inside('sub/huge'), 2 ** 40);
    symlinkSync('x', inside('zlast'));
    using watched = watchFileSystem(() => undefined);
    expect(problems()).toEqual([
      'error: the output holds more than 256 GiB, counted up to sub/huge',
    ]);
    expect(watched.calls).not.toContain('openSync');
    expect(watched.calls).not.toContain('readSync');
  });

  test('many sparse files that are too much together', () => {
    for (let i = 0; i < 20; i++) {
      writeFileSync(inside(`f${String(i).padStart(2, '0')}`), '');
      truncateSync(inside(`f${String(i).padStart(2, '0')}`), 2 ** 34);
    }
    expect(problems()).toEqual(['error: the output holds more than 256 GiB, counted up to f16']);
  });

  test('a few dozen of them, not a million', () => {
    for (let i = 0; i < 200; i++) symlinkSync(Buffer.from([0xff]), inside(`l${i}`));
    expect(problems()).toHaveLength(50);
  });
});

test('a refused output is left as the build left it, for whoever wants to see why', () => {
  using temporary = temporaryStore();
  writeFileSync(inside('a'), 'x');
  execFileSync('mkfifo', [inside('pipe')]);
  writeFileSync(inside('z'), 'y');
  expect(storeTree(temporary.store, directory).ok).toBe(false);
  expect(readdirSync(directory).sort()).toEqual(['a', 'pipe', 'sub', 'z']);
  expect(lstatSync(inside('a')).mode & 0o777).toBe(0o644 & ~process.umask());
  expect(blobsIn(temporary.store)).toEqual([]);
});
