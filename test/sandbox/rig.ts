// What the sandbox tests share: scratch directories, one-line runs, and a search for processes that
// should be gone.
import { buildSync } from 'esbuild';
import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatDiagnostic } from '../../src/base/diagnostic.ts';
import { removeTree } from '../../src/base/fs.ts';
import { hostRoot } from '../../src/sandbox/image.ts';
import type { Image, Sandbox, SandboxCommand, SandboxExit } from '../../src/sandbox/port.ts';

export const isRoot = process.getuid?.() === 0;

export const image: Image = { name: 'host', identity: 'test', impure: true, ...hostRoot('/') };

/** A directory that goes away with its scope. */
export function scratch(): Disposable & { path: string } {
  const path = mkdtempSync(join(tmpdir(), 'ashlar-sandbox-'));
  // Other users' processes are to look into it, too.
  chmodSync(path, 0o755);
  return { path, [Symbol.dispose]: () => removeTree(path) };
}

export interface Ran {
  readonly exit: SandboxExit;
  readonly output: string;
}

/** Runs a bash script with PATH set and nothing else, unless overridden. */
export async function runScript(
  sandbox: Sandbox,
  script: string,
  overrides: Partial<SandboxCommand> = {},
): Promise<Ran> {
  const chunks: Buffer[] = [];
  const exit = await sandbox.run({
    argv: ['/bin/bash', '-c', script],
    env: { PATH: '/usr/bin:/bin' },
    workdir: '/tmp',
    mounts: [],
    image,
    network: false,
    limits: { timeoutMs: 30_000 },
    onOutput: (chunk) => void chunks.push(Buffer.from(chunk)),
    ...overrides,
  });
  if (exit.kind === 'broken') chunks.push(Buffer.from(formatDiagnostic(exit.diagnostic)));
  return { exit, output: Buffer.concat(chunks).toString('utf8') };
}

/** Processes of this machine whose arguments or environment contain the marker; zombies have neither. */
export function alive(marker: string): number[] {
  const found: number[] = [];
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
    try {
      const text =
        readFileSync(`/proc/${pid}/cmdline`, 'latin1') +
        readFileSync(`/proc/${pid}/environ`, 'latin1');
      if (text.includes(marker)) found.push(Number(pid));
    } catch {
      // It ended in between, or is not ours to look at.
    }
  }
  return found;
}

let serial = 0;

/** A word that no other process of the machine has in its arguments or environment. */
export function marker(): string {
  return `ashlar-test-${process.pid}-${serial++}`;
}

/** The driver (`driver.ts`) as one file that a node of any user can run. */
export function bundleDriver(directory: string): string {
  const outfile = join(directory, 'driver.mjs');
  buildSync({
    entryPoints: [join(import.meta.dirname, 'driver.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    outfile,
    logLevel: 'error',
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
  chmodSync(outfile, 0o644);
  return outfile;
}

/** What a process printed until a predicate holds, or until it ended. */
export async function outputOf(
  child: ChildProcess,
  until: (text: string) => boolean = () => false,
): Promise<string> {
  let text = '';
  return new Promise((resolve) => {
    const take = (chunk: Buffer): void => {
      text += chunk.toString();
      if (until(text)) resolve(text);
    };
    child.stdout!.on('data', take);
    child.stderr!.on('data', take);
    child.once('close', () => resolve(text));
  });
}

/** Runs a program to its end and returns what it printed on both streams. */
export async function printed(
  argv: readonly string[],
  options: { readonly env?: Record<string, string>; readonly cwd?: string } = {},
): Promise<string> {
  const child = spawn(argv[0]!, argv.slice(1), { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  return outputOf(child);
}
