// What a build survives: kill -9 at any moment, a full disk, permissions of all kinds.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { digestFile } from '../../src/base/digest.ts';
import { rigsOfOneProcess } from '../rig/again.ts';
import { createRig as createRigApart, PROGRAM, type Rig } from '../rig/program.ts';

/** What is killed, runs at the same time as another, or has a mask of its own is a process of its own. */
const createRig = rigsOfOneProcess();

/** A tree of a few packages whose contents depend on each other, quick to build. */
function smallTree(): Rig {
  const rig = createRig();
  for (let i = 0; i < 6; i++) {
    const requires = i === 0 ? [] : [`p${i - 1}`];
    rig.write({
      [`p${i}/buildinfo.json`]: JSON.stringify({ requires }),
      [`p${i}/build`]:
        `mkdir -p $PKG_PATH/lib\nfor f in $(seq 20); do echo "p${i} $f" > $PKG_PATH/lib/p${i}-$f; done\n` +
        (i === 0 ? '' : `cat $PKG_ROOT/lib/p${i - 1}-* > $PKG_PATH/lib/from-p${i - 1}\n`),
    });
  }
  return rig;
}

/** Digest of every archive, by name. */
function archives(rig: Rig): Record<string, string> {
  const packages = join(rig.packages, 'cache/packages');
  const found: Record<string, string> = {};
  for (const name of readdirSync(packages).sort()) {
    for (const file of readdirSync(join(packages, name)).sort()) {
      if (file.endsWith('.tar.xz')) found[file] = digestFile(join(packages, name, file)).hash;
    }
  }
  return found;
}

let wanted: Record<string, string>;
beforeAll(() => {
  using reference = smallTree();
  expect(reference.run(['build']).status).toBe(0);
  wanted = archives(reference);
  expect(Object.keys(wanted)).toHaveLength(6);
});

test('kill -9 at moments all over a build: what is there is right, and the next build ends the same', async () => {
  using rig = smallTree();
  const whole = 1_200;
  for (let round = 0; round < 6; round++) {
    // The moments are spread evenly; where in the build each falls is left to the machine.
    const started = rig.start(['build', '--plain']);
    const timer = setTimeout(() => started.kill('SIGKILL'), 150 + (round * whole) / 6);
    await started.ended;
    clearTimeout(timer);
    if (!readdirSync(rig.packages).includes('cache')) continue;
    for (const [file, digest] of Object.entries(archives(rig)))
      expect([file, digest]).toEqual([file, wanted[file]]);
    if (round % 3 === 2) rmSync(join(rig.packages, 'cache'), { recursive: true, force: true });
  }
  const { status } = rig.run(['build']);
  expect(status).toBe(0);
  expect(archives(rig)).toEqual(wanted);
  expect(readdirSync(join(rig.env['ASHLAR_STORE']!, 'work'))).toEqual([]);
  const blobs = execFileSync('find', [join(rig.env['ASHLAR_STORE']!, 'cas'), '-type', 'f'], {
    encoding: 'utf8',
  });
  for (const blob of blobs.trim().split('\n')) {
    if (!blob.includes('.tmp-')) expect(blob).toContain(digestFile(blob).hash);
  }
});

/** Removes a directory that others still put files into. */
function removeInUse(directory: string): void {
  while (existsSync(directory)) {
    try {
      rmSync(directory, { recursive: true });
    } catch (error) {
      expect((error as NodeJS.ErrnoException).code).toMatch(/^(ENOTEMPTY|ENOENT)$/);
    }
  }
}

describe('a store that is removed while a build runs', () => {
  const gone = (rig: Rig): RegExp =>
    new RegExp(
      `error: the store ${rig.env['ASHLAR_STORE']} was removed while it was in use\n  hint: run again`,
      'g',
    );

  test('is an error of the environment, told once, and leaves nothing half done', async () => {
    using rig = smallTree();
    // Begins to wait, and ends when what it was given is gone.
    rig.write({
      'p1/build': 'echo waiting; while [ -e "$PKG_SCRIPT" ]; do sleep 0.1; done; exit 0',
    });
    for (const more of [[], ['--keep-going', '--jobs', '1']]) {
      const started = rig.start(['build', '--plain', ...more]);
      const log = join(rig.packages, 'cache/log/p1/build.log');
      while (!existsSync(log) || !readFileSync(log, 'utf8').includes('waiting')) await sleep(20);
      removeInUse(rig.env['ASHLAR_STORE']!);
      const { status, stderr } = await started.ended;
      expect(status, stderr).toBe(3);
      expect(stderr.match(gone(rig)), stderr).toHaveLength(1);
      expect(stderr.match(/^failed/gm)).toEqual(['failed']);
      const written = readdirSync(join(rig.packages, 'cache/packages'), { recursive: true });
      expect(written.filter((name) => /p[1-5]/.test(String(name)))).toEqual([]);
      rmSync(join(rig.packages, 'cache'), { recursive: true });
    }
    rig.write({
      'p1/build': 'echo p1 > $PKG_PATH/p1; mkdir $PKG_PATH/lib; echo 1 > $PKG_PATH/lib/p1-1',
    });
    expect(rig.run(['build']).status).toBe(0);
  });

  test.each([
    // The last that is done with results is to have all on the disk.
    ['when all tasks have ended', 'sync', '-f', []],
    // After that, trees are recorded, and room is made.
    ['before room is made', 'git', 'fast-import', ['--trace']],
  ])('is the same error %s', (_, program, argument, flags) => {
    using rig = createRig();
    const bin = join(rig.directory, 'bin');
    const store = rig.env['ASHLAR_STORE']!;
    rig.write({
      'ashlar.json': '{"store": {"max_size": "1TB"}}',
      'p/buildinfo.json': '{}',
      'p/build': 'echo p > $PKG_PATH/p',
      [`../bin/${program}`]: `#!/bin/sh
PATH=\${PATH#*:} ${program} "$@" || exit
case "$*" in *${argument}*)
  set -- ${rig.packages}/cache/packages/p/*.tar.xz
  [ ! -e "$1" ] || rm -rf ${store} ;;
esac
`,
    });
    chmodSync(join(bin, program), 0o755);
    const env = { PATH: `${bin}:${rig.env['PATH']}` };
    const { status, stderr } = rig.run(['build', '--plain', ...flags], { env });
    expect(stderr.match(gone(rig)), stderr).toHaveLength(1);
    expect(stderr).not.toContain('warning');
    expect(stderr).toMatch(/^2 ran/m);
    expect(status).toBe(3);
    expect(existsSync(join(store, 'version'))).toBe(false);
    // Nothing is on record, and nobody believes that there is.
    const again = rig.run(['build', '--plain']);
    expect(again.status, again.stderr).toBe(0);
    expect(again.stderr).toMatch(/^2 ran/m);
  });

  test('is told of in place of how a script failed for it', () => {
    using rig = createRig();
    rig.write({
      'p/buildinfo.json': '{}',
      'p/build':
        'in=work; echo "$PWD" | grep -q "/store/$in/" && rm -rf "${PKG_PATH%/$in/*}"; false',
    });
    const { status, stderr } = rig.run(['build', '--sandbox', 'host']);
    expect(status).toBe(3);
    expect(stderr).toMatch(gone(rig));
    expect(stderr).not.toContain('exit status');
  });
});

test('many builds at once in one store and one tree agree', async () => {
  using rig = smallTree();
  const runs = await Promise.all(
    Array.from({ length: 5 }, () => rig.start(['build', '--plain']).ended),
  );
  expect(runs.map(({ status }) => status)).toEqual([0, 0, 0, 0, 0]);
  expect(archives(rig)).toEqual(wanted);
  const ran = runs.flatMap(({ stderr }) => stderr.match(/^ran {6}\S+/gm) ?? []);
  expect(new Set(ran).size).toBe(12);
  expect(ran).toHaveLength(12);
});

function writeOver(file: string): void {
  chmodSync(file, 0o644);
  writeFileSync(file, 'something else');
}

describe.skipIf(process.getuid?.() !== 0)('on a disk of its own', () => {
  // One process for all would keep what it opened there, and nothing could be unmounted.
  const mounted: string[] = [];
  afterEach(() => {
    for (const path of mounted.splice(0)) spawnSync('umount', [path]);
  });

  function smallDisk(path: string, size: string): void {
    mkdirSync(path, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path]);
    mounted.push(path);
  }

  test('a store that fills up fails the build with what is full, and keeps nothing partial', () => {
    using rig = createRigApart();
    rig.write({
      'p/buildinfo.json': '{}',
      'p/build': 'head -c 40000000 /dev/urandom > $PKG_PATH/big',
      'q/buildinfo.json': '{}',
      'q/build': 'echo q > $PKG_PATH/q',
    });
    smallDisk(rig.env['ASHLAR_STORE']!, '16m');
    const { status, stderr } = rig.run(['build', 'p']);
    expect(status).not.toBe(0);
    expect(stderr).toMatch(/[Nn]o space( is)? left/);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(readdirSync(join(rig.env['ASHLAR_STORE']!, 'work'))).toEqual([]);
    expect(rig.run(['build', 'q']).status).toBe(0);
    for (const path of mounted.splice(0)) spawnSync('umount', [path]);
  });

  test('a mirror that fills up costs one warning, and gets the rest when there is room', () => {
    using rig = createRigApart();
    const mirror = join(rig.directory, 'mirror');
    smallDisk(mirror, '1m');
    rig.write({
      'p/buildinfo.json': '{}',
      'p/build': 'head -c 3000000 /dev/zero > $PKG_PATH/zero; seq 200000 > $PKG_PATH/numbers',
    });
    const env = { ASHLAR_MIRRORS: `rw:${mirror}` };
    const { status, stderr } = rig.run(['build', 'p'], { env });
    expect(status, stderr).toBe(0);
    expect(stderr.match(/^warning/gm)).toHaveLength(1);
    expect(stderr).toContain('it cannot be written to (ENOSPC)\n  hint: free some space there');
    expect(readdirSync(join(mirror, 'tmp'))).toEqual([]);
    execFileSync('mount', ['-o', 'remount,size=64m', mirror]);
    const again = rig.run(['build', 'p'], { env });
    expect(again.stderr).not.toContain('warning');
    const other = { ...env, ASHLAR_STORE: join(rig.directory, 'store-2') };
    const taken = rig.run(['build', 'p'], { env: other });
    expect(taken.status).toBe(0);
    expect(taken.stderr).not.toMatch(/^ran /m);
    for (const path of mounted.splice(0)) spawnSync('umount', [path]);
  });

  test('a store on another file system than the tree restores copies, and is not changed through them', () => {
    using rig = createRigApart();
    rig.write({ 'p/buildinfo.json': '{}', 'p/build': 'seq 1000 > $PKG_PATH/numbers' });
    smallDisk(rig.env['ASHLAR_STORE']!, '64m');
    expect(rig.run(['build', 'p']).status).toBe(0);
    const [archive] = readdirSync(join(rig.packages, 'cache/packages/p')).filter((name) =>
      name.endsWith('.tar.xz'),
    );
    const file = join(rig.packages, 'cache/packages/p', archive!);
    const bytes = readFileSync(file);
    expect(statSync(file).nlink).toBe(1);
    for (const change of [(): void => rmSync(file), (): void => writeOver(file)]) {
      change();
      const run = rig.run(['build', 'p']);
      expect(run.stderr).not.toMatch(/^ran /m);
      expect(readFileSync(file)).toEqual(bytes);
    }
    expect(rig.run(['cache', 'verify'])).toMatchObject({ status: 0, stderr: '' });
    for (const path of mounted.splice(0)) spawnSync('umount', [path]);
  });

  test('a packages directory that fills up is an error of the environment', () => {
    using rig = createRigApart();
    smallDisk(join(rig.packages, 'cache'), '64k');
    rig.write({
      'p/buildinfo.json': '{}',
      'p/build': 'head -c 400000 /dev/urandom > $PKG_PATH/big',
    });
    const { status, stderr } = rig.run(['build', 'p']);
    expect(stderr).toContain('no space is left on the device');
    expect(status).toBe(3);
    expect(readFileSync('/proc/mounts', 'utf8')).toContain(rig.packages);
    const left = execFileSync('find', [join(rig.packages, 'cache'), '-name', '*.tmp-*'], {
      encoding: 'utf8',
    });
    expect(left).toBe('');
    for (const path of mounted.splice(0)) spawnSync('umount', [path]);
  });

  test('clean says what it cannot remove, and leaves a cache that lies on a disk of its own', () => {
    using rig = createRigApart();
    rig.write({ 'p/buildinfo.json': '{}', 'p/build': 'true' });
    expect(rig.run(['build']).status).toBe(0);
    const cache = join(rig.packages, 'cache');
    execFileSync('mount', ['--bind', cache, cache]);
    mounted.push(cache);
    execFileSync('mount', ['-o', 'remount,ro,bind', cache]);
    const { status, stdout, stderr } = rig.run(['clean']);
    expect(stderr).toContain(`error: cannot remove ${cache}/packages`);
    expect(stderr).toContain('the file system is read-only (EROFS)');
    expect(stderr).not.toContain('bug');
    expect([status, stdout]).toEqual([3, '']);
    execFileSync('mount', ['-o', 'remount,rw,bind', cache]);
    expect(rig.run(['clean'])).toMatchObject({ status: 0, stderr: '' });
    expect(readdirSync(cache)).toEqual([]);
    for (const path of mounted.splice(0)) spawnSync('umount', [path]);
  });

  test('a read-only tree with nothing to do is fine; with something to do it says what is read-only', () => {
    using rig = createRigApart();
    rig.write({ 'p/buildinfo.json': '{}', 'p/build': 'true' });
    execFileSync('mount', ['--bind', rig.packages, rig.packages]);
    mounted.push(rig.packages);
    execFileSync('mount', ['-o', 'remount,ro,bind', rig.packages]);
    expect(rig.run(['ids']).status).toBe(0);
    const { status, stderr } = rig.run(['build']);
    expect(stderr).toContain('the file system is read-only');
    expect(status).toBe(3);
    for (const path of mounted.splice(0)) spawnSync('umount', [path]);
  });
});

test.each(['000', '077', '777'])('umask %s changes nothing in what is built', (umask) => {
  using rig = smallTree();
  const { status, stderr } = spawnSync(
    'sh',
    ['-c', `umask ${umask}; exec "$0" build p1`, PROGRAM],
    {
      cwd: rig.packages,
      env: rig.env,
      encoding: 'utf8',
    },
  );
  expect(stderr).toContain('ran      p1:write_tar');
  expect(status).toBe(0);
  const built = archives(rig);
  expect(Object.keys(built).map((name) => name.slice(0, 4))).toEqual(['p0--', 'p1--']);
  expect(wanted).toMatchObject(built);
});

test('what a build leaves with odd permissions goes into the package or goes away', () => {
  using rig = createRig();
  rig.write({
    'p/buildinfo.json': '{}',
    'p/build': [
      'mkdir -p deep/er; echo x > deep/er/f; chmod 000 deep/er/f deep/er deep',
      'mkdir $PKG_PATH/secret; echo y > $PKG_PATH/secret/f; chmod 000 $PKG_PATH/secret/f; chmod 500 $PKG_PATH/secret',
    ].join('\n'),
  });
  const { status, stderr } = rig.run(['build']);
  expect(stderr).toContain('2 ran');
  expect(status).toBe(0);
  expect(readdirSync(join(rig.env['ASHLAR_STORE']!, 'work'))).toEqual([]);
});

test('a home that cannot be written is told of', () => {
  using rig = createRig();
  rig.write({ 'p/buildinfo.json': '{}', 'p/build': 'true' });
  const env = { ASHLAR_STORE: '/proc/nowhere' };
  const { status, stderr } = rig.run(['build'], { env });
  expect(stderr).toMatch(/cannot open the store/);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(status).toBe(3);
  chmodSync(rig.packages, 0o755);
});
