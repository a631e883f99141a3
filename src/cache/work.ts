// Scratch directories inside the store, on its file system so that files move in by rename. Each belongs
// to a process and holds a lock that dies with it; what a killed process left is removed by the next one.
import { mkdirSync, readdirSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { removeTree } from '../base/fs.ts';
import { tryLock } from '../base/lock.ts';
import type { Store } from './store.ts';

export interface Workspace extends AsyncDisposable {
  readonly path: string;
  /** A new empty directory. */
  directory(name: string): string;
}

/** This process's scratch directory, removed when its scope ends. Also removes those of dead processes. */
export async function openWorkspace(store: Store): Promise<Workspace> {
  const parent = join(store.root, 'work');
  const path = join(parent, `${process.pid}-${randomBytes(4).toString('hex')}`);
  // The lock comes first, so that nobody takes the new directory for a dead process's.
  const lock = await tryLock(path);
  if (lock === undefined) throw new Error(`somebody holds the lock of the new directory ${path}`);
  mkdirSync(path, { mode: 0o700 });
  await removeAbandoned(parent);
  let count = 0;
  return {
    path,
    directory: (name) => {
      const made = join(path, `${count++}-${name.replace(/[^A-Za-z0-9._-]/g, '_').slice(0, 60)}`);
      mkdirSync(made);
      return made;
    },
    [Symbol.asyncDispose]: async () => {
      removeTree(path);
      await lock.release();
    },
  };
}

async function removeAbandoned(parent: string): Promise<void> {
  for (const name of readdirSync(parent)) {
    const path = join(parent, name);
    const lock = await tryLock(path);
    if (lock === undefined) continue;
    try {
      removeTree(path);
    } finally {
      await lock.release();
    }
  }
}
