// Whether a task failed because the store was removed below it: its inputs are staged there, so it may fail
// for that in any way, and before all of the store is gone.
import { existsSync, lstatSync } from 'node:fs';
import { posix } from 'node:path';
import { isRemoved } from '../cache/removed.ts';
import type { Store } from '../cache/store.ts';
import type { Workspace } from '../cache/work.ts';
import type { TaskFailure } from './event.ts';
import { directoryOf } from './graph.ts';
import type { Locate, Task } from './task.ts';

/** The directory that is this process's own goes with the store; a file below it that is missing tells as well. */
export function isStoreRemoved(
  { store, workspace }: { readonly store: Store; readonly workspace: Workspace },
  { diagnostics }: TaskFailure,
): boolean {
  if (!existsSync(workspace.path)) return true;
  return diagnostics.some((problem) => isRemoved(store, problem));
}

/** Whether something is missing that a task was given and could not remove itself. */
export function lacksInputs(task: Task, locate: Locate): boolean {
  return task.inputs
    .flatMap((input) =>
      input.kind === 'packages'
        ? input.packages.map(({ id }) => posix.join(input.at, 'packages', id))
        : [input.at],
    )
    .filter((at) => directoryOf(task, at)?.writable === false)
    .some((at) => lstatSync(locate(at), { throwIfNoEntry: false }) === undefined);
}
