// What `ashlar clean` does. It removes only folders that Ashlar makes itself, and only below `cache`.
import { existsSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
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
  const attempt = (path: string, removal: (path: string) => void): void => {
    try {
      removal(path);
    } catch (error) {
      out.add(systemError('remove', error, path));
    }
  };
  const remove = (path: string): void =>
    attempt(path, () => {
      const count = countFiles(path);
      removeTree(path);
      removed += count;
    });
  if (names.length === 0) {
    for (const folder of FOLDERS) remove(join(output, folder));
    // Nobody has asked for these: they do not count.
    for (const own of [packagesNoopDirectory(packages), join(output, CACHE_TAG)]) {
      attempt(own, removeTree);
    }
    attempt(output, removeIfEmpty);
    const deployed = deployDirectory(packages);
    for (const folder of DEPLOYED) remove(join(deployed, folder));
    attempt(deployed, removeIfEmpty);
  }
  const packagesOf = join(output, 'packages');
  const known = [...new Set([packagesOf, join(output, 'log')].flatMap(list))];
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
    const versions = new Set(list(join(packagesOf, name)).map(versionOf));
    const deployed = [name, ...variantsOf(join(packagesOf, name)).map((one) => `${name}-${one}`)];
    for (const folder of OF_A_PACKAGE) remove(join(output, folder, name));
    for (const other of list(packagesOf)) {
      for (const file of splitFiles(join(packagesOf, other), versions)) remove(file);
      if (list(join(packagesOf, other)).length === 0) remove(join(packagesOf, other));
    }
    for (const folder of DEPLOYED) {
      for (const one of deployed) remove(join(deployDirectory(packages), folder, one));
    }
  }
  return { removed, diagnostics: out.diagnostics };
}

/** The variants that were built, by the files that lead to their archives. */
function variantsOf(folder: string): string[] {
  return list(folder).flatMap((file) => /^(.+)\.latest$/.exec(file)?.[1] ?? []);
}

/** What stands between a name and the kind of an archive: the same for a package and for what is split off it. */
function versionOf(file: string): string {
  return /--([^-]+)\.tar\./.exec(file)?.[1] ?? '';
}

/** The archives of these versions in the folder of another package, and the files that lead to them. */
function splitFiles(folder: string, versions: ReadonlySet<string>): string[] {
  const archives = list(folder).filter((file) => versionOf(file) !== '');
  const theirs = archives.filter((file) => versions.has(versionOf(file)));
  if (theirs.length === 0) return [];
  const gone = new Set(theirs.map((file) => file.replace(/\.tar\..*/, '')));
  const latest = list(folder).filter(
    (file) =>
      /(^|\.)latest$/.test(file) && gone.has(readFileSync(join(folder, file), 'utf8').trim()),
  );
  return [...theirs, ...latest].map((file) => join(folder, file));
}

function countFiles(path: string): number {
  try {
    const entries = readdirSync(path, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => !entry.isDirectory()).length;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return 0;
    // A file; or nothing, as it would lie below one.
    if (errnoOf(error) === 'ENOTDIR') return existsSync(path) ? 1 : 0;
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
    // A link to a directory elsewhere, and one that something is mounted on, stay where they are.
    const fine = ['ENOTEMPTY', 'ENOENT', 'ENOTDIR', 'EBUSY'];
    if (!fine.includes(errnoOf(error) ?? '')) throw error;
  }
}
