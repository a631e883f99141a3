// One pool of processors for all tasks and for what runs in parallel inside of them: a pipe that holds a token for
// each processor that is free, as GNU make's jobserver does. Knows nothing of scheduling. Tokens that a killed command
// took with it are missed until no command runs; then the pool is filled again.
import { closeSync, constants, fchmodSync, openSync, readSync, writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { failed, ok, type Result } from '../base/diagnostic.ts';
import { errnoOf, systemError } from '../base/fs.ts';
import { makePipes } from '../sandbox/pipe.ts';
import type { Task } from './task.ts';

/** Where a command has the pipe: its reading end, and its writing end. */
const [READ_FD, WRITE_FD] = [5, 6];

/**
 * Variables that let a command take part, the same everywhere: `make $JOBSERVER`, and as MAKEFLAGS for programs that
 * only open jobservers by name.
 */
export const JOBSERVER_VARIABLES = {
  JOBSERVER: `--jobserver-auth=${READ_FD},${WRITE_FD}`,
  JOBSERVER_NAMED: `--jobserver-auth=fifo:/proc/self/fd/${READ_FD}`,
} as const;

/** Whether a task's command is lent the pipe. */
export function takesPart({ volatile }: Task): boolean {
  return Object.keys(JOBSERVER_VARIABLES).some((name) => name in volatile);
}

/** Milliseconds between looks for a token; nothing tells when one comes back. */
const LOOK_MS = 10;
const TOKEN = Buffer.from('+');

export class Jobserver implements Disposable {
  readonly #size: number;
  /** Our own end, which never blocks. */
  readonly #pool: number;
  /** The end for commands: programs set flags on it that all who share it have. */
  readonly #lent: number;
  readonly #byte = Buffer.alloc(1);
  #running = 0;

  private constructor(size: number, anchor: number) {
    this.#size = size;
    const same = `/proc/self/fd/${anchor}`;
    this.#pool = openSync(same, constants.O_RDWR | constants.O_NONBLOCK);
    this.#lent = openSync(same, constants.O_RDWR);
  }

  /** A pool for so many processes at once. The directory is one where names of pipes may exist for a moment. */
  static open(size: number, directory: string): Result<Jobserver> {
    try {
      const made = makePipes(directory, 1);
      if (!made.ok) return made;
      const [anchor] = made.value;
      try {
        // Commands run as somebody else, and some open it anew.
        fchmodSync(anchor!, 0o666);
        return ok(new Jobserver(size, anchor!));
      } finally {
        closeSync(anchor!);
      }
    } catch (error) {
      return failed(systemError('open a jobserver', error, directory));
    }
  }

  /** Descriptors to lend to commands of tasks that take part. */
  get lent(): readonly number[] {
    return [this.#lent, this.#lent];
  }

  /** A processor for one command, once there is one; to be given back when the command has ended. */
  async take(signal: AbortSignal): Promise<Disposable> {
    while (!this.#takeToken() && !signal.aborted) await delay(LOOK_MS);
    this.#running++;
    return { [Symbol.dispose]: () => this.#give() };
  }

  #takeToken(): boolean {
    if (this.#running === 0) this.#fill();
    return this.#read();
  }

  #give(): void {
    this.#running--;
    if (this.#running === 0) return;
    try {
      writeSync(this.#pool, TOKEN);
    } catch (error) {
      // A command filled it with tokens of its own.
      if (errnoOf(error) !== 'EAGAIN') throw error;
    }
  }

  /** Exactly as many tokens as there may be, whatever commands did with them. */
  #fill(): void {
    while (this.#read());
    for (let i = 0; i < this.#size; i++) writeSync(this.#pool, TOKEN);
  }

  #read(): boolean {
    try {
      return readSync(this.#pool, this.#byte) === 1;
    } catch (error) {
      if (errnoOf(error) !== 'EAGAIN') throw error;
      return false;
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.#pool);
    closeSync(this.#lent);
  }
}
