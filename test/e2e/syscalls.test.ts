// Builds that are killed at chosen system calls, and builds in which one system call fails: what is there is
// right, the message names what failed, and the next build ends as if nothing had been.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { digestFile } from '../../src/base/digest.ts';
import { rigsOfOneProcess } from '../rig/again.ts';
import { processesWith, type Rig } from '../rig/program.ts';
import { runWithFault, traceCalls, tracingProblem, type CallMade } from '../rig/syscalls.ts';

/** What is killed or fails is a process of its own; those that follow are one. */
const createRig = rigsOfOneProcess();

let prepared: Rig;
beforeAll(() => {
  prepared = createRig();
  mkdirSync(join(prepared.directory, 'source/top'), { recursive: true });
  for (const name of ['one', 'two']) {
    writeFileSync(join(prepared.directory, 'source/top', name), `${name}\n`);
  }
  const git = (...words: string[]): void =>
    void execFileSync('git', words, { cwd: join(prepared.directory, 'source'), env: GIT });
  git('init', '-q');
  git('add', '.');
  git('commit', '-qm', 'all');
  // The archive is the same every time, or no two builds could be compared.
  const archive = join(prepared.packages, 'a/source.tar');
  mkdirSync(join(prepared.packages, 'a'));
  const same = '--mtime=@0 --sort=name --owner=0 --group=0 --mode=755'.split(' ');
  execFileSync('tar', [...same, '-C', join(prepared.directory, 'source'), '-cf', archive, 'top']);
  const sha256 = digestFile(archive).hash;
  prepared.write({
    'a/buildinfo.json': JSON.stringify({
      sources: {
        tar: { kind: 'url_extract', url: 'file://source.tar', sha256 },
        git: { kind: 'git_local', rel_path: '../../source' },
      },
    }),
    'a/build':
      '#!/bin/bash\nmkdir $PKG_PATH/lib; cp $PKG_SRC/tar/* $PKG_PATH/lib; cp $PKG_SRC/git/top/one $PKG_PATH/lib/git; ln -s one $PKG_PATH/lib/link\n',
    'b/buildinfo.json': '{"requires": ["a"]}',
    'b/build': '#!/bin/bash\nmkdir $PKG_PATH/bin; cat $PKG_ROOT/lib/* > $PKG_PATH/bin/b\n',
  });
});
afterAll(() => prepared[Symbol.dispose]());

/** Two packages that take every way into the store: an archive, a repository, links, a dependency. */
function tree(): Rig {
  const rig = createRig();
  for (const name of ['packages', 'source']) {
    cpSync(join(prepared.directory, name), join(rig.directory, name), { recursive: true });
  }
  return rig;
}

const GIT = {
  PATH: process.env['PATH'],
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_AUTHOR_NAME: 'a',
  GIT_AUTHOR_EMAIL: 'a@example.org',
  GIT_AUTHOR_DATE: '@0 +0000',
  GIT_COMMITTER_NAME: 'a',
  GIT_COMMITTER_EMAIL: 'a@example.org',
  GIT_COMMITTER_DATE: '@0 +0000',
};
const BUILD = ['build', '--plain'];
const CALLS = ['rename', 'link', 'unlink', 'mkdir', 'openat', 'symlink', 'write', 'fsync'];

function archives(rig: Rig): Record<string, string> {
  const packages = join(rig.packages, 'cache/packages');
  if (!existsSync(packages)) return {};
  const files = readdirSync(packages).flatMap((name) =>
    readdirSync(join(packages, name)).map((file) => join(name, file)),
  );
  const whole = files.filter((file) => file.endsWith('.tar.xz')).sort();
  return Object.fromEntries(whole.map((file) => [file, digestFile(join(packages, file)).hash]));
}

const problem = tracingProblem();

describe.skipIf(problem !== undefined)('a build', () => {
  let calls: Record<string, CallMade[]>;
  let wanted: Record<string, string>;
  let traced: Rig;
  beforeAll(() => {
    traced = tree();
    calls = traceCalls(traced, BUILD, CALLS);
    wanted = archives(traced);
    expect(Object.keys(wanted)).toHaveLength(2);
  });
  afterAll(() => traced[Symbol.dispose]());

  /** A call in the middle of those that name this. Which it is in another build may differ a little. */
  function callOf(name: string, what: string): number {
    const made = calls[name]!.filter(({ text }) => text.includes(what));
    expect(made, `${name} of ${what}`).not.toEqual([]);
    return made[Math.floor(made.length / 2)]!.number;
  }

  function endsAsEver(rig: Rig): void {
    for (const [file, digest] of Object.entries(archives(rig))) {
      expect([file, digest]).toEqual([file, wanted[file]]);
    }
    const { status, stderr } = rig.run(BUILD);
    expect([status, stderr]).toEqual([0, expect.not.stringContaining('error')]);
    expect(archives(rig)).toEqual(wanted);
    expect(readdirSync(join(rig.env['ASHLAR_STORE']!, 'work'))).toEqual([]);
    const blobs = execFileSync('find', [join(rig.env['ASHLAR_STORE']!, 'cas'), '-type', 'f'], {
      encoding: 'utf8',
    });
    for (const blob of blobs.trim().split('\n')) expect(blob).toContain(digestFile(blob).hash);
  }

  test.each([
    ['rename', '/store/cas/'],
    ['rename', '/store/ac/'],
    ['rename', '/store/download/'],
    ['rename', '/packages/cache/'],
    ['link', '/store/work/'],
    ['link', '/packages/cache/'],
    ['unlink', '/store/work/'],
    ['unlink', '/store/sandbox/'],
  ])('killed at %s of %s', (name, what) => {
    using rig = tree();
    const fault = { name, number: callOf(name, what), fault: 'SIGKILL' };
    expect(runWithFault(rig, BUILD, fault).signal).toBe('SIGKILL');
    endsAsEver(rig);
    expect(processesWith(rig.directory)).toEqual([]);
  });

  test('whose restoring is killed', () => {
    using rig = tree();
    expect(rig.run(BUILD).status).toBe(0);
    const output = join(rig.packages, 'cache');
    rmSync(output, { recursive: true });
    const { rename, link } = traceCalls(rig, BUILD, ['rename', 'link']);
    for (const [name, made] of Object.entries({ rename: rename!, link: link! })) {
      // The next restore makes fewer calls than the first: not each of these comes.
      const signals = [0, 0.5].map((part) => {
        rmSync(output, { recursive: true });
        const { number } = made[Math.floor(part * made.length)]!;
        const { signal } = runWithFault(rig, BUILD, { name, number, fault: 'SIGKILL' });
        endsAsEver(rig);
        return signal;
      });
      expect(signals).toContain('SIGKILL');
    }
  });

  test('of what a mirror has, killed', () => {
    const mirror = join(traced.directory, 'mirror');
    expect(traced.run(['cache', 'push', 'a', 'b', '--mirror', mirror]).status).toBe(0);
    const taker = (): Rig => {
      const rig = tree();
      rig.write({ 'ashlar.json': JSON.stringify({ shared_state: { mirrors: [mirror] } }) });
      return rig;
    };
    using whole = taker();
    const made = traceCalls(whole, BUILD, ['rename', 'link']);
    expect(archives(whole)).toEqual(wanted);
    for (const [name, part] of [
      ['rename', 0.25],
      ['rename', 0.75],
      ['link', 0.5],
    ] as const) {
      using rig = taker();
      const { number } = made[name]![Math.floor(part * made[name]!.length)]!;
      expect(runWithFault(rig, BUILD, { name, number, fault: 'SIGKILL' }).signal).toBe('SIGKILL');
      endsAsEver(rig);
      expect(processesWith(rig.directory)).toEqual([]);
    }
  });

  test.each([
    ['rename', 'ENOSPC', '/store/cas/'],
    ['rename', 'ENOSPC', '/packages/cache/'],
    ['rename', 'EIO', '/store/ac/'],
    ['rename', 'EIO', '/store/download/'],
    ['link', 'EDQUOT', '/store/work/'],
    ['link', 'EDQUOT', '/packages/cache/'],
    ['mkdir', 'EROFS', '/store/cas/'],
    ['mkdir', 'EROFS', '/store/work/'],
    ['symlink', 'EACCES', '/store/work/'],
    ['openat', 'EMFILE', '/packages/a'],
    ['openat', 'EMFILE', '/store/work/'],
    ['openat', 'ENFILE', '/store/cas/'],
    ['openat', 'ENOMEM', '/store/tmp/'],
    // Tried again: nobody hears of it.
    ['openat', 'EINTR', '/store/work/'],
    ['fsync', 'EIO', '/store/'],
    ['unlink', 'EIO', '/store/work/'],
  ])('in which %s gives %s for %s', (name, errno, what) => {
    using rig = tree();
    const fault = { name, number: callOf(name, what), fault: errno };
    const { status, signal, stderr } = runWithFault(rig, BUILD, fault);
    expect(stderr).not.toMatch(/^\s+at /m);
    // Where it can do without what failed, a build goes on.
    if (status !== 0) {
      expect(stderr).toMatch(new RegExp(`error: cannot .*\\(${errno}\\)`));
      expect({ status, signal }).toEqual({ status: 3, signal: null });
    }
    const left = spawnSync('find', [rig.packages, '-name', '*.tmp-*'], { encoding: 'utf8' });
    expect(left.stdout).toBe('');
    endsAsEver(rig);
  });
});
