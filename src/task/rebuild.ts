// The memory of records found again after it was lost, from the results in the store and the records that
// their keys are over. What it said of trees and reasons is gone. Reads without leaving a sign of use, so
// that looking does not keep results from making room.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../base/fs.ts';
import { takeInventory, type StoredResult } from '../cache/care/inventory.ts';
import { openEntry } from '../cache/entry.ts';
import { objectPath, type Store } from '../cache/store.ts';
import type { Sha256Hex } from '../base/digest.ts';
import { decodeActionResult } from '../remote/decode.ts';
import { MalformedMessage, type ActionResult } from '../remote/message.ts';
import { readRecord } from './record.ts';
import { isRemembered, rememberRecord } from './remembered.ts';

/** A tree that nobody has: which one it was is not known. */
const NO_TREE = '';

/** Results that are looked at while a build waits: the rest is found by `ashlar cache verify`. */
const WHILE_WAITING = 4000;

/** Where nothing is remembered at all, remembers what was used last. Costs one look where something is. */
export function rebuildIfLost(store: Store): void {
  if (existsSync(join(store.root, 'records'))) return;
  rebuildMemory(store, WHILE_WAITING);
}

/**
 * Remembers the results of all names of which nothing is remembered, of the `most` that were used last.
 * Returns how many these are. What cannot be read is left out; throws node's own errors for the store as a whole.
 */
export function rebuildMemory(store: Store, most = Infinity): number {
  const latest = takeInventory(store)
    .results.toSorted((a, b) => b.usedMs - a.usedMs)
    .slice(0, most);
  const found = latest
    .flatMap((stored) => {
      const result = read(stored);
      return result?.task === undefined ? [] : [{ ...stored, ...result, task: result.task }];
    })
    .sort((a, b) => a.completedMs - b.completedMs);
  const known = new Map<string, boolean>();
  let count = 0;
  for (const { key, task, completedMs } of found) {
    if (!known.has(task)) known.set(task, isRemembered(store, task));
    // The result of an action, which leads to no record, is beside that of its task.
    const record = known.get(task) === true ? undefined : readRecord(store, key);
    if (record === undefined) continue;
    const entry = { tree: NO_TREE, key, atMs: completedMs, how: 'ran', why: null } as const;
    if (rememberRecord(store, task, { ...entry, record: JSON.stringify(record) })) count++;
  }
  return count;
}

/** The name of the task that a result on record is of. */
export function taskOfResult(store: Store, key: Sha256Hex): string | undefined {
  return read({ key, path: objectPath(store, 'ac', key) })?.task;
}

function read({ key, path }: Pick<StoredResult, 'key' | 'path'>): ActionResult | undefined {
  try {
    const message = openEntry(key, readFileSync(path));
    return message && decodeActionResult(message);
  } catch (error) {
    if (errnoOf(error) === undefined && !(error instanceof MalformedMessage)) throw error;
    return undefined;
  }
}
