// The locks of a tree, `ashlar.lock.json`: tasks that are to use the result on record under a certain key,
// whatever their definitions say now. Knows nothing of the tasks there are.
import { join } from 'node:path';
import { definitionError, type Collector } from '../base/diagnostic.ts';
import { byCodePoint, isSha256Hex, type Sha256Hex } from '../base/digest.ts';
import { readIfExists, writeIfChanged } from '../base/fs.ts';
import { describe } from '../base/json.ts';
import { checkKeys, membersOf, objectOf } from './fields.ts';
import { namePath, readDefinition } from './file.ts';

export const LOCK_FILE = 'ashlar.lock.json';

/** Task (`zlib:compile`) → key. */
export type Locks = ReadonlyMap<string, Sha256Hex>;

/** Reads the locks of a tree; none where there is no file. Errors `lock/key`, `definition/*`. */
export function readLocks(directory: string, cwd: string, out: Collector): Locks {
  const locks = new Map<string, Sha256Hex>();
  const file = namePath(join(directory, LOCK_FILE), cwd);
  if (readIfExists(file.path) === undefined) return locks;
  const object = readDefinition(file, out);
  if (object === undefined) return locks;
  const members = membersOf(object);
  checkKeys(members, ['tasks'], out);
  const tasks = members.get('tasks');
  for (const [name, { value }] of (tasks && objectOf(tasks, out)) ?? []) {
    if (value.kind === 'string' && isSha256Hex(value.value)) locks.set(name, value.value);
    else {
      out.add(
        definitionError({
          code: 'lock/key',
          message: `a key is 64 lower-case hexadecimal digits, found ${describe(value)}`,
          at: value.at,
          hint: `"ashlar lock" writes them`,
        }),
      );
    }
  }
  return locks;
}

/** Writes the locks of a tree, in the order of their names. Throws node's own errors. */
export function writeLocks(directory: string, locks: Locks): void {
  const sorted = [...locks].sort(([a], [b]) => byCodePoint(a, b));
  const text = JSON.stringify({ tasks: Object.fromEntries(sorted) }, undefined, 2);
  writeIfChanged(join(directory, LOCK_FILE), `${text}\n`);
}
