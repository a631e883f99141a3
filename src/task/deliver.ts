// Puts a task's file output where its user wants it, outside the store: as a hard link, by rename, and
// not at all where it already is. Knows nothing of tasks.
import { lstatSync, mkdirSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { errnoOf, removeTree, temporaryBeside } from '../base/fs.ts';
import type { Digest } from '../base/digest.ts';
import { BLOB_TIME, placeBlob, type Store } from '../cache/store.ts';

export interface Delivery {
  /** Name of the task's output. */
  readonly output: string;
  /** Absolute path. */
  readonly path: string;
}

/**
 * `current`: the file is there and untouched since it was delivered (size and time tell); `restored`: it
 * was put there; `missing`: the store does not have it. Throws node's own errors.
 */
export function deliverFile(
  store: Store,
  digest: Digest,
  executable: boolean,
  path: string,
): 'current' | 'restored' | 'missing' {
  if (isCurrent(path, digest)) return 'current';
  mkdirSync(dirname(path), { recursive: true });
  const temporary = temporaryBeside(path);
  try {
    if (!placeBlob(store, digest, temporary, { executable })) return 'missing';
    renameSync(temporary, path);
  } finally {
    // rename() leaves both names when they are links to one file, and there is nothing after success.
    removeTree(temporary);
  }
  return 'restored';
}

function isCurrent(path: string, digest: Digest): boolean {
  try {
    const stat = lstatSync(path);
    return stat.isFile() && stat.size === digest.size && stat.mtimeMs === BLOB_TIME * 1000;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return false;
    throw error;
  }
}
