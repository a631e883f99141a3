// Runs a TypeScript program of the tests in a process of its own: for what only another process can show,
// such as locks, kill -9 and concurrent writers. Node cannot run TypeScript, so it is bundled first.
import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';

export interface Program extends Disposable {
  /** The bundled file, for who starts it by other means than `start`. */
  readonly path: string;
  start(...argv: readonly string[]): Child;
  /** Starts it as somebody whom permissions apply to, also where the tests run as root. */
  startAsOrdinaryUser(...argv: readonly string[]): Child;
}

export interface Child {
  readonly process: ChildProcess;
  /** The next line that it prints; undefined when it has closed its output. */
  line(): Promise<string | undefined>;
  /** Its exit status or signal, after its output is closed. */
  ended(): Promise<number | string>;
  /** All that it wrote to standard error so far. */
  stderr(): string;
}

/** Bundles a program. Children that are still running are killed when it is disposed of. */
export async function bundleProgram(entry: string): Promise<Program> {
  const directory = mkdtempSync(join(tmpdir(), 'ashlar-program-'));
  const path = join(directory, `${basename(entry, '.ts')}.mjs`);
  await build({
    entryPoints: [entry],
    outfile: path,
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    format: 'esm',
    logLevel: 'error',
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
  // For other users: temporary directories are private.
  chmodSync(directory, 0o755);
  const children: ChildProcess[] = [];
  const start = (argv: readonly string[], user: SpawnOptions): Child => {
    const child = spawn(process.execPath, [path, ...argv], { ...user, stdio: 'pipe' });
    children.push(child);
    return follow(child);
  };
  return {
    path,
    start: (...argv) => start(argv, {}),
    startAsOrdinaryUser: (...argv) =>
      start(argv, process.getuid!() === 0 ? { uid: 65_534, gid: 65_534 } : {}),
    [Symbol.dispose]: () => {
      for (const child of children) child.kill('SIGKILL');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function follow(child: ChildProcess): Child {
  const closed = once(child, 'close') as Promise<[number | null, string | null]>;
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  let stderr = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return {
    process: child,
    line: async () => {
      const next = await lines.next();
      return next.done === true ? undefined : next.value;
    },
    ended: async () => {
      const [status, signal] = await closed;
      return status ?? signal!;
    },
    stderr: () => stderr,
  };
}
