// Which files a path on the command line stands for. Directories are searched in the order of names;
// symbolic links to directories inside of them are not followed, so the search ends.
import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { byCodePoint } from '../../base/digest.ts';
import { definitionError, failed, ok, type Result } from '../../base/diagnostic.ts';
import { errnoOf, systemError } from '../../base/fs.ts';
import type { Dialect } from '../../blueprint/syntax/tree.ts';

/**
 * The files for a path: itself, or below a directory all named `Blueprints` or, from 2025 on, `*.bp`.
 * Error codes `blueprint/no-such-path`, and `fs/…` for directories that cannot be read.
 */
export function findBlueprints(cwd: string, path: string, dialect: Dialect): Result<string[]> {
  try {
    if (!statSync(resolve(cwd, path)).isDirectory()) return ok([path]);
    const found: string[] = [];
    search(cwd, path, dialect, found);
    return ok(found);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') return failed(systemError('read', error, path));
    return failed(
      definitionError({
        code: 'blueprint/no-such-path',
        message: `${path}: no such file or directory`,
      }),
    );
  }
}

function search(cwd: string, directory: string, dialect: Dialect, found: string[]): void {
  const entries = readdirSync(resolve(cwd, directory), { withFileTypes: true });
  for (const entry of entries.sort((a, b) => byCodePoint(a.name, b.name))) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) search(cwd, path, dialect, found);
    else if (isBlueprint(entry.name, dialect)) found.push(path);
  }
}

/** Whether a file of this name holds module definitions. */
export function isBlueprint(name: string, dialect: Dialect): boolean {
  if (name === 'Blueprints') return true;
  return dialect === '2025' && name.endsWith('.bp') && !name.startsWith('.');
}
