// What `ashlar build --trace` does beside building: records the trees that tasks left, in a git
// repository for each package.
import { join, relative } from 'node:path';
import type { Diagnostic } from '../base/diagnostic.ts';
import type { Sink } from '../base/event.ts';
import { outputDirectory } from '../package/pipeline/output.ts';
import type { TaskEvent } from '../task/event.ts';
import { openLayers, type Executor } from '../task/execute.ts';
import { historyEntries } from '../task/history.ts';
import type { Reason } from '../task/reason.ts';
import { record, type Recording } from '../task/repository.ts';
import type { BuildReport } from '../task/request.ts';
import { dependenciesOf, type Task } from '../task/task.ts';
import { reasonText } from './reporter/reason.ts';

/** Where the history of a package is. */
export function historyPath(packages: string, name: string): string {
  return join(outputDirectory(packages), 'history', `${name}.git`);
}

/** What a task is called within its package; also the beginning of its tags, and its branch. */
function labelOf(task: string): string {
  const name = task.split(':').slice(1).join('.');
  return (name === '' ? task : name).replace(/[^A-Za-z0-9._-]|\.(?=\.|$)|^\.|\.lock$/g, '_');
}

function packageOf(task: string): string {
  return task.split(':')[0]!;
}

interface Made {
  readonly key: string;
  readonly atMs: number;
  readonly why: string;
}

export interface Tracer {
  readonly event: Sink<TaskEvent>;
  /** Records what ran and what was restored. A warning where git does not do it. */
  record(report: BuildReport, executor: Executor): Promise<Diagnostic[]>;
}

export interface TracerOptions {
  /** The packages directory. */
  readonly packages: string;
  readonly cwd: string;
  readonly note: (text: string) => void;
  readonly signal: AbortSignal;
}

export function tracer({ packages, cwd, note, signal }: TracerOptions): Tracer {
  const reasons = new Map<string, Reason>();
  const made = new Map<string, Made>();
  return {
    event: (event) => {
      if (event.type === 'task-needed' && event.why !== undefined) {
        reasons.set(event.task, event.why);
      }
      if (event.type !== 'task-end' || !['ran', 'restored'].includes(event.outcome)) return;
      const reason = reasons.get(event.task);
      const why = reason && reasonText(reason, event.task, cwd);
      const text = event.outcome === 'ran' ? (why ?? 'ran') : 'restored';
      made.set(event.task, { key: event.key, atMs: event.at, why: text });
    },
    record: async (report, executor) => {
      const found: Diagnostic[] = [];
      const layers = await openLayers(executor);
      const byPackage = new Map<string, Recording[]>();
      for (const [task, result] of report.results) {
        const one = made.get(task.name);
        if (one === undefined) continue;
        const { entries, missing } = historyEntries(executor.store, layers, task, result);
        // A part of a tree would look as if the rest had been removed.
        if (missing) continue;
        const recording = { ...one, label: labelOf(task.name), task: task.name, entries };
        const name = packageOf(task.name);
        const list = byPackage.get(name) ?? [];
        list.push({ ...recording, parents: parentsOf(task, made) });
        byPackage.set(name, list);
      }
      for (const [name, recordings] of byPackage) {
        const directory = historyPath(packages, name);
        const recorded = await record(directory, recordings, signal);
        const shown = relative(cwd, directory);
        if (recorded.ok) note(`history: ${recordings.length} recorded in ${shown}\n`);
        else for (const one of recorded.diagnostics) found.push({ ...one, severity: 'warning' });
      }
      return found;
    },
  };
}

/** Tags of the tasks of the same package that this one goes on from. */
function parentsOf(task: Task, made: ReadonlyMap<string, Made>): string[] {
  return dependenciesOf(task).flatMap((needed) => {
    const key = made.get(needed.name)?.key;
    const same = packageOf(needed.name) === packageOf(task.name);
    return same && key !== undefined ? [`${labelOf(needed.name)}/${key}`] : [];
  });
}
