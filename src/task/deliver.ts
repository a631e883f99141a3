// Puts a task's output where its user wants it, outside the store. Knows nothing of tasks.
import type { Diagnostic } from '../base/diagnostic.ts';
import { lstatSync, mkdirSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { errnoOf, removeTree, temporaryBeside } from '../base/fs.ts';
import type { Digest } from '../base/digest.ts';
import { BLOB_TIME, placeBlob, type Store } from '../cache/store.ts';
import { deliverTree } from './owned.ts';
import { filePlace, treePlace, type Place } from './placed.ts';
import type { OutputValue } from './task.ts';

export interface Delivery {
  /** Name of the task's output. */
  readonly output: string;
  /** Absolute path. A tree's directory is exactly the tree afterwards: it belongs to the output alone. */
  readonly path: string;
}

/** `current`: there and untouched; `restored`: it was put there; `missing`: the store does not have it. */
export type Delivered = 'current' | 'restored' | 'missing';

export interface Handover {
  readonly outcome: Delivered;
  /** What to look at to see that it is untouched, where that is known. */
  readonly place?: Place | undefined;
}

/** Puts an output in its place; a diagnostic where somebody else's files are in the way. Throws node's own errors. */
export async function deliver(
  store: Store,
  value: OutputValue,
  { path }: Delivery,
): Promise<Handover | Diagnostic> {
  if (value.kind === 'file') {
    const { digest, executable } = value;
    const outcome = deliverFile(store, digest, executable, path);
    return { outcome, place: filePlace(path, digest.size, executable) };
  }
  const delivered = await deliverTree(store, value.tree, path);
  if (typeof delivered === 'string') return { outcome: delivered };
  if (!('current' in delivered)) return delivered;
  return { outcome: 'current', place: treePlace(path, delivered.current) };
}

/**
 * `current`: the file is there and untouched since it was delivered (size and time tell). As a hard link,
 * by rename, and not at all where it already is. Throws node's own errors.
 */
export function deliverFile(
  store: Store,
  digest: Digest,
  executable: boolean,
  path: string,
): Delivered {
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
