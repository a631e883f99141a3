// Puts a task's output where its user wants it, outside the store. Knows nothing of tasks.
import type { Diagnostic } from '../base/diagnostic.ts';
import { lstatSync, mkdirSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { errnoOf, removeTree, temporaryBeside } from '../base/fs.ts';
import type { Digest } from '../base/digest.ts';
import { BLOB_TIME, placeBlob, type Store } from '../cache/store.ts';
import { deliverTree } from './owned.ts';
import { isBlob } from './place.ts';
import type { OutputValue } from './task.ts';

export interface Delivery {
  /** Name of the task's output. */
  readonly output: string;
  /** Absolute path. A tree's directory is exactly the tree afterwards: it belongs to the output alone. */
  readonly path: string;
}

/** `current`: there and untouched; `restored`: it was put there; `missing`: the store does not have it. */
export type Delivered = 'current' | 'restored' | 'missing';

/** Puts an output in its place; a diagnostic where somebody else's files are in the way. Throws node's own errors. */
export async function deliver(
  store: Store,
  value: OutputValue,
  { path }: Delivery,
): Promise<Delivered | Diagnostic> {
  if (value.kind === 'file') return deliverFile(store, value.digest, value.executable, path);
  const delivered = await deliverTree(store, value.tree, path);
  return typeof delivered === 'object' && 'current' in delivered ? 'current' : delivered;
}

/**
 * `current`: the file is there and untouched since it was delivered (size, time and inode tell, or the bytes of
 * a copy). As a hard link, by rename, and not at all where it already is. Throws node's own errors.
 */
export function deliverFile(
  store: Store,
  digest: Digest,
  executable: boolean,
  path: string,
): Delivered {
  if (isCurrent(store, path, digest, executable)) return 'current';
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

function isCurrent(store: Store, path: string, digest: Digest, executable: boolean): boolean {
  try {
    const stat = lstatSync(path);
    if (!stat.isFile() || stat.size !== digest.size) return false;
    return stat.mtimeMs === BLOB_TIME * 1000 && isBlob(store, path, stat, digest, executable);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return false;
    throw error;
  }
}
