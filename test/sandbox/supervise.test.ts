// How commands end, on every backend: on their own, by time, by abort, and with all that they started.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { bubblewrap } from '../../src/sandbox/bubblewrap.ts';
import { host } from '../../src/sandbox/host.ts';
import type { Sandbox } from '../../src/sandbox/port.ts';
import { alive, marker, runScript, scratch } from './rig.ts';

const state = scratch();
afterAll(() => state[Symbol.dispose]());
const directory = join(state.path, 'state');

/** A short grace, where SIGTERM is known to be of no use. */
const BACKENDS: readonly (readonly [string, (graceMs: number) => Sandbox])[] = [
  ['bubblewrap', (graceMs) => bubblewrap({ directory, graceMs })],
  ['host', (graceMs) => host({ directory, graceMs })],
];

/** Far more than any of these takes; far less than what they would take if nothing ended them. */
const PROMPT_MS = 30_000;

async function promptly<T>(what: Promise<T>): Promise<T> {
  const started = performance.now();
  const result = await what;
  expect(performance.now() - started).toBeLessThan(PROMPT_MS);
  return result;
}

describe.each(BACKENDS)('%s', (name, make) => {
  const sandbox = make(100);
  const patient = make(20_000);

  test('lets a command end by itself', async () => {
    const word = marker();
    const { exit } = await runScript(sandbox, `: ${word}; exit 3`);
    expect(exit).toEqual({ kind: 'exited', status: 3 });
    expect(alive(word)).toEqual([]);
  });

  test('asks first when the time is up', async () => {
    const script = 'trap "echo asked; exit 0" TERM; echo ready; while :; do sleep 0.05; done';
    const { exit, output } = await promptly(
      runScript(patient, script, { limits: { timeoutMs: 700 } }),
    );
    expect(exit).toEqual({ kind: 'timeout' });
    // The shell also mentions its child that was ended with it.
    expect(output).toMatch(/^ready\n(.*\n)?asked\n$/);
  });

  test('asks first when aborted', async () => {
    const controller = new AbortController();
    let output = '';
    const run = runScript(
      patient,
      'trap "echo asked; exit 0" TERM; echo ready; while :; do sleep 0.05; done',
      {
        signal: controller.signal,
        onOutput: (chunk) => {
          output += chunk.toString();
          controller.abort();
        },
      },
    );
    expect((await promptly(run)).exit).toEqual({ kind: 'aborted' });
    // The shell also mentions its child that was ended with it.
    expect(output).toMatch(/^ready\n(.*\n)?asked\n$/);
  });

  test('does not start what is aborted already', async () => {
    using work = scratch();
    const { exit } = await runScript(sandbox, `touch ${work.path}/ran`, {
      signal: AbortSignal.abort(),
    });
    expect(exit).toEqual({ kind: 'aborted' });
    expect(existsSync(join(work.path, 'ran'))).toBe(false);
  });

  test('may be aborted at any moment of the start', async () => {
    const word = marker();
    const exits = [];
    for (let afterMs = 0; afterMs < 12; afterMs++) {
      const { exit } = await promptly(
        runScript(sandbox, `: ${word}; sleep 1000`, { signal: AbortSignal.timeout(afterMs) }),
      );
      exits.push(exit.kind);
    }
    expect(new Set(exits)).toEqual(new Set(['aborted']));
    expect(alive(word)).toEqual([]);
  });

  test.each([
    ['ignores SIGTERM', 'trap "" TERM INT HUP; while :; do sleep 1000; done'],
    ['has stopped itself', 'kill -STOP $$'],
    ['closed its output', 'exec >&- 2>&-; sleep 1000'],
    ['writes without end', 'exec yes'],
    ['holds everything in its background', 'sleep 1000 & sleep 1000 & wait'],
    ['reads what never comes', 'mkfifo /tmp/fifo-$$ && exec rm /tmp/fifo-$$ <>/tmp/fifo-$$ && cat'],
  ])('ends a command that %s', async (_, script) => {
    const word = marker();
    const argv = ['/bin/bash', '-c', `${script}; sleep 1000`, word];
    const { exit } = await promptly(
      runScript(sandbox, '', { argv, limits: { timeoutMs: 500 }, onOutput: () => undefined }),
    );
    expect(exit.kind === 'timeout' || script.includes('exec rm')).toBe(true);
    expect(alive(word)).toEqual([]);
  });

  test.each([
    ['in the background', 'sleep 1000 &'],
    ['that ignore SIGTERM', '(trap "" TERM; while :; do sleep 1000; done) &'],
    ['in a session of their own', 'setsid bash -c "sleep 1000" $0 & sleep 0.2'],
    ['that stopped', '(kill -STOP $BASHPID) &'],
  ])('ends processes that a command leaves %s', async (_, script) => {
    const word = marker();
    const argv = ['/bin/bash', '-c', `${script}\nexit 5`, word];
    const env = { PATH: '/usr/bin:/bin', MARKER: word };
    const { exit } = await promptly(runScript(sandbox, '', { argv, env }));
    expect(exit).toEqual({ kind: 'exited', status: 5 });
    expect(alive(word)).toEqual([]);
  });

  test.runIf(name === 'bubblewrap')('ends daemons that closed everything', async () => {
    const word = marker();
    const env = { PATH: '/usr/bin:/bin', MARKER: word };
    const script = 'for i in {1..20}; do setsid -f sleep 1000 </dev/null >/dev/null 2>&1; done';
    for (let round = 0; round < 5; round++) {
      const { exit } = await promptly(runScript(sandbox, script, { env }));
      expect(exit).toEqual({ kind: 'exited', status: 0 });
      expect(alive(word)).toEqual([]);
    }
  });

  test('a later command does not hear an earlier one', async () => {
    using work = scratch();
    const flag = join(work.path, 'flag');
    const mounts = [{ source: work.path, target: work.path, writable: true }];
    const noisy = 'setsid bash -c "trap \'\' TERM; while echo noise; do :; done" & sleep 0.1';
    await promptly(runScript(sandbox, noisy, { mounts, onOutput: () => undefined }));
    const quiet = await Promise.all(
      Array.from({ length: 10 }, () => runScript(sandbox, `echo quiet; touch ${flag}`, { mounts })),
    );
    expect(quiet.map(({ output }) => output)).toEqual(Array.from({ length: 10 }, () => 'quiet\n'));
    expect(readFileSync(flag, 'utf8')).toBe('');
  });
});
