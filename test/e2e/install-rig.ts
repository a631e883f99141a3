// What the end-to-end tests of a root share: the program, archives made with the machine's own tar, and
// ways for a root to change together with what each has to come to.
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from 'vitest';
import { activate } from '../../src/install/activate.ts';
import { activeGeneration } from '../../src/install/inventory.ts';
import { listPackages } from '../../src/install/repository.ts';
import { rollback } from '../../src/install/rollback.ts';
import { rootAt, type Root } from '../../src/install/root.ts';
import { startAgain, type Ended } from '../rig/again.ts';
import { reachable, readText, scratch, value, writeFiles, type Files } from '../install/rig.ts';

/** Packs files as `<id>.tar.xz` or `.tar.zst`, as a build would have written them. */
export function packArchive(archive: string, files: Files): void {
  using dir = scratch();
  writeFiles(dir.path, { 'pkginfo.json': '{}', ...files });
  execFileSync('tar', ['-caf', archive, '-C', dir.path, '.']);
}

export const bundle = resolve(import.meta.dirname, '../../dist/main.js');
const preload = resolve(import.meta.dirname, '../install/fault.js');

/** What is kept of the program itself is no call of a command. */
const withoutCompiled = { NODE_DISABLE_COMPILE_CACHE: '1' };

/** Runs the real program, with a fault for test/install/fault.js if one is given. */
export function ashlar(
  fault: string | undefined,
  args: readonly string[],
  cwd = '/',
): Promise<Ended> {
  return new Promise((done) => {
    const preloaded = fault === undefined ? [] : ['--import', preload];
    const child = spawn(process.execPath, [...preloaded, bundle, ...args], {
      cwd,
      env: {
        ...process.env,
        ...(fault === undefined ? {} : { ASHLAR_FAULT: fault, ...withoutCompiled }),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => (stdout += String(chunk)));
    child.stderr.on('data', (chunk) => (stderr += String(chunk)));
    child.on('close', (status, signal) => done({ status, signal, stdout, stderr }));
  });
}

/** Runs the real program with one fault after the other, in one process. Ends with the scope. */
export function ashlarAgain(): Disposable & {
  readonly run: (fault: string, args: readonly string[]) => Ended;
} {
  const again = startAgain(['--import', preload], { ASHLAR_FAULT: 'none', ...withoutCompiled });
  return {
    run: (fault, args) => again.run(args, { cwd: '/', env: process.env, fault }),
    [Symbol.dispose]: () => again[Symbol.dispose](),
  };
}

const files = (version: string): Files => ({
  'bin/tool': `tool ${version}`,
  'lib/shared/tool': version,
  'etc/tool.conf': version,
  'dcos.target.wants/tool.service': version,
  'pkginfo.json': JSON.stringify({ environment: { VERSION: version } }),
  'buildinfo.full.json': '{"name": "tool"}',
});

export const packages: Record<string, Files> = {
  'tool--1': files('1'),
  'tool--2': files('2'),
  'other--1': { 'lib/shared/other': 'o', 'bin/other': 'o', 'pkginfo.json': '{}' },
};

/** A way for a root to change: how it is before, the command, and what a finished change comes to. */
export interface Change {
  readonly prepare: (root: Root, directory: string) => Promise<void>;
  readonly args: (directory: string) => readonly string[];
  /** The active set before and after; undefined where nothing is active. */
  readonly before: string | undefined;
  readonly after: string;
  /** In the same process, once the fault is gone. */
  readonly again: (root: Root) => Promise<unknown>;
}

const OLD = 'other--1 tool--1';
const NEW = 'other--1 tool--2';

export const changes: Record<string, Change> = {
  'the first activation': {
    prepare: async (root) => fill(root),
    args: () => ['activate', 'tool--2', 'other--1'],
    before: undefined,
    after: NEW,
    again: async (root) => value(await activate(root, NEW.split(' '))),
  },
  'an activation that prunes': {
    prepare: async (root) => {
      fill(root);
      for (let i = 0; i < 5; i++) value(await activate(root, i % 2 ? ['tool--2'] : OLD.split(' ')));
    },
    args: () => ['activate', 'tool--2', 'other--1'],
    before: OLD,
    after: NEW,
    again: async (root) => value(await activate(root, NEW.split(' '))),
  },
  'a rollback': {
    prepare: async (root) => {
      fill(root);
      value(await activate(root, NEW.split(' ')));
      value(await activate(root, OLD.split(' ')));
    },
    args: () => ['rollback'],
    before: OLD,
    after: NEW,
    again: async (root) => value(await rollback(root, { to: 1 })),
  },
  'an installation': {
    prepare: async (root, directory) => {
      writeFiles(join(root.packages, 'tool--1'), packages['tool--1']!);
      writeFiles(join(root.packages, 'other--1'), packages['other--1']!);
      value(await activate(root, OLD.split(' ')));
      packArchive(join(directory, 'tool--2.tar.xz'), packages['tool--2']!);
    },
    args: (directory) => ['install', '--activate', join(directory, 'tool--2.tar.xz')],
    before: OLD,
    after: NEW,
    again: async (root) => {
      writeMissing(root, 'tool--2');
      return value(await activate(root, NEW.split(' ')));
    },
  },
};

export function fill(root: Root): void {
  for (const [id, each] of Object.entries(packages)) writeFiles(join(root.packages, id), each);
}

/** The package is there whole, or not at all. */
function writeMissing(root: Root, id: string): void {
  if (listPackages(root).some((each) => each.id === id)) expectPackage(root, id);
  else writeFiles(join(root.packages, id), packages[id]!);
}

export function expectPackage(root: Root, id: string): void {
  for (const [path, text] of Object.entries(packages[id]!)) {
    expect(readText(root, `packages/${id}/${path}`)).toBe(text);
  }
}

/** The root is exactly as a finished change to this set leaves it, as far as readers see. */
export function expectSet(root: Root, set: string | undefined): void {
  const active = activeGeneration(root);
  if (set === undefined) {
    expect(active.ok).toBe(false);
    return;
  }
  expect(value(active).packages.join(' ')).toBe(set);
  const ids = set.split(' ');
  const expected: Record<string, string> = {};
  for (const id of ids) {
    for (const path of Object.keys(packages[id]!)) {
      const farm = path.replace('dcos.target.wants/', 'ashlar.target.wants/');
      if (path.includes('/')) expected[farm] = `packages/${id}/${path}`;
    }
  }
  expect(reachable(root)).toEqual(expected);
  const version = ids.find((id) => id.startsWith('tool'))!.at(-1);
  expect(readText(root, 'environment')).toContain(
    `# package: tool--${version}\nVERSION=${version}\n`,
  );
  expect(readText(root, 'environment.export')).toMatch(/\n\n$/);
  expect(JSON.parse(readText(root, 'active.buildinfo.full.json'))).toHaveProperty('tool');
}

/** A fresh copy of the prepared root for each run. */
export async function template(change: Change, directory: string): Promise<(n: number) => Root> {
  const prepared = join(directory, 'template');
  const original = value(rootAt(join(prepared, 'root')));
  mkdirSync(original.packages, { recursive: true });
  await change.prepare(original, directory);
  return (n) => {
    const copy = join(directory, `copy-${n}`);
    cpSync(prepared, copy, { recursive: true, verbatimSymlinks: true });
    return value(rootAt(join(copy, 'root')));
  };
}
