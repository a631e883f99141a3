// The ids of a tree's packages, computed without building anything: each from its own definition, script
// and folder, its image, its pinned sources, and the ids of all that it requires. Errors of one package
// do not hide those of others. Knows nothing of how images and repositories are identified.
import { Collector, type Diagnostic, type Result } from '../base/diagnostic.ts';
import { toPlain } from '../base/json.ts';
import { packageIdFrom, type PackageId } from '../install/id.ts';
import type { Definition } from './definition.ts';
import { hashItems, hashMembers, hashText, type Sha1Hex } from './identity.ts';
import { readInputs, type InputSources, type PackageInputs } from './inputs.ts';
import { treeOrder } from './order.ts';
import { createClosures } from './transitive.ts';
import type { Tree } from './tree.ts';

export interface IdOptions extends InputSources {
  /** The packages whose ids are wanted; all when absent. What they require is computed as well. */
  readonly targets?: readonly Definition[] | undefined;
}

/** A package with its id, and what the id was made of. */
export interface Identity {
  readonly definition: Definition;
  readonly id: PackageId;
  readonly inputs: PackageInputs;
}

export interface Identities {
  /** Of all that could be computed, what is required before what requires it. */
  readonly identities: ReadonlyMap<Definition, Identity>;
  /** With an error among them something asked for has no id. */
  readonly diagnostics: readonly Diagnostic[];
  /** All that a package requires, directly or not, by id. Only for one that has an id. */
  closure(definition: Definition): readonly Identity[];
}

/** The format's own version, a part of every id. */
export const PKGPANDA_VERSION = '0.2';
const VERSION_HASH = hashText(PKGPANDA_VERSION);
const NO_VARIANT = hashText('');

/**
 * Computes ids. Errors are those of the definitions, of the graph (`requires/*`), of files that cannot be
 * read (`buildinfo/build-script`, `folder/*`, `fs/*`), and whatever the functions given report.
 */
export async function computeIds(tree: Tree, options: IdOptions): Promise<Identities> {
  const { graph } = tree;
  const out = new Collector();
  const targets = options.targets ?? graph.definitions;
  const { order, diagnostics } = treeOrder(
    graph,
    targets.map((definition) => graph.find(definition)!),
  );
  const add = (all: readonly Diagnostic[]): void => all.forEach((one) => out.add(one));
  add(tree.diagnostics);
  if (options.targets === undefined) tree.treeinfos.forEach((one) => add(one.diagnostics));
  for (const node of order) add(graph.diagnostics[node]!);
  add(diagnostics);

  const sound = order.filter((node) => !graph.broken[node]);
  const inputs = await readInputs(tree, sound, options, out);
  const ids = new Map<number, Identity>();
  const idHashes: Sha1Hex[] = [];
  const closureOf = createClosures(graph, order);

  for (const node of sound) {
    const own = inputs.get(node);
    if (own === undefined || graph.edges[node]!.some(({ to }) => !ids.has(to))) continue;
    const { members, conflicts } = closureOf(node);
    if (conflicts.length > 0) {
      add(conflicts);
      continue;
    }
    const definition = graph.definitions[node]!;
    const requires = hashItems(members.map((member) => idHashes[member]!));
    const id = out.take(idOf(definition, own, requires));
    if (id === undefined) continue;
    ids.set(node, { definition, id, inputs: own });
    idHashes[node] = hashText(id);
  }
  return {
    identities: new Map([...ids.values()].map((identity) => [identity.definition, identity])),
    diagnostics: out.diagnostics,
    closure: (definition) =>
      closureOf(graph.find(definition)!).members.map((member) => ids.get(member)!),
  };
}

function idOf(definition: Definition, inputs: PackageInputs, requires: Sha1Hex): Result<PackageId> {
  const { name, variant, file, buildinfo } = definition;
  const sources = new Map<string, Sha1Hex>();
  for (const [source, { key, hash }] of inputs.sources) {
    sources.set(source, hashMembers(new Map([[key, hash]])));
  }
  const members = new Map([
    ...buildinfo!.hashes,
    ['name', hashText(name)],
    ['variant', variant === null ? NO_VARIANT : hashText(variant)],
    ['pkgpanda_version', VERSION_HASH],
    ['build', hashText(inputs.build)],
    ['sources', hashMembers(sources)],
    ['docker', hashText(inputs.docker)],
    ['requires', requires],
  ]);
  if (inputs.extra !== undefined) members.set('extra_source', hashText(inputs.extra));
  const hash = hashMembers(members);
  const extra = buildinfo!.versionExtra;
  const version = extra === undefined ? hash : `${extra}_${hash}`;
  return packageIdFrom(name, version, { file: file.shown });
}

/**
 * The record whose hash is the version, as plain data. Integers beyond 2^53 come out rounded here; in the
 * id they do not.
 */
export function buildIds(
  { definition, inputs }: Identity,
  closure: readonly Identity[],
): Record<string, unknown> {
  const { name, variant, buildinfo } = definition;
  const sources = [...inputs.sources].map(([source, { key, value }]) => [source, { [key]: value }]);
  const written = [...buildinfo!.hashes.keys()].flatMap((key) => {
    const member = buildinfo!.members.get(key);
    return member === undefined ? [] : [[key, toPlain(member.value)]];
  });
  return {
    environment: {},
    state_directory: false,
    ...Object.fromEntries(written),
    name,
    variant: variant ?? '',
    pkgpanda_version: PKGPANDA_VERSION,
    build: inputs.build,
    sources: Object.fromEntries(sources),
    docker: inputs.docker,
    requires: closure.map(({ id }) => id),
    ...(inputs.extra === undefined ? {} : { extra_source: inputs.extra }),
  };
}
