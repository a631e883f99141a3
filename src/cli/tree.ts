// Finds and identifies the tree a command is about: the packages directory, the packages meant, what
// stands for the images, the ids. Shared by the commands that work on trees; prints nothing.
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import {
  definitionError,
  didYouMean,
  ok,
  warning,
  type Collector,
  type Result,
} from '../base/diagnostic.ts';
import { digestOf } from '../base/digest.ts';
import { openStatTable, type Files, type StatTable } from '../base/stat/table.ts';
import type { Definition } from '../package/definition.ts';
import { findTree, type BlueprintsTree } from '../bootstrap/tree.ts';
import type { ImageDeclaration } from '../package/module/declaration.ts';
import type { Declared } from '../package/module/declared.ts';
import { computeIds, type Identities } from '../package/ids.ts';
import { loadSettings } from '../package/settings.ts';
import { findPackages, loadTree, selectTargets, type Tree } from '../package/tree.ts';
import type { CheckoutUpstream } from '../package/upstream.ts';
import { parseTarget, type Target } from '../package/variant.ts';
import type { Image } from '../sandbox/port.ts';

export interface TreeRequest {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** The packages directory; found from `cwd` when absent. */
  readonly packages: string | undefined;
  readonly targets: readonly string[];
  /** `ID`, or `IMAGE=ID`. */
  readonly imageIds: readonly string[];
  /** What its Blueprints files declare, where that is known already. */
  readonly declared?: Declared | undefined;
}

export interface OpenTree {
  readonly tree: Tree;
  /** What was asked for by name, or by standing in a package's folder; undefined: the whole tree. */
  readonly asked: readonly Definition[] | undefined;
  /** Images to be made: those asked for by name, or all of the whole tree. */
  readonly rootfs: readonly ImageDeclaration[];
  readonly images: ImageIds;
}

/** What the user says identifies images. */
export interface ImageIds {
  readonly every: string | undefined;
  readonly byName: ReadonlyMap<string, string>;
}

/** The packages directory that a request is about, absolute. */
export function packagesDirectory(request: Pick<TreeRequest, 'cwd' | 'env' | 'packages'>): string {
  const { cwd, packages } = request;
  if (packages !== undefined) return resolve(cwd, packages);
  return blueprintsOf(request)?.root ?? findPackages(cwd).directory;
}

/** The tree of Blueprints files that a request is about; undefined where it is about none. */
function blueprintsOf({
  cwd,
  env,
  packages,
}: Pick<TreeRequest, 'cwd' | 'env' | 'packages'>): BlueprintsTree | undefined {
  if (packages === undefined) return findTree(cwd, env);
  const tree = findTree(resolve(cwd, packages), env);
  return tree?.root === resolve(cwd, packages) ? tree : undefined;
}

/**
 * Loads the tree. Undefined after an error went to `out`: `image/id`, `target/*` and those of `loadTree`.
 * `variant` narrows targets that name none.
 */
export async function openTree(
  request: TreeRequest,
  { checkoutUpstream, files }: { checkoutUpstream: CheckoutUpstream; files: Files },
  out: Collector,
  variant?: string | null,
): Promise<OpenTree | undefined> {
  const { cwd } = request;
  const images = readImageIds(request.imageIds, out);
  const targets = request.targets.flatMap((text) => out.take(parseTarget(text)) ?? []);
  const directory = packagesDirectory(request);
  const blueprints = blueprintsOf(request);
  let { declared } = request;
  if (declared === undefined && blueprints !== undefined) {
    const { declarationsOf } = await import('./blueprint/declarations.ts');
    declared = out.take(await declarationsOf(blueprints, cwd, request.env));
    if (declared === undefined) return undefined;
  }
  const tree = out.take(await loadTree(directory, { cwd, checkoutUpstream, declared, files }));
  if (tree === undefined || out.failed) return undefined;
  warnOfUnusedImages(tree, images, out);
  const here = request.packages === undefined ? findPackages(cwd).name : undefined;
  const named = targets.length === 0 && here !== undefined ? [wholePackage(here)] : targets;
  const all = [...tree.images.values()];
  if (named.length === 0) return { tree, asked: undefined, rootfs: all, images };
  const isImage = ({ name, variant: wanted }: Target): boolean =>
    wanted === undefined && tree.images.has(name);
  const rootfs = all.filter(({ name }) => named.some((one) => isImage(one) && one.name === name));
  const narrowed = named
    .filter((one) => !isImage(one))
    .map((target) =>
      target.variant === undefined && variant !== undefined ? { ...target, variant } : target,
    );
  const asked = out.take(selectTargets(tree, narrowed));
  return asked === undefined ? undefined : { tree, asked, rootfs, images };
}

function wholePackage(name: string): Target {
  return { name, variant: undefined };
}

/** What is known of the files of a tree; kept in the store, one table for each tree. */
export function statTable(store: string | undefined, directory: string): StatTable {
  return openStatTable(store && join(store, 'stat', digestOf(directory).hash.slice(0, 32)));
}

/** Computes the ids of definitions (all when undefined) and of what they require. */
export async function identify(
  open: OpenTree,
  definitions: readonly Definition[] | undefined,
  hostImage: () => Promise<Result<Image>>,
  files: Files,
  out: Collector,
): Promise<Identities> {
  const { tree, images } = open;
  const identities = await computeIds(tree, {
    targets: definitions,
    imageId: async (docker) => {
      const given = images.byName.get(docker) ?? images.every;
      if (given !== undefined) return ok(given);
      const image = imageFor(tree, docker, await hostImage());
      return image.ok ? ok(image.value.identity) : image;
    },
    gitHead: async (repository) =>
      (await import('../package/fetch/local.ts')).cleanHead(repository),
    files,
  });
  for (const one of identities.diagnostics) out.add(one);
  return identities;
}

/**
 * The image that stands for one that a definition names: what the settings map it to, else the machine's
 * own. Error `image/unknown`, at the settings.
 */
export function imageFor(tree: Tree, docker: string, hostImage: Result<Image>): Result<Image> {
  const { images, file } = tree.settings;
  const wanted = images.get(docker) ?? 'host';
  if (wanted === 'host') return hostImage;
  return {
    ok: false,
    diagnostics: [
      definitionError({
        code: 'image/unknown',
        message: `the settings map ${docker} to the image "${wanted}", which does not exist`,
        ...(file === undefined ? {} : { at: { file } }),
        hint: didYouMean(wanted, ['host']) ?? 'the one image is "host": this machine\'s own /usr',
      }),
    ],
  };
}

/** What no key may contain: where a tree lies, by each of its names, and the repository that it is in. */
export function workspaceOf(directory: string): string[] {
  const real = realpathSync(directory);
  const found = [directory, real];
  for (let above = dirname(real); above !== '/'; above = dirname(above)) {
    if (existsSync(join(above, '.git'))) found.push(above);
  }
  return found;
}

/** The mirrors that a tree's settings define. Problems with the settings are told when the tree is loaded. */
export function mirrorSettings(
  directory: string,
  cwd: string,
  out: Collector,
): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(loadSettings(directory, cwd, out).mirrors);
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
      out.add(definitionError({ code: 'image/id', message }));
    } else if (image === undefined) every = id;
    else byName.set(image, id);
  }
  return { every, byName };
}

function warnOfUnusedImages({ graph }: Tree, { byName }: ImageIds, out: Collector): void {
  const used = new Set(
    graph.definitions.flatMap(
      ({ module, buildinfo }) => module?.image ?? buildinfo?.docker.name ?? [],
    ),
  );
  for (const image of byName.keys()) {
    if (used.has(image)) continue;
    const message = `--image-id: no package of this tree uses the image ${image}`;
    out.add(warning({ code: 'image/id', message, hint: didYouMean(image, used) }));
  }
}
