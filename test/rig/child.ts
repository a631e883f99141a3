// Runs a TypeScript program of the tests in a process of its own: for what only another process can show,
// such as locks, kill -9 and concurrent writers. Node cannot run TypeScript, so it is bundled first.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';

export interface Program extends Disposable {
  /** The bundled file, for who starts it by other means than `start`. */
  readonly path: string;
  start(...argv: readonly string[]): Child;
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
  const children: ChildProcess[] = [];
  return {
    path,
    start: (...argv) => {
      const child = spawn(process.execPath, [path, ...argv], { stdio: ['pipe', 'pipe', 'pipe'] });
      children.push(child);
      return follow(child);
    },
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
