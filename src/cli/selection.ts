// Which packages a build is about: those asked for by name, or the packages of trees. Each comes with all
// that it requires, because an archive nobody can install is of no use.
import { Collector, type Result } from '../base/diagnostic.ts';
import type { Definition } from '../package/definition.ts';
import type { ImageDeclaration } from '../package/module/declaration.ts';
import { definitionsOf } from '../package/module/image-members.ts';
import { packageSet, type PackageSet } from '../package/set.ts';
import type { OpenTree } from './tree.ts';

export interface Selection {
  /** What is named in the summary; undefined: whole trees. */
  readonly asked: readonly Definition[] | undefined;
  /** Everything whose id is needed. */
  readonly definitions: readonly Definition[];
  /** What is built for its own sake; what only images are made of is not. */
  readonly built: readonly Definition[];
  /** Images that are made. */
  readonly rootfs: readonly ImageDeclaration[];
  /** The trees that are built, by variant. */
  readonly trees: ReadonlyMap<string | null, PackageSet>;
}

/** `variant` narrows a whole build to one tree. Errors are those of `packageSet`. */
export function select(open: OpenTree, variant: string | null | undefined): Result<Selection> {
  const out = new Collector();
  const { tree, asked, rootfs } = open;
  const ofImages = rootfs.flatMap((image) => definitionsOf(tree, image));
  const trees = new Map<string | null, PackageSet>();
  if (asked !== undefined) {
    const definitions = [...new Set([...asked, ...ofImages])];
    return out.finish({ asked, definitions, built: asked, rootfs, trees });
  }
  const apart: Definition[] = [];
  const wanted = variant === undefined ? [...tree.treeinfos.keys()] : [variant];
  for (const name of wanted) {
    const set = packageSet(tree, name);
    if (set.ok) trees.set(name, set.value);
    else if (isLoose(tree)) {
      out.add(...set.diagnostics.filter(({ code }) => code !== CONFLICT));
      apart.push(...tree.graph.definitions.filter((one) => one.variant === null));
    } else out.add(...set.diagnostics);
  }
  const ofTrees = [...[...trees.values()].flatMap(({ order }) => order), ...apart];
  const definitions = [...new Set([...ofTrees, ...ofImages])];
  return out.finish({ asked, definitions, built: ofTrees, rootfs, trees });
}

const CONFLICT = 'requires/conflict';

/**
 * Whether nobody says that the packages of a tree go together, in one root. Then two of them may require a
 * third in different variants, and all are built all the same.
 */
function isLoose({ treeinfos, graph }: OpenTree['tree']): boolean {
  return (
    [...treeinfos.values()].every(({ isWritten }) => !isWritten) &&
    graph.definitions.every(({ module }) => module !== undefined)
  );
}
