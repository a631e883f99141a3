import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import type * as Fs from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import type { ByteName } from '../../src/base/bytename.ts';
import { archive } from '../rig/raw-tar.ts';
import { picture, scratch } from '../rig/scratch.ts';

const name = (text: string): ByteName => text as ByteName;

/** The modules as they are where there is a /proc, and where there is none. */
async function modules(proc: boolean) {
  vi.resetModules();
  vi.doMock('node:fs', async (load) => {
    const fs = await load<typeof Fs>();
    const existsSync = (path: Fs.PathLike): boolean =>
      path === '/proc/self/fd' ? proc : fs.existsSync(path);
    return { ...fs, existsSync };
  });
  const directory = await import('../../src/base/directory.ts');
  const { unpackTar } = await import('../../src/base/tar/unpack.ts');
  const { packTree } = await import('../../src/base/tar/pack.ts');
  vi.doUnmock('node:fs');
  return { ...directory, unpackTar, packTree };
}

describe.each([true, false])('with /proc: %s', (proc) => {
  test('entries are found by any bytes, links are not entered', async () => {
    const { Directory } = await modules(proc);
    using work = scratch();
    mkdirSync(work.at('übung/sub'), { recursive: true });
    writeFileSync(
      Buffer.concat([Buffer.from(`${work.at('übung/sub')}/`), Buffer.from([0xff])]),
      'x',
    );
    symlinkSync('sub', work.at('übung/link'));
    symlinkSync('übung', work.at('link'));
    writeFileSync(work.at('übung/file'), '');
    using top = Directory.open(work.at('übung'));
    using sub = top.enter(name('sub'));
    expect(readFileSync(sub.path(name('\xff')), 'utf8')).toBe('x');
    for (const entry of ['link', 'file', 'missing']) {
      expect(() => top.enter(name(entry))).toThrow(/ENOTDIR|ELOOP|ENOENT/);
    }
    expect(() => Directory.open(work.at('link'))).toThrow(/ENOTDIR|ELOOP/);
  });

  test('archives are packed and unpacked all the same', async () => {
    const { unpackTar, packTree } = await modules(proc);
    using work = scratch();
    const bytes = archive(
      { name: 'd/e/f', content: 'f' },
      { name: 'd/l', type: '2', link: 'e' },
      { name: 'h', type: '1', link: 'd/e/f' },
    );
    expect((await unpackTar([bytes], work.at('one'))).ok).toBe(true);
    const packed = Buffer.concat(Array.from(packTree(work.at('one')), (part) => Buffer.from(part)));
    expect((await unpackTar([packed], work.at('two'))).ok).toBe(true);
    expect(picture(work.at('two'))).toEqual(picture(work.at('one')));
    const through = archive(
      { name: 'l', type: '2', link: 'd' },
      { name: 'd/', type: '5' },
      { name: 'l/x' },
    );
    expect((await unpackTar([through], work.at('three'))).ok).toBe(false);
  });

  test('contents are removed whatever their modes, links not followed', async () => {
    const { Directory, removeContents } = await modules(proc);
    using work = scratch();
    mkdirSync(work.at('keep'));
    writeFileSync(work.at('keep/file'), '');
    mkdirSync(work.at('d/e/f'), { recursive: true });
    writeFileSync(work.at('d/e/f/file'), '');
    symlinkSync(work.at('keep'), work.at('d/e/link'));
    chmodSync(work.at('d/e/f'), 0o000);
    chmodSync(work.at('d/e'), 0o500);
    using directory = Directory.open(work.at('d'));
    removeContents(directory);
    expect(picture(work.path).map((line) => line.split(' ')[0])).toEqual([
      'd/',
      'keep/',
      'keep/file',
    ]);
  });
});

test('an open directory stays the same one when its path changes', async () => {
  const { Directory } = await modules(true);
  using work = scratch();
  mkdirSync(work.at('d'));
  mkdirSync(work.at('outside'));
  using directory = Directory.open(work.at('d'));
  renameSync(work.at('d'), work.at('moved'));
  symlinkSync('outside', work.at('d'));
  writeFileSync(directory.path(name('file')), 'x');
  expect(picture(work.path).map((line) => line.split(' ')[0])).toEqual([
    'd',
    'moved/',
    'moved/file',
    'outside/',
  ]);
});

test('contents deeper than a path may be long are removed', async () => {
  const { Directory, removeContents } = await modules(true);
  using work = scratch();
  const script = `
    const { mkdirSync } = require('node:fs');
    for (let i = 0; i < 100; i++) {
      mkdirSync('${'d'.repeat(100)}');
      process.chdir('${'d'.repeat(100)}');
    }`;
  execFileSync(process.execPath, ['-e', script], { cwd: work.path });
  using directory = Directory.open(work.path);
  removeContents(directory);
  expect(picture(work.path)).toEqual([]);
});
