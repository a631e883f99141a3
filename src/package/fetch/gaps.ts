// Tells what a checkout lacks although its commit names it: submodules and Git LFS files. Reads the
// tree that was written; changes nothing.
import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { warning, type Diagnostic } from '../../base/diagnostic.ts';
import type { Sink } from '../../base/event.ts';
import { SUBMODULE, type Entry } from './gitpack.ts';

/** LFS pointers are small text files. */
const POINTER_BYTES = 1_024;
const POINTER = 'version https://git-lfs.github.com/spec/';

/** Tells of what the commit names but does not contain. */
export function warnOfGaps(
  tree: string,
  entries: readonly Entry[],
  commit: string,
  onWarning: Sink<Diagnostic> | undefined,
): void {
  const submodules = entries.filter(({ mode }) => mode === SUBMODULE).map(({ path }) => path);
  if (submodules.length > 0) {
    onWarning?.(
      warning({
        code: 'source/submodules',
        message: `commit ${commit} has submodules, which are not fetched: ${sample(submodules)}`,
        hint: 'list them as sources of their own',
      }),
    );
  }
  const attributed = entries.some(
    ({ path, size }) =>
      /(^|\/)\.gitattributes$/.test(path) &&
      size < 1 << 20 &&
      content(join(tree, path)).includes('filter=lfs'),
  );
  if (!attributed) return;
  const pointers = entries.filter(
    ({ path, size }) =>
      size <= POINTER_BYTES &&
      size > POINTER.length &&
      content(join(tree, path)).startsWith(POINTER),
  );
  if (pointers.length === 0) return;
  onWarning?.(
    warning({
      code: 'source/lfs',
      message: `commit ${commit} has Git LFS files, of which only the pointers are fetched: ${sample(pointers.map(({ path }) => path))}`,
      hint: 'give these files as url sources',
    }),
  );
}

/** Text of a regular file; empty for a link, or for a name that is not UTF-8. */
function content(path: string): string {
  try {
    return lstatSync(path).isFile() ? readFileSync(path, 'latin1') : '';
  } catch {
    return '';
  }
}

/** The first few of a list, in words. */
export function sample(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ');
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}
