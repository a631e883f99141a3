// The ids of a tree's packages, computed without building anything: each from its own definition, script
// and folder, its image, its pinned sources, and the ids of all that it requires. Errors of one package
// do not hide those of others. Knows nothing of how images and repositories are identified.
import { Collector, type Diagnostic, type Result } from '../base/diagnostic.ts';
import { toPlain } from '../base/json.ts';
import { byCodePoint } from '../base/digest.ts';
import { packageIdFrom, type PackageId } from '../install/id.ts';
import { resolve, type Closure } from './closure.ts';
import type { Definition } from './definition.ts';
import type { Edge } from './graph.ts';
import { hashItems, hashMembers, hashText, type Sha1Hex } from './identity.ts';
import { readInputs, type InputSources, type PackageInputs, type ResolvedPin } from './inputs.ts';
import type { ModuleDefinition } from './module/definition.ts';
import { hashModule, type KnownHashes } from './module/identity.ts';
import { treeOrder } from './order.ts';
import { createClosures } from './transitive.ts';
import type { Tree } from './tree.ts';
import { spell } from './variant.ts';

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
  /** The same, with what only its build requires and what that requires. */
  buildClosure(definition: Definition): readonly Identity[];
}

/** The format's own version, a part of every id. */
export const PKGPANDA_VERSION = '0.2';
const VERSION_HASH = hashText(PKGPANDA_VERSION);
const NO_VARIANT = hashText('');
const NO_SOURCES = hashMembers(new Map());

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
  const known: KnownHashes = new Map();
  const idHashes: Sha1Hex[] = [];
  const closureOf = createClosures(graph, order);
  const requiresOf = (node: number): readonly Edge[] =>
    graph.buildEdges[node]!.length === 0
      ? graph.edges[node]!
      : [...graph.edges[node]!, ...graph.buildEdges[node]!];
  const buildClosureOf = (node: number, members: readonly number[]): Closure => {
    if (graph.buildEdges[node]!.length === 0) return { members, conflicts: [] };
    const origin = { name: spell(graph.definitions[node]!), demands: requiresOf(node) };
    const found = resolve(graph, origin);
    const byId = (a: number, b: number): number => byCodePoint(ids.get(a)!.id, ids.get(b)!.id);
    return { members: [...found.members].sort(byId), conflicts: found.conflicts };
  };

  for (const node of sound) {
    const own = inputs.get(node);
    if (own === undefined || requiresOf(node).some(({ to }) => !ids.has(to))) continue;
    const { members, conflicts } = closureOf(node);
    if (conflicts.length > 0) {
      add(conflicts);
      continue;
    }
    const definition = graph.definitions[node]!;
    const built = buildClosureOf(node, members);
    if (built.conflicts.length > 0) {
      add(built.conflicts);
      continue;
    }
    const { module } = definition;
    const idsOf = (nodes: readonly number[]): string[] => nodes.map((one) => ids.get(one)!.id);
    const id = out.take(
      module === undefined
        ? idOf(definition, own, hashItems(members.map((member) => idHashes[member]!)))
        : moduleId(module, own, idsOf(members), idsOf(built.members), known),
    );
    if (id === undefined) continue;
    ids.set(node, { definition, id, inputs: own });
    idHashes[node] = hashText(id);
  }
  return {
    identities: new Map([...ids.values()].map((identity) => [identity.definition, identity])),
    diagnostics: out.diagnostics,
    closure: (definition) =>
      closureOf(graph.find(definition)!).members.map((member) => ids.get(member)!),
    buildClosure: (definition) => {
      const node = graph.find(definition)!;
      const { members } = buildClosureOf(node, closureOf(node).members);
      return members.map((member) => ids.get(member)!);
    },
  };
}

/** The id of a package that is a module. */
function moduleId(
  { declaration }: ModuleDefinition,
  inputs: PackageInputs,
  requires: readonly string[],
  buildRequires: readonly string[],
  known: KnownHashes,
): Result<PackageId> {
  const its = {
    image: inputs.docker,
    sources: new Map<string, ResolvedPin | ReadonlyMap<string, string>>([
      ...inputs.sources,
      ...inputs.files!.sources,
    ]),
    patches: inputs.files!.patches,
    requires,
    buildRequires,
  };
  const version = hashModule(declaration, its, known);
  return packageIdFrom(declaration.name, version, declaration.at);
}

/** As good as all packages of a tree name one image. */
let lastImage = { id: '', hash: NO_VARIANT };

function hashImage(id: string): Sha1Hex {
  if (id !== lastImage.id) lastImage = { id, hash: hashText(id) };
  return lastImage.hash;
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
    ['sources', sources.size === 0 ? NO_SOURCES : hashMembers(sources)],
    ['docker', hashImage(inputs.docker)],
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
