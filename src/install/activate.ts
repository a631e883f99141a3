// Activation: makes exactly a set of packages the active one, or goes back to a generation that was. At
// every instant, kill -9 and power loss included, the root has the old set or the new one.
import { lstatSync, statSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { byCodePoint } from '../base/digest.ts';
import {
  Collector,
  definitionError,
  failed,
  ok,
  type Diagnostic,
  type Result,
} from '../base/diagnostic.ts';
import { compose } from './compose.ts';
import {
  buildingPath,
  clearLeftovers,
  currentGeneration,
  currentNumber,
  generationPath,
  keptNumbers,
  nextNumber,
  PREVIOUS,
  publish,
  readGenerations,
  removeGeneration,
  returnTo,
  type Generation,
} from './generation.ts';
import type { PackageId } from './id.ts';
import { clearPackageLeftovers, loadFromRepository } from './repository.ts';
import {
  changing,
  guarded,
  STABLE_LINKS,
  systemFailure,
  type ChangeOptions,
  type Root,
} from './root.ts';
import { flush, holdsTree, makeDirectory, writeTree, type Tree } from './tree.ts';

export interface ActivateOptions extends ChangeOptions {
  /** Absolute path at which programs will find the root; its own path unless given. */
  readonly prefix?: string | undefined;
  /** Roles of the host: `bin_ROLE` and the like are active too. */
  readonly roles?: readonly string[] | undefined;
}

/** What a change of the active set came to. */
export interface Activation {
  /** Number of the generation that is now current. */
  readonly generation: number;
  /** False when the root was like this already. */
  readonly changed: boolean;
  /** Sorted ids of the active set, and how it differs from the one before. */
  readonly packages: readonly PackageId[];
  readonly added: readonly PackageId[];
  readonly removed: readonly PackageId[];
  /** What went wrong after the change was made; it stands nevertheless. */
  readonly warnings: readonly Diagnostic[];
}

/**
 * Makes exactly these packages of the root's repository active. Everything that can be wrong with them is
 * found before anything is touched: the codes of `loadPackage` and `compose`. A set that is active
 * already changes nothing.
 */
export async function activate(
  root: Root,
  ids: readonly string[],
  options: ActivateOptions = {},
): Promise<Result<Activation>> {
  return changing(root, options, () => activateLocked(root, ids, options));
}

/** `activate` for those who hold the root's lock. */
export function activateLocked(
  root: Root,
  ids: readonly string[],
  options: ActivateOptions,
): Result<Activation> {
  const errors = new Collector();
  const packages = [...new Set(ids)].flatMap(
    (id) => errors.take(loadFromRepository(root, id)) ?? [],
  );
  if (errors.failed) return failed(...errors.diagnostics);
  const composed = compose(packages, {
    prefix: options.prefix ?? root.path,
    roles: options.roles ?? [],
    packagesAt: '../../packages',
  });
  if (!composed.ok) return composed;
  const wanted = packages.map(({ id }) => id).sort(byCodePoint);
  return guarded(root, 'activate in', () => {
    const before = currentGeneration(root);
    if (before !== undefined && isCurrent(root, before, composed.value)) {
      return ok(outcome(before, before.number, before.packages, []));
    }
    const number = build(root, composed.value);
    return ok(outcome(before, number, wanted, prune(root)));
  });
}

/** Also the links at the top have to be there, or paths through them lead nowhere. */
function isCurrent(root: Root, before: Generation, tree: Tree): boolean {
  const complete = withPrevious(tree, before.previous);
  const linked = STABLE_LINKS.every((name) => isThere(join(root.path, name)));
  return linked && holdsTree(complete, generationPath(root, before.number));
}

/** Builds the next generation beside the current one and switches to it. */
function build(root: Root, tree: Tree): number {
  try {
    makeDirectories(root);
    clearLeftovers(root);
    clearPackageLeftovers(root);
    const number = nextNumber(root);
    const building = buildingPath(root, number);
    makeDirectory(building);
    writeTree(withPrevious(tree, currentNumber(root)), building, true);
    makeStableLinks(root);
    publish(root, number);
    return number;
  } catch (error) {
    cleanUp(root);
    throw error;
  }
}

function withPrevious(tree: Tree, previous: number | undefined): Tree {
  if (previous === undefined) return tree;
  return { ...tree, links: [...tree.links, { path: PREVIOUS, target: `../${previous}` }] };
}

/** Makes what is missing of a root's own directories, and makes it last. Throws node's own errors. */
export function makeDirectories(root: Root): void {
  for (const path of [root.path, root.packages, root.generations]) {
    if (statSync(path, { throwIfNoEntry: false }) !== undefined) continue;
    makeDirectory(path);
    flush(dirname(path));
  }
}

function makeStableLinks(root: Root): void {
  for (const name of STABLE_LINKS) {
    const path = join(root.path, name);
    if (!isThere(path)) symlinkSync(`current/${name}`, path);
  }
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** After a failure; what cannot be removed now, the next run removes. */
function cleanUp(root: Root): void {
  try {
    clearLeftovers(root);
  } catch {
    // The failure that led here is the one to tell.
  }
}

/** Removes generations beyond those to keep; a failure is a warning, for the switch is done. */
function prune(root: Root): Diagnostic[] {
  try {
    const generations = readGenerations(root);
    const kept = keptNumbers(generations, currentNumber(root) ?? 0);
    for (const { number } of generations) if (!kept.has(number)) removeGeneration(root, number);
    return [];
  } catch (error) {
    return [{ ...systemFailure(root, 'remove an old generation of', error), severity: 'warning' }];
  }
}

function outcome(
  before: Generation | undefined,
  generation: number,
  packages: readonly PackageId[],
  warnings: readonly Diagnostic[],
): Activation {
  const old = new Set(before?.packages);
  const now = new Set(packages);
  return {
    generation,
    changed: generation !== before?.number,
    packages,
    added: packages.filter((id) => !old.has(id)),
    removed: [...old].filter((id) => !now.has(id)),
    warnings,
  };
}

export interface RollbackOptions extends ChangeOptions {
  /** Generation to go to; the one before the current one unless given. */
  readonly to?: number | undefined;
}

/**
 * Goes back to an earlier generation, as it was. Error codes `install/not-active`, `install/no-previous`,
 * `install/no-generation`, and `install/incomplete-generation` when packages of it are gone.
 */
export async function rollback(
  root: Root,
  options: RollbackOptions = {},
): Promise<Result<Activation>> {
  return changing(root, options, () =>
    guarded(root, 'roll back in', () => {
      const before = currentGeneration(root);
      const target = rollbackTarget(root, before, options.to);
      if (!target.ok) return target;
      const { number, packages } = target.value;
      const gone = packages.filter((id) => !isThere(join(root.packages, id)));
      if (gone.length > 0) return failed(incomplete(number, gone));
      if (number !== before?.number) {
        try {
          clearLeftovers(root);
          returnTo(root, number);
        } catch (error) {
          cleanUp(root);
          throw error;
        }
      }
      return ok(outcome(before, number, packages, []));
    }),
  );
}

function rollbackTarget(
  root: Root,
  before: Generation | undefined,
  to: number | undefined,
): Result<Generation> {
  const generations = readGenerations(root);
  const hint =
    generations.length === 0
      ? 'activate packages first'
      : `generations that are there: ${generations.map(({ number }) => number).join(', ')}`;
  const number = to ?? before?.previous;
  if (number === undefined) {
    const [code, message] =
      before === undefined
        ? ['install/not-active', `nothing is active in ${root.path}`]
        : ['install/no-previous', `no generation before ${before.number} is kept in ${root.path}`];
    return failed(definitionError({ code, message, hint }));
  }
  const found = generations.find((each) => each.number === number);
  if (found !== undefined) return ok(found);
  return failed(
    definitionError({
      code: 'install/no-generation',
      message: `there is no generation ${number} in ${root.path}`,
      hint,
    }),
  );
}

function incomplete(number: number, gone: readonly string[]): Diagnostic {
  return definitionError({
    code: 'install/incomplete-generation',
    message: `generation ${number} needs ${gone.join(', ')}, which the repository no longer has`,
    hint: 'install what is missing, then try again',
  });
}
