// Scratch directories inside the store, on its file system so that files move in by rename. Each belongs
// to a process and holds a lock that dies with it; what a killed process left is removed by the next one.
// Processes that cannot see each other's locks (in containers, on other machines) go by age instead.
import { chmodSync, lstatSync, mkdirSync, readdirSync, utimesSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { errnoOf, removeTree } from '../base/fs.ts';
import { lockScope, tryLock } from '../base/lock.ts';
import type { Store } from './store.ts';

export interface Workspace extends AsyncDisposable {
  readonly path: string;
  /** A new empty directory. Throws node's own errors. */
  directory(name: string): string;
}

/** How often a process shows those who cannot see its lock that it lives, and when they give it up. */
export const SIGN_OF_LIFE_MS = 3_600_000;
const ABANDONED_MS = 7 * 24 * 3_600_000;

/**
 * This process's scratch directory, removed when its scope ends. Also removes those of dead processes.
 * Throws node's own errors.
 */
export async function openWorkspace(store: Store): Promise<Workspace> {
  const parent = join(store.root, 'work');
  const name = `${lockScope()}-${process.pid}-${Date.now()}-${randomBytes(8).toString('hex')}`;
  // The lock comes first, so that nobody takes the new directory for a dead process's.
  const lock = await tryLock(workspaceLock(name));
  if (lock === undefined) throw new Error(`somebody holds the lock of the new directory ${name}`);
  const path = join(parent, name);
  try {
    mkdirSync(path);
    // Also takes away a set-group-id bit of the store, which all below would inherit.
    chmodSync(path, 0o700);
    await removeAbandoned(parent);
  } catch (error) {
    await lock.release();
    throw error;
  }
  const signOfLife = setInterval(() => touch(path), SIGN_OF_LIFE_MS).unref();
  let count = 0;
  return {
    path,
    directory: (name) => {
      const made = join(path, `${count++}-${name.replace(/[^A-Za-z0-9._-]/g, '_').slice(0, 60)}`);
      mkdirSync(made);
      return made;
    },
    [Symbol.asyncDispose]: async () => {
      clearInterval(signOfLife);
      try {
        removeTree(path);
      } finally {
        await lock.release();
      }
    },
  };
}

/** When the process of a directory began to use the store, in ms since 1970; undefined: it does not say. */
export function beganMs(directory: string): number | undefined {
  const [, ms] = /^[0-9a-f]+-\d+-(\d{1,15})-/.exec(directory) ?? [];
  return ms === undefined ? undefined : Number(ms);
}

/** Not by its path: one store may be reached by several. */
export function workspaceLock(directory: string): string {
  return `ashlar work\0${directory}`;
}

function touch(path: string): void {
  try {
    utimesSync(path, new Date(), new Date());
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
  }
}

/** What cannot be removed is left to those who can: it must not keep anybody from working. */
async function removeAbandoned(parent: string): Promise<void> {
  for (const name of readdirSync(parent)) {
    try {
      await removeIfAbandoned(parent, name);
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
    }
  }
}

async function removeIfAbandoned(parent: string, name: string): Promise<void> {
  const path = join(parent, name);
  if (!name.startsWith(`${lockScope()}-`)) {
    const silent = Date.now() - (lstatSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Infinity);
    if (silent > ABANDONED_MS) removeTree(path);
    return;
  }
  const lock = await tryLock(workspaceLock(name));
  if (lock === undefined) return;
  try {
    removeTree(path);
  } finally {
    await lock.release();
  }
}
