// The root directory on a host: where its parts lie, whether it is one we may change, and the lock under
// which it changes. Knows nothing of what a change is.
import { accessSync, constants, lstatSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import {
  definitionError,
  environmentError,
  failed,
  ok,
  type Diagnostic,
  type Note,
  type Result,
} from '../base/diagnostic.ts';
import { errnoOf, systemError } from '../base/fs.ts';
import { lock, tryLock } from '../base/lock.ts';
import { TOP_ENTRIES } from './compose.ts';
import { FARM_DIRECTORIES, FURTHER_DIRECTORIES } from './contribution.ts';

/** Absolute paths of a root's parts. */
export interface Root {
  readonly path: string;
  /** Unpacked packages, one directory per id. */
  readonly packages: string;
  /** Complete link farms, one numbered directory each. */
  readonly generations: string;
  /** The link to the active generation: the one thing whose change is an activation. */
  readonly current: string;
}

/** Names at the top of a root that lead through `current`, so that paths like `R/bin/tool` hold. */
export const STABLE_LINKS: readonly string[] = [...FARM_DIRECTORIES, ...TOP_ENTRIES];

export interface ChangeOptions {
  /** Called once if another process is changing the root and this one has to wait for it. */
  readonly onWait?: (() => void) | undefined;
  /** Ends the wait for the lock. */
  readonly signal?: AbortSignal | undefined;
}

/** The root at a path, whether or not anything is there yet. Error code `install/bad-root`. */
export function rootAt(path: string): Result<Root> {
  const absolute = resolve(path);
  const root: Root = {
    path: absolute,
    packages: join(absolute, 'packages'),
    generations: join(absolute, 'generations'),
    current: join(absolute, 'current'),
  };
  return realPath(absolute) === '/'
    ? failed(badRoot(`${path} is the root of the file system`))
    : ok(root);
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(realPath(parent), basename(path));
  }
}

/** For commands that only look: `install/no-root` unless it is there, `install/foreign` if it is no root. */
export function existingRoot(root: Root): Result<Root> {
  return guarded(root, 'look at', () => {
    if (statSync(root.path, { throwIfNoEntry: false })?.isDirectory() === true) {
      const found = unreadable(root);
      return found.length === 0 ? ok(root) : failed(...found);
    }
    return failed(
      definitionError({
        code: 'install/no-root',
        message: `there is no root at ${root.path}`,
        hint: 'give its directory with --root, or begin one with "ashlar install"',
      }),
    );
  });
}

/**
 * Runs a change while no other process changes the same root. Before it runs, the root has passed all
 * checks that can be made without touching it: `install/bad-root`, `install/foreign`, `fs/…`.
 */
export async function changing<T>(
  root: Root,
  options: ChangeOptions,
  change: () => Promise<Result<T>> | Result<T>,
): Promise<Result<T>> {
  const name = `install:${realPath(root.path)}`;
  let held = await tryLock(name);
  if (held === undefined) {
    options.onWait?.();
    held = await lock(name, options.signal);
  }
  if (held === undefined) return failed(interrupted());
  await using _held = held;
  try {
    const found = obstacles(root);
    return found.length === 0 ? await change() : failed(...found);
  } catch (error) {
    return failed(systemFailure(root, 'change', error));
  }
}

/** The change was given up because its signal said so. */
export function interrupted(): Diagnostic {
  return environmentError({
    code: 'install/interrupted',
    message: 'interrupted; the active set is as it was',
  });
}

/**
 * Runs file system work of a root; what the system refuses becomes an error value that names what was
 * being done.
 */
export function guarded<T>(root: Root, doing: string, work: () => Result<T>): Result<T> {
  try {
    return work();
  } catch (error) {
    return failed(systemFailure(root, doing, error));
  }
}

/** The diagnostic for a node system error met while working on a root; anything else is thrown on. */
export function systemFailure(root: Root, doing: string, error: unknown): Diagnostic {
  const diagnostic = systemError(doing, error, root.path);
  const notes: Note[] = [...(diagnostic.notes ?? [])];
  const path = (error as NodeJS.ErrnoException).path;
  if (path !== undefined && path !== root.path)
    notes.push({ message: `it was refused at ${path}` });
  const errno = errnoOf(error) ?? '';
  const hint = diagnostic.hint ?? HINTS[errno];
  return { ...diagnostic, notes, ...(hint === undefined ? {} : { hint }) };
}

const HINTS: Record<string, string> = {
  EBUSY: 'something is mounted there; unmount it first',
  EXDEV: 'parts of the root that have to lie on one file system lie on two',
};

const CURRENT_EXPECTED = 'a link to generations/N';

/** All that keeps a root from being changed, found without changing anything. */
function obstacles(root: Root): Diagnostic[] {
  const itself = statSync(root.path, { throwIfNoEntry: false });
  if (itself === undefined) return parentObstacles(root);
  if (!itself.isDirectory()) return [badRoot(`${root.path} is not a directory`)];
  const found: Diagnostic[] = [];
  for (const path of [root.packages, root.generations]) {
    const entry = lstatSync(path, { throwIfNoEntry: false });
    if (entry === undefined || entry.isDirectory()) continue;
    // Packages may lie on another disk. Generations may not: the links in them go up from where they are.
    const leads =
      path === root.packages && statSync(path, { throwIfNoEntry: false })?.isDirectory();
    if (leads !== true) found.push(foreign(path, 'a directory'));
  }
  const current = linkText(root.current);
  if (current !== undefined && !/^generations\/[1-9]\d*$/.test(current)) {
    found.push(foreign(root.current, CURRENT_EXPECTED));
  }
  for (const name of [...STABLE_LINKS, ...FURTHER_DIRECTORIES]) {
    const text = linkText(join(root.path, name));
    if (text !== undefined && text !== `current/${name}`) {
      found.push(foreign(join(root.path, name), `a link to current/${name}`));
    }
  }
  return found.length > 0 ? found : unwritable(root);
}

/** What keeps a root from being read. Links that others made are followed as far as they lead. */
function unreadable(root: Root): Diagnostic[] {
  const found = [root.packages, root.generations]
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === false)
    .map((path) => foreign(path, 'a directory'));
  if (linkText(root.current) === '') found.push(foreign(root.current, CURRENT_EXPECTED));
  return found;
}

function parentObstacles(root: Root): Diagnostic[] {
  const parent = dirname(root.path);
  const found = statSync(parent, { throwIfNoEntry: false });
  if (found?.isDirectory() === true) return accessProblem(root, parent);
  return [
    {
      ...badRoot(
        `${root.path} cannot be made: ${parent} ${found ? 'is not a directory' : 'does not exist'}`,
      ),
      hint: `make it first (mkdir -p ${parent}), or give another directory with --root`,
    },
  ];
}

function unwritable(root: Root): Diagnostic[] {
  const existing = [root.path, root.packages, root.generations].filter(
    (path) => statSync(path, { throwIfNoEntry: false }) !== undefined,
  );
  return existing.flatMap((path) => accessProblem(root, path)).slice(0, 1);
}

/** EROFS is told here even to the superuser, whom permissions do not stop. */
function accessProblem(root: Root, path: string): Diagnostic[] {
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
    return [];
  } catch (error) {
    return [systemFailure(root, 'write in', error)];
  }
}

/** Text of a link; undefined when nothing is there, '' for anything that is not a link. */
function linkText(path: string): string | undefined {
  const entry = lstatSync(path, { throwIfNoEntry: false });
  if (entry === undefined) return undefined;
  return entry.isSymbolicLink() ? readlinkSync(path) : '';
}

function foreign(path: string, expected: string): Diagnostic {
  return definitionError({
    code: 'install/foreign',
    message: `this is in the way: ${expected} has to be here`,
    at: { file: path },
    hint: 'nothing was changed; move it away, or give another directory with --root',
  });
}

function badRoot(message: string): Diagnostic {
  return definitionError({
    code: 'install/bad-root',
    message,
    hint: 'give a directory of its own with --root',
  });
}
