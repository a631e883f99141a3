// Makes exactly a set of packages the active one. At every instant, kill -9 and power loss included, the
// root has the old set or the new one.
import { lstatSync, statSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { byCodePoint } from '../base/digest.ts';
import { Collector, failed, ok, type Diagnostic, type Result } from '../base/diagnostic.ts';
import { outcome, type Activation } from './activation.ts';
import { FURTHER_DIRECTORIES } from './contribution.ts';
import { compose } from './compose.ts';
import {
  buildingPath,
  cleanUp,
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
  type Generation,
} from './generation.ts';
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
      // A killed run may have got this far, and no further.
      return ok(outcome(before, before.number, before.packages, tidy(root)));
    }
    const number = build(root, composed.value);
    return ok(outcome(before, number, wanted, tidy(root)));
  });
}

/** Also the links at the top have to be there, or paths through them lead nowhere. */
function isCurrent(root: Root, before: Generation, tree: Tree): boolean {
  const complete = withPrevious(tree, before.previous);
  const linked = stableLinks(tree).every((name) => isThere(join(root.path, name)));
  return linked && holdsTree(complete, generationPath(root, before.number));
}

/** Builds the next generation beside the current one and switches to it. */
function build(root: Root, tree: Tree): number {
  try {
    makeDirectories(root);
    clearLeftovers(root);
    const number = nextNumber(root);
    const building = buildingPath(root, number);
    makeDirectory(building);
    writeTree(withPrevious(tree, currentNumber(root)), building, true);
    makeStableLinks(root, tree);
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

/** Those that every root has, and those that this tree gives something to lead to. */
function stableLinks({ directories, links }: Tree): readonly string[] {
  const made = new Set([...directories, ...links.map(({ path }) => path)]);
  return [...STABLE_LINKS, ...FURTHER_DIRECTORIES.filter((name) => made.has(name))];
}

function makeStableLinks(root: Root, tree: Tree): void {
  for (const name of stableLinks(tree)) {
    const path = join(root.path, name);
    if (!isThere(path)) symlinkSync(`current/${name}`, path);
  }
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/**
 * Removes what killed runs left, and generations beyond those to keep. A failure is a warning, for the
 * set is active; the next run tries again.
 */
function tidy(root: Root): Diagnostic[] {
  try {
    clearLeftovers(root);
    clearPackageLeftovers(root);
    const generations = readGenerations(root);
    const kept = keptNumbers(generations, currentNumber(root) ?? 0);
    for (const { number } of generations) if (!kept.has(number)) removeGeneration(root, number);
    return [];
  } catch (error) {
    return [{ ...systemFailure(root, 'clean up in', error), severity: 'warning' }];
  }
}
