// What `ashlar ids` does: finds the tree, computes ids, lays them out. Returns text and diagnostics; the
// command prints them.
import { join, resolve } from 'node:path';
import {
  Collector,
  definitionError,
  didYouMean,
  failed,
  ok,
  warning,
  type Diagnostic,
  type Result,
} from '../base/diagnostic.ts';
import { digestOf } from '../base/digest.ts';
import { openStatTable } from '../base/stat.ts';
import type { Definition } from '../package/definition.ts';
import { gitHead } from '../package/git.ts';
import { computeIds, type Identity } from '../package/ids.ts';
import { findPackages, loadTree, selectTargets, type Tree } from '../package/tree.ts';
import { withoutUpstream } from '../package/upstream.ts';
import { compareVariants, parseTarget, spell, type Target } from '../package/variant.ts';

export interface IdsRequest {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** The packages directory; found from `cwd` when absent. */
  readonly packages: string | undefined;
  readonly targets: readonly string[];
  /** `ID`, or `IMAGE=ID`. */
  readonly imageIds: readonly string[];
  readonly json: boolean;
}

export interface IdsAnswer {
  /** Empty when there is an error. */
  readonly text: string;
  readonly diagnostics: readonly Diagnostic[];
}

/** Errors `ids/image-id`, `target/*`, `tree/*` and those of `computeIds`. */
export async function answerIds(request: IdsRequest): Promise<IdsAnswer> {
  const { cwd, env } = request;
  const out = new Collector();
  const images = readImageIds(request.imageIds, out);
  const targets = request.targets.flatMap((text) => out.take(parseTarget(text)) ?? []);
  const found = findPackages(cwd);
  const directory =
    request.packages === undefined ? found.directory : resolve(cwd, request.packages);
  const tree = out.take(await loadTree(directory, { cwd, checkoutUpstream: withoutUpstream }));
  if (tree === undefined || out.failed) return { text: '', diagnostics: out.diagnostics };
  warnOfUnusedImages(tree, images, out);

  const here = request.packages === undefined && found.name !== undefined;
  const asked = targets.length === 0 && here ? [wholePackage(found.name!)] : targets;
  const selected = asked.length === 0 ? undefined : out.take(selectTargets(tree, asked));
  if (out.failed) return { text: '', diagnostics: out.diagnostics };
  const table = openStatTable(tableFile(directory, env));
  const { identities, diagnostics } = await computeIds(tree, {
    targets: selected,
    imageId: (name) => imageId(name, images),
    gitHead,
    fileHash: table.sha1,
  });
  table.save();
  for (const one of diagnostics) out.add(one);
  if (out.failed) return { text: '', diagnostics: out.diagnostics };
  const wanted = (selected ?? tree.graph.definitions).map((one) => identities.get(one)!);
  return { text: layOut(wanted, request.json), diagnostics: out.diagnostics };
}

function wholePackage(name: string): Target {
  return { name, variant: undefined };
}

interface ImageIds {
  readonly every: string | undefined;
  readonly byName: ReadonlyMap<string, string>;
}

function readImageIds(options: readonly string[], out: Collector): ImageIds {
  let every: string | undefined;
  const byName = new Map<string, string>();
  for (const option of options) {
    const equals = option.indexOf('=');
    const image = equals === -1 ? undefined : option.slice(0, equals);
    const id = option.slice(equals + 1).trim();
    if (id === '' || image === '') {
      const message = `--image-id ${option}: expected ID or IMAGE=ID`;
      out.add(definitionError({ code: 'ids/image-id', message }));
    } else if (image === undefined) every = id;
    else byName.set(image, id);
  }
  return { every, byName };
}

function warnOfUnusedImages({ graph }: Tree, { byName }: ImageIds, out: Collector): void {
  const used = new Set(graph.definitions.flatMap(({ buildinfo }) => buildinfo?.docker.name ?? []));
  for (const image of byName.keys()) {
    if (used.has(image)) continue;
    const message = `--image-id: no package of this tree uses the image ${image}`;
    out.add(warning({ code: 'ids/image-id', message, hint: didYouMean(image, used) }));
  }
}

function imageId(name: string, { every, byName }: ImageIds): Result<string> {
  const id = byName.get(name) ?? every;
  if (id !== undefined) return ok(id);
  return failed(
    definitionError({
      code: 'ids/image-id',
      message: `a package id needs to know what identifies the image ${name}`,
      hint: `pass --image-id ${name}=ID, or --image-id ID for every image`,
    }),
  );
}

/** One table for each tree, so that none grows with what others hold. */
function tableFile(directory: string, env: NodeJS.ProcessEnv): string | undefined {
  const cache = env['XDG_CACHE_HOME'] || (env['HOME'] && join(env['HOME'], '.cache'));
  if (cache === undefined || cache === '') return undefined;
  return join(cache, 'ashlar', 'stat', digestOf(directory).hash.slice(0, 32));
}

function layOut(identities: readonly Identity[], json: boolean): string {
  const rows = identities
    .map(({ definition, id }) => ({ definition, id }))
    .sort((a, b) => byName(a.definition, b.definition));
  if (json) {
    const array = rows.map(({ definition: { name, variant }, id }) => ({ name, variant, id }));
    return `${JSON.stringify(array, undefined, 2)}\n`;
  }
  const width = rows.reduce((most, row) => Math.max(most, spell(row.definition).length), 0);
  return rows.map(({ definition, id }) => `${spell(definition).padEnd(width)} ${id}\n`).join('');
}

/** The default variant stands before the others, as its spelling is the shortest. */
function byName(a: Definition, b: Definition): number {
  if (a.name === b.name && (a.variant === null) !== (b.variant === null)) {
    return a.variant === null ? -1 : 1;
  }
  return compareVariants(a, b);
}
