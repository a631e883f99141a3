// Control groups: where they are found, what is written to them, and that none is left.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findCgroups, locate, makeCgroup } from '../../src/sandbox/cgroup.ts';
import { scratch } from './rig.ts';

const V1 = [
  '31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755',
  '35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory',
  '39 31 0:36 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids',
  '40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd',
  '41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw',
].join('\n');

describe('locate', () => {
  test('version 1, also where version 2 is mounted beside it', () => {
    const membership = '9:name=systemd:/\n8:pids:/\n4:memory:/a/b c\n0::/\n';
    expect(locate(V1, membership)).toEqual({
      memory: {
        version: 1,
        own: '/sys/fs/cgroup/memory/a/b c',
        root: '/sys/fs/cgroup/memory',
      },
      pids: { version: 1, own: '/sys/fs/cgroup/pids/', root: '/sys/fs/cgroup/pids' },
    });
  });

  test('version 2', () => {
    const mountinfo = '30 24 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate';
    const own = '/sys/fs/cgroup/user.slice/x.scope';
    const found = { version: 2, own, root: '/sys/fs/cgroup' };
    expect(locate(mountinfo, '0::/user.slice/x.scope\n')).toEqual({ memory: found, pids: found });
  });

  test('a hierarchy that is only visible from some group down', () => {
    const mountinfo = '35 31 0:32 /box/7 /sys/fs/cgroup\\040x rw - cgroup cgroup rw,memory';
    expect(locate(mountinfo, '4:memory:/box/7/mine')).toEqual({
      memory: { version: 1, own: '/sys/fs/cgroup x/mine', root: '/sys/fs/cgroup x' },
    });
    expect(locate(mountinfo, '4:memory:/elsewhere').memory!.own).toBe('/sys/fs/cgroup x');
  });

  test('anything at all', () => {
    expect(locate('', '')).toEqual({});
    fc.assert(
      fc.property(fc.string(), fc.string(), (mountinfo, membership) => {
        locate(mountinfo, membership);
        locate(`1 2 0:3 / /x rw - cgroup2 c rw\n${mountinfo}`, `0::/a\n${membership}`);
      }),
    );
  });
});

/** A directory that behaves like a hierarchy: new groups come with their files. */
function hierarchy(root: string, files: readonly string[]): (path: string) => void {
  writeFileSync(join(root, 'cgroup.procs'), '');
  return (path) => {
    mkdirSync(path);
    for (const file of files) writeFileSync(join(path, file), '');
  };
}

describe('in a hierarchy of version 2', () => {
  const mountinfo = (root: string): string => `30 24 0:26 / ${root} rw - cgroup2 cgroup2 rw`;

  test('groups are made below the nearest one that has the controllers', () => {
    using work = scratch();
    const make = hierarchy(work.path, ['memory.max', 'memory.swap.max', 'pids.max']);
    mkdirSync(join(work.path, 'own'));
    const nearest = (path: string): void => {
      if (path.startsWith(join(work.path, 'own'))) mkdirSync(path);
      else make(path);
    };
    const found = findCgroups(mountinfo(work.path), '0::/own', nearest);
    expect(found).toEqual({ version: 2, parents: { memory: work.path, pids: work.path } });
    const group = makeCgroup(found!, { memory: 1000, pids: 7 }, nearest)!;
    expect(group.enter.length).toBe(1);
    const directory = join(group.enter[0]!, '..');
    expect(readFileSync(join(directory, 'memory.max'), 'utf8')).toBe('1000');
    expect(readFileSync(join(directory, 'memory.swap.max'), 'utf8')).toBe('0');
    expect(readFileSync(join(directory, 'pids.max'), 'utf8')).toBe('7');
    writeFileSync(join(directory, 'memory.events'), 'max 3\noom 1\noom_kill 0\n');
    expect(group.outOfMemory()).toBe(false);
    writeFileSync(join(directory, 'memory.events'), 'max 3\noom 1\noom_kill 1\n');
    expect(group.outOfMemory()).toBe(true);
  });

  test('a hierarchy without the controllers is none', () => {
    using work = scratch();
    const make = hierarchy(work.path, ['cgroup.freeze']);
    expect(findCgroups(mountinfo(work.path), '0::/', make)).toBeUndefined();
  });

  test('one that may not be written to is none', () => {
    const refuse = (): never => {
      throw Object.assign(new Error('EACCES'), { code: 'EACCES' });
    };
    using work = scratch();
    hierarchy(work.path, []);
    expect(findCgroups(mountinfo(work.path), '0::/', refuse)).toBeUndefined();
    const parents = { memory: work.path };
    expect(makeCgroup({ version: 2, parents }, { memory: 1 }, refuse)).toBeUndefined();
    expect(makeCgroup({ version: 2, parents }, { pids: 1 })).toBeUndefined();
  });

  test('groups of dead owners are removed, those of living ones are not', () => {
    using work = scratch();
    const make = hierarchy(work.path, ['pids.max']);
    const own = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]!.split(' ')[19]!;
    const names = [
      'ashlar-999999999-1-0',
      `ashlar-${process.pid}-1-3`,
      `ashlar-${process.pid}-${own}-3`,
      'ashlar-x',
      'other-999999999-1-0',
    ];
    for (const name of names) mkdirSync(join(work.path, name));
    findCgroups(mountinfo(work.path), '0::/', make);
    expect(names.filter((name) => existsSync(join(work.path, name)))).toEqual(names.slice(2));
  });
});

const real = findCgroups();

describe.runIf(real !== undefined)('on this machine', () => {
  test('a process is held to the limit of its group, which then goes away', async () => {
    const group = makeCgroup(real!, { pids: 3, memory: 200_000_000 })!;
    const join_ = group.enter.map((path) => `echo $$ >${path};`).join(' ');
    const script = `${join_} for i in 1 2 3 4 5; do sleep 0.2 & done; wait`;
    const { stderr } = spawnSync('sh', ['-c', script], { encoding: 'utf8' });
    expect(stderr).toMatch(real!.parents.pids === undefined ? /^$/ : /[Cc]annot fork/);
    await group.remove();
    expect(group.enter.filter((path) => existsSync(path))).toEqual([]);
  });

  test('one that is busy is waited for', async () => {
    const group = makeCgroup(real!, { pids: 3, memory: 200_000_000 })!;
    const join_ = group.enter.map((path) => `echo $$ >${path};`).join(' ');
    const child = spawn('sh', ['-c', `${join_} echo in; read x`], { stdio: 'pipe' });
    await new Promise((resolve) => void child.stdout.once('data', resolve));
    const removal = group.remove();
    child.stdin.end();
    await removal;
    for (const parent of Object.values(real!.parents)) {
      expect(
        readdirSync(parent).filter((name) => name.startsWith(`ashlar-${process.pid}-`)),
      ).toEqual([]);
    }
  });
});
