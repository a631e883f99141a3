// From a command line to the tasks of a tree: settings, definitions, image, ids, pipelines. Shared by the
// commands that build and those that only ask about tasks.
import { join } from 'node:path';
import { didYouMean, warning, type Collector } from '../base/diagnostic.ts';
import { shellLine } from '../base/shell.ts';
import { openStore, openStoreToRead, storeRoot, type Store } from '../cache/store.ts';
import type { Definition } from '../package/definition.ts';
import type { Identities } from '../package/ids.ts';
import { LOCK_FILE, readLocks, type Locks } from '../package/lock.ts';
import type { ImageDeclaration } from '../package/module/declaration.ts';
import { imageMembers } from '../package/module/image-members.ts';
import { imageTask } from '../package/module/rootfs.ts';
import { createPipelines } from '../package/pipeline/create.ts';
import type { Pipeline } from '../package/pipeline/pipeline.ts';
import type { Tree } from '../package/tree.ts';
import { spell } from '../package/variant.ts';
import { identityCacheIn } from '../sandbox/identity.ts';
import { hostImage } from '../sandbox/image.ts';
import type { Image, Sandbox } from '../sandbox/port.ts';
import { DEFAULT_SANDBOX, selectSandbox } from '../sandbox/select.ts';
import type { Task } from '../task/task.ts';
import { openFetching } from './fetching.ts';
import { select, type Selection } from './selection.ts';
import {
  identify,
  imageFor,
  openTree,
  packagesDirectory,
  statTable,
  type OpenTree,
  type TreeRequest,
} from './tree.ts';

export interface PrepareRequest extends TreeRequest {
  readonly env: NodeJS.ProcessEnv;
  /** One tree, or one variant of the packages named; null is the default one. */
  readonly variant: string | null | undefined;
  readonly sandbox: string;
  readonly offline: boolean;
  /** Leave locks aside. */
  readonly unlocked?: boolean;
}

export interface Prepared {
  readonly open: OpenTree;
  readonly selection: Selection;
  readonly identities: Identities;
  readonly pipelines: ReadonlyMap<Definition, Pipeline>;
  /** The tasks that make images. */
  readonly images: ReadonlyMap<ImageDeclaration, Task>;
  readonly sandbox: Sandbox;
}

/** Opens the store that the environment names. Undefined after an error went to `out`. */
export function openUserStore(env: NodeJS.ProcessEnv, out: Collector): Store | undefined {
  const root = out.take(storeRoot(env));
  return root === undefined ? undefined : out.take(openStore(root));
}

/** Opens the user's store for who only looks at it. Undefined after errors went to `out`. */
export function openUserStoreToRead(
  env: NodeJS.ProcessEnv,
  out: Collector,
): { readonly store: Store; readonly writable: boolean } | undefined {
  const root = out.take(storeRoot(env));
  return root === undefined ? undefined : out.take(openStoreToRead(root));
}

/** Makes the tasks that a request is about. Undefined after errors went to `out`, as many as there are. */
export async function prepare(
  request: PrepareRequest,
  store: Store,
  signal: AbortSignal,
  out: Collector,
): Promise<Prepared | undefined> {
  const directory = packagesDirectory(request);
  const { cwd, offline } = request;
  const fetching = openFetching({ directory, cwd, store, offline }, signal);
  const table = statTable(store.root, directory);
  const { checkoutUpstream } = fetching;
  const reading = { checkoutUpstream, files: table };
  const open = await openTree(request, reading, out, request.variant);
  if (open === undefined) return undefined;
  for (const { diagnostics } of open.rootfs) out.add(...diagnostics);
  const selection = out.take(select(open, request.variant));
  if (selection === undefined) return undefined;
  const sandbox = out.take(
    await selectSandbox(request.sandbox, { directory: join(store.root, 'sandbox') }),
  );
  const image = await hostImage({ cache: identityCacheIn(store.root) });
  const identities = await identify(
    open,
    selection.definitions,
    () => Promise.resolve(image),
    table,
    out,
  );
  const locks = request.unlocked === true ? new Map() : readLocks(directory, cwd, out);
  if (out.failed || sandbox === undefined) return undefined;

  const pipelines = out.take(
    await createPipelines(identities, {
      directory: open.tree.directory,
      root: open.tree.settings.root,
      srcWritable: open.tree.settings.srcWritable,
      imageOf: (docker) => {
        const found = imageFor(open.tree, docker, image);
        // With an id given for an image that cannot be had, the id is known and the image is not.
        if (found.ok) return imageInside(sandbox, found.value);
        out.add(...found.diagnostics);
        return NO_IMAGE;
      },
      fetchSource: fetching.fetchSource,
      files: table,
      reproduce: (definition) => reproduceLine(request, definition),
      locks,
      onWarning: (diagnostic) => out.add(diagnostic),
    }),
  );
  table.save();
  if (pipelines === undefined || out.failed) return undefined;
  const images = new Map<ImageDeclaration, Task>();
  for (const image of selection.rootfs) {
    const members = out.take(imageMembers(open.tree, image, identities, pipelines));
    if (members === undefined) continue;
    const task = imageTask(image, members);
    const locked = locks.get(task.name);
    images.set(image, locked === undefined ? task : { ...task, locked });
  }
  if (out.failed) return undefined;
  if (selection.asked === undefined) {
    const made = [...pipelines.values()].flatMap(({ tasks }) => tasks);
    warnOfStrayLocks(locks, open.tree, [...made, ...images.values()], pipelines, out);
  }
  return { open, selection, identities, pipelines, images, sandbox };
}

/** A lock of no task is most likely that of one that was renamed. It may be of a variant that no tree has. */
function warnOfStrayLocks(
  locks: Locks,
  { graph }: Tree,
  tasks: readonly Task[],
  pipelines: ReadonlyMap<Definition, Pipeline>,
  out: Collector,
): void {
  if (locks.size === 0) return;
  const names = new Set(tasks.map(({ name }) => name));
  const others = graph.definitions
    .filter((definition) => !pipelines.has(definition))
    .map((definition) => `${spell(definition)}:`);
  for (const name of locks.keys()) {
    if (names.has(name) || others.some((other) => name.startsWith(other))) continue;
    const message = `${LOCK_FILE} locks ${name}, which is no task of this tree`;
    out.add(warning({ code: 'lock/task', message, hint: didYouMean(name, names) }));
  }
}

const NO_IMAGE: Image = { name: '', identity: '', impure: true, mounts: [], links: {} };

/** Results made without isolation must never be taken for others: to keys, theirs is another image. */
function imageInside(sandbox: Sandbox, image: Image): Image {
  if (sandbox.hermetic) return image;
  return { ...image, identity: `${sandbox.name}:${image.identity}` };
}

function reproduceLine(request: PrepareRequest, definition: Definition): string {
  const words = ['ashlar', 'build', spell(definition), '--keep-failed'];
  if (request.packages !== undefined) words.push('--packages', request.packages);
  if (request.sandbox !== DEFAULT_SANDBOX) words.push('--sandbox', request.sandbox);
  for (const id of request.imageIds) words.push('--image-id', id);
  return shellLine(words);
}

/** Definitions with all that they require, each once, what is required first. */
export function withRequires(
  definitions: readonly Definition[],
  identities: Identities,
): Definition[] {
  const wanted = new Set<Definition>();
  for (const definition of definitions) {
    wanted.add(definition);
    for (const required of identities.closure(definition)) wanted.add(required.definition);
  }
  return [...identities.identities.keys()].filter((definition) => wanted.has(definition));
}
