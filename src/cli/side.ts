// What the two words of `ashlar diff` mean: a tree, a target of this one, a file of records, or a key.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { definitionError, type Collector } from '../base/diagnostic.ts';
import { isSha256Hex, type Sha256Hex } from '../base/digest.ts';
import { errnoOf } from '../base/fs.ts';
import type { Store } from '../cache/store.ts';
import { readRecord } from '../task/record.ts';
import { readRecordFile } from '../task/recordfile.ts';
import { rememberedKey } from '../task/remembered.ts';
import { recordSide, taskSide, type FindRecord, type Side } from '../task/side.ts';
import type { PrepareRequest } from './prepare.ts';
import { openTasks } from './tasks.ts';

export interface Sides {
  /** What stands for it in the answer. */
  readonly label: string;
  readonly sides: readonly Side[];
}

/**
 * Finds what a word means; `find` is asked for records that are not here. Undefined after errors went to `out`: `diff/key`, `diff/ambiguous-key`,
 * `record/file`, and those of `openTasks`.
 */
export async function findSides(
  word: string,
  request: PrepareRequest,
  store: Store,
  signal: AbortSignal,
  out: Collector,
  find: FindRecord,
): Promise<Sides | undefined> {
  const path = resolve(request.cwd, word);
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isFile() === true) {
    const sides = out.take(readRecordFile(word, readFileSync(path, 'utf8')));
    return sides && { label: word, sides };
  }
  if (stat?.isDirectory() === true && /^\.|\//.test(word)) {
    const tree = { ...request, cwd: path, packages: undefined, targets: [] };
    return fromTasks(word, tree, store, signal, out);
  }
  if (/^[0-9a-f]{8,64}$/.test(word)) return fromKey(word, store, out, find);
  return fromTasks(word, { ...request, targets: [word] }, store, signal, out);
}

async function fromTasks(
  label: string,
  request: PrepareRequest,
  store: Store,
  signal: AbortSignal,
  out: Collector,
): Promise<Sides | undefined> {
  const open = await openTasks(request, store, signal, out);
  if (open === undefined) return undefined;
  const tasks = request.targets.length === 0 ? open.ordered : open.last;
  return { label, sides: tasks.map((task) => taskSide(task, open.keyOf)) };
}

function fromKey(word: string, store: Store, out: Collector, find: FindRecord): Sides | undefined {
  const keys = isSha256Hex(word) ? [word] : keysThatBegin(store, word);
  if (keys.length > 1) {
    const known = `keys that begin so are ${keys.map((key) => key.slice(0, 16)).join(', ')}`;
    const message = `${word} is the beginning of ${keys.length} keys`;
    out.add(definitionError({ code: 'diff/ambiguous-key', message, hint: known }));
    return undefined;
  }
  const [key] = keys;
  const remembered = key && rememberedKey(store, key);
  const findHere: FindRecord = (other, name) => readRecord(store, other) ?? find(other, name);
  const record = remembered?.record ?? (key && findHere(key, undefined));
  if (key === undefined || record === undefined || record === null) {
    out.add(
      definitionError({
        code: 'diff/key',
        message: `nothing is known of a key ${word}`,
        hint: 'keys are told by "ashlar why TARGET --json"',
      }),
    );
    return undefined;
  }
  return { label: word, sides: [recordSide(key, remembered?.task, record, findHere)] };
}

function keysThatBegin(store: Store, word: string): Sha256Hex[] {
  const folders = ['ac', 'cas'].map((kind) => join(store.root, kind, word.slice(0, 2)));
  const found = new Set<Sha256Hex>();
  for (const folder of folders) {
    for (const name of list(folder)) {
      if (!name.startsWith(word) || !isSha256Hex(name)) continue;
      // Blobs of all kinds lie there: only those that lead to a record are keys.
      if (readRecord(store, name) !== undefined) found.add(name);
    }
  }
  return [...found];
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return [];
  }
}
