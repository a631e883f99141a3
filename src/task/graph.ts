// The task graph below some targets: dependencies first, each task once, and what must be true of it
// before anything runs. Iterative, so that a chain of any length is fine.
import { definitionError, failed, ok, type Diagnostic, type Result } from '../base/diagnostic.ts';
import { dependenciesOf, type Task } from './task.ts';

/**
 * All tasks that targets need, dependencies before dependents, in an order that depends on the graph
 * only. Errors: `task/name` for two tasks of one name, `task/output` for an output that lies in no
 * writable directory or inside another output, `task/layer` for a layer that its task does not keep.
 */
export function orderTasks(targets: readonly Task[]): Result<Task[]> {
  const ordered: Task[] = [];
  /** Those that were met; all below the ones on the stack are on it, or done. */
  const met = new Set<Task>();
  const stack: { task: Task; rest: Task[] }[] = [];
  const enter = (task: Task): void => {
    if (met.has(task)) return;
    met.add(task);
    const rest = [...(task.companions ?? []).map((one) => one.task), ...dependenciesOf(task)];
    if (rest.length === 0) ordered.push(task);
    else stack.push({ task, rest: rest.reverse() });
  };
  for (const target of targets) {
    enter(target);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const next = top.rest.pop();
      if (next !== undefined) enter(next);
      else {
        stack.pop();
        ordered.push(top.task);
      }
    }
  }
  const problems = repeatedNames(ordered);
  for (const task of ordered) addMisplacedOutputs(task, problems);
  for (const task of ordered) addMissingLayers(task, problems);
  return problems.length > 0 ? failed(...problems) : ok(ordered);
}

function repeatedNames(tasks: readonly Task[]): Diagnostic[] {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const { name } of tasks) {
    if (seen.has(name)) repeated.add(name);
    seen.add(name);
  }
  return [...repeated].map((name) =>
    definitionError({ code: 'task/name', message: `two tasks have the name ${name}` }),
  );
}

function addMisplacedOutputs(task: Task, problems: Diagnostic[]): void {
  const names = Object.keys(task.outputs);
  for (const name of names) {
    const { at } = task.outputs[name]!;
    if (directoryOf(task, at)?.writable !== true) {
      problems.push(
        definitionError({
          code: 'task/output',
          message: `${task.name}: the output ${name} (${at}) lies in no directory that the task may write`,
        }),
      );
    }
    for (const other of names) {
      const otherAt = task.outputs[other]!.at;
      if (other !== name && isInside(at, otherAt)) {
        problems.push(
          definitionError({
            code: 'task/output',
            message: `${task.name}: the output ${name} (${at}) lies inside the output ${other} (${otherAt})`,
          }),
        );
      }
    }
  }
}

/** A task can only go on from what another one keeps. */
function addMissingLayers(task: Task, problems: Diagnostic[]): void {
  for (const { at, layer } of task.directories) {
    const on = layer?.on;
    if (on === undefined) continue;
    if (on.directories.some((other) => other.at === at && other.layer !== undefined)) continue;
    const message = `${task.name} goes on from the directory ${at} of ${on.name}, which keeps none`;
    problems.push(definitionError({ code: 'task/layer', message }));
  }
}

/** Whether a path is another or lies below it. Both absolute, without trailing slash. */
export function isInside(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory === '/' ? '/' : `${directory}/`);
}

/** The innermost directory of a task that a path lies in. */
export function directoryOf(task: Task, path: string): Task['directories'][number] | undefined {
  let found: Task['directories'][number] | undefined;
  for (const directory of task.directories) {
    if (isInside(path, directory.at) && directory.at.length >= (found?.at.length ?? 0)) {
      found = directory;
    }
  }
  return found;
}
