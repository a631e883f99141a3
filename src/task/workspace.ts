// Keys must be the same in every checkout, so nothing that they are made from may name where this one
// lies. Looks at the texts that keys are digests of: what is not in them does not matter.
import { definitionError, type Diagnostic } from '../base/diagnostic.ts';
import { isInside } from './graph.ts';
import type { TaskKey } from './key.ts';
import { leavesOf, type Value } from './leaves.ts';
import type { Task } from './task.ts';

/**
 * An error `task/workspace-path` for each value in a task's record that contains one of the directories,
 * at the place where it was set. Directories are absolute; one that tasks themselves have inside their
 * sandbox tells nothing and is passed over.
 */
export function workspacePaths(
  keyed: Iterable<{ readonly task: Task; readonly key: TaskKey }>,
  directories: readonly string[],
): Diagnostic[] {
  const patterns = [...new Set(directories)]
    .filter((directory) => directory !== '/')
    .map((directory) => ({ directory, text: inJson(directory) }));
  const found: Diagnostic[] = [];
  for (const { task, key } of keyed) {
    const { record } = key;
    if (record === undefined) continue;
    for (const { directory, text } of patterns) {
      if (!record.includes(text)) continue;
      const named = hasInside(task, directory) ? [] : problems(task, record, directory);
      found.push(...named);
      // The directories lie in one another: the first says it all.
      if (named.length > 0) break;
    }
  }
  return found;
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function hasInside(task: Task, directory: string): boolean {
  return task.directories.some(({ at }) => isInside(at, directory) || isInside(directory, at));
}

function problems(task: Task, record: string, directory: string): Diagnostic[] {
  const found: Diagnostic[] = [];
  for (const { path, value } of leavesOf(JSON.parse(record) as Value).values()) {
    if (!names(value, directory) && !names(path, directory)) continue;
    const at = task.origins?.get(path);
    found.push(
      definitionError({
        code: 'task/workspace-path',
        message: `${task.name}: ${path} contains the path of this checkout, ${directory}`,
        ...(at === undefined ? {} : { at }),
        hint: 'in another checkout its key would be another; use a path inside the sandbox, or a relative one',
      }),
    );
  }
  return found;
}

/** Whether a text names a directory, or something in it; not one whose name only begins so. */
function names(text: string, directory: string): boolean {
  const short = directory.lastIndexOf('/') === 0;
  for (let from = text.indexOf(directory); from !== -1; from = text.indexOf(directory, from + 1)) {
    const before = text[from - 1] ?? '';
    const after = text[from + directory.length] ?? '';
    if (/[\w.-]/.test(after)) continue;
    // `/src` may well be the end of another path; a longer one is no accident.
    if (!short || !/[\w.\-/}$*]/.test(before)) return true;
  }
  return false;
}
