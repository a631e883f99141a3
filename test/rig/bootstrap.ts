// Trees with build logic of their own, built by the real program and the real Ninja: what an edit makes it do
// again. One tree is built once; each test works on a copy, with the times of the original.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { PROGRAM } from './program.ts';
import type { Scratch } from './scratch.ts';

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** What Ninja ran, by descriptions, sorted within nothing: in its order. */
  readonly steps: readonly string[];
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Runs a program. What Ninja prints of its steps is taken apart. */
export function runIn(cwd: string, argv: readonly string[], env: Environment = {}): Ran {
  const { PATH = '/usr/bin:/bin' } = process.env;
  const { status, stdout, stderr } = spawnSync(argv[0]!, argv.slice(1), {
    cwd,
    env: { PATH, ...env },
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const steps = stdout.split('\n').flatMap((line) => /^\[\d+\/\d+\] (.*)$/.exec(line)?.[1] ?? []);
  return { status, stdout, stderr, steps };
}

export class OwnTree {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  at(path: string): string {
    return join(this.root, path);
  }

  build(argv: readonly string[] = [], env: Environment = {}): Ran {
    return runIn(this.root, [PROGRAM, 'build', ...argv], env);
  }

  /** Builds, and throws what was said if that did not end well. Returns the steps. */
  steps(argv: readonly string[] = [], env: Environment = {}): readonly string[] {
    const ran = this.build(argv, env);
    if (ran.status !== 0) throw new Error(`${ran.stdout}${ran.stderr}`);
    return ran.steps;
  }

  read(path: string): string {
    return readFileSync(this.at(path), 'utf8');
  }

  exists(path: string): boolean {
    return existsSync(this.at(path));
  }

  /** Writes a file, as of now: a file system's own clock may lag behind. */
  write(path: string, text: string): void {
    mkdirSync(dirname(this.at(path)), { recursive: true });
    writeFileSync(this.at(path), text);
    this.touch(path);
  }

  touch(path: string): void {
    const now = Date.now() / 1000;
    utimesSync(this.at(path), now, now);
  }

  edit(path: string, from: string, to: string): void {
    const text = this.read(path);
    if (!text.includes(from)) throw new Error(`${path} does not hold ${from}`);
    this.write(path, text.replace(from, to));
  }

  remove(path: string): void {
    rmSync(this.at(path), { recursive: true });
  }

  copy(to: string): OwnTree {
    // Node's own copying leaves out the times of directories, and what is finer than a millisecond.
    execFileSync('cp', ['-a', this.root, to]);
    return new OwnTree(to);
  }
}

/** A tree of these files, all of them an hour old. */
export function ownTree(root: string, files: Readonly<Record<string, string>>): OwnTree {
  const tree = new OwnTree(root);
  const past = Date.now() / 1000 - 3600;
  for (const [path, text] of Object.entries(files)) {
    tree.write(path, text);
    utimesSync(tree.at(path), past, past);
  }
  return tree;
}

/** A program that counts how often Node is started by the launcher, and starts it. */
export function countingNode(space: Scratch): {
  readonly program: string;
  readonly count: () => number;
} {
  const program = space.at('counting-node');
  const log = space.at('counting-node.log');
  writeFileSync(program, `#!/bin/sh\necho started >>'${log}'\nexec '${process.execPath}' "$@"\n`);
  chmodSync(program, 0o755);
  return {
    program,
    count: () => (existsSync(log) ? readFileSync(log, 'utf8').split('\n').length - 1 : 0),
  };
}
