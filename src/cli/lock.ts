// What `ashlar lock` does: fixes tasks of packages to the keys that they have now, or takes that back. Only
// what has a result, here or at a mirror, can be fixed to it: a lock without one would only stop builds.
import { Collector, definitionError, type Diagnostic } from '../base/diagnostic.ts';
import type { Sha256Hex } from '../base/digest.ts';
import { systemError } from '../base/fs.ts';
import { localCache } from '../cache/local.ts';
import type { Store } from '../cache/store.ts';
import { readLocks, writeLocks } from '../package/lock.ts';
import { orderTasks } from '../task/graph.ts';
import { computeKeys } from '../task/key.ts';
import { openMirrors } from './mirrors.ts';
import { openUserStore, prepare, type Prepared, type PrepareRequest } from './prepare.ts';

export interface LockRequest extends PrepareRequest {
  /** Take locks away instead. */
  readonly remove: boolean;
}

export interface LockAnswer {
  /** Tasks that are locked now, or no more. */
  readonly tasks: readonly string[];
  /** Tasks that have no result to be locked to. */
  readonly left: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Errors are those of preparing a build, `lock/no-result` where nothing can be locked, and `fs/*`. Without
 * targets it is about all packages.
 */
export async function lockTasks(request: LockRequest, signal: AbortSignal): Promise<LockAnswer> {
  const out = new Collector();
  const store = openUserStore(request.env, out);
  const prepared = store && (await prepare({ ...request, unlocked: true }, store, signal, out));
  if (prepared === undefined) return { tasks: [], left: [], diagnostics: out.diagnostics };
  const { pipelines, selection, images, open } = prepared;
  const { directory } = open.tree;
  const locks = new Map(readLocks(directory, request.cwd, out));
  // What is fetched is pinned anyway.
  const tasks = [
    ...selection.built.flatMap((definition) => pipelines.get(definition)!.tasks),
    ...images.values(),
  ].filter(({ pool }) => pool !== 'download');
  const changed: string[] = [];
  const left: string[] = [];
  if (request.remove) {
    for (const { name } of tasks) if (locks.delete(name)) changed.push(name);
  } else {
    const keys = computeKeys(out.take(orderTasks(tasks)) ?? []);
    const hashes = tasks.map((task) => keys.get(task)!.key.hash);
    const known = await knownResults(hashes, request, store!, prepared, signal, out);
    for (const [index, { name }] of tasks.entries()) {
      const hash = hashes[index]!;
      if (locks.get(name) === hash) continue;
      if (!known.has(hash)) {
        left.push(name);
        continue;
      }
      locks.set(name, hash);
      changed.push(name);
    }
    if (left.length > 0 && left.length === tasks.length) out.add(noResult());
  }
  try {
    if (!out.failed) writeLocks(directory, locks);
  } catch (error) {
    out.add(systemError('write the locks of', error, directory));
  }
  return { tasks: changed, left, diagnostics: out.diagnostics };
}

/** The keys that have a result in the store or at a mirror. */
async function knownResults(
  keys: readonly Sha256Hex[],
  request: LockRequest,
  store: Store,
  { open }: Prepared,
  signal: AbortSignal,
  out: Collector,
): Promise<ReadonlySet<Sha256Hex>> {
  const here = await localCache(store).results(keys);
  const known = new Set<Sha256Hex>(here.keys());
  const shared = open.tree.settings.sharedState;
  const asked = { mayWrite: false, mayUseNetwork: true, onWarning: out.add.bind(out) };
  const mirrors = await openMirrors({ ...request, ...asked, shared, store }, out);
  const there = await mirrors?.results(keys.filter((key) => !known.has(key)));
  for (const key of there?.keys() ?? []) known.add(key);
  out.add(...((await mirrors?.close(signal)) ?? []));
  return known;
}

function noResult(): Diagnostic {
  return definitionError({
    code: 'lock/no-result',
    message: 'none of these tasks has a result that it could be locked to',
    hint: 'ashlar build makes them; ashlar why TARGET tells what became of one',
  });
}
