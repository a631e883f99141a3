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

export interface LogRequest extends PrepareRequest {
  /** `build`, `fetch`, `write_tar`: what follows the package in a task's name. */
  readonly task: string;
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
  for (const definition of prepared.selection.definitions) {
    const { tasks } = prepared.pipelines.get(definition)!;
    const name = `${spell(definition)}:${request.task}`;
    const task = tasks.find((candidate) => candidate.name === name);
    const names = tasks.map((candidate) => candidate.name.slice(spell(definition).length + 1));
    if (task === undefined) {
      out.add(
        definitionError({
          code: 'log/task',
          message: `there is no task ${name}`,
          hint: `tasks of ${spell(definition)} are ${names.join(', ')}`,
        }),
      );
      continue;
    }
    const content = readLog(prepared.open.tree.directory, task, store);
    if (content !== undefined) logs.push({ task: name, content });
    else {
      const hint = `run "ashlar build ${spell(definition)}"`;
      out.add(definitionError({ code: 'log/none', message: `there is no log of ${name}`, hint }));
    }
  }
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
