// The program under strace: kills it before the n-th system call of one kind, or lets that call fail. Only
// the calls of its main thread count, which are those of synchronous functions; children run as ever.
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PROGRAM, type Rig, type Run } from './program.ts';

/** Why no process can be traced here; undefined when one can. */
export function tracingProblem(): string | undefined {
  const { error, status } = spawnSync('strace', ['-qq', '-e', 'trace=none', 'true']);
  if (error !== undefined) return 'there is no strace here';
  return status === 0 ? undefined : 'processes may not be traced here';
}

export interface CallMade {
  /** From 1, among all calls of its name. */
  readonly number: number;
  readonly text: string;
}

/** Runs the program to its end, and gives the calls it made that name something below the rig. */
export function traceCalls(
  rig: Rig,
  argv: readonly string[],
  names: readonly string[],
): Record<string, CallMade[]> {
  const log = join(rig.directory, 'trace');
  // With the paths of descriptors, for calls that have no other.
  strace(rig, ['-y', '-s', '300', '-o', log, '-e', `trace=${names.join(',')}`], argv);
  const lines = readFileSync(log, 'utf8').split('\n');
  rmSync(log);
  const made = (name: string): CallMade[] =>
    lines
      .filter((line) => line.startsWith(`${name}(`))
      .map((text, index) => ({ number: index + 1, text }))
      .filter(({ text }) => text.includes(rig.directory));
  return Object.fromEntries(names.map((name) => [name, made(name)]));
}

/** Runs the program; the n-th call of this name (from 1) fails with an error, or is a death. */
export function runWithFault(
  rig: Rig,
  argv: readonly string[],
  { name, number, fault }: { name: string; number: number; fault: string },
): Run & { readonly signal: NodeJS.Signals | null } {
  const injected = fault === 'SIGKILL' ? 'signal=SIGKILL' : `error=${fault}`;
  const inject = `inject=${name}:${injected}:when=${number}`;
  return strace(rig, ['-o', '/dev/null', '-e', `trace=${name}`, '-e', inject], argv);
}

function strace(rig: Rig, options: readonly string[], argv: readonly string[]) {
  return spawnSync('strace', ['-qq', ...options, PROGRAM, ...argv], {
    cwd: rig.packages,
    // Whether compiled code is kept is for chance: other runs may have done so.
    env: { ...rig.env, NODE_DISABLE_COMPILE_CACHE: '1' },
    encoding: 'utf8',
  });
}
