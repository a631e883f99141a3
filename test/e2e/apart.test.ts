// Processes that use one store and cannot see each other's locks, as on two machines with one network file
// system: work may be done twice, and nothing is ever wrong.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { digestFile } from '../../src/base/digest.ts';
import { startNginx } from '../rig/nginx.ts';
import { createRig, PROGRAM, type Rig, type Run } from '../rig/program.ts';

/** Locks are seen within one network namespace. */
const apart = spawnSync('unshare', ['-n', 'true']).status === 0;

function elsewhere(rig: Rig, cwd: string, argv: readonly string[]): Promise<Run> {
  const child = spawn('unshare', ['-n', PROGRAM, ...argv], { cwd, env: rig.env });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((done) => {
    child.on('close', (status) => done({ status, stdout, stderr }));
  });
}

function archives(packages: string): string[] {
  return readdirSync(join(packages, 'cache/packages'), { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.tar.xz'))
    .sort()
    .map((name) => `${name} ${digestFile(join(packages, 'cache/packages', name)).hash}`);
}

describe.skipIf(!apart)('without locks in common', () => {
  test('builds in one store agree, while others make room in it', async () => {
    using rig = createRig();
    for (let i = 0; i < 3; i++) {
      rig.write({
        [`p${i}/buildinfo.json`]: JSON.stringify({ requires: i === 0 ? [] : [`p${i - 1}`] }),
        [`p${i}/build`]: `mkdir $PKG_PATH/lib; seq ${i} 500 > $PKG_PATH/lib/p${i}`,
      });
    }
    const others = ['one', 'two'].map((name) => join(rig.directory, name));
    for (const other of others) cpSync(rig.packages, other, { recursive: true });
    const runs = await Promise.all([
      rig.start(['build', '--plain']).ended,
      ...others.map((other) => elsewhere(rig, other, ['build', '--plain'])),
      ...[0, 1, 2].map(() => elsewhere(rig, rig.directory, ['gc', '--max-size', '0'])),
    ]);
    for (const { status, stderr } of runs) expect(status, stderr).toBe(0);
    expect(archives(rig.packages)).toHaveLength(3);
    for (const other of others) expect(archives(other)).toEqual(archives(rig.packages));
    expect(rig.run(['cache', 'verify'])).toMatchObject({ status: 0, stderr: '' });
    expect(readdirSync(join(rig.env['ASHLAR_STORE']!, 'work'))).toEqual([]);
  });
});

const isRoot = process.getuid?.() === 0;

describe.skipIf(!apart || !isRoot)('several accounts on several machines', () => {
  const GROUP = 5555;
  let rig: Rig;
  let mirror: string;
  beforeEach(() => {
    rig = createRig();
    chmodSync(rig.directory, 0o755);
    mirror = join(rig.directory, 'mirror');
  });
  afterEach(() => rig[Symbol.dispose]());

  /** Builds on a machine with a host name, a network, an account, a store and a checkout of its own. */
  function build(
    uid: number,
    own: string,
    { url = mirror, network = '-n' }: { url?: string; network?: string } = {},
  ): Promise<Run> {
    const home = join(rig.directory, `${uid}`);
    if (!existsSync(home)) {
      mkdirSync(join(home, 'base'), { recursive: true });
      mkdirSync(join(home, 'top'));
      writeFileSync(join(home, 'base/buildinfo.json'), '{}');
      writeFileSync(join(home, 'top/buildinfo.json'), '{"requires": ["base"]}');
      writeFileSync(
        join(home, 'top/build'),
        'cp $PKG_ROOT/numbers $PKG_PATH/top || touch $PKG_PATH/top',
      );
    }
    writeFileSync(
      join(home, 'base/build'),
      `seq 100 > $PKG_PATH/numbers; echo ${own} >> $PKG_PATH/numbers`,
    );
    for (const name of ['base/build', 'top/build']) chmodSync(join(home, name), 0o755);
    execFileSync('chown', ['-R', `${uid}:${uid}`, home]);
    const program = `hostname host-${uid}; exec setpriv --reuid=${uid} --regid=${uid} --groups=${GROUP} "$0" build top`;
    const child = spawn(
      'unshare',
      [...(network === '' ? [] : [network]), '-u', 'sh', '-c', program, PROGRAM],
      {
        cwd: home,
        env: {
          PATH: rig.env['PATH'],
          HOME: home,
          ASHLAR_STORE: join(home, 'store'),
          ASHLAR_MIRRORS: `rw:${url}`,
        },
      },
    );
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.stdout.resume();
    return new Promise((done) => {
      child.on('close', (status) => done({ status, stdout: '', stderr }));
    });
  }

  const ran = ({ status, stderr }: Run): number => {
    expect(status, stderr).toBe(0);
    expect(stderr).not.toContain('warning');
    return stderr.match(/^ran /gm)?.length ?? 0;
  };

  test('share a directory that their group may write to, at once', async () => {
    mkdirSync(mirror);
    chownSync(mirror, 0, GROUP);
    chmodSync(mirror, 0o2775);
    const first = await Promise.all([build(11_111, 'one'), build(22_222, 'two')]);
    expect(first.map(ran)).toEqual([4, 4]);
    expect(ran(await build(33_333, 'one'))).toBe(0);
    expect(ran(await build(33_333, 'two'))).toBe(0);
    for (const name of [
      '.',
      'ac',
      'cas',
      'tmp',
      ...readdirSync(join(mirror, 'cas')).map((one) => `cas/${one}`),
    ]) {
      const { mode, gid } = statSync(join(mirror, name));
      expect([name, mode & 0o7777, gid]).toEqual([name, 0o2775, GROUP]);
    }
  });

  test('share an nginx', async () => {
    await using nginx = await startNginx();
    const there = { url: nginx.url, network: '' };
    expect(ran(await build(11_111, 'one', there))).toBe(4);
    expect(ran(await build(22_222, 'one', there))).toBe(0);
  });
});
