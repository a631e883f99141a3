// Trees of Blueprints files: where the one is that a directory belongs to, and where it is built.
import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { CACHE_TAG } from '../base/cachetag.ts';

export interface BlueprintsTree {
  /** The source root: all stages run in it. Absolute. */
  readonly root: string;
  /** The top file, relative to the root. */
  readonly topFile: string;
  /** Relative to the root where it is inside, else absolute. */
  readonly buildDir: string;
}

/** What marks a directory as the outermost of a project: nothing is looked for above. */
const OUTERMOST = ['.git', 'ashlar.json', 'treeinfo.json'];

/**
 * The tree that a directory belongs to: its root is the outermost directory with a top file, the project's own
 * directory at most. `TOPNAME` and `BUILDDIR` of the environment count. Undefined where there is none.
 */
export function findTree(cwd: string, env: NodeJS.ProcessEnv): BlueprintsTree | undefined {
  const topFile = env['TOPNAME'] || 'Blueprints';
  let root: string | undefined;
  for (let directory = resolve(cwd); ; directory = dirname(directory)) {
    if (existsSync(join(directory, topFile))) root = directory;
    const outermost = OUTERMOST.some((name) => existsSync(join(directory, name)));
    if (outermost || dirname(directory) === directory) break;
  }
  if (root === undefined) return undefined;
  const given = env['BUILDDIR'];
  return { root, topFile, buildDir: inRoot(root, given ? resolve(cwd, given) : join(root, 'out')) };
}

/** Paths inside are relative, so that the whole tree can be moved with what was built in it. */
export function inRoot(root: string, path: string): string {
  const inner = relative(root, path);
  if (inner === '') return '.';
  return inner === '..' || inner.startsWith('../') ? path : inner;
}

/** Where stages keep what is theirs, in a build directory: manifests, logic that was built, what runs leave for the next. */
const STAGE_DIRECTORIES = ['.ashlar', '.bootstrap', '.minibootstrap'];
const STAGE_FILES = ['.ninja_deps', '.ninja_log', CACHE_TAG, 'build.ninja', 'build.ninja.d'];

/** Whether what has this path in a build directory is the stages' own, or Ninja's, and no output of a module. */
export function isOfStages(inside: string): boolean {
  return STAGE_FILES.includes(inside) || STAGE_DIRECTORIES.includes(inside.split('/', 1)[0]!);
}
