// Trees of Blueprints files: where the one is that a directory belongs to, and where it is built.
import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

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
