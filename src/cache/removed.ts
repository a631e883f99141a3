// A store that somebody removes while it is used: how that is noticed, and what is said. Knows nothing of what it
// was used for.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { environmentError, type Diagnostic } from '../base/diagnostic.ts';
import type { Store } from './store.ts';

/** What is said where a store went away while it was used. */
export function storeRemoved(root: string): Diagnostic {
  return environmentError({
    code: 'store/removed',
    message: `the store ${root} was removed while it was in use`,
    hint: 'run again: it is made anew, and what was in it is built or fetched again; to make room, use ashlar gc',
  });
}

/** Whether a store was removed, or is just being: a problem with a file of it that was there tells before all is gone. */
export function isRemoved({ root }: Store, problem: Diagnostic): boolean {
  if (problem.code === 'store/removed' || !existsSync(join(root, 'version'))) return true;
  return problem.code === 'fs/enoent' && problem.path?.startsWith(`${root}/`) === true;
}
