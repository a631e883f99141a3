// The real program in a temporary directory: a store of its own, a tree of packages, a root. Removed
// with the scope.
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { removeTree } from '../../src/base/fs.ts';

export const PROJECT = resolve(import.meta.dirname, '../..');
export const PROGRAM = join(PROJECT, 'bin/ashlar');

export interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Rig extends Disposable {
  readonly directory: string;
  /** The packages directory. */
  readonly packages: string;
  /** Writes files of the tree; build scripts (`build`, `*.build`) become executable. */
  write(files: Readonly<Record<string, string>>): void;
  read(path: string): string;
  /** Runs the program in the packages directory (or another one below the rig) to its end. */
  run(argv: readonly string[], options?: RunOptions): Run;
  start(argv: readonly string[], options?: RunOptions): Started;
  /** Runs a line of bash in the packages directory, in which `$0` is the program. */
  shell(line: string): Run;
  readonly env: Readonly<Record<string, string>>;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export interface Started {
  readonly pid: number;
  /** Resolves when standard error (or output) has held the text. */
  until(text: string): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  readonly ended: Promise<Run>;
}

/** Runs commands where they cost less than by a process of their own (again.ts). */
export interface Runner {
  readonly run: (argv: readonly string[], where: { cwd: string; env: NodeJS.ProcessEnv }) => Run;
}

export function createRig(example?: string, runner?: Runner): Rig {
  const directory = mkdtempSync(join(tmpdir(), 'ashlar-e2e-'));
  if (example === undefined) mkdirSync(join(directory, 'packages'));
  else {
    cpSync(join(PROJECT, 'examples', example), directory, {
      recursive: true,
      filter: (path) => !/\/packages\/cache$|\/root$/.test(path),
    });
  }
  const packages = join(directory, 'packages');
  const env: Record<string, string> = {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: join(directory, 'home'),
    ASHLAR_STORE: join(directory, 'store'),
    ...(process.env['ASHLAR_EXTRA_CA_CERTS'] === undefined
      ? {}
      : { NODE_EXTRA_CA_CERTS: process.env['ASHLAR_EXTRA_CA_CERTS'] }),
  };
  mkdirSync(env['HOME']!);
  // What identifies this machine (bundle.ts), as a store remembers it for as long as the machine is as it was.
  const machine = process.env['ASHLAR_TEST_MACHINE'];
  if (machine !== undefined) cpSync(machine, env['ASHLAR_STORE']!, { recursive: true });
  const environment = (options: RunOptions): NodeJS.ProcessEnv => ({ ...env, ...options.env });

  return {
    directory,
    packages,
    env,
    write: (files) => {
      for (const [path, content] of Object.entries(files)) {
        const file = join(packages, path);
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, content);
        if (/(^|[/.])build$/.test(path)) chmodSync(file, 0o755);
      }
    },
    read: (path) => readFileSync(join(packages, path), 'utf8'),
    run: (argv, options = {}) => {
      const where = { cwd: options.cwd ?? packages, env: environment(options) };
      const { status, stdout, stderr } =
        runner === undefined
          ? spawnSync(PROGRAM, argv, { ...where, encoding: 'utf8', maxBuffer: 1 << 28 })
          : runner.run(argv, where);
      return { status, stdout, stderr };
    },
    shell: (line) => {
      const { status, stdout, stderr } = spawnSync('bash', ['-c', line, PROGRAM], {
        cwd: packages,
        env,
        encoding: 'utf8',
      });
      return { status, stdout, stderr };
    },
    start: (argv, options = {}) => {
      const child = spawn(PROGRAM, argv, {
        cwd: options.cwd ?? packages,
        env: environment(options),
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let stdout = '';
      let stderr = '';
      const watchers = new Set<() => void>();
      const heard = (): void => watchers.forEach((watcher) => watcher());
      child.stdout.on('data', (chunk: Buffer) => {
        stdout += chunk.toString();
        heard();
      });
      child.stderr.on('data', (chunk: Buffer) => {
        stderr += chunk.toString();
        heard();
      });
      const ended = new Promise<Run>((done) => {
        child.on('close', (status) => done({ status, stdout, stderr }));
      });
      return {
        pid: child.pid!,
        until: (text) =>
          new Promise((found, missed) => {
            const look = (): void => {
              if (!stdout.includes(text) && !stderr.includes(text)) return;
              watchers.delete(look);
              found();
            };
            watchers.add(look);
            void ended.then(() =>
              missed(new Error(`it ended without "${text}":\n${stdout}${stderr}`)),
            );
            look();
          }),
        kill: (signal) => child.kill(signal),
        ended,
      };
    },
    [Symbol.dispose]: () => {
      removeTree(directory);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Processes whose environment or arguments hold a text: what a build may have left running. */
export function processesWith(text: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => holds(`/proc/${pid}/environ`, text) || holds(`/proc/${pid}/cmdline`, text))
    .map(Number);
}

function holds(file: string, text: string): boolean {
  try {
    return readFileSync(file).includes(text);
  } catch {
    // It ended, or is not ours to look at.
    return false;
  }
}
