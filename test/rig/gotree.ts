// The tree of Go tools in gotree/, in a directory of its own: edits that are newer than what was built, and which
// steps a build ran.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { PROGRAM } from './program.ts';

const TREE = resolve(import.meta.dirname, 'gotree');

export interface Built {
  readonly status: number | null;
  /** Descriptions of the steps that ran, sorted, with the build directory as `OUT`. */
  readonly steps: readonly string[];
  readonly output: string;
}

export interface GoTree {
  readonly root: string;
  /** Runs `ashlar build` in the tree. */
  build(env?: Readonly<Record<string, string>>): Built;
  /** Changes a file, at a time after everything that was built. */
  edit(file: string, change: (text: string) => string): void;
  write(file: string, text: string): void;
  touch(file: string): void;
  read(file: string): string;
  /** What a program of the tree prints. */
  run(file: string, ...argv: readonly string[]): string;
}

/** Copies the tree to a directory that does not exist. */
export function copyGoTree(root: string, from = TREE): GoTree {
  mkdirSync(dirname(root), { recursive: true });
  // Times to the nanosecond: Ninja compares them.
  execFileSync('cp', ['-a', from, root]);
  return goTree(root);
}

/** The tree in a directory where it is. */
export function goTree(root: string): GoTree {
  const at = (file: string): string => join(root, file);
  // Outputs were just made: an edit must be newer, by the clock that stamped them. A time of the future would not
  // do: Ninja builds again for as long as it is one.
  const touch = (file: string): void => {
    const text = readFileSync(at(file));
    const before = stampOf(at(file));
    while (stampOf(at(file)) === before) writeFileSync(at(file), text);
  };
  const write = (file: string, text: string): void => {
    mkdirSync(dirname(at(file)), { recursive: true });
    writeFileSync(at(file), text);
    touch(file);
  };
  return {
    root,
    build: (env = {}) => {
      const base = { PATH: process.env['PATH'], HOME: process.env['HOME'] };
      const result = spawnSync(PROGRAM, ['build'], {
        cwd: root,
        env: { ...base, ...env },
        encoding: 'utf8',
      });
      return builtOf(result, env['BUILDDIR'] ?? 'out');
    },
    edit: (file, change) => write(file, change(readFileSync(at(file), 'utf8'))),
    write,
    touch: (file) => {
      writeFileSync(at(file), readFileSync(at(file)));
      touch(file);
    },
    read: (file) => readFileSync(at(file), 'utf8'),
    run: (file, ...argv) => execFileSync(at(file), argv, { cwd: root, encoding: 'utf8' }),
  };
}

/** When a file was written, in ns. */
function stampOf(path: string): bigint {
  return statSync(path, { bigint: true }).mtimeNs;
}

/** What a run that prints as Ninja does has done. */
export function builtOf(
  result: {
    readonly status: number | null;
    readonly stdout: string;
    readonly stderr: string;
  },
  buildDir: string,
): Built {
  const output = result.stdout + result.stderr;
  const steps = output
    .split('\n')
    .flatMap((line) => /^\[\d+\/\d+\] (.*)$/.exec(line)?.[1] ?? [])
    .map((step) => step.replaceAll(`${buildDir}/`, 'OUT/'));
  return { status: result.status, steps: steps.sort(), output };
}
