// `ashlar build` in a tree of Blueprints files: whether it is one, and the rules of it.
import { join, resolve } from 'node:path';
import { buildTree, type TaskWork, type TreeBuilt } from '../../bootstrap/build.ts';
import { findTree } from '../../bootstrap/tree.ts';
import { hasPackageFolders } from '../../package/tree.ts';
import type { Context } from '../context.ts';
import { interruptible } from '../interrupt.ts';
import type { PackageFiles, PackagesDone } from '../noop.ts';
import { shownFrom } from './shown.ts';

interface Flags {
  readonly jobs?: number;
  readonly keepGoing: boolean;
  readonly dryRun: boolean;
  readonly packages?: string;
  /** What the launcher gave for the next run; undefined if that must not be skipped. */
  readonly noopKey: string | undefined;
}

/**
 * Builds the tree that one stands in, in turns with its packages. Undefined where there is none, or packages
 * elsewhere are asked for.
 */
export async function buildBlueprints(
  context: Context,
  flags: Flags,
  targets: readonly string[],
  runTasks: (work: TaskWork) => Promise<PackagesDone>,
): Promise<TreeBuilt | undefined> {
  const { cwd, env } = context;
  const tree = flags.packages === undefined ? findTree(cwd, env) : undefined;
  if (tree === undefined) return undefined;
  let built: TreeBuilt | undefined;
  const parts: PackageFiles[] = [];
  const before = process.cwd();
  await interruptible(context, async (signal) => {
    built = await buildTree({
      tree,
      env,
      targets,
      jobs: flags.jobs,
      keepGoing: flags.keepGoing,
      dryRun: flags.dryRun,
      hasPackages: hasPackageFolders(tree.root),
      noopKey: flags.noopKey,
      signal,
      print: (line) => context.print(`${line}\n`),
      runTasks: async (work) => {
        process.chdir(before);
        const done = await runTasks(work);
        process.chdir(tree.root);
        if (done.files !== undefined) parts.push(done.files);
        return done;
      },
    });
  });
  process.chdir(before);
  const { root, buildDir } = tree;
  const { noopKey: key } = flags;
  if (built?.known !== undefined && key !== undefined) {
    const { looked, wasBuilt, ruleOutputs } = built.known;
    const noop = join(resolve(root, buildDir), '.ashlar');
    const ofRules = new Set([...ruleOutputs].map((path) => resolve(root, path)));
    const { recordOutputs } = await import('../noop.ts');
    await recordOutputs({ home: root, noop, key, looked, ofRules }, parts, wasBuilt);
  }
  return built && { ...built, diagnostics: shownFrom(cwd, tree.root, built.diagnostics) };
}
