// Since when the store is in use: each process that works in it has a scratch directory whose lock dies
// with it (work.ts), and whoever makes room leaves alone what such a process may have seen. Processes
// that cannot see each other's locks go by signs of life.
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { lockScope, tryLock } from '../../base/lock.ts';
import type { Store } from '../store.ts';
import { beganMs, SIGN_OF_LIFE_MS, workspaceLock } from '../work.ts';

/** Others show that they live this often; missing a few signs is no death. */
const SILENT_MS = 3 * SIGN_OF_LIFE_MS;

/** When the longest running process that uses the store began, in ms since 1970; undefined: there is none. */
export async function inUseSince(store: Store): Promise<number | undefined> {
  const parent = join(store.root, 'work');
  let earliest: number | undefined;
  for (const name of readdirSync(parent)) {
    const path = join(parent, name);
    if (!(await isAlive(path, name))) continue;
    // Where nobody can tell, or the clock was set back since, from the beginning of time.
    const began = beganMs(name) ?? 0;
    earliest = Math.min(earliest ?? Infinity, began > Date.now() ? 0 : began);
  }
  return earliest;
}

async function isAlive(path: string, name: string): Promise<boolean> {
  if (!name.startsWith(`${lockScope()}-`)) {
    const sign = lstatSync(path, { throwIfNoEntry: false })?.mtimeMs ?? -Infinity;
    return Date.now() - sign < SILENT_MS;
  }
  const lock = await tryLock(workspaceLock(name));
  await lock?.release();
  return lock === undefined;
}
