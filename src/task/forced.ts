// A memory of results that were made again, because somebody asked for it, and came out otherwise. What
// others made of the earlier one is on record under keys that do not tell the two apart, so from then on
// such keys are not trusted here: the inputs' contents decide.
import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Sha256Hex } from '../base/digest.ts';
import { errnoOf } from '../base/fs.ts';
import { makeDirectories } from '../base/mkdir.ts';
import type { LocalCache } from '../cache/local.ts';
import type { Store } from '../cache/store.ts';
import type { Node } from './node.ts';
import { fromActionResult } from './result.ts';
import type { TaskResult } from './task.ts';

/** After so long nobody builds with those keys any more, or all of them were made anew. */
const FORGOTTEN_MS = 90 * 24 * 3_600_000;

function directoryOf({ root }: Store): string {
  return join(root, 'forced');
}

/** Keys whose results came out otherwise when they were made again. Throws node's own errors. */
export function changedByForce(store: Store): Set<Sha256Hex> {
  const directory = directoryOf(store);
  const keys = new Set<Sha256Hex>();
  let names: string[];
  try {
    names = readdirSync(directory);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    return keys;
  }
  for (const name of names) {
    const path = join(directory, name);
    const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0);
    if (age > FORGOTTEN_MS) rmSync(path, { force: true });
    else keys.add(name as Sha256Hex);
  }
  return keys;
}

/**
 * Notes it where a task was made again though its result was on record: what others made of that one is in doubt.
 * Throws node's own errors.
 */
export function noteChange(cache: LocalCache, node: Node, result: TaskResult): void {
  if (!node.mustRun && !node.shallow) return;
  const key = node.key.key.hash;
  const before = cache.result(key);
  const known = before === undefined ? undefined : fromActionResult(node.task, before);
  if (known === undefined || sameContents(known, result)) return;
  node.otherwise = 'now';
  const directory = directoryOf(cache.store);
  makeDirectories(directory, 0o755);
  writeFileSync(join(directory, key), '');
}

/** Whether two results give the same to whoever reads them. */
function sameContents(a: TaskResult, b: TaskResult): boolean {
  return contents(a) === contents(b);
}

function contents({ outputs, layers = {} }: TaskResult): string {
  const parts = [
    ...Object.entries(outputs).map(([name, value]) =>
      value.kind === 'tree'
        ? `${name}\0${value.root.hash}`
        : `${name}\0${value.digest.hash}\0${value.executable}`,
    ),
    ...Object.entries(layers).map(([at, { hash }]) => `${at}\0${hash}`),
  ];
  return parts.sort((a, b) => (a < b ? -1 : 1)).join('\0\0');
}
