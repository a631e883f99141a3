// Runs one command: bounded output, its own process group, ended whole. Knows nothing of sandboxes,
// tasks or the graph; just command execution.
import { spawn, type ChildProcess } from 'node:child_process';

export interface CommandOptions {
  readonly cwd?: string;
  /** The whole environment of the command. Inherited from this process when absent. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Uint8Array;
  /** Called with each chunk of standard output and standard error, in the order of arrival. */
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
const DEFAULT_KEEP = 1 << 20;
const SIGNAL_NUMBERS: Partial<Record<NodeJS.Signals, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGPIPE: 13,
  SIGTERM: 15,
};

/** Runs a command to its end. Never throws for what the command does; `startError` says it never began. */
export async function run(
  command: string,
  argv: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const keep = options.keep ?? DEFAULT_KEEP;
  const stdout = new Kept(keep);
  const stderr = new Kept(keep);
  if (options.signal?.aborted === true)
    return { status: 130, stdout: '', stderr: '', ended: 'aborted' };

  return new Promise((resolve) => {
    const child = spawn(command, argv, {
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.env === undefined ? {} : { env: options.env }),
      // A group of its own, so that everything it starts can be ended with it.
      detached: true,
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    let ended: 'timeout' | 'aborted' | undefined;
    let killTimer: NodeJS.Timeout | undefined;
    const end = (why: 'timeout' | 'aborted'): void => {
      if (ended !== undefined) return;
      ended = why;
      signalGroup(child, 'SIGTERM');
      killTimer = setTimeout(() => signalGroup(child, 'SIGKILL'), GRACE_MS);
    };
    const abort = (): void => end('aborted');
    const timeout =
      options.timeoutMs === undefined
        ? undefined
        : setTimeout(() => end('timeout'), options.timeoutMs);
    options.signal?.addEventListener('abort', abort, { once: true });

    const finish = (result: CommandResult): void => {
      clearTimeout(timeout);
      clearTimeout(killTimer);
      options.signal?.removeEventListener('abort', abort);
      resolve(result);
    };
    child.stdout?.on('data', (chunk: Buffer) => {
      stdout.add(chunk);
      options.onOutput?.(chunk);
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr.add(chunk);
      options.onOutput?.(chunk);
    });
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (child.pid !== undefined) return;
      finish({ status: 127, stdout: '', stderr: '', startError: error.code ?? error.message });
    });
    child.on('exit', () => {
      // What it left running in its group must not outlive it, nor hold our pipes open.
      signalGroup(child, 'SIGKILL');
    });
    child.on('close', (code, signal) => {
      const status = code ?? 128 + (SIGNAL_NUMBERS[signal ?? 'SIGTERM'] ?? 0);
      finish({
        status,
        stdout: stdout.text(),
        stderr: stderr.text(),
        ...(ended === undefined ? {} : { ended }),
      });
    });
    if (options.input !== undefined) {
      // A command that does not read its input closes the pipe; that is its right.
      child.stdin?.on('error', () => undefined);
      child.stdin?.end(options.input);
    }
  });
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

class Kept {
  readonly #chunks: Buffer[] = [];
  #room: number;

  constructor(room: number) {
    this.#room = room;
  }

  add(chunk: Buffer): void {
    if (this.#room <= 0) return;
    this.#chunks.push(chunk.subarray(0, this.#room));
    this.#room -= chunk.length;
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString('utf8');
  }
}
