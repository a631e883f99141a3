// Recorded command lines of the field's formatter and modifier, run through the bundle: in one process for all of a
// file, but for what reads standard input.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterAll } from 'vitest';
import { startAgain } from '../rig/again.ts';

const GOLDEN = join(import.meta.dirname, '../../../shared/golden/blueprint/bpmodify/cli_runs.json');
const BIN = join(import.meta.dirname, '../../bin/ashlar');

export interface Recorded {
  readonly id: string;
  readonly tool: 'bpfmt' | 'bpmodify';
  readonly args: readonly string[];
  readonly files: Readonly<Record<string, string>>;
  readonly stdin: string | null;
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly changed_files: Readonly<Record<string, string>>;
}

export function recordedRuns(tool: Recorded['tool']): readonly (readonly [string, Recorded])[] {
  const { cases } = JSON.parse(readFileSync(GOLDEN, 'utf8')) as { cases: Recorded[] };
  return cases.filter((run) => run.tool === tool).map((run) => [run.id, run]);
}

export interface Outcome {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Path → new text of files changed or made. */
  readonly changed: Readonly<Record<string, string>>;
}

const again = startAgain();
afterAll(() => again[Symbol.dispose]());

/** Runs `ashlar` with the arguments, in a new directory that holds the files. `stdin`: for what reads that. */
export async function runAshlar(
  args: readonly string[],
  files: Readonly<Record<string, string | Buffer>>,
  stdin?: string,
): Promise<Outcome> {
  const directory = mkdtempSync(join(tmpdir(), 'ashlar-e2e-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(directory, path)), { recursive: true });
      writeFileSync(join(directory, path), text);
    }
    const outcome =
      stdin === undefined ? runAgain(args, directory) : await run(args, directory, stdin);
    const changed: Record<string, string> = {};
    for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = relative(directory, join(entry.parentPath, entry.name));
      const bytes = readFileSync(join(directory, path));
      const before = files[path];
      if (before === undefined || !bytes.equals(Buffer.from(before)))
        changed[path] = bytes.toString();
    }
    return { ...outcome, changed };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function runAgain(args: readonly string[], cwd: string): Omit<Outcome, 'changed'> {
  const { status, stdout, stderr } = again.run(args, { cwd, env: process.env });
  return { exit: status ?? -1, stdout, stderr };
}

/** Runs `ashlar` in a directory, in a process of its own. */
export async function run(
  args: readonly string[],
  cwd: string,
  stdin: string,
): Promise<Omit<Outcome, 'changed'>> {
  return new Promise((resolve, reject) => {
    const child = spawn(BIN, args, { cwd, stdio: 'pipe' });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
    child.stdin.on('error', () => undefined);
    child.on('error', reject);
    child.on('close', (exit) => resolve({ exit: exit ?? -1, stdout, stderr }));
    child.stdin.end(stdin);
  });
}

/** Names and times of the files that `diff` was given, as the recording has them. */
export function withoutTemporaryNames(text: string): string {
  return text.replace(/^(---|\+\+\+) .*$/gm, '$1 TMP');
}
