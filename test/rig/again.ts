// The real program, started once for many commands (again.js): for tests that need many runs of which none shows more
// in a process of its own. Knows nothing of the launcher and of signals.
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { afterAll } from 'vitest';
import { createRig, type Rig, type Run } from './program.ts';

/** How a run of the program ended. */
export interface Ended extends Run {
  readonly signal: string | null;
}

export interface Where {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** For test/install/fault.js, if the process was started with it. */
  readonly fault?: string;
}

export interface Again extends Disposable {
  /** Runs a command to its end. Blocks, as `spawnSync` does. */
  readonly run: (argv: readonly string[], where: Where) => Ended;
}

/** Ends with the scope, or with this process. `options` are Node's own, `env` is what it is started with. */
export function startAgain(options: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Again {
  const [asking, answering] = [fifo(), fifo()];
  const child = spawn(process.execPath, [...options, join(import.meta.dirname, 'again.js')], {
    cwd: '/',
    env: { ...process.env, ...env },
    stdio: [asking.read, answering.write, 'inherit'],
  });
  child.unref();
  // Only the other side has these ends now, so that each notices when the other is gone.
  closeSync(asking.read);
  closeSync(answering.write);
  return {
    run: (argv, where) => {
      writeSync(asking.write, `${JSON.stringify({ argv, ...where })}\n`);
      return JSON.parse(readLine(answering.read)) as Ended;
    },
    [Symbol.dispose]: () => {
      closeSync(asking.write);
      closeSync(answering.read);
    },
  };
}

/** Rigs whose commands are run by one process. It ends with the tests of the file. */
export function rigsOfOneProcess(): (example?: string) => Rig {
  const again = startAgain();
  afterAll(() => again[Symbol.dispose]());
  return (example) => createRig(example, again);
}

/** Both ends of a pipe that has no name any more. Reading waits. */
function fifo(): { readonly read: number; readonly write: number } {
  const directory = mkdtempSync(join(tmpdir(), 'ashlar-again-'));
  const path = join(directory, 'pipe');
  execFileSync('mkfifo', [path]);
  // Neither end can be opened before the other, but for this.
  const first = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const write = openSync(path, 'w');
  const read = openSync(path, 'r');
  closeSync(first);
  rmSync(directory, { recursive: true });
  return { read, write };
}

function readLine(descriptor: number): string {
  const decoder = new StringDecoder('utf8');
  const chunk = Buffer.alloc(1 << 16);
  let line = '';
  while (!line.endsWith('\n')) {
    const length = readSync(descriptor, chunk);
    if (length === 0) throw new Error(`a command ended the process that ran it; it said ${line}`);
    line += decoder.write(chunk.subarray(0, length));
  }
  return line;
}
