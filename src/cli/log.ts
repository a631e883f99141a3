// What `ashlar log` does: finds the log of a package's task, the one written when it last ran here, else
// the one that its result in the store came with.
import { readFileSync } from 'node:fs';
import { Collector, definitionError, type Diagnostic } from '../base/diagnostic.ts';
import { errnoOf } from '../base/fs.ts';
import { localCache } from '../cache/local.ts';
import { readBlob, type Store } from '../cache/store.ts';
import { logPath } from '../package/pipeline/output.ts';
import { spell } from '../package/variant.ts';
import { orderTasks } from '../task/graph.ts';
import { computeKeys } from '../task/key.ts';
import type { Task } from '../task/task.ts';
import { openUserStore, prepare, type PrepareRequest } from './prepare.ts';

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

/** Errors `log/task` (no such task), `log/none` (it never ran, as far as is known here), and those of ids. */
export async function findLogs(request: LogRequest, signal: AbortSignal): Promise<LogAnswer> {
  const out = new Collector();
  const logs: { task: string; content: Buffer }[] = [];
  const store = openUserStore(request.env, out);
  const prepared = store && (await prepare(request, store, signal, out));
  if (store === undefined || prepared === undefined) return { logs, diagnostics: out.diagnostics };
  /** Of packages by name: a variant that was never built is nothing to tell where another one was. */
  const none = new Map<string, Diagnostic[]>();
  const said = new Set<string>();
  for (const definition of prepared.selection.definitions) {
    const { tasks } = prepared.pipelines.get(definition)!;
    const nameOf = (task: string): string => `${spell(definition)}:${task}`;
    const find = (task: string): Task | undefined =>
      tasks.find((candidate) => candidate.name === nameOf(task));
    const one = find(request.task ?? BUILD);
    if (one === undefined && request.task !== undefined) {
      const names = tasks.map(({ name }) => name.slice(nameOf('').length));
      out.add(
        definitionError({
          code: 'log/task',
          message: `there is no task ${nameOf(request.task)}`,
          hint: `tasks of ${spell(definition)} are ${names.join(', ')}`,
        }),
      );
      continue;
    }
    // Of several tasks, those that said something.
    const wanted = one === undefined ? tasks : [one];
    const found = wanted.flatMap((task) => {
      const content = readLog(prepared.open.tree.directory, task, store);
      return content === undefined ? [] : [{ task: task.name, content }];
    });
    logs.push(...found.filter(({ content }) => one !== undefined || content.length > 0));
    if (found.length > 0) said.add(definition.name);
    else {
      const hint = `run "ashlar build ${spell(definition)}"`;
      const message = `there is no log of ${one?.name ?? spell(definition)}`;
      const diagnostic = definitionError({ code: 'log/none', message, hint });
      none.set(definition.name, [...(none.get(definition.name) ?? []), diagnostic]);
    }
  }
  for (const [name, diagnostics] of none) if (!said.has(name)) out.add(...diagnostics);
  return { logs, diagnostics: out.diagnostics };
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
