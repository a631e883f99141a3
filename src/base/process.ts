// Runs one command: bounded output, its own process group, ended whole. Knows nothing of sandboxes,
// tasks or the graph; just command execution.
import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { constants } from 'node:os';

export interface CommandOptions {
  readonly cwd?: string;
  /** The whole environment of the command. Inherited from this process when absent. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Uint8Array;
  /** Called with each chunk of standard output and standard error, in the order of arrival. Must not throw. */
  readonly onOutput?: (chunk: Buffer) => void;
  /** Bytes of each stream kept for the caller; what follows is dropped. 1 MiB unless given. */
  readonly keep?: number;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface CommandResult {
  /** Exit status; 128 + signal when a signal ended it. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Set when the command did not end by itself. */
  readonly ended?: 'timeout' | 'aborted';
  /** Set when it could not be started (`ENOENT`: no such program). */
  readonly startError?: string;
}

/** After SIGTERM, how long a process group may take to end before SIGKILL. */
const GRACE_MS = 2_000;
/** After its end, how long others may hold a command's output open: a daemon may do so for ever. */
const DRAIN_MS = 1_000;
/** The longest that a timer of node's can run; a longer one would fire at once. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;
const DEFAULT_KEEP = 1 << 20;

/**
 * Runs a command to its end. Never throws for what the command does; `startError` says it never began.
 * When it returns, nothing of the command's process group is left, and nobody waits for processes that
 * left the group.
 */
export async function run(
  command: string,
  argv: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  if (options.signal?.aborted === true) {
    return { status: 130, stdout: '', stderr: '', ended: 'aborted' };
  }
  const child = start(command, argv, options);
  return 'startError' in child ? neverBegan(child.startError) : follow(child, options);
}

/** Most refusals of the system come as an event later; some (E2BIG, a NUL in an argument) are thrown. */
function start(
  command: string,
  argv: readonly string[],
  options: CommandOptions,
): ChildProcess | { startError: string } {
  const settings: SpawnOptions = {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: options.env }),
    // A group of its own, so that everything it starts can be ended with it.
    detached: true,
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  };
  try {
    return spawn(command, argv, settings);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    return { startError: String(error.code) };
  }
}

function neverBegan(startError: string): CommandResult {
  return { status: 127, stdout: '', stderr: '', startError };
}

async function follow(child: ChildProcess, options: CommandOptions): Promise<CommandResult> {
  const keep = options.keep ?? DEFAULT_KEEP;
  const stdout = new Kept(keep);
  const stderr = new Kept(keep);
  return new Promise((resolve) => {
    let ended: 'timeout' | 'aborted' | undefined;
    let timer: NodeJS.Timeout | undefined;
    const end = (why: 'timeout' | 'aborted'): void => {
      if (ended !== undefined) return;
      ended = why;
      clearTimeout(timer);
      signalGroup(child, 'SIGTERM');
      timer = setTimeout(() => signalGroup(child, 'SIGKILL'), GRACE_MS);
    };
    const abort = (): void => end('aborted');
    options.signal?.addEventListener('abort', abort, { once: true });
    if (options.timeoutMs !== undefined) {
      timer = setTimeout(() => end('timeout'), Math.min(options.timeoutMs, MAX_TIMEOUT_MS));
    }

    const finish = (result: CommandResult): void => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', abort);
      resolve(result);
    };
    const exited = (code: number | null, signal: NodeJS.Signals | null): void =>
      finish({
        status: code ?? 128 + constants.signals[signal ?? 'SIGKILL'],
        stdout: stdout.text(),
        stderr: stderr.text(),
        ...(ended === undefined ? {} : { ended }),
      });

    child.stdout?.on('data', (chunk: Buffer) => {
      stdout.add(chunk);
      options.onOutput?.(chunk);
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr.add(chunk);
      options.onOutput?.(chunk);
    });
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (child.pid === undefined) finish(neverBegan(error.code ?? error.message));
    });
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', abort);
      // What it left running in its group must not outlive it, nor hold our pipes open.
      signalGroup(child, 'SIGKILL');
      timer = setTimeout(() => afterReading(() => giveUp(code, signal)), DRAIN_MS);
    });
    const giveUp = (code: number | null, signal: NodeJS.Signals | null): void => {
      child.stdout?.destroy();
      child.stderr?.destroy();
      exited(code, signal);
    };
    child.on('close', exited);
    if (options.input !== undefined) {
      // A command that does not read its input closes the pipe; that is its right.
      child.stdin?.on('error', () => undefined);
      child.stdin?.end(options.input);
    }
  });
}

/** Timers come before input: where this process was busy for long, output may still lie in the pipe. */
function afterReading(then: () => void): void {
  setImmediate(() => setImmediate(then));
}

/** Signals a child's whole process group; a group that is gone is fine. */
function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // ESRCH: it ended in between.
  }
}

/** The beginning of a stream, in one buffer however small the chunks are. */
class Kept {
  readonly #limit: number;
  #bytes = Buffer.alloc(0);
  #length = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(chunk: Buffer): void {
    const length = Math.min(this.#length + chunk.length, this.#limit);
    if (length > this.#bytes.length) {
      const grown = Buffer.alloc(Math.min(this.#limit, Math.max(4096, length * 2)));
      this.#bytes.copy(grown, 0, 0, this.#length);
      this.#bytes = grown;
    }
    chunk.copy(this.#bytes, this.#length, 0, length - this.#length);
    this.#length = length;
  }

  text(): string {
    return this.#bytes.toString('utf8', 0, this.#length);
  }
}
