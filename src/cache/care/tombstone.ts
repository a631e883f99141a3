// What is left of results that had to make room: until when they were here. One line each in a file that
// is only added to, so that any number of processes write it at once; lines that are none are skipped.
import { appendFileSync, statSync } from 'node:fs';
import { isSha256Hex, type Sha256Hex } from '../../base/digest.ts';
import { errnoOf, readIfExists, writeAtomic } from '../../base/fs.ts';
import type { Store } from '../store.ts';

export interface Tombstone {
  readonly key: Sha256Hex;
  /** When it was evicted. */
  readonly atMs: number;
  readonly lastUsedMs: number;
}

/** Beyond this many the oldest are dropped: some 10 MB. */
const MOST = 100_000;

function fileOf({ root }: Store): string {
  return `${root}/tombstones`;
}

interface Read {
  readonly state: string;
  readonly byKey: ReadonlyMap<Sha256Hex, Tombstone>;
}

/** Of each store, as last read. */
const read = new Map<string, Read>();

/** Until when a result was here; undefined when nothing is known of one, or it cannot be read. */
export function tombstone(store: Store, key: Sha256Hex): Tombstone | undefined {
  try {
    return readTombstones(store).get(key);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}

function readTombstones(store: Store): ReadonlyMap<Sha256Hex, Tombstone> {
  const stat = statSync(fileOf(store), { throwIfNoEntry: false });
  const state = stat === undefined ? '' : `${stat.ino} ${stat.size} ${stat.mtimeMs}`;
  let known = read.get(store.root);
  if (known?.state !== state) {
    const text = readIfExists(fileOf(store))?.toString('latin1') ?? '';
    known = { state, byKey: new Map(parseTombstones(text).map((one) => [one.key, one])) };
    read.set(store.root, known);
  }
  return known.byKey;
}

/** In the order written; of several for one key the last counts. */
export function parseTombstones(text: string): Tombstone[] {
  return text.split('\n').flatMap((line) => {
    const [key = '', at = '', used = '', ...rest] = line.split(' ');
    const times = [at, used].every((time) => /^\d{1,15}$/.test(time));
    if (!isSha256Hex(key) || !times || rest.length > 0) return [];
    return [{ key, atMs: Number(at), lastUsedMs: Number(used) }];
  });
}

function lineOf({ key, atMs, lastUsedMs }: Tombstone): string {
  return `${key} ${Math.round(atMs)} ${Math.round(lastUsedMs)}\n`;
}

/** Adds tombstones. Throws node's own errors. */
export function addTombstones(store: Store, added: readonly Tombstone[]): void {
  if (added.length === 0) return;
  // A line that a crash cut off must not swallow the next one.
  appendFileSync(fileOf(store), `\n${added.map(lineOf).join('')}`, { mode: 0o644 });
  const all = readTombstones(store);
  if (all.size <= MOST) return;
  const newest = [...all.values()].sort((a, b) => a.atMs - b.atMs).slice(-MOST * 0.9);
  writeAtomic(fileOf(store), newest.map(lineOf).join(''));
}
