// `ashlar build` in a tree of Blueprints files: whether it is one, the rules of it, and which of the targets
// are packages that tasks make.
import { resolve } from 'node:path';
import { buildTree, type TreeBuilt } from '../../bootstrap/build.ts';
import { takeNoopKey } from '../../bootstrap/noop.ts';
import { findTree } from '../../bootstrap/tree.ts';
import type { Context } from '../context.ts';
import { loadTree } from '../../package/tree.ts';
import { withoutUpstream } from '../../package/upstream.ts';
import { interruptible } from '../interrupt.ts';

interface Flags {
  readonly jobs?: number;
  readonly keepGoing: boolean;
  readonly dryRun: boolean;
  readonly json: boolean;
  readonly packages?: string;
}

export interface RulesBuilt extends TreeBuilt {
  /** Packages and images that are still to be built, all where none is named; undefined if there are none. */
  readonly packages:
    | {
        /** Where what modules declare was left. */
        readonly declared: string;
        readonly targets: readonly string[];
      }
    | undefined;
}

/** Builds the tree that one stands in. Undefined where there is none, or packages elsewhere are asked for. */
export async function buildRules(
  context: Context,
  flags: Flags,
  targets: readonly string[],
): Promise<RulesBuilt | undefined> {
  const { cwd, env } = context;
  const key = takeNoopKey(env);
  const tree = flags.packages === undefined ? findTree(cwd, env) : undefined;
  if (tree === undefined) return undefined;
  let built: TreeBuilt | undefined;
  let packages: RulesBuilt['packages'];
  await interruptible(context, async (signal) => {
    built = await buildTree({
      tree,
      env,
      targets,
      beside: async () => {
        const declared = resolve(tree.root, tree.buildDir);
        const names = await packageNames(tree.root, cwd, declared);
        const isOwn = (target: string): boolean => names?.has(target.replace(/:.*$/, '')) ?? true;
        const own = targets.filter(isOwn);
        const rules = targets.filter((target) => !own.includes(target));
        const any = names?.size !== 0 && (targets.length === 0 || own.length > 0);
        if (any) packages = { declared, targets: own };
        const none = targets.length > 0 && rules.length === 0;
        return { any, targets: none ? undefined : rules };
      },
      jobs: flags.jobs,
      keepGoing: flags.keepGoing,
      dryRun: flags.dryRun,
      noopKey: flags.dryRun || flags.json ? undefined : key,
      signal,
      print: (line) => context.print(`${line}\n`),
    });
  });
  return built && { ...built, packages };
}

/**
 * What targets can name that is no output of a rule: packages, what they are split into, and images. Undefined
 * where that cannot be told yet.
 */
async function packageNames(
  root: string,
  cwd: string,
  buildDirectory: string,
): Promise<ReadonlySet<string> | undefined> {
  const tree = await loadTree(root, {
    cwd,
    checkoutUpstream: (source) => Promise.resolve(withoutUpstream(source)),
    logic: { buildDirectory },
  });
  // What is wrong with it is told when packages are built; and what is upstream is known only then.
  if (!tree.ok) {
    const empty = tree.diagnostics.every(({ code }) => code === 'tree/empty');
    return empty ? new Set() : undefined;
  }
  const { graph, images } = tree.value;
  const packages = graph.definitions.flatMap(({ name, module }) => [
    name,
    ...(module?.subpackages ?? []).map((one) => one.name),
  ]);
  return new Set([...packages, ...images.keys()]);
}
