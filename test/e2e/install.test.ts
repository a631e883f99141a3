// The commands of a root as a person meets them: what they print, and how they end.
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { ok } from '../../src/base/diagnostic.ts';
import { changing, rootAt } from '../../src/install/root.ts';
import { goldenInstall, leftovers, memory, scratch, value, writeFiles } from '../install/rig.ts';
import { startAgain } from '../rig/again.ts';
import { ashlar, bundle, packArchive } from './install-rig.ts';

const again = startAgain();
afterAll(() => again[Symbol.dispose]());

/** A directory with archives and a command line that works in it, on the root `R`. */
function workplace() {
  const dir = scratch(memory);
  const root = value(rootAt(join(dir.path, 'R')));
  const run = async (...args: string[]) => {
    const where = { cwd: dir.path, env: process.env };
    const { status, stdout, stderr } = again.run([...args, '--root', 'R'], where);
    // What is printed, with the place taken out.
    const shown = `${stdout}${stderr}`.replaceAll(`${dir.path}/`, '');
    return { status, shown };
  };
  const pack = (name: string, files: Parameters<typeof packArchive>[1]) =>
    packArchive(join(dir.path, name), files);
  return { path: dir.path, root, run, pack, [Symbol.dispose]: () => dir[Symbol.dispose]() };
}

test('a first day with a root', async () => {
  using at = workplace();
  const { run, pack } = at;
  pack('zlib--1.tar.xz', { 'lib/libz.so': 'z1', 'include/zlib.h': '' });
  pack('zlib--2.tar.zst', { 'lib/libz.so': 'z2', 'include/zlib.h': '' });
  pack('curl--1.tar.xz', { 'bin/curl': '#!c', 'pkginfo.json': '{"requires": ["zlib"]}' });

  expect(await run('install', 'zlib--1.tar.xz', 'curl--1.tar.xz', '--activate')).toEqual({
    status: 0,
    shown:
      'added zlib--1\nadded curl--1\n+ curl--1\n+ zlib--1\nactivated generation 1 of R, 2 packages\n',
  });
  expect(await run('install', 'zlib--1.tar.xz', '--activate')).toEqual({
    status: 0,
    shown: 'zlib--1 is there already\nnothing to do: generation 1 of R, 2 packages\n',
  });
  expect(await run('install', 'zlib--2.tar.zst')).toEqual({ status: 0, shown: 'added zlib--2\n' });
  expect(await run('list')).toEqual({ status: 0, shown: 'curl--1\nzlib:\n  1\n  2\n' });
  expect(await run('active')).toEqual({ status: 0, shown: 'curl--1\nzlib--1\n' });
  expect(await run('activate', 'curl--1', 'zlib--2')).toEqual({
    status: 0,
    shown: '- zlib--1\n+ zlib--2\nactivated generation 2 of R, 2 packages\n',
  });
  expect(await run('rollback', '--list')).toEqual({
    status: 0,
    shown: '  1: curl--1 zlib--1\n* 2: curl--1 zlib--2\n',
  });
  expect(await run('rollback')).toEqual({
    status: 0,
    shown: '- zlib--2\n+ zlib--1\nback at generation 1 of R, 2 packages\n',
  });
  expect((await run('rollback', '--to', '2')).status).toBe(0);
  expect(JSON.parse((await run('active', '--json')).shown)).toEqual({
    generation: 2,
    packages: ['curl--1', 'zlib--2'],
  });
  expect(JSON.parse((await run('list', '--json')).shown)).toEqual({
    packages: [
      { id: 'curl--1', name: 'curl', version: '1', active: true, generations: [1, 2] },
      { id: 'zlib--1', name: 'zlib', version: '1', active: false, generations: [1] },
      { id: 'zlib--2', name: 'zlib', version: '2', active: true, generations: [2] },
    ],
  });
  expect(await run('remove', 'zlib--1')).toEqual({
    status: 2,
    shown:
      'error: zlib--1 is in generation 1, which rollback can return to\n' +
      '  hint: nothing was removed; old generations go away as new ones are activated\n',
  });
  expect(leftovers(at.root)).toEqual([]);
});

test('removing', async () => {
  using at = workplace();
  at.pack('a--1.tar.xz', {});
  await at.run('install', 'a--1.tar.xz');
  expect(await at.run('remove', 'a--1', 'b--1')).toEqual({
    status: 0,
    shown: 'removed a--1\nb--1 is not there\n',
  });
  const bad = await at.run('remove', 'nodash', 'bad---id');
  expect(bad.status).toBe(2);
  expect(bad.shown.match(/^error: /gm)).toHaveLength(2);
});

test('the list is byte for byte that of the original', async () => {
  using at = workplace();
  const golden = JSON.parse(readFileSync(goldenInstall, 'utf8')) as {
    packages: Record<string, string>;
    scenarios: Record<string, { steps: { args: string[]; stdout: string }[] }>;
  };
  for (const [path, text] of Object.entries(golden.packages)) {
    writeFiles(at.root.packages, { [path]: text });
  }
  const step = golden.scenarios['activate_one']!.steps.find(({ args }) => args[0] === 'list')!;
  expect(await at.run('list')).toEqual({ status: 0, shown: step.stdout });
});

test('what cannot be installed says why, and nothing of it stays', async () => {
  using at = workplace();
  writeFileSync(join(at.path, 'corrupt--1.tar.xz'), 'no archive');
  writeFileSync(join(at.path, 'x.tar.gz'), '');
  writeFileSync(join(at.path, 'bad.tar.xz'), '');
  const cases: [string[], number, RegExp][] = [
    [['x.tar.gz'], 2, /^error: x\.tar\.gz is not named like the archive of a package\n/],
    [['bad.tar.xz'], 2, /^error: "bad" is not a package id/],
    [['missing--1.tar.xz'], 2, /^error: there is no file missing--1\.tar\.xz\n/],
    [
      ['corrupt--1.tar.xz'],
      2,
      /^corrupt--1\.tar\.xz: error: it is not a tar archive; it begins with "no archive"\n/,
    ],
    [['a--1'], 2, /no repository was given to get it from\n {2}hint: give --repository-url/],
    [['a--1', '--repository-url', 'file:///none'], 3, /a--1\.tar\.xz does not exist\n/],
    [['a--1', '--repository-url', 'gopher://host'], 2, /^error: cannot fetch gopher:/],
  ];
  for (const [args, status, shown] of cases) {
    const result = await at.run('install', ...args);
    expect(result).toEqual({ status, shown: expect.stringMatching(shown) as string });
    expect(result.shown).not.toMatch(/\n\s+at /);
    expect(leftovers(at.root)).toEqual([]);
  }
  expect(readdirSync(at.root.packages)).toEqual([]);
});

test('a package by id comes from a repository beside', async () => {
  using at = workplace();
  mkdirSync(join(at.path, 'remote/packages/a'), { recursive: true });
  at.pack('remote/packages/a/a--1.tar.xz', { 'bin/a': '' });
  expect(await at.run('install', 'a--1', '--repository-url', 'remote')).toEqual({
    status: 0,
    shown: 'added a--1\n',
  });
});

test('faults of a set, with their places', async () => {
  using at = workplace();
  at.pack('a--1.tar.xz', { 'bin/x': '', 'pkginfo.json': '{"requires":["zlip"]}' });
  at.pack('zlib--1.tar.xz', { 'bin/x': '' });
  await at.run('install', 'a--1.tar.xz', 'zlib--1.tar.xz');
  expect(await at.run('activate', 'a--1', 'zlib--1')).toEqual({
    status: 2,
    shown: [
      'R/packages/a--1/pkginfo.json:1:14: error: a--1 requires zlip, and no package of that name is in the set',
      '  1 | {"requires":["zlip"]}',
      '    |              ~~~~~~',
      '  hint: did you mean "zlib"?',
      'error: a--1 and zlib--1 both provide bin/x',
      '  hint: nothing was changed; a path can come from one package only',
      '',
    ].join('\n'),
  });
});

test('bad command lines end with 2', async () => {
  using at = workplace();
  for (const args of [['list', 'extra'], ['activate'], ['install'], ['rollback', '--to', 'x']]) {
    expect((await at.run(...args)).status).toBe(2);
  }
  expect((await ashlar(undefined, ['list', '--root', '/'])).status).toBe(2);
  expect(await at.run('active')).toEqual({
    status: 2,
    shown:
      'error: there is no root at R\n' +
      '  hint: give its directory with --root, or begin one with "ashlar install"\n',
  });
});

test('a change waits for the one that goes on in another process, and says so', async () => {
  using at = workplace();
  at.pack('a--1.tar.xz', {});
  await at.run('install', 'a--1.tar.xz');
  let shown = '';
  const child = await changing(at.root, {}, async () => {
    const started = spawn(process.execPath, [bundle, 'activate', 'a--1', '--root', at.root.path]);
    await new Promise<void>((waits) => {
      started.stderr.on('data', (chunk) => {
        shown += String(chunk);
        if (shown.includes('waiting for another change of')) waits();
      });
    });
    expect(readdirSync(at.root.path)).not.toContain('current');
    return ok(started);
  });
  const status = await new Promise((done) => value(child).on('close', done));
  expect(status).toBe(0);
  expect(readdirSync(at.root.path)).toContain('current');
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s during an installation leaves nothing behind', async (signal, status) => {
  using at = workplace();
  // What xz data begins with, and an xz that says who it is and never ends.
  writeFileSync(join(at.path, 'a--1.tar.xz'), Buffer.from('fd377a585a00', 'hex'));
  mkdirSync(join(at.path, 'tools'));
  execFileSync('mkfifo', [join(at.path, 'pipe')]);
  writeFileSync(
    join(at.path, 'tools/xz'),
    `#!/bin/sh\necho $$ > ${join(at.path, 'pipe')}\nexec sleep 600\n`,
  );
  chmodSync(join(at.path, 'tools/xz'), 0o755);
  const child = spawn(
    process.execPath,
    [bundle, 'install', 'a--1.tar.xz', '--root', at.root.path],
    { cwd: at.path, env: { ...process.env, PATH: `${join(at.path, 'tools')}:/usr/bin:/bin` } },
  );
  const pid = Number(await readFile(join(at.path, 'pipe'), 'utf8'));
  const ended = new Promise((done) => child.on('close', done));
  let shown = '';
  child.stderr.on('data', (chunk) => (shown += String(chunk)));
  child.kill(signal);
  expect(await ended).toBe(status);
  expect(shown).toBe('error: interrupted; the active set is as it was\n');
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  expect(readdirSync(at.root.packages)).toEqual([]);
});

test('a root can be moved, and made for another place', async () => {
  using at = workplace();
  at.pack('a--1.tar.xz', { 'bin/a': '#!/bin/sh\necho ran', 'lib/d/x': '' });
  at.pack('b--1.tar.xz', { 'bin/b': '', 'lib/d/y': '' });
  const moved = join(at.path, 'opt/elsewhere');
  const args = ['install', 'a--1.tar.xz', 'b--1.tar.xz', '--activate', '--prefix', moved];
  expect((await at.run(...args)).status).toBe(0);
  mkdirSync(join(at.path, 'opt'));
  execFileSync('mv', [at.root.path, moved]);
  const script = `. ${moved}/environment.export && a && test -e ${moved}/lib/d/x && cat ${moved}/lib/d/y`;
  expect(execFileSync('/bin/sh', ['-euc', script], { encoding: 'utf8' })).toBe('ran\n');
});
