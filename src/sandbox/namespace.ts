// One running bwrap: its options go in, its reports come out (the first process of the namespace, the
// command's exit status), and everything in the namespace ends with it. Knows nothing of mounts.
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import type { Duplex } from 'node:stream';
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import { environmentError, type Diagnostic } from '../base/diagnostic.ts';
import { errnoOf } from '../base/fs.ts';
import type { SandboxCommand, SandboxExit } from './port.ts';
import { sendSignal, unstartable, type Outcome } from './supervise.ts';
import { guard, unguard } from './watchdog.ts';

/** File descriptors of bwrap for its options and for its reports. */
export const OPTIONS_FD = 3;
export const STATUS_FD = 4;

/** Output kept from the start, where bwrap's own complaints stand when it fails. */
const HEAD_BYTES = 4_096;
/** An empty namespace ends within these turns of the event loop, sooner than a timer could tell. */
const TURNS = 5;
/** Milliseconds until the namespace is helped along, and until it is given up. */
const KILL_MS = 50;
const GONE_MS = 10_000;

/** From the start of a bwrap to the end of the last process it brought about. */
export class Namespace {
  readonly #command: SandboxCommand;
  readonly #options: readonly string[];
  readonly #head: Buffer[] = [];
  #headRoom = HEAD_BYTES;
  #status = '';
  #first: number | undefined;
  #reported: Promise<void> = Promise.resolve();

  constructor(command: SandboxCommand, options: readonly string[]) {
    this.#command = command;
    this.#options = options;
  }

  readonly onOutput = (chunk: Buffer): void => {
    if (this.#headRoom > 0) {
      const part = Buffer.from(chunk.subarray(0, this.#headRoom));
      this.#headRoom -= part.length;
      this.#head.push(part);
    }
    this.#command.onOutput(chunk);
  };

  connect(child: ChildProcess): void {
    const options = child.stdio[OPTIONS_FD] as Duplex;
    const status = child.stdio[STATUS_FD] as Duplex;
    // A bwrap that ends early does not read its options; its exit says so.
    options.on('error', () => undefined);
    options.end(this.#options.map((option) => `${option}\0`).join(''));
    status.on('error', () => undefined);
    status.on('data', (chunk: Buffer) => this.#report(chunk.toString('latin1')));
    this.#reported = new Promise((resolve) => void status.once('close', resolve));
  }

  #report(text: string): void {
    this.#status += text;
    if (this.#first !== undefined) return;
    const first = /"child-pid": (\d+)/.exec(this.#status)?.[1];
    // The number is whole once something follows it.
    if (first === undefined || !/"child-pid": \d+\D/.test(this.#status)) return;
    this.#first = Number(first);
    guard(this.#first);
  }

  /**
   * Signals the command's group, led by the first process of the namespace, which itself cannot be ended
   * but by SIGKILL; with it ends everything else in there.
   */
  kill(pid: number, signal: NodeJS.Signals): void {
    if (this.#first === undefined) sendSignal(-pid, 'SIGKILL');
    else if (signal === 'SIGKILL' || !sendSignal(-this.#first, signal)) {
      sendSignal(this.#first, 'SIGKILL');
    }
  }

  /** Before the namespace was up its first process was in the group of bwrap. */
  exited(pid: number): void {
    sendSignal(-pid, 'SIGKILL');
  }

  /**
   * bwrap ends with its command, the first process of the namespace a moment later, and with it what the
   * command left running. Once that process has let go of the output it is all but gone.
   */
  async settle(): Promise<void> {
    await this.#reported;
    const first = this.#first;
    if (first === undefined) return;
    for (let round = 0; round < TURNS && isAlive(first); round++) await turn();
    for (let ms = 0; ms < GONE_MS && isAlive(first); ms++) {
      if (ms === KILL_MS) sendSignal(first, 'SIGKILL');
      await delay(1);
    }
    unguard(first);
  }

  exit(outcome: Outcome, outOfMemory: boolean): SandboxExit {
    if (outcome.kind === 'unstartable') {
      return { kind: 'broken', diagnostic: unstartable('the sandbox', outcome.errno) };
    }
    if (outcome.kind !== 'exited') return outcome;
    const status = /"exit-code": (\d+)/.exec(this.#status)?.[1];
    if (status !== undefined) {
      return {
        kind: 'exited',
        status: Number(status),
        ...(outOfMemory ? { outOfMemory: true } : {}),
      };
    }
    if (outOfMemory) return { kind: 'exited', status: outcome.status, outOfMemory: true };
    return { kind: 'broken', diagnostic: this.#explain(outcome.status) };
  }

  #explain(status: number): Diagnostic {
    const said = Buffer.concat(this.#head).toString('utf8').trim();
    const [program] = this.#command.argv;
    if (/^bwrap: execvp .*: No such file or directory$/m.test(said)) {
      return environmentError({
        code: 'sandbox/no-such-command',
        message: `there is no program "${program}" in the sandbox`,
        hint: 'it must be in the image or in one of the mounts; a script also needs its interpreter',
      });
    }
    const signal = Object.entries(constants.signals).find(([, number]) => number + 128 === status);
    // Not at its own command: that one ends, and bwrap says how.
    if (this.#first !== undefined && signal !== undefined && !/^bwrap: /m.test(said)) {
      return environmentError({
        code: 'sandbox/killed',
        message: `the sandbox was ended from outside, by ${signal[0]}`,
        hint: 'on a machine that is short of memory the kernel does so; run fewer tasks at once (--jobs)',
      });
    }
    return setupFailed(said.replace(/^bwrap: /, '') || `bwrap ended with status ${status}`);
  }
}

function setupFailed(said: string): Diagnostic {
  return environmentError({
    code: 'sandbox/setup-failed',
    message: `bubblewrap could not set up the sandbox: ${said}`,
  });
}

/** Whether a process still runs; one that only waits to be reaped has nothing left. */
function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return !/^[ZX]$/.test(stat.slice(stat.lastIndexOf(')') + 2)[0] ?? '');
  } catch (error) {
    // ESRCH: it ended while being read.
    if (errnoOf(error) !== 'ENOENT' && errnoOf(error) !== 'ESRCH') throw error;
    return false;
  }
}
