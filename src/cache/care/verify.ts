// Reads every byte of a store: blobs that are not what their names say are put aside, results that cannot
// be read as well, and results that name what is not here are counted. Knows nothing of how to make them
// anew; the next build does.
import { lstatSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { digestFile } from '../../base/digest.ts';
import { errnoOf } from '../../base/fs.ts';
import { openResult } from '../mirror/judge.ts';
import type { Store } from '../store.ts';
import { takeInventory } from './inventory.ts';
import { Marker } from './mark.ts';

export interface Verified {
  readonly blobs: number;
  readonly results: number;
  readonly bytes: number;
  /** What was wrong: a path in the store, and how. */
  readonly damaged: readonly { readonly path: string; readonly reason: string }[];
  /** Results of which some files are not here: mirrors may have them. */
  readonly incomplete: number;
}

export interface VerifyOptions {
  readonly signal: AbortSignal;
  /** What is wrong goes to `quarantine`; otherwise it is only told, and nothing is written. */
  readonly putAside: boolean;
}

/** Checks everything. Throws node's own errors. */
export function verifyStore(store: Store, { signal, putAside }: VerifyOptions): Verified {
  const { blobs, results, bytes } = takeInventory(store);
  const damaged: { path: string; reason: string }[] = [];
  const present = new Set<string>();
  const report = (path: string, reason: string): void => {
    if (putAside && !moveAside(store, path)) return;
    damaged.push({ path: path.slice(store.root.length + 1), reason });
  };
  for (const { path, hash } of blobs) {
    if (signal.aborted) break;
    const reason = checkBlob(path, hash);
    if (reason === undefined) present.add(hash);
    else report(path, reason);
  }
  const marker = new Marker(store);
  let incomplete = 0;
  for (const { path, key } of results) {
    if (signal.aborted) break;
    const opened = reading(() => openResult(key, readFileSync(path)));
    if (opened === undefined) continue;
    if (typeof opened === 'string') report(path, opened);
    else if ([...(marker.blobsOf({ path, key }) ?? [])].some((hash) => !present.has(hash))) {
      incomplete++;
    }
  }
  return { blobs: blobs.length, results: results.length, bytes, damaged, incomplete };
}

function checkBlob(path: string, hash: string): string | undefined {
  try {
    return digestFile(path).hash === hash ? undefined : 'its bytes are not those of its name';
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    return errno === 'ENOENT' ? undefined : `it cannot be read (${errno})`;
  }
}

/** Out of the way of builds, for who wants to look. False when it was gone already. */
function moveAside(store: Store, path: string): boolean {
  const directory = join(store.root, 'quarantine');
  mkdirSync(directory, { recursive: true });
  try {
    const name = `${basename(path)}-${lstatSync(path).ino}`;
    renameSync(path, join(directory, name));
    return true;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    rmSync(path, { recursive: true, force: true });
    return errnoOf(error) !== 'ENOENT';
  }
}

function reading<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}
