// The memory of records that were made or found here: one small file for each name of a task, so that a
// build reads only what it has to explain. Only explanations depend on it: a file that is lost, torn or
// unreadable makes a task look new and does no other harm, so nothing here is flushed or locked.
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { digestOf, isSha256Hex, type Sha256Hex } from '../base/digest.ts';
import { errnoOf } from '../base/fs.ts';
import { replace, type Store } from '../cache/store.ts';
import type { Value } from './leaves.ts';

/** One result of a task, as it was when it came to be. */
export interface Remembered {
  /** Which tree it was in: where that one lies, as a digest. */
  readonly tree: string;
  readonly key: Sha256Hex;
  /** Undefined: it was too long to be kept here; it is a blob. */
  readonly record: Value;
  readonly atMs: number;
  readonly how: 'ran' | 'restored';
  /** Why it ran, as JSON. */
  readonly why: Value;
}

/** Longer records are found by their key only: those of tasks with thousands of files. */
const LONGEST_RECORD = 64 << 10;
/** Kept when a file is tidied: so many of one tree, so many in all. */
const OF_A_TREE = 8;
const IN_ALL = 24;
/** A file is tidied when it holds so many, so that this costs next to nothing. */
const TOO_MANY = 48;

/** What stands for a tree in the memory: two checkouts are two trees. */
export function treeName(directory: string): string {
  return digestOf(directory).hash.slice(0, 16);
}

function fileOf(store: Store, task: string): string {
  const { hash } = digestOf(task);
  return join(store.root, 'records', hash.slice(0, 2), hash.slice(2, 34));
}

/** Everything remembered of tasks of a name, the oldest first. What cannot be read counts as not there. */
export function recall(store: Store, task: string): Remembered[] {
  const found = parse(read(fileOf(store, task)));
  if (found.length > TOO_MANY) tidy(store, task, found);
  return found;
}

/** Whether there is a memory of tasks of a name. */
export function isRemembered(store: Store, task: string): boolean {
  return existsSync(fileOf(store, task));
}

/** Adds to the memory. `record` is JSON. Returns false where the disk refuses, which fails nothing. */
export function rememberRecord(
  store: Store,
  task: string,
  { record, ...entry }: Omit<Remembered, 'record'> & { readonly record: string },
): boolean {
  const kept = record.length > LONGEST_RECORD ? 'null' : record;
  const text = JSON.stringify({ task, ...entry });
  return append(fileOf(store, task), `${text.slice(0, -1)},"record":${kept}}\n`);
}

/** One write at the end of a file: those of several processes never mix. */
function append(path: string, line: string): boolean {
  try {
    appendFileSync(path, line, { mode: 0o644 });
    return true;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    if (errnoOf(error) !== 'ENOENT') return false;
  }
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    appendFileSync(path, line, { mode: 0o644 });
    return true;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return false;
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return '';
  }
}

/** What is remembered of a key, whatever the name of its task: reads the whole memory. */
export function rememberedKey(
  store: Store,
  key: Sha256Hex,
): (Remembered & { readonly task: string }) | undefined {
  const root = join(store.root, 'records');
  for (const folder of list(root)) {
    for (const name of list(join(root, folder))) {
      const text = read(join(root, folder, name));
      if (!text.includes(key)) continue;
      const found = parse(text).findLast((line) => line.key === key);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return [];
  }
}

interface Line extends Remembered {
  readonly task: string;
}

/** A process that was killed may have left half a line. */
function parse(text: string): Line[] {
  const found: Line[] = [];
  for (const line of text.split('\n')) {
    if (line === '') continue;
    try {
      const value = JSON.parse(line) as Partial<Line> | null;
      if (isLine(value)) found.push(value);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
  }
  return found;
}

function isLine(value: Partial<Line> | null): value is Line {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof value.task === 'string' &&
    typeof value.tree === 'string' &&
    typeof value.key === 'string' &&
    isSha256Hex(value.key) &&
    typeof value.atMs === 'number'
  );
}

/** The newest of each tree, each key once. What another process adds meanwhile may be forgotten. */
function tidy(store: Store, task: string, found: readonly Remembered[]): void {
  const kept: Remembered[] = [];
  const ofTree = new Map<string, number>();
  const seen = new Set<string>();
  for (const entry of found.toReversed()) {
    const name = `${entry.tree} ${entry.key}`;
    const count = ofTree.get(entry.tree) ?? 0;
    if (seen.has(name) || count >= OF_A_TREE || kept.length >= IN_ALL) continue;
    seen.add(name);
    ofTree.set(entry.tree, count + 1);
    kept.unshift(entry);
  }
  try {
    replace(store, fileOf(store, task), (temporary) => {
      const lines = kept.map((entry) => `${JSON.stringify(entry)}\n`);
      appendFileSync(temporary, lines.join(''), { mode: 0o644 });
    });
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
  }
}
