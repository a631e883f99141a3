// Moves results between the store and mirrors, and pins them: what `ashlar cache push`, `pull` and `pin`
// do. Knows tasks by their keys only.
import {
  Collector,
  definitionError,
  ok,
  type Diagnostic,
  type Result,
} from '../base/diagnostic.ts';
import { isSha256Hex, type Digest, type Sha256Hex } from '../base/digest.ts';
import { readAddress } from '../cache/mirror/address.ts';
import { takeInventory } from '../cache/care/inventory.ts';
import { Marker } from '../cache/care/mark.ts';
import { checkPinName, setPin } from '../cache/care/pin.ts';
import { localCache } from '../cache/local.ts';
import type { Found, Mirrors } from '../cache/port.ts';
import { putBytes, type Store } from '../cache/store.ts';
import { blobsOf, loadTree } from '../cache/tree.ts';
import { openWorkspace } from '../cache/work.ts';
import { systemError } from '../base/fs.ts';
import { loadSettings } from '../package/settings.ts';
import { orderTasks } from '../task/graph.ts';
import { computeKeys, type TaskKey } from '../task/key.ts';
import type { Task } from '../task/task.ts';
import type { Context } from './context.ts';
import { openMirrors } from './mirrors.ts';
import { openUserStore, prepare, withRequires } from './prepare.ts';
import { byteCount } from './reporter/format.ts';
import { packagesDirectory } from './tree.ts';

export interface MoveFlags {
  readonly all: boolean;
  readonly mirror?: string;
  readonly sandbox: string;
  readonly packages?: string;
  readonly variant?: string;
  readonly imageId?: readonly string[];
}

interface Move {
  readonly store: Store;
  readonly mirrors: Mirrors;
  /** Undefined: everything. */
  readonly keys: ReadonlyMap<Task, TaskKey> | undefined;
  readonly out: Collector;
}

/** `ashlar cache push` */
export async function push(
  flags: MoveFlags,
  targets: readonly string[],
  context: Context,
  signal: AbortSignal,
): Promise<void> {
  await moving(flags, targets, context, signal, true, ({ store, mirrors, keys }) => {
    const cache = localCache(store);
    const { results, blobs } = takeInventory(store);
    const sizes = new Map(blobs.map(({ hash, size }) => [hash, size]));
    const marker = new Marker(store);
    const wanted =
      keys === undefined
        ? results.map(({ key, path }) => ({ key, path }))
        : results.filter(({ key }) => sharedKeys(keys).has(key));
    let sent = 0;
    let kept = 0;
    for (const { key, path } of wanted) {
      const result = cache.result(key);
      const action = sizes.get(key);
      if (result === undefined || action === undefined) continue;
      if (result.local === true) {
        kept++;
        continue;
      }
      const named = [...(marker.blobsOf({ key, path }) ?? [])];
      const present = named.flatMap((hash) => {
        const size = sizes.get(hash);
        return size === undefined ? [] : [{ hash, size }];
      });
      mirrors.offer({ hash: key, size: action }, present, result);
      sent++;
    }
    const left = kept === 0 ? '' : `, ${kept} kept here: not shared, or made without a sandbox`;
    return Promise.resolve(`${sent} ${sent === 1 ? 'result' : 'results'} offered${left}\n`);
  });
}

function sharedKeys(keys: ReadonlyMap<Task, TaskKey>): Set<Sha256Hex> {
  const shared = [...keys].filter(([task]) => task.shared);
  return new Set(shared.map(([, { key }]) => key.hash));
}

/** `ashlar cache pull` */
export async function pull(
  flags: MoveFlags,
  targets: readonly string[],
  context: Context,
  signal: AbortSignal,
): Promise<void> {
  await moving(flags, targets, context, signal, false, async ({ store, mirrors, keys, out }) => {
    const records = new Map([...(keys ?? [])].map(([, key]) => [key.key.hash, key]));
    const wanted = keys === undefined ? listed(flags, context, out) : [...records.keys()];
    if (wanted === undefined) return '';
    const cache = localCache(store);
    const unknown = wanted.filter((key) => cache.result(key) === undefined);
    const found = await mirrors.results(unknown);
    let complete = 0;
    let bytes = 0;
    for (const [key, { result }] of found) {
      if (signal.aborted) break;
      const named = await fetchAll(store, mirrors, result, signal);
      if (named === undefined) continue;
      for (const { size } of named) bytes += size;
      const record = records.get(key);
      for (const blob of record?.blobs ?? []) putBytes(store, blob);
      await cache.putResult(record?.key ?? { hash: key, size: 0 }, result);
      complete++;
    }
    await cache.flush();
    const lacking = found.size - complete;
    return (
      `${complete} of ${wanted.length} results brought (${byteCount(bytes)}), ${wanted.length - unknown.length} were here` +
      `${lacking === 0 ? '' : `, ${lacking} lack files`}\n`
    );
  });
}

/** All that a result names, in the store; undefined where some of it is not to be had. */
async function fetchAll(
  store: Store,
  mirrors: Mirrors,
  { files, directories, log }: Found['result'],
  signal: AbortSignal,
): Promise<Digest[] | undefined> {
  const trees = directories.map(({ tree }) => tree);
  const first = [
    ...files.map(({ digest }) => digest),
    ...trees,
    ...(log === undefined ? [] : [log]),
  ];
  if ((await mirrors.fetch(first, { signal })).length > 0) return undefined;
  const loaded = trees.map((tree) => loadTree(store, tree));
  if (loaded.includes(undefined)) return undefined;
  const contents = loaded.flatMap((tree) => blobsOf(tree!));
  if ((await mirrors.fetch(contents, { signal })).length > 0) return undefined;
  return [...first, ...contents];
}

/** The keys of all results of a mirror that is a directory. */
function listed(flags: MoveFlags, context: Context, out: Collector): Sha256Hex[] | undefined {
  const address = flags.mirror === undefined ? undefined : readAddress(flags.mirror, context.cwd);
  if (address?.ok === true && address.value.kind === 'directory') {
    return takeInventory({ root: address.value.path }).results.map(({ key }) => key);
  }
  out.add(
    definitionError({
      code: 'mirror/no-listing',
      message: '--all: only a mirror that is a directory can tell all that it has',
      hint: 'name one with --mirror DIRECTORY, or name targets',
    }),
  );
}

/** Opens store, mirrors and the tasks that are meant, does the work, and tells what came of it. */
async function moving(
  flags: MoveFlags,
  targets: readonly string[],
  context: Context,
  signal: AbortSignal,
  write: boolean,
  work: (move: Move) => Promise<string>,
): Promise<void> {
  const out = new Collector();
  try {
    const store = openUserStore(context.env, out);
    if (store !== undefined) await moveIn(store, flags, targets, context, signal, write, work, out);
  } catch (error) {
    out.add(systemError('move results', error));
  }
  context.report(out.diagnostics);
}

async function moveIn(
  store: Store,
  flags: MoveFlags,
  targets: readonly string[],
  context: Context,
  signal: AbortSignal,
  write: boolean,
  work: (move: Move) => Promise<string>,
  out: Collector,
): Promise<void> {
  await using _ = await openWorkspace(store);
  const { cwd, env } = context;
  const directory = packagesDirectory({ cwd, env, packages: flags.packages });
  const settings = loadSettings(directory, cwd, out);
  const keys = flags.all ? undefined : await keysOf(store, flags, targets, context, signal, out);
  if (out.failed) return;
  const warnings: Diagnostic[] = [];
  const shared = settings.sharedState;
  const named = out.take(namedMirror(flags, cwd, write));
  const mirrors = await openMirrors(
    {
      shared: named === undefined ? shared : { ...shared, mirrors: [named] },
      store,
      env: named === undefined ? env : { ...env, ASHLAR_MIRRORS: undefined },
      cwd,
      mayWrite: write,
      mayUseNetwork: true,
      onWarning: (diagnostic) => warnings.push(diagnostic),
    },
    out,
  );
  if (mirrors === undefined) {
    if (!out.failed) out.add(noMirrors());
    return;
  }
  const told = await work({ store, mirrors, keys, out });
  out.add(...(await mirrors.close(signal)), ...warnings);
  context.print(told);
}

function namedMirror(
  { mirror }: MoveFlags,
  cwd: string,
  write: boolean,
): Result<{ address: string; write: boolean; require: undefined } | undefined> {
  if (mirror === undefined) return ok(undefined);
  const address = readAddress(mirror, cwd);
  if (!address.ok) return address;
  const text = address.value.kind === 'directory' ? address.value.path : mirror;
  return ok({ address: text, write, require: undefined });
}

function noMirrors(): Diagnostic {
  return definitionError({
    code: 'mirror/none',
    message: 'there is no mirror',
    hint: 'name one with --mirror ADDRESS, or in "shared_state" of ashlar.json',
  });
}

/** The keys of the tasks that lead to the targets, those below included. */
async function keysOf(
  store: Store,
  flags: Omit<MoveFlags, 'all' | 'mirror'>,
  targets: readonly string[],
  context: Context,
  signal: AbortSignal,
  out: Collector,
): Promise<Map<Task, TaskKey> | undefined> {
  const request = {
    cwd: context.cwd,
    env: context.env,
    packages: flags.packages,
    targets,
    imageIds: flags.imageId ?? [],
    variant: flags.variant === 'default' ? null : flags.variant,
    sandbox: flags.sandbox,
    offline: false,
  };
  const prepared = await prepare(request, store, signal, out);
  if (prepared === undefined) return undefined;
  const wanted = withRequires(prepared.selection.definitions, prepared.identities);
  const packages = wanted.flatMap((definition) => {
    const { archives, deployed } = prepared.pipelines.get(definition)!;
    return [...archives.map(({ task }) => task), ...deployed];
  });
  const tasks = [...packages, ...prepared.images.values()];
  const ordered = out.take(orderTasks(tasks));
  return ordered && computeKeys(ordered);
}

/** `ashlar cache pin` */
export async function pin(
  flags: Omit<MoveFlags, 'all' | 'mirror'>,
  name: string,
  targets: readonly string[],
  context: Context,
  signal: AbortSignal,
): Promise<void> {
  const out = new Collector();
  const store = openUserStore(context.env, out);
  out.take(checkPinName(name));
  if (store !== undefined && !out.failed) {
    const given = targets.filter(isSha256Hex);
    const names = targets.filter((target) => !isSha256Hex(target));
    const keys =
      names.length === 0 ? undefined : await keysOf(store, flags, names, context, signal, out);
    const cache = localCache(store);
    const all = [
      ...given,
      ...[...(keys ?? new Map<Task, TaskKey>()).values()].map(({ key }) => key.hash),
    ];
    const here = all.filter((key) => cache.result(key) !== undefined);
    if (!out.failed && here.length === 0) {
      const hint = 'ashlar build makes them; ashlar ids lists the packages';
      out.add(
        definitionError({
          code: 'pin/nothing',
          message: 'none of these results is in the store',
          hint,
        }),
      );
    }
    if (!out.failed) {
      setPin(store, name, here);
      context.print(`${name} pins ${here.length} ${here.length === 1 ? 'result' : 'results'}\n`);
    }
  }
  context.report(out.diagnostics);
}
