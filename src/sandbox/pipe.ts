// One pipe per running command, for its standard output and standard error alike, so that their order
// is kept. Node's own 'pipe' is a socket, on which `> /dev/stderr` fails; Node cannot make a real pipe,
// so a few FIFOs are made once, unlinked at once, and used again and again.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  statSync,
} from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { environmentError, failed, ok, type Result } from '../base/diagnostic.ts';
import { errnoOf, removeTree, systemError, temporaryBeside } from '../base/fs.ts';
import { makeDirectory } from './directory.ts';
import { PIPE_MARK } from './watchdog.ts';

/** FIFOs made by one call of mkfifo(1): about as many as commands run at once. */
const BATCH = 8;

export class PipePool {
  readonly directory: string;
  /** Read ends of FIFOs without a name, opened anew through /proc/self/fd for each use. */
  readonly #idle: number[] = [];

  /** @param directory where names exist for a moment; made when it is missing. */
  constructor(directory: string) {
    this.directory = directory;
  }

  /** A pipe for one command. Fails with `fs/…` or `sandbox/no-pipe`. */
  take(): Result<OutputPipe> {
    try {
      if (this.#idle.length === 0) {
        const made = this.#make();
        if (!made.ok) return made;
      }
      const anchor = this.#idle.at(-1)!;
      const pipe = new OutputPipe(anchor, () => this.#idle.push(anchor));
      this.#idle.pop();
      return ok(pipe);
    } catch (error) {
      return failed(systemError('open a pipe', error));
    }
  }

  #make(): Result<undefined> {
    const made = makePipes(this.directory, BATCH);
    if (made.ok) this.#idle.push(...made.value);
    return made.ok ? ok(undefined) : made;
  }
}

/**
 * FIFOs without a name, as descriptors of their read ends that never block; to be opened anew through
 * /proc/self/fd. The directory is made when it is missing. Fails with `sandbox/no-pipe`, or throws node's own errors.
 */
export function makePipes(directory: string, count: number): Result<number[]> {
  makeDirectory(directory);
  const place = temporaryBeside(join(directory, PIPE_MARK));
  mkdirSync(place);
  try {
    chmodSync(place, 0o700);
    const paths = Array.from({ length: count }, (_, index) => join(place, String(index)));
    const made = spawnSync('mkfifo', ['-m', '600', '--', ...paths], { encoding: 'utf8' });
    if (made.status !== 0) {
      return failed(
        environmentError({
          code: 'sandbox/no-pipe',
          message: `mkfifo failed in ${place}: ${made.error?.message ?? made.stderr.trim()}`,
          hint: 'mkfifo is part of coreutils; the directory must be on a file system that has FIFOs',
        }),
      );
    }
    return ok(paths.map((path) => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)));
  } finally {
    removeTree(place);
  }
}

/** The two ends of a pipe while one command uses it. */
export class OutputPipe {
  readonly #anchor: number;
  readonly #giveBack: () => void;
  readonly #reader: Socket;
  #writer: number;
  #ended = false;

  constructor(anchor: number, giveBack: () => void) {
    this.#anchor = anchor;
    this.#giveBack = giveBack;
    const same = `/proc/self/fd/${anchor}`;
    const reader = openSync(same, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      this.#writer = openSync(same, constants.O_WRONLY);
    } catch (error) {
      closeSync(reader);
      throw error;
    }
    this.#reader = new Socket({ fd: reader, readable: true, writable: false });
  }

  /** File descriptor to give to the command. */
  get writer(): number {
    return this.#writer;
  }

  /** Closes our copy of the writing end, once the command has its own. */
  closeWriter(): void {
    if (this.#writer === -1) return;
    closeSync(this.#writer);
    this.#writer = -1;
  }

  /** Hands on what arrives; `onEnd` once nobody can write any more. */
  read(onChunk: (chunk: Buffer) => void, onEnd: () => void): void {
    this.#reader.on('data', onChunk);
    this.#reader.on('error', () => undefined);
    this.#reader.once('end', () => {
      this.#ended = true;
    });
    this.#reader.once('close', onEnd);
  }

  /** Processes of this machine that hold the pipe open, this one excepted. */
  holders(): number[] {
    const own = fstatSync(this.#anchor, { bigint: true });
    const found: number[] = [];
    for (const pid of readdirSync('/proc')) {
      if (/^\d+$/.test(pid) && Number(pid) !== process.pid && holds(pid, own)) {
        found.push(Number(pid));
      }
    }
    return found;
  }

  /** Ends the use. A pipe that somebody may still write to is not used again. */
  release(): void {
    this.closeWriter();
    this.#reader.destroy();
    if (this.#ended) this.#giveBack();
    else closeSync(this.#anchor);
  }
}

function holds(pid: string, own: { dev: bigint; ino: bigint }): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => isSame(`/proc/${pid}/fd/${fd}`, own));
  } catch (error) {
    // It ended in between, or belongs to somebody else and so is none of ours.
    if (errnoOf(error) === undefined) throw error;
    return false;
  }
}

function isSame(path: string, own: { dev: bigint; ino: bigint }): boolean {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found !== undefined && found.ino === own.ino && found.dev === own.dev;
}
