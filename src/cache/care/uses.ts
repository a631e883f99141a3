// Who stands on results without reading them: a build that is skipped because nothing changed opens no store, and
// leaves a new time on a file of its own. Each of these files is on record here with the results that it stands
// for. May be deleted at any time: then these results look used when they were last read.
import { lstatSync, mkdirSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf, isSha256Hex, type Sha256Hex } from '../../base/digest.ts';
import { errnoOf, namesIfExists, readIfExists, writeAtomic } from '../../base/fs.ts';
import { objectPath, type Store } from '../store.ts';

function directoryOf({ root }: Store): string {
  return join(root, 'uses');
}

/**
 * From now on each new time of the file, an absolute path, is a use of these results, in place of those that it
 * stood for before. Throws node's own errors.
 */
export function setUse(store: Store, file: string, keys: Iterable<Sha256Hex>): void {
  mkdirSync(directoryOf(store), { recursive: true });
  const lines = [JSON.stringify(file), ...[...new Set(keys)].sort()];
  writeAtomic(join(directoryOf(store), digestOf(file).hash), `${lines.join('\n')}\n`);
}

/** Marks results as used when the files that stand for them were. Forgets files that are gone. */
export function applyUses(store: Store): void {
  for (const name of namesIfExists(directoryOf(store)).filter(isSha256Hex)) {
    const record = join(directoryOf(store), name);
    const [first, ...keys] = readIfExists(record)?.toString('utf8').split('\n') ?? [];
    const file = pathOf(first);
    const stat = file === undefined ? undefined : lstatSync(file, { throwIfNoEntry: false });
    if (stat?.isFile() !== true) {
      rmSync(record, { force: true });
      continue;
    }
    // A time in the future tells nothing.
    const usedMs = Math.min(stat.mtimeMs, Date.now());
    for (const key of keys) if (isSha256Hex(key)) markUsed(objectPath(store, 'ac', key), usedMs);
  }
}

function pathOf(line: string | undefined): string | undefined {
  try {
    const path: unknown = JSON.parse(line ?? '');
    return typeof path === 'string' && !path.includes('\0') ? path : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function markUsed(path: string, usedMs: number): void {
  try {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined || stat.mtimeMs >= usedMs) return;
    utimesSync(path, usedMs / 1000, usedMs / 1000);
  } catch (error) {
    // It has just made room, or is another user's.
    if (errnoOf(error) === undefined) throw error;
  }
}
