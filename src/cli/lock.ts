// What `ashlar lock` does: fixes tasks of packages to the keys that they have now, or takes that back.
import { Collector, type Diagnostic } from '../base/diagnostic.ts';
import { systemError } from '../base/fs.ts';
import { readLocks, writeLocks } from '../package/lock.ts';
import { orderTasks } from '../task/graph.ts';
import { computeKeys } from '../task/key.ts';
import { openUserStore, prepare, type PrepareRequest } from './prepare.ts';

export interface LockRequest extends PrepareRequest {
  /** Take locks away instead. */
  readonly remove: boolean;
}

export interface LockAnswer {
  /** Tasks that are locked now, or no more. */
  readonly tasks: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Errors are those of preparing a build, and `fs/*`. Without targets it is about all packages. */
export async function lockTasks(request: LockRequest, signal: AbortSignal): Promise<LockAnswer> {
  const out = new Collector();
  const store = openUserStore(request.env, out);
  const prepared = store && (await prepare({ ...request, unlocked: true }, store, signal, out));
  if (prepared === undefined) return { tasks: [], diagnostics: out.diagnostics };
  const { pipelines, selection, open } = prepared;
  const { directory } = open.tree;
  const locks = new Map(readLocks(directory, request.cwd, out));
  // What is fetched is pinned anyway.
  const tasks = selection.built
    .flatMap((definition) => pipelines.get(definition)!.tasks)
    .filter(({ pool }) => pool !== 'download');
  const changed: string[] = [];
  if (request.remove) {
    for (const { name } of tasks) if (locks.delete(name)) changed.push(name);
  } else {
    const keys = computeKeys(out.take(orderTasks(tasks)) ?? []);
    for (const task of tasks) {
      const { hash } = keys.get(task)!.key;
      if (locks.get(task.name) === hash) continue;
      locks.set(task.name, hash);
      changed.push(task.name);
    }
  }
  try {
    if (!out.failed) writeLocks(directory, locks);
  } catch (error) {
    out.add(systemError('write the locks of', error, directory));
  }
  return { tasks: changed, diagnostics: out.diagnostics };
}
