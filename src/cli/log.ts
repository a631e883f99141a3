// What `ashlar log` does: finds the log of a package's task, the one written when it last ran here, else
// the one that its result in the store came with.
import { readFileSync } from 'node:fs';
import { Collector, definitionError, didYouMean, type Diagnostic } from '../base/diagnostic.ts';
import { errnoOf } from '../base/fs.ts';
import { localCache } from '../cache/local.ts';
import { readBlob, type Store } from '../cache/store.ts';
import type { Definition } from '../package/definition.ts';
import { logPath } from '../package/pipeline/output.ts';
import { spell } from '../package/variant.ts';
import { orderTasks } from '../task/graph.ts';
import { computeKeys } from '../task/key.ts';
import type { Task } from '../task/task.ts';
import { openUserStore, type PrepareRequest } from './prepare.ts';
import { openTasks } from './tasks.ts';

/** The one task of packages of buildinfo files that says much. */
const BUILD = 'build';

export interface LogRequest extends PrepareRequest {
  /**
   * `build`, `fetch`, `write_tar`: what follows the package in a task's name. Undefined: its
   * `build`, or all tasks of a package that has none of this name.
   */
  readonly task: string | undefined;
}

export interface LogAnswer {
  readonly logs: readonly { readonly task: string; readonly content: Buffer }[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * The logs of packages, or of tasks by their whole name (`zlib:compile`). Errors `log/task` (no such task),
 * `log/none` (it never ran, as far as is known here), and those of tasks.
 */
export async function findLogs(request: LogRequest, signal: AbortSignal): Promise<LogAnswer> {
  const out = new Collector();
  const logs: { task: string; content: Buffer }[] = [];
  const store = openUserStore(request.env, out);
  const opened = store && (await openTasks(request, store, signal, out));
  if (store === undefined || opened === undefined) return { logs, diagnostics: out.diagnostics };
  const { prepared, asked } = opened;
  const { directory } = prepared.open.tree;
  /** Of packages by name: a variant that was never built is nothing to tell where another one was. */
  const none = new Map<string, Diagnostic[]>();
  const said = new Set<string>();
  for (const definition of prepared.selection.definitions) {
    const { tasks } = prepared.pipelines.get(definition)!;
    const mine = tasks.filter((task) => asked.includes(task));
    if (mine.length === 0) continue;
    const one =
      request.task === undefined ? undefined : taskOf(definition, request.task, tasks, out);
    if (one === undefined && request.task !== undefined) continue;
    const build = mine.find(({ name }) => name === `${spell(definition)}:${BUILD}`);
    const wanted = [one ?? build ?? mine].flat();
    const found = wanted.flatMap((task) => {
      const content = readLog(directory, task, store);
      return content === undefined ? [] : [{ task: task.name, content }];
    });
    // Of several tasks, those that said something.
    logs.push(...found.filter(({ content }) => wanted.length === 1 || content.length > 0));
    if (found.length > 0) said.add(definition.name);
    else {
      const last = [...tasks]
        .reverse()
        .find((task) => readLog(directory, task, store) !== undefined);
      const subject = wanted.length === 1 ? wanted[0]!.name : spell(definition);
      none.set(definition.name, [
        ...(none.get(definition.name) ?? []),
        definitionError({
          code: 'log/none',
          message: `there is no log of ${subject}: it has not run here`,
          hint:
            last === undefined
              ? `run "ashlar build ${spell(definition)}"`
              : `the last that ran of ${spell(definition)} is ${last.name}: "ashlar log ${last.name}"`,
        }),
      ]);
    }
  }
  for (const [name, diagnostics] of none) if (!said.has(name)) out.add(...diagnostics);
  return { logs, diagnostics: out.diagnostics };
}

/** The task of a package that `--task` names. */
function taskOf(
  definition: Definition,
  wanted: string,
  tasks: readonly Task[],
  out: Collector,
): Task | undefined {
  const prefix = `${spell(definition)}:`;
  const task = tasks.find(({ name }) => name === prefix + wanted);
  if (task !== undefined) return task;
  const names = tasks.map(({ name }) => name.slice(prefix.length));
  out.add(
    definitionError({
      code: 'log/task',
      message: `there is no task ${prefix}${wanted}`,
      hint: didYouMean(wanted, names) ?? `tasks of ${spell(definition)} are ${names.join(', ')}`,
    }),
  );
}

function readLog(packages: string, task: Task, store: Store): Buffer | undefined {
  try {
    return readFileSync(logPath(packages, task.name));
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
  const ordered = orderTasks([task]);
  if (!ordered.ok) return undefined;
  const { key } = computeKeys(ordered.value).get(task)!;
  const result = localCache(store).result(key.hash);
  if (result === undefined) return undefined;
  return result.log === undefined ? Buffer.alloc(0) : readBlob(store, result.log);
}
