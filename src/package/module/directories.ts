// Which directories a task of a module finds, and which of them it may write to.
import type { Input, Output, Task, WorkDirectory } from '../../task/task.ts';
import { DESTDIR, INPUTS, OUT, PATCHES, WORK_TREE } from './scope.ts';

/** The directories of a task's sandbox. */
export function directoriesOf({
  root,
  base,
  work,
  inputs,
  outputs,
  destdir,
  packages,
  takes,
}: {
  /** Where packages are active. */
  readonly root: string;
  /** The task whose work tree this one goes on from. */
  readonly base: Task | undefined;
  readonly work: boolean;
  readonly inputs: readonly Input[];
  readonly outputs: Readonly<Record<string, Output>>;
  readonly destdir: boolean;
  readonly packages: boolean;
  readonly takes: ReadonlySet<string>;
}): WorkDirectory[] {
  const directories: WorkDirectory[] = [];
  if (work) directories.push({ at: WORK_TREE, writable: true, layer: { on: base } });
  if (destdir) directories.push({ at: DESTDIR, writable: true });
  if (takes.has('patches')) directories.push({ at: PATCHES, writable: false });
  if (inputs.some(({ at }) => at.startsWith(`${INPUTS}/`))) {
    directories.push({ at: INPUTS, writable: false });
  }
  if (!work || Object.values(outputs).some(({ at }) => at === OUT || at.startsWith(`${OUT}/`))) {
    directories.push({ at: OUT, writable: true });
  }
  if (packages) directories.push({ at: root, writable: false });
  return directories;
}
