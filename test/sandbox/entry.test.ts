// What happens between the start of a process and that of the command.
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { enter, inheritedDescriptors } from '../../src/sandbox/entry.ts';
import { scratch } from './rig.ts';

function run(argv: readonly string[], stdio: 'pipe'[] = []): { status: number; output: string } {
  const [program, ...rest] = argv;
  const { status, stdout } = spawnSync(program!, rest, {
    env: { PATH: '/usr/bin:/bin' },
    stdio: ['ignore', 'pipe', 'pipe', ...stdio],
    encoding: 'utf8',
  });
  return { status: status ?? -1, output: stdout };
}

test('the command gets its words as they are', () => {
  const words = ['', ' ', "it's", '$x `y`', '*', '-n', 'a\nb', 'ü'];
  const { output } = run(enter({ umask: '022' }, ['printf', '%s\\0', ...words]));
  expect(output.split('\0').slice(0, -1)).toEqual(words);
});

test('umask and limits are set, those that cannot be are left', () => {
  const entry = { umask: '027', ulimits: ['-n 77', '-n 100000000', '-c 0'] };
  const { output } = run(enter(entry, ['sh', '-c', 'umask; ulimit -n; ulimit -c']));
  expect(output).toBe('0027\n77\n0\n');
});

test('control groups are joined, whatever their path looks like', () => {
  using work = scratch();
  const group = join(work.path, "it's a $group");
  mkdirSync(group);
  const file = join(group, 'cgroup.procs');
  const { output } = run(enter({ cgroups: [file] }, ['sh', '-c', 'echo $$']));
  expect(readFileSync(file, 'utf8')).toBe(output);
  const { status } = run(enter({ cgroups: [join(work.path, 'none/cgroup.procs')] }, ['true']));
  expect(status).toBe(125);
});

test('descriptors are closed, also those of two digits, and no variable is added', () => {
  const stdio = Array.from({ length: 12 }, () => 'pipe' as const);
  const argv = enter({ close: [4, 12] }, ['sh', '-c', 'ls /proc/$$/fd; env']);
  const lines = run(argv, stdio).output.trim().split('\n');
  expect(lines).toContain('3');
  expect(lines).toContain('11');
  expect(lines).not.toContain('4');
  expect(lines).not.toContain('12');
  expect(lines.filter((line) => line.includes('=')).sort()).toEqual([
    'PATH=/usr/bin:/bin',
    expect.stringContaining('PWD='),
  ]);
});

test('what node opens is not inherited', () => {
  const fd = openSync('/dev/null', 'r');
  expect(inheritedDescriptors()).not.toContain(fd);
  closeSync(fd);
});
