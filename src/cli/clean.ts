// What `ashlar clean` does. It removes only folders that Ashlar makes itself, and only below `cache`.
import { readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { Collector, definitionError, didYouMean, type Diagnostic } from '../base/diagnostic.ts';
import { CACHE_TAG } from '../base/cachetag.ts';
import { errnoOf, removeTree, systemError } from '../base/fs.ts';
import { packagesNoopDirectory } from '../bootstrap/noop.ts';
import { isPackageName } from '../install/id.ts';
import { deployDirectory, outputDirectory } from '../package/pipeline/output.ts';

export interface CleanAnswer {
  /** Number of files that are gone. */
  readonly removed: number;
  readonly diagnostics: readonly Diagnostic[];
}

const FOLDERS = ['packages', 'bootstrap', 'complete', 'log', 'upstream'];
const OF_A_PACKAGE = ['packages', 'log'];
const DEPLOYED = ['packages', 'images'];

/** Removes what builds left, of all packages or of some. Errors `clean/unknown`, `fs/*`. */
export function cleanTree(packages: string, names: readonly string[]): CleanAnswer {
  const out = new Collector();
  const output = outputDirectory(packages);
  let removed = 0;
  const remove = (path: string): void => {
    try {
      removed += countFiles(path);
      removeTree(path);
    } catch (error) {
      out.add(systemError('remove', error, path));
    }
  };
  if (names.length === 0) {
    for (const folder of FOLDERS) remove(join(output, folder));
    removeTree(packagesNoopDirectory(packages));
    removeTree(join(output, CACHE_TAG));
    removeIfEmpty(output);
    for (const folder of DEPLOYED) remove(join(deployDirectory(packages), folder));
    removeIfEmpty(deployDirectory(packages));
  }
  const known = list(join(output, 'packages'));
  for (const name of names) {
    if (!isPackageName(name) || !known.includes(name)) {
      out.add(
        definitionError({
          code: 'clean/unknown',
          message: `nothing was built of a package "${name}"`,
          hint: didYouMean(name, known),
        }),
      );
      continue;
    }
    for (const folder of OF_A_PACKAGE) remove(join(output, folder, name));
    for (const folder of DEPLOYED) remove(join(deployDirectory(packages), folder, name));
  }
  return { removed, diagnostics: out.diagnostics };
}

function countFiles(path: string): number {
  try {
    const entries = readdirSync(path, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => !entry.isDirectory()).length;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return 0;
    throw error;
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function removeIfEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno !== 'ENOTEMPTY' && errno !== 'ENOENT') throw error;
  }
}
