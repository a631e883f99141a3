// Starts one process in a group of its own, with its output on one pipe; watches the time and the
// signal; sees to its end. Knows nothing of what the process is: how to end it is the backend's matter.
import { spawn, type ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { environmentError, type Diagnostic } from '../base/diagnostic.ts';
import { errnoOf } from '../base/fs.ts';
import type { OutputPipe, PipePool } from './pipe.ts';
import { endExpectation, expectTarget, guard, unguard } from './watchdog.ts';

export interface Supervision {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Pipes to and from the process beside standard input and output: file descriptors 3, 4, … */
  readonly channels?: number;
  /** Descriptors of this process that it has as `FIRST_LENT_FD` and on. */
  readonly lent?: readonly number[] | undefined;
  readonly onOutput: (chunk: Buffer) => void;
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** How long after SIGTERM comes SIGKILL. */
  readonly graceMs: number;
  /** Called when the process exists. */
  readonly started?: (child: ChildProcess) => void;
  /** Sends a signal to everything that belongs to the process. */
  readonly kill: (pid: number, signal: NodeJS.Signals) => void;
  /** Called when the process is gone: ends what it left behind. */
  readonly exited: (pid: number) => void;
  /** Called when nobody holds the output any more: waits for what is still ending. */
  readonly settle?: () => Promise<void>;
}

export type Outcome =
  /** `status` is 128 + signal where a signal ended it. */
  | { readonly kind: 'exited'; readonly status: number }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'aborted' }
  /** It could not be started; `errno` says why. */
  | { readonly kind: 'unstartable'; readonly errno: string }
  | { readonly kind: 'broken'; readonly diagnostic: Diagnostic };

/** Where descriptors that are lent to a command begin: behind the channels of any backend. */
export const FIRST_LENT_FD = 5;

/** A process that has ended releases its pipe at once; one that escaped its group may hold it on. */
const STRAGGLER_MS = 100;
const STRAGGLER_ROUNDS = 20;
/** What a timer holds: 24 days. */
const LONGEST_MS = 2 ** 31 - 1;

/** Runs a process to its end: it is gone, and nobody holds its output any more. */
export async function supervise(pool: PipePool, run: Supervision): Promise<Outcome> {
  if (run.signal?.aborted === true) return { kind: 'aborted' };
  const pipe = pool.take();
  if (!pipe.ok) return { kind: 'broken', diagnostic: pipe.diagnostics[0]! };
  try {
    return await follow(pool.directory, pipe.value, run);
  } finally {
    pipe.value.release();
  }
}

async function follow(directory: string, pipe: OutputPipe, run: Supervision): Promise<Outcome> {
  const child = start(directory, pipe, run);
  if (typeof child === 'string') return { kind: 'unstartable', errno: child };
  return new Promise((resolve) => {
    const pid = child.pid;
    const stop = pid === undefined ? undefined : watch(pid, run);
    let outcome: Outcome | undefined;
    let silent = false;
    let stragglers: NodeJS.Timeout | undefined;
    const finish = (): void => {
      if (outcome === undefined || !silent) return;
      clearTimeout(stragglers);
      const result = outcome;
      resolve(run.settle === undefined ? result : run.settle().then(() => result));
    };
    pipe.read(run.onOutput, () => {
      silent = true;
      finish();
    });
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (pid !== undefined) return;
      outcome = { kind: 'unstartable', errno: error.code ?? error.message };
      finish();
    });
    child.once('exit', (code, signal) => {
      const ended = stop?.();
      run.exited(pid!);
      unguard(-pid!);
      outcome =
        ended === undefined ? { kind: 'exited', status: statusOf(code, signal) } : { kind: ended };
      if (!silent) {
        stragglers = setTimeout(() => {
          void killHolders(pipe, () => silent).then(() => {
            silent = true;
            finish();
          });
        }, STRAGGLER_MS);
      }
      finish();
    });
  });
}

/** The process, or the errno of its failure where node throws it (E2BIG, EACCES of the directory). */
function start(directory: string, pipe: OutputPipe, run: Supervision): ChildProcess | string {
  const channels = Array.from({ length: run.channels ?? 0 }, () => 'pipe' as const);
  const lent = run.lent ?? [];
  // Numbers are the same in each backend: they are written into environments.
  const gap = lent.length === 0 ? 0 : FIRST_LENT_FD - 3 - channels.length;
  const unused = Array.from({ length: gap }, () => 'ignore' as const);
  let child: ChildProcess | undefined;
  try {
    expectTarget(directory);
    child = spawn(run.argv[0]!, run.argv.slice(1), {
      cwd: run.cwd,
      env: run.env,
      // A group of its own, so that everything it starts can be ended with it.
      detached: true,
      stdio: ['ignore', pipe.writer, pipe.writer, ...channels, ...unused, ...lent],
    });
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined || !/^E[A-Z0-9]+$/.test(errno)) throw error;
    return errno;
  } finally {
    pipe.closeWriter();
    if (child?.pid !== undefined) guard(-child.pid);
    endExpectation();
  }
  if (child.pid !== undefined) run.started?.(child);
  return child;
}

/** Ends the process when its time is up or the signal says so. Returns what to call when it is gone. */
function watch(pid: number, run: Supervision): () => 'timeout' | 'aborted' | undefined {
  let ended: 'timeout' | 'aborted' | undefined;
  let killTimer: NodeJS.Timeout | undefined;
  const end = (why: 'timeout' | 'aborted'): void => {
    if (ended !== undefined) return;
    ended = why;
    run.kill(pid, 'SIGTERM');
    killTimer = setTimeout(() => run.kill(pid, 'SIGKILL'), run.graceMs);
  };
  const abort = (): void => end('aborted');
  const timer =
    run.timeoutMs === undefined
      ? undefined
      : setTimeout(() => end('timeout'), Math.min(run.timeoutMs, LONGEST_MS));
  run.signal?.addEventListener('abort', abort, { once: true });
  return () => {
    clearTimeout(timer);
    clearTimeout(killTimer);
    run.signal?.removeEventListener('abort', abort);
    return ended;
  };
}

/** Kills processes that left the group but still hold the output, until it is silent. */
async function killHolders(pipe: OutputPipe, silent: () => boolean): Promise<void> {
  for (let round = 0; round < STRAGGLER_ROUNDS && !silent(); round++) {
    for (const pid of pipe.holders()) sendSignal(pid, 'SIGKILL');
    await delay(5);
  }
}

const START_HINTS: Readonly<Record<string, string>> = {
  E2BIG: 'arguments and environment are longer than this machine allows; put them into files',
  EMFILE: 'raise the limit of open files (ulimit -n), or run fewer tasks at once',
  ENFILE: 'the machine has too many open files; run fewer tasks at once',
  EAGAIN: 'the limit of processes is reached (ulimit -u); run fewer tasks at once',
  ENOMEM: 'there is not enough memory; run fewer tasks at once',
};

/** The diagnostic for a process that could not be started, whatever the reason (`sandbox/setup-failed`). */
export function unstartable(what: string, errno: string): Diagnostic {
  const hint = START_HINTS[errno];
  return environmentError({
    code: 'sandbox/setup-failed',
    message: `${what} cannot be started: ${errno}`,
    ...(hint === undefined ? {} : { hint }),
  });
}

/** Signals a process, or with a negative number a process group. False when it is gone. */
export function sendSignal(target: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(target, signal);
    return true;
  } catch (error) {
    // EPERM: the number is somebody else's by now, or became privileged and cannot be helped.
    if (errnoOf(error) !== 'ESRCH' && errnoOf(error) !== 'EPERM') throw error;
    return false;
  }
}

function statusOf(code: number | null, signal: NodeJS.Signals | null): number {
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
}
