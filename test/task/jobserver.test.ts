// Processors shared between tasks and what runs in parallel inside of them, in each sandbox, with the machine's make.
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bubblewrap } from '../../src/sandbox/bubblewrap.ts';
import { host } from '../../src/sandbox/host.ts';
import type { Sandbox } from '../../src/sandbox/port.ts';
import { Jobserver, JOBSERVER_VARIABLES } from '../../src/task/jobserver.ts';
import { runScript, scratch, type Ran } from '../sandbox/rig.ts';

function opened(size: number, directory: string): Jobserver {
  const made = Jobserver.open(size, directory);
  if (!made.ok) throw new Error(made.diagnostics[0]!.message);
  return made.value;
}

const never = new AbortController().signal;

test('there are as many as there are processors, and one comes back when a command has ended', async () => {
  using space = scratch();
  using jobserver = opened(2, space.path);
  const first = await jobserver.take(never);
  const second = await jobserver.take(never);
  let third: Disposable | undefined;
  const waiting = jobserver.take(never).then((token) => (third = token));
  await new Promise((resolve) => void setTimeout(resolve, 30));
  expect(third).toBeUndefined();
  first[Symbol.dispose]();
  (await waiting)[Symbol.dispose]();
  second[Symbol.dispose]();
});

test('who waits is let go when the build is interrupted', async () => {
  using space = scratch();
  using jobserver = opened(1, space.path);
  using _first = await jobserver.take(never);
  const interrupted = new AbortController();
  const waiting = jobserver.take(interrupted.signal);
  interrupted.abort();
  (await waiting)[Symbol.dispose]();
});

describe.each([
  ['bubblewrap', (directory: string) => bubblewrap({ directory })],
  ['host', (directory: string) => host({ directory })],
] as const)('in the sandbox %s', (_, open) => {
  /** A directory with a Makefile of jobs, which commands have at /work. */
  const rig = (makefile: string) => {
    const space = scratch();
    const work = join(space.path, 'work');
    mkdirSync(work);
    chmodSync(work, 0o777);
    writeFileSync(join(work, 'Makefile'), makefile);
    const sandbox: Sandbox = open(join(space.path, 'state'));
    const run = async (jobserver: Jobserver, script: string): Promise<Ran> => {
      using _token = await jobserver.take(never);
      return await runScript(sandbox, script, {
        env: { PATH: '/usr/bin:/bin', ...JOBSERVER_VARIABLES },
        workdir: '/work',
        mounts: [{ source: work, target: '/work', writable: true }],
        lent: jobserver.lent,
      });
    };
    return {
      ...space,
      path: space.path,
      work,
      run,
      [Symbol.dispose]: () => space[Symbol.dispose](),
    };
  };

  test('make runs as many jobs at once as there are processors', async () => {
    // Each waits for the others: with fewer at once none would end.
    using space = rig(
      'all: 1 2 3\n1 2 3:\n\t@: > here-$@; while ! [ -e here-1 -a -e here-2 -a -e here-3 ]; do sleep 0.01; done\n',
    );
    using jobserver = opened(3, space.path);
    const { exit, output } = await space.run(jobserver, 'make $JOBSERVER');
    expect(output).toBe('');
    expect(exit).toEqual({ kind: 'exited', status: 0 });
  });

  test('two commands at once have no more jobs together than there are processors', async () => {
    using space = rig(
      'all: 1 2 3 4 5 6\n1 2 3 4 5 6:\n\t@echo + >> log; sleep 0.05; echo - >> log\n',
    );
    writeFileSync(join(space.work, 'log'), '');
    chmodSync(join(space.work, 'log'), 0o666);
    using jobserver = opened(3, space.path);
    const both = await Promise.all([
      space.run(jobserver, 'make $JOBSERVER'),
      space.run(jobserver, 'make $JOBSERVER'),
    ]);
    expect(both.map(({ exit }) => exit)).toEqual(
      Array.from({ length: 2 }, () => ({ kind: 'exited', status: 0 })),
    );
    const steps = readFileSync(join(space.work, 'log'), 'latin1').trim().split('\n');
    expect(steps).toHaveLength(24);
    let running = 0;
    let most = 0;
    for (const step of steps) {
      running += step === '+' ? 1 : -1;
      most = Math.max(most, running);
    }
    expect(most).toBeLessThanOrEqual(3);
  });

  test('a command that is killed with tokens, or adds some, changes nothing for the next', async () => {
    using space = rig('all:\n');
    using jobserver = opened(3, space.path);
    await space.run(jobserver, 'head -c 2 <&5 >/dev/null; kill -KILL $$');
    const left = 'dd bs=64 count=1 iflag=nonblock <&5 2>/dev/null | wc -c';
    // Its own is taken.
    expect((await space.run(jobserver, left)).output.trim()).toBe('2');
    await space.run(jobserver, 'printf ++++++ >&6');
    expect((await space.run(jobserver, left)).output.trim()).toBe('2');
  });

  test('programs that open it by name can', async () => {
    using space = rig('all:\n');
    using jobserver = opened(3, space.path);
    const { output } = await space.run(
      jobserver,
      'exec 9<>"${JOBSERVER_NAMED#--jobserver-auth=fifo:}"; head -c 1 <&9 | wc -c; printf + >&9',
    );
    expect(output.trim()).toBe('1');
  });
});
