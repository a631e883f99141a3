// The repository of a root: unpacked packages, one directory per id, never changed once they are there.
// Where packages come from is the caller's business. What writes here runs under the root's lock.
import { readdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { byCodePoint } from '../base/digest.ts';
import {
  Collector,
  definitionError,
  didYouMean,
  failed,
  ok,
  type Diagnostic,
  type Result,
} from '../base/diagnostic.ts';
import { errnoOf, removeTree } from '../base/fs.ts';
import { flushTree } from './durable.ts';
import { currentNumber, readGenerations } from './generation.ts';
import type { PackageId } from './id.ts';
import {
  loadPackage,
  missing,
  parsePackageName,
  type Package,
  type PackageName,
} from './package.ts';
import { changing, guarded, type ChangeOptions, type Root } from './root.ts';
import { flush, makeDirectory } from './tree.ts';

/** Directories of packages on their way in and out; no id begins with a dot. */
const ARRIVING = '.new-';
const LEAVING = '.old-';

/** All packages of the repository, by name, then by version. Throws node's own errors. */
export function listPackages(root: Root): PackageName[] {
  const found: PackageName[] = [];
  for (const name of namesIn(root.packages)) {
    const parts = parsePackageName(name);
    if (parts.ok) found.push(parts.value);
  }
  return found.sort((a, b) => byCodePoint(a.name, b.name) || byCodePoint(a.version, b.version));
}

/** Whether the repository has a package. Throws node's own errors. */
export function hasPackage(root: Root, id: PackageId): boolean {
  return statSync(join(root.packages, id), { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Reads a package of the repository: `loadPackage`, and where there is none, what may have been meant. */
export function loadFromRepository(root: Root, id: string): Result<Package> {
  const parts = parsePackageName(id);
  if (parts.ok && hasPackage(root, parts.value.id)) return loadPackage(join(root.packages, id), id);
  const ids = listPackages(root);
  const problems = parts.ok ? [missing(id, root.packages)] : parts.diagnostics;
  return hinted(problems, meant(id, ids));
}

function hinted(problems: readonly Diagnostic[], hint: string | undefined): Result<never> {
  return failed(
    ...problems.map((problem) => (hint === undefined ? problem : { ...problem, hint })),
  );
}

function meant(text: string, ids: readonly PackageName[]): string | undefined {
  const [name = ''] = text.split('--');
  const versions = ids.filter((each) => each.name === name).map(({ id }) => id);
  if (versions.length > 0) return `of ${name} there is ${versions.join(', ')}`;
  return didYouMean(
    text,
    ids.map(({ id }) => id),
  );
}

/**
 * Puts a package into the repository: `bring` fills an empty directory, which becomes the package once
 * its own files are found right and all of it is on the disk. `scratch` is a directory beside it that
 * goes away. `shown` is what messages call the package's files. Nothing stays behind on failure.
 */
export async function addPackage(
  root: Root,
  id: PackageId,
  shown: string,
  bring: (directory: string, scratch: string) => Promise<Result<void>>,
): Promise<Result<void>> {
  const scratch = join(root.packages, `${ARRIVING}${id}`);
  const directory = join(scratch, 'package');
  const prepared = guarded(root, 'add a package to', () => {
    removeTree(scratch);
    makeDirectory(scratch);
    makeDirectory(directory);
    return ok(undefined);
  });
  const brought = prepared.ok ? await bring(directory, scratch) : prepared;
  const added = brought.ok
    ? guarded(root, 'add a package to', () => settle(root, id, directory, shown))
    : brought;
  const cleared = guarded(root, 'clean up in', () => {
    removeTree(scratch);
    return ok(undefined);
  });
  // A failure to add says more than the failure to clean up after it.
  return added.ok ? cleared : added;
}

function settle(root: Root, id: PackageId, directory: string, shown: string): Result<void> {
  const loaded = loadPackage(directory, id, shown);
  if (!loaded.ok) return loaded;
  flushTree(directory);
  renameSync(directory, join(root.packages, id));
  flush(root.packages);
  return ok(undefined);
}

export interface Removal {
  readonly removed: readonly PackageId[];
  /** Those that were not there. */
  readonly absent: readonly PackageId[];
}

/**
 * Removes packages, or none when one of them is in use: active (`install/active-package`), or in a
 * generation that is kept (`install/kept-package`). A package that is not there is fine.
 */
export async function removePackages(
  root: Root,
  ids: readonly string[],
  options: ChangeOptions = {},
): Promise<Result<Removal>> {
  return changing(root, options, () =>
    guarded(root, 'remove packages in', () => {
      const errors = new Collector();
      const known = listPackages(root);
      const wanted = [...new Set(ids)].flatMap((id) => {
        const parts = parsePackageName(id);
        return (
          errors.take(parts.ok ? parts : hinted(parts.diagnostics, meant(id, known)))?.id ?? []
        );
      });
      errors.add(...uses(root, wanted));
      if (errors.failed) return failed(...errors.diagnostics);
      clearPackageLeftovers(root);
      const [there, absent] = [
        wanted.filter((id) => hasPackage(root, id)),
        wanted.filter((id) => !hasPackage(root, id)),
      ];
      for (const id of there) {
        const leaving = join(root.packages, LEAVING + id);
        renameSync(join(root.packages, id), leaving);
        flush(root.packages);
        removeTree(leaving);
      }
      return ok({ removed: there, absent });
    }),
  );
}

function uses(root: Root, ids: readonly PackageId[]): Diagnostic[] {
  const current = currentNumber(root);
  const generations = readGenerations(root);
  return ids.flatMap((id) => {
    const users = generations
      .filter((each) => each.packages.includes(id))
      .map((each) => each.number);
    if (users.length === 0) return [];
    if (current !== undefined && users.includes(current)) {
      return [
        definitionError({
          code: 'install/active-package',
          message: `${id} is active`,
          hint: 'nothing was removed; activate a set without it first',
        }),
      ];
    }
    const plural = users.length === 1 ? '' : 's';
    return [
      definitionError({
        code: 'install/kept-package',
        message: `${id} is in generation${plural} ${users.join(', ')}, which rollback can return to`,
        hint: 'nothing was removed; old generations go away as new ones are activated',
      }),
    ];
  });
}

/** Removes what killed runs left of packages on their way in or out. Throws node's own errors. */
export function clearPackageLeftovers(root: Root): void {
  for (const name of namesIn(root.packages)) {
    if (name.startsWith(ARRIVING) || name.startsWith(LEAVING))
      removeTree(join(root.packages, name));
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}
