// Machines that lack something: a build works all the same, or says in two lines what is missing.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createRig, PROGRAM, type Rig, type Run } from '../rig/program.ts';

const isRoot = process.getuid?.() === 0;
const mayMount =
  isRoot && spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', '/tmp']).status === 0;

const MAKE_ROOM =
  '  hint: room is made where the store can be written, by who it belongs to; ashlar cache stat and cache verify only read\n';

let rig: Rig;
beforeEach(() => {
  rig = createRig();
  rig.write({
    'lib/buildinfo.json': '{}',
    'lib/build': '#!/bin/bash\necho lib > $PKG_PATH/lib.txt',
    'p/buildinfo.json': '{"requires": ["lib"]}',
    'p/build': '#!/bin/bash\ncp /opt/ashlar/active/lib/lib.txt $PKG_PATH/',
  });
});
afterEach(() => rig[Symbol.dispose]());

describe.skipIf(!isRoot)('as an ordinary user', () => {
  function asUser(uid: number, env: Record<string, string>, argv = ['build', 'p']): Run {
    execFileSync('chown', ['-R', `${uid}:${uid}`, rig.directory]);
    return spawnSync(
      'setpriv',
      [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--', PROGRAM, ...argv],
      { cwd: rig.packages, env: { PATH: rig.env['PATH'], ...env }, encoding: 'utf8' },
    );
  }

  test('builds what root builds', () => {
    expect(rig.run(['build']).status).toBe(0);
    const byRoot = rig.read('cache/packages/p/latest');
    const archive = `cache/packages/p/${byRoot}.tar.xz`;
    const digest = (): string =>
      execFileSync('sha256sum', [archive], { cwd: rig.packages }).toString();
    const wanted = digest();
    rmSync(join(rig.packages, 'cache'), { recursive: true });
    const { status, stderr } = asUser(65_534, { ASHLAR_STORE: join(rig.directory, 'other') });
    expect(stderr).toMatch(/^4 ran/m);
    expect(status).toBe(0);
    expect(rig.read('cache/packages/p/latest')).toBe(byRoot);
    expect(digest()).toBe(wanted);
  });

  test('that no passwd knows, without HOME, builds with a store that is named', () => {
    const { status, stderr } = asUser(54_321, { XDG_CACHE_HOME: join(rig.directory, 'xdg') });
    expect(stderr).toMatch(/^4 ran/m);
    expect(status).toBe(0);
  });

  test('looks at the store of somebody else, and changes nothing there', () => {
    const store = rig.env['ASHLAR_STORE']!;
    expect(rig.run(['build']).status).toBe(0);
    const [blob] = execFileSync('find', [join(store, 'cas'), '-type', 'f', '-size', '-2'])
      .toString()
      .split('\n');
    chmodSync(blob!, 0o644);
    writeFileSync(blob!, 'flipped');
    chmodSync(rig.directory, 0o755);
    const look = (...argv: string[]): Run =>
      spawnSync(
        'setpriv',
        ['--reuid=54321', '--regid=54321', '--clear-groups', '--', PROGRAM, ...argv],
        { cwd: rig.packages, env: rig.env, encoding: 'utf8' },
      );
    const before = execFileSync('find', [store, '-printf', '%p %T@ %s\n']).toString();
    const stat = look('cache', 'stat');
    expect(stat.stderr).toBe('');
    expect(stat.stdout).toMatch(/^store {7}.*, which cannot be written\n/);
    expect(stat.stdout).toMatch(/^results {5}8$/m);
    const verified = look('cache', 'verify');
    expect(verified.stdout).toContain('1 damaged');
    expect(verified.stderr).toContain('is damaged: its bytes are not those of its name');
    expect(verified.stderr).toContain('hint: it is still there, as the store cannot be written');
    const gc = look('gc', '--max-size', '0');
    expect(gc.stderr).toBe(
      `error: cannot open the store ${store}: permission denied (EACCES)\n${MAKE_ROOM}`,
    );
    expect([stat.status, verified.status, gc.status]).toEqual([0, 3, 3]);
    expect(execFileSync('find', [store, '-printf', '%p %T@ %s\n']).toString()).toBe(before);
    // What cannot even be seen is no empty store.
    chmodSync(join(store, 'cas'), 0o700);
    expect(look('cache', 'stat')).toMatchObject({ status: 3, stdout: '' });
  });

  test('that may not write to the packages directory is told so, before anything is built', () => {
    asUser(54_321, { ASHLAR_STORE: rig.env['ASHLAR_STORE']! }, ['ids']);
    chownSync(rig.packages, 0, 0);
    const { status, stderr } = spawnSync(
      'setpriv',
      ['--reuid=54321', '--regid=54321', '--clear-groups', '--', PROGRAM, 'build'],
      { cwd: rig.packages, env: rig.env, encoding: 'utf8' },
    );
    expect(stderr).toBe(
      `error: cannot make the directory for results ${join(rig.packages, 'cache')}: permission denied (EACCES)\n` +
        '  hint: check who owns it and its permissions\n',
    );
    expect(status).toBe(3);
  });
});

test('without HOME, ids need no store', () => {
  const env = { ASHLAR_STORE: undefined, HOME: undefined, XDG_CACHE_HOME: undefined };
  const { status, stdout, stderr } = rig.run(['ids', '--image-id', 'x'], { env });
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^p {3}p--[0-9a-f]{40}$/m);
  expect(status).toBe(0);
});

describe.skipIf(!mayMount)('with mounts of its own', () => {
  // Beside the system's /tmp, which these tests hide.
  let outside: string;
  beforeEach(() => {
    outside = mkdtempSync('/var/tmp/ashlar-e2e-');
    cpSync(rig.packages, join(outside, 'packages'), { recursive: true });
    mkdirSync(join(outside, 'home'));
  });
  afterEach(() => rmSync(outside, { recursive: true, force: true }));

  function mounted(mounts: string, env: Record<string, string>, command = 'build p'): Run {
    const line = `${mounts} && cd packages && exec "$0" ${command}`;
    return spawnSync('unshare', ['-m', '--propagation=private', 'sh', '-c', line, PROGRAM], {
      cwd: outside,
      env: { PATH: rig.env['PATH'], HOME: join(outside, 'home'), ...env },
      encoding: 'utf8',
    });
  }

  test.each([
    ['a /tmp without programs', 'mount -t tmpfs -o noexec tmpfs /tmp', {}],
    ['a /tmp that is read-only', 'mount -t tmpfs -o ro tmpfs /tmp', {}],
    ['a TMPDIR that is not there', 'true', { TMPDIR: '/nowhere' }],
  ])('%s does not matter', (_, mounts, env) => {
    const { status, stderr } = mounted(mounts, env);
    expect(stderr).toMatch(/^4 ran/m);
    expect(status).toBe(0);
  });

  test('a read-only HOME is told, and matters only where the store would be in it', () => {
    const readOnly = 'mount --bind home home && mount -o remount,ro,bind home';
    const { status, stderr } = mounted(readOnly, {});
    expect(stderr).toBe(
      `error: cannot open the store ${outside}/home/.cache/ashlar: the file system is read-only (EROFS)\n` +
        '  hint: it is mounted read-only; point Ashlar at a writable place\n',
    );
    expect(status).toBe(3);
    expect(readdirSync(join(outside, 'packages'))).not.toContain('cache');
    expect(mounted(readOnly, { ASHLAR_STORE: join(outside, 'store') }).status).toBe(0);
  });

  test('a read-only store is told', () => {
    const store = { ASHLAR_STORE: join(outside, 'store') };
    expect(mounted('true', store).status).toBe(0);
    const { status, stderr } = mounted(
      // With nothing to do, nobody looks at the store.
      'rm -r packages/cache && mount --bind store store && mount -o remount,ro,bind store',
      store,
    );
    expect(stderr).toContain(
      `cannot open the store ${outside}/store: the file system is read-only`,
    );
    expect(status).toBe(3);
  });

  test('a read-only store is looked at, and stays as it is', () => {
    const store = { ASHLAR_STORE: join(outside, 'store') };
    expect(mounted('true', store).status).toBe(0);
    rmSync(join(outside, 'store/log'), { recursive: true });
    const readOnly = 'mount --bind store store && mount -o remount,ro,bind store';
    const stat = mounted(readOnly, store, 'cache stat --json');
    expect(stat.stderr).toBe('');
    expect(JSON.parse(stat.stdout)).toMatchObject({ writable: false, results: 8 });
    const verified = mounted(readOnly, store, 'cache verify');
    expect(verified.stderr).toBe('');
    expect(verified.stdout).toContain('nothing is damaged');
    const gc = mounted(readOnly, store, 'gc --max-size 0');
    expect(gc.stderr).toBe(
      `error: cannot open the store ${outside}/store: the file system is read-only (EROFS)\n${MAKE_ROOM}`,
    );
    expect([stat.status, verified.status, gc.status]).toEqual([0, 0, 3]);
    // One that is not there is not made up.
    const empty = mounted(readOnly, { ASHLAR_STORE: join(outside, 'store/x') }, 'cache stat');
    expect(empty.stderr).toContain(`cannot open the store ${outside}/store/x: `);
    expect(empty.status).toBe(3);
  });

  test('without bubblewrap it says what to install, and that there is another way', () => {
    const { status, stderr } = mounted('mount --bind /dev/null "$(command -v bwrap)"', {});
    expect(stderr).toBe(
      'error: the program bwrap, which makes the sandboxes, is not installed\n' +
        '  hint: install the Debian package bubblewrap (apt-get install bubblewrap), or build with --sandbox host\n',
    );
    expect(status).toBe(3);
  });

  test('without user namespaces it says so, and what to set', () => {
    mkdirSync(join(outside, 'bin'));
    writeFileSync(
      join(outside, 'bin/bwrap'),
      '#!/bin/sh\necho "bwrap: No permissions to create new namespace" >&2; exit 1\n',
      { mode: 0o755 },
    );
    const { status, stderr } = mounted('true', {
      PATH: `${outside}/bin:${process.env['PATH'] ?? ''}`,
    });
    expect(stderr).toMatch(/^error: bubblewrap may not make user namespaces here: .*\n {2}hint: /);
    expect(stderr.trim().split('\n')).toHaveLength(2);
    expect(status).toBe(3);
  });
});
