// The host sandbox: the machine as it is, with the paths of the command translated.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { findCgroups } from '../../src/sandbox/cgroup.ts';
import { host } from '../../src/sandbox/host.ts';
import { image, printed, runScript, scratch } from './rig.ts';

const state = scratch();
afterAll(() => state[Symbol.dispose]());
const sandbox = host({ directory: join(state.path, 'state') });

test('says what it is', async () => {
  expect(sandbox.hermetic).toBe(false);
  expect(await sandbox.unavailable()).toBeUndefined();
});

test('gives exit statuses, also of signals', async () => {
  expect((await runScript(sandbox, 'exit 7')).exit).toEqual({ kind: 'exited', status: 7 });
  expect((await runScript(sandbox, 'kill -KILL $$')).exit).toEqual({ kind: 'exited', status: 137 });
});

test('keeps the order of both output streams, which can be opened by name', async () => {
  const script = 'for i in {1..300}; do echo o$i; echo e$i >&2; done; echo last | tee /dev/stderr';
  const { output } = await runScript(sandbox, script);
  const wanted = Array.from({ length: 300 }, (_, i) => `o${i + 1}\ne${i + 1}\n`).join('');
  expect(output).toBe(`${wanted}last\nlast\n`);
});

test('gives the environment and nothing else', async () => {
  const env = { PATH: '/usr/bin:/bin', A: 'b c' };
  const { output } = await runScript(sandbox, '', { argv: ['env', '-0'], env });
  expect(output.split('\0').sort()).toEqual(['', 'A=b c', 'PATH=/usr/bin:/bin']);
});

test('runs with the paths of this machine', async () => {
  using work = scratch();
  for (const name of ['src', 'build']) mkdirSync(join(work.path, name));
  writeFileSync(join(work.path, 'src/file'), 'content\n');
  const script = 'pwd; cat "$SRC/file"; cp "$1" "$OUT/copy"; echo "$TOOLS"; echo "$2"';
  const overrides = {
    argv: ['/bin/bash', '-c', script, 'x', '/pkg/src/file', '--prefix=/pkg/build'],
    env: {
      PATH: '/usr/bin:/bin',
      SRC: '/pkg/src',
      OUT: '/pkg/build',
      TOOLS: '/pkg/src/bin:/usr/bin',
    },
    workdir: '/pkg/build',
    mounts: [
      { source: join(work.path, 'src'), target: '/pkg/src', writable: false },
      { source: join(work.path, 'build'), target: '/pkg/build', writable: true },
    ],
  };
  const { output } = await runScript(sandbox, '', overrides);
  const build = join(work.path, 'build');
  const lines = [build, 'content', `${work.path}/src/bin:/usr/bin`, `--prefix=${build}`, ''];
  expect(output.split('\n')).toEqual(lines);
  expect(readFileSync(join(build, 'copy'), 'utf8')).toBe('content\n');
  const argv = sandbox.commandLine({
    ...overrides,
    image,
    network: false,
    limits: {},
    onOutput: () => undefined,
  });
  expect(await printed(argv)).toBe(output);
});

test.each([
  ['a missing program', { argv: ['nowhere'] }, 'sandbox/no-such-command'],
  ['a missing working directory', { workdir: '/nowhere' }, 'sandbox/setup-failed'],
  ['a file as the working directory', { workdir: '/etc/passwd' }, 'sandbox/setup-failed'],
  ['what is no program', { argv: ['/etc/passwd'] }, 'sandbox/setup-failed'],
  ['too long a command', { argv: ['true', 'a'.repeat(3 << 20)] }, 'sandbox/setup-failed'],
  ['a NUL in an argument', { argv: ['true', '\0'] }, 'sandbox/bad-command'],
])('refuses %s', async (_, overrides, code) => {
  const { exit } = await runScript(sandbox, 'true', overrides);
  expect(exit).toMatchObject({ kind: 'broken', diagnostic: { code } });
});

test('keeps the limits it can, and names the others', async () => {
  const parents = findCgroups()?.parents ?? {};
  const limits = { memoryBytes: 100_000_000, processes: 50, temporaryBytes: 1 };
  const warnings = await sandbox.limitations!(limits);
  const missing = Number(parents.memory === undefined) + Number(parents.pids === undefined) + 1;
  expect(warnings.length).toBe(missing);
  expect(warnings.map(({ message }) => message).join()).toContain('temporary files');
  expect(await sandbox.limitations!({ timeoutMs: 1 })).toEqual([]);

  const hog = `exec perl -e '$x = "a" x 300_000_000; print length $x'`;
  const { exit, output } = await runScript(sandbox, hog, { limits });
  expect(output).not.toContain('300000000');
  if (parents.memory !== undefined) {
    expect(exit).toEqual({ kind: 'exited', status: 137, outOfMemory: true });
  }
});

test('leaves no file descriptor open, and nothing but its directory', async () => {
  const round = (): Promise<unknown> =>
    Promise.all(Array.from({ length: 30 }, () => runScript(sandbox, 'echo x')));
  await round();
  const before = readdirSync('/proc/self/fd').length;
  await round();
  expect(readdirSync('/proc/self/fd').length).toBeLessThanOrEqual(before);
  expect(existsSync(join(state.path, 'state'))).toBe(true);
  expect(readdirSync(join(state.path, 'state'))).toEqual([]);
});
