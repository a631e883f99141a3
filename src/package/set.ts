// The packages a tree is made of: what its treeinfo.json lists, with all that this requires, each in the
// variant that the tree has it in. Knows nothing of building them.
import {
  Collector,
  definitionError,
  didYouMean,
  failed,
  warning,
  type Diagnostic,
  type Result,
} from '../base/diagnostic.ts';
import type { Place } from '../base/span.ts';
import { resolve, type Resolution } from './closure.ts';
import type { Definition } from './definition.ts';
import { unknownVariant, type Edge } from './graph.ts';
import { hashStrings, type Sha1Hex } from './identity.ts';
import { treeOrder } from './order.ts';
import type { Tree, TreeDefinition } from './tree.ts';
import type { Listed } from './treeinfo.ts';
import { compareVariants, describeVariant, spell } from './variant.ts';

export interface PackageSet {
  /** Sorted as packages are. */
  readonly members: readonly Definition[];
  /** What the bootstrap holds: some of the members, or all. */
  readonly bootstrap: readonly Definition[];
  /**
   * What has to be built, in order. Beside the members these can be default variants that some member is
   * built against although the tree has another one.
   */
  readonly order: readonly Definition[];
  /** What deserves a warning about the tree itself; those about packages come with their ids. */
  readonly warnings: readonly Diagnostic[];
}

/** The name of a bootstrap: a hash of the ids of what is in it, in any order. */
export function bootstrapId(ids: Iterable<string>): Sha1Hex {
  return hashStrings(ids);
}

/**
 * Finds the packages of a tree (null: the default one). Errors `set/unknown-tree`, `set/unknown-package`,
 * `set/variant`, `set/excluded`, `set/bootstrap`, those of the graph, and those of the definitions
 * reached.
 */
export function packageSet(tree: Tree, variant: string | null): Result<PackageSet> {
  const definition = tree.treeinfos.get(variant);
  if (definition === undefined) return failed(unknownTree(tree, variant));
  const out = new Collector();
  for (const one of [...tree.diagnostics, ...definition.diagnostics]) out.add(one);
  if (out.failed) return failed(...out.diagnostics);
  const { graph } = tree;
  const { treeinfo } = definition;
  const what = variant === null ? 'the tree' : `the tree ${variant}`;
  const warnings = [...definition.diagnostics, ...strangers(tree, definition)];

  const core = demand(tree, definition, treeinfo.core, out);
  const all = resolve(graph, { name: what, demands: core });
  const { order, diagnostics } = treeOrder(graph, all.members);
  for (const node of order) for (const one of graph.diagnostics[node]!) out.add(one);
  for (const one of diagnostics) out.add(one);
  checkMembers(tree, definition, all, out);

  let bootstrap: Resolution = all;
  if (treeinfo.bootstrap.length > 0) {
    const demands = demand(tree, definition, treeinfo.bootstrap, out);
    bootstrap = resolve(graph, { name: `the bootstrap of ${what}`, demands }, all.instead);
    checkBootstrap(tree, bootstrap, all, out);
  }
  const definitions = (nodes: readonly number[]): Definition[] =>
    nodes.map((node) => graph.definitions[node]!);
  return out.finish({
    members: definitions(all.members).sort(compareVariants),
    bootstrap: definitions(bootstrap.members).sort(compareVariants),
    order: definitions(order),
    warnings,
  });
}

function unknownTree({ treeinfos }: Tree, variant: string | null): Diagnostic {
  const named = [...treeinfos.keys()].filter((name) => name !== null);
  return definitionError({
    code: 'set/unknown-tree',
    message: `there is no tree "${variant ?? 'default'}"`,
    at: { file: treeinfos.get(null)!.file.shown },
    hint:
      didYouMean(variant ?? '', named) ??
      `a file ${variant ?? ''}.treeinfo.json in the packages directory would define it`,
  });
}

/** Names without effect are most likely mistyped. */
function strangers({ graph }: Tree, { treeinfo }: TreeDefinition): Diagnostic[] {
  const names = new Set(graph.definitions.map(({ name }) => name));
  const mapped = [...treeinfo.variants].map(([name, { at }]) => ({ name, at }));
  return [...treeinfo.exclude, ...mapped]
    .filter(({ name }) => !names.has(name))
    .map(({ name, at }) => {
      const message = `there is no package "${name}"`;
      const hint = didYouMean(name, names);
      return warning({ code: 'set/unknown-package', message, at, hint });
    });
}

/** What a list demands of the tree; an empty list: every package that is not excluded. */
function demand(
  { graph }: Tree,
  { file, treeinfo }: TreeDefinition,
  list: readonly Listed[],
  out: Collector,
): Edge[] {
  const names = new Set(graph.definitions.map(({ name }) => name));
  const excluded = new Set(treeinfo.exclude.map(({ name }) => name));
  const whole = [...names].filter((name) => !excluded.has(name));
  const wanted: readonly { name: string; at: Place }[] =
    list.length > 0 ? list : whole.map((name) => ({ name, at: { file: file.shown } }));
  const edges: Edge[] = [];
  for (const { name, at } of wanted) {
    const mapped = treeinfo.variants.get(name);
    const member = { name, variant: mapped?.variant ?? null };
    const to = graph.find(member);
    const variants = graph.variantsOf(name).map((number) => graph.definitions[number]!);
    if (to !== undefined) edges.push({ to, plain: false, at });
    else if (variants.length === 0) {
      const hint = didYouMean(name, names);
      const message = `there is no package "${name}"`;
      out.add(definitionError({ code: 'set/unknown-package', message, at, hint }));
    } else {
      const problem = unknownVariant(member, variants, mapped?.at ?? at);
      const hint = `${problem.hint!}; choose one under "variants", or exclude the package`;
      out.add({ ...problem, hint });
    }
  }
  return edges;
}

/** Every member must be one that the tree may have, in the variant that the tree has it in. */
function checkMembers(
  { graph }: Tree,
  { file, treeinfo }: TreeDefinition,
  resolution: Resolution,
  out: Collector,
): void {
  const excluded = new Map(treeinfo.exclude.map((listed) => [listed.name, listed]));
  for (const conflict of resolution.conflicts) out.add(conflict);
  // A conflict is about the same variants, and says more.
  if (resolution.conflicts.length > 0) return;
  for (const member of resolution.members) {
    const { name, variant } = graph.definitions[member]!;
    const mapped = treeinfo.variants.get(name);
    const exclusion = excluded.get(name);
    if (exclusion !== undefined) {
      const { at, notes } = resolution.explain(member);
      out.add(
        definitionError({
          code: 'set/excluded',
          message: `${name} is required, but excluded from the tree`,
          at,
          notes: [...notes, { message: 'excluded here', at: exclusion.at }],
          hint: 'exclude what requires it as well, or do not exclude it',
        }),
      );
    }
    if (variant === (mapped?.variant ?? null)) continue;
    const { at, notes } = resolution.explain(member);
    const tells = mapped === undefined ? { file: file.shown } : mapped.at;
    out.add(
      definitionError({
        code: 'set/variant',
        message: `the tree has ${name} in ${describeVariant(mapped?.variant ?? null)}, but it is required in ${describeVariant(variant)}`,
        at,
        notes: [...notes, { message: 'the tree is defined here', at: tells }],
        hint: 'change the require, or "variants" of the tree',
      }),
    );
  }
}

function checkBootstrap(
  { graph }: Tree,
  bootstrap: Resolution,
  all: Resolution,
  out: Collector,
): void {
  const whole = new Set(all.members);
  for (const member of bootstrap.members) {
    if (whole.has(member)) continue;
    const { at, notes } = bootstrap.explain(member);
    const name = spell(graph.definitions[member]!);
    out.add(
      definitionError({
        code: 'set/bootstrap',
        message: `${name} is in the bootstrap, but not in the tree`,
        at,
        notes,
        hint: 'add it to "core_package_list"',
      }),
    );
  }
}
