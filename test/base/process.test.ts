import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { run } from '../../src/base/process.ts';

const directory = mkdtempSync(join(tmpdir(), 'ashlar-process-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const sh = (script: string, options: Parameters<typeof run>[2] = {}) =>
  run('/bin/sh', ['-c', script], options);

let count = 0;
/** A number of seconds to sleep for that no other process has among its arguments. */
const mark = (): string => `99${process.pid}.${count++}`;

/** Ids of live processes that have a word among their arguments. */
function processesWith(word: string): number[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const argv = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
      const zombie = / Z /.test(readFileSync(`/proc/${name}/stat`, 'utf8'));
      return argv.includes(word) && !zombie ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}

/** Waits for what a killed process leaves to the kernel: it is gone soon after the signal. */
async function untilGone(word: string): Promise<number[]> {
  for (let turn = 0; turn < 20_000 && processesWith(word).length > 0; turn++) await nextTurn();
  return processesWith(word);
}

async function untilThere(word: string): Promise<void> {
  while (processesWith(word).length === 0) await nextTurn();
}

describe('a command that ends by itself', () => {
  test('status and both streams, apart and in the order of arrival', async () => {
    const chunks: string[] = [];
    const result = await sh('echo out; echo err >&2; exit 7', {
      onOutput: (chunk) => chunks.push(chunk.toString()),
    });
    expect(result).toEqual({ status: 7, stdout: 'out\n', stderr: 'err\n' });
    expect(chunks.sort().join('')).toBe('err\nout\n');
  });

  test('its environment is the given one and nothing else; its directory too', async () => {
    const result = await run('/usr/bin/env', [], { env: { ONLY: 'this' } });
    expect(result.stdout).toBe('ONLY=this\n');
    expect((await sh('pwd -P', { cwd: '/' })).stdout).toBe('/\n');
  });

  test.each([
    ['HUP', 129],
    ['ILL', 132],
    ['BUS', 135],
    ['KILL', 137],
    ['USR1', 138],
    ['SEGV', 139],
    ['TERM', 143],
    ['SYS', 159],
  ])('ended by SIG%s: status %i', async (signal, status) => {
    expect(await sh(`kill -${signal} $$`)).toMatchObject({ status });
  });

  test('what it leaves in its group is killed, and not waited for', async () => {
    const seconds = mark();
    const result = await sh(`trap '' TERM; sleep ${seconds} & exit 3`);
    expect(result.status).toBe(3);
    expect(await untilGone(seconds)).toEqual([]);
  });

  test('a daemon that left the group and holds the output open is not waited for', async () => {
    const seconds = mark();
    const result = await sh(
      `echo before; setsid sh -c 'echo daemon; exec sleep ${seconds}' & ` +
        `while ! tr '\\0' ' ' < /proc/$!/cmdline | grep -q '^sleep'; do :; done; exit 4`,
    );
    const daemons = processesWith(seconds);
    for (const pid of daemons) process.kill(pid, 'SIGKILL');
    expect(result.status).toBe(4);
    expect(result.stdout).toBe('before\ndaemon\n');
    expect(result.ended).toBeUndefined();
    expect(daemons).toHaveLength(1);
  });

  test('closed output does not end it early', async () => {
    const result = await sh('exec >&- 2>&-; exit 5');
    expect(result).toEqual({ status: 5, stdout: '', stderr: '' });
  });
});

describe('output', () => {
  test('of any size: the beginning is kept, all of it is handed on', async () => {
    let seen = 0;
    const result = await sh('head -c 50000000 /dev/zero; head -c 5 /dev/zero >&2', {
      keep: 1000,
      onOutput: (chunk) => (seen += chunk.length),
    });
    expect(result.stdout).toBe('\0'.repeat(1000));
    expect(result.stderr).toBe('\0'.repeat(5));
    expect(seen).toBe(50_000_005);
  });

  test('1 MiB of each stream is kept unless told', async () => {
    const result = await sh('head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2');
    expect(result.stdout).toHaveLength(1 << 20);
    expect(result.stderr).toHaveLength(1 << 20);
  });

  test('in many small writes is kept as well, to the last byte that has room', async () => {
    const script = 'i=0; while [ $i -lt 3000 ]; do echo $i; i=$((i+1)); done';
    const whole = Array.from({ length: 3000 }, (_, i) => `${i}\n`).join('');
    expect((await sh(script)).stdout).toBe(whole);
    expect((await sh(script, { keep: 5001 })).stdout).toBe(whole.slice(0, 5001));
    expect((await sh(script, { keep: 0 })).stdout).toBe('');
  });

  test('that is not UTF-8 comes as replacement characters', async () => {
    const result = await sh(`printf '\\377\\000\\033[31m'`);
    expect(result.stdout).toBe('\ufffd\0\u001b[31m');
  });
});

describe('input', () => {
  test('is handed over whole, text or bytes', async () => {
    const text = 'ß'.repeat(300_000);
    expect((await run('cat', [], { input: text })).stdout).toBe(text);
    expect((await run('cat', [], { input: Buffer.from([0, 1, 2]) })).stdout).toBe('\0\u0001\u0002');
    expect((await run('cat', [], { input: '' })).stdout).toBe('');
  });

  test('is empty when none is given', async () => {
    expect(await run('cat', [])).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  test('may be left unread', async () => {
    const input = Buffer.alloc(10_000_000);
    expect((await run('true', [], { input })).status).toBe(0);
    expect((await sh('exec <&-; echo done', { input })).stdout).toBe('done\n');
    expect((await sh('head -c 1 | wc -c', { input })).stdout.trim()).toBe('1');
  });
});

describe('a command that is ended', () => {
  test('by its time limit, with all that it started, although they ignore SIGTERM', async () => {
    const seconds = mark();
    const result = await sh(
      `trap '' TERM; (trap '' TERM; sleep ${seconds}) & (trap '' TERM; sleep ${seconds}) & wait`,
      { timeoutMs: 300 },
    );
    expect(result).toMatchObject({ ended: 'timeout', status: 137 });
    expect(await untilGone(seconds)).toEqual([]);
  });

  test('by the signal, and can end in good order', async () => {
    const seconds = mark();
    const controller = new AbortController();
    const running = sh(`trap 'echo bye; exit 9' TERM; sleep ${seconds} & wait`, {
      signal: controller.signal,
    });
    await untilThere(seconds);
    controller.abort();
    expect(await running).toEqual({ status: 9, stdout: 'bye\n', stderr: '', ended: 'aborted' });
    expect(await untilGone(seconds)).toEqual([]);
  });

  test('with a daemon that left the group: it is not waited for either', async () => {
    const seconds = mark();
    const controller = new AbortController();
    const running = sh(`setsid sleep ${seconds} & sleep ${seconds}`, { signal: controller.signal });
    while (processesWith(seconds).length < 2) await nextTurn();
    controller.abort();
    expect(await running).toMatchObject({ status: 143, ended: 'aborted' });
    const left = processesWith(seconds);
    for (const pid of left) process.kill(pid, 'SIGKILL');
    expect(left.length).toBeLessThanOrEqual(1);
  });

  test('before it began, by a signal that was aborted already', async () => {
    const file = join(directory, 'never');
    const result = await sh(`touch ${file}`, { signal: AbortSignal.abort() });
    expect(result).toEqual({ status: 130, stdout: '', stderr: '', ended: 'aborted' });
    expect(readdirSync(directory)).not.toContain('never');
  });

  test('not by a limit longer than a timer can run, nor by a signal that comes too late', async () => {
    const controller = new AbortController();
    const result = await sh('read line; echo "$line"', {
      input: 'still here\n',
      timeoutMs: 60 * 24 * 3_600_000,
      signal: controller.signal,
    });
    controller.abort();
    expect(result).toEqual({ status: 0, stdout: 'still here\n', stderr: '' });
  });
});

describe('a command that cannot be started', () => {
  test('is told by the system’s word, and nothing is thrown', async () => {
    const plain = join(directory, 'plain');
    writeFileSync(plain, 'no program');
    chmodSync(plain, 0o644);
    const failed = { status: 127, stdout: '', stderr: '' };
    expect(await run('/nowhere/program', [])).toEqual({ ...failed, startError: 'ENOENT' });
    expect(await run('true', [], { cwd: '/nowhere' })).toEqual({ ...failed, startError: 'ENOENT' });
    expect(await run(plain, [])).toEqual({ ...failed, startError: 'EACCES' });
    expect(await run(`${plain}/x`, [], { input: 'x' })).toMatchObject({ startError: 'ENOTDIR' });
    expect(await run('true', ['x'.repeat(5_000_000)])).toEqual({ ...failed, startError: 'E2BIG' });
    expect(await run('true', ['a\0b'])).toEqual({
      ...failed,
      startError: 'ERR_INVALID_ARG_VALUE',
    });
  });
});
