// Running tasks a second time and looking into what differs: for `ashlar verify`, and for the sample of a
// build (`--verify-sample`). Results on record are not touched.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { buildError, type Diagnostic } from '../base/diagnostic.ts';
import type { Sha256Hex } from '../base/digest.ts';
import type { Sink } from '../base/event.ts';
import { placeBlob, type Store } from '../cache/store.ts';
import { compareFiles, type Located } from '../format/compare/contents.ts';
import type { TaskEvent } from '../task/event.ts';
import type { Executor } from '../task/execute.ts';
import type { OutputDifference } from '../task/outputs.ts';
import type { BuildReport } from '../task/schedule.ts';
import type { Task } from '../task/task.ts';
import { inSample, openVerifier, type Verdict, type Verifier } from '../task/verify.ts';

/** The verdict on one task, with the first file that differs looked into. */
export interface Verified {
  readonly task: string;
  readonly key: string;
  readonly verdict: Verdict;
  /** Of the first file that differs in content. */
  readonly content?: { readonly file: OutputDifference; readonly located: Located } | undefined;
}

export interface VerifyAnswer {
  readonly verified: readonly Verified[];
  readonly variation: Verifier['variation'] | undefined;
  readonly diagnostics: readonly Diagnostic[];
  /** Diagnostics of tasks that failed when they ran the first time were told already. */
  readonly failed: boolean;
}

export interface Verification {
  readonly task: Task;
  readonly key: string;
  /** With the results of the task and of what it depends on. */
  readonly report: BuildReport;
  readonly executor: Executor;
  readonly signal: AbortSignal;
}

/** Runs one task again, and looks into the first file whose content differs. */
export async function verifyOne(
  verifier: Verifier,
  { task, key, report, executor, signal }: Verification,
): Promise<Verified> {
  const verdict = await verifier.verify(task, (one) => report.results.get(one), signal);
  if (verdict.kind !== 'different') return { task: task.name, key, verdict };
  const file = verdict.differences.find(
    ({ first, second }) =>
      first?.kind === 'file' && second?.kind === 'file' && first.digest.hash !== second.digest.hash,
  );
  const located = file && (await lookInto(file, executor.store, executor));
  return {
    task: task.name,
    key,
    verdict,
    content: file && located && { file, located },
  };
}

/** Takes both files out of the store and compares them. */
async function lookInto(
  { first, second }: OutputDifference,
  store: Store,
  { workspace }: Executor,
): Promise<Located | undefined> {
  if (first?.kind !== 'file' || second?.kind !== 'file') return undefined;
  const directory = workspace.directory('compare');
  try {
    const [a, b] = [join(directory, 'first'), join(directory, 'second')];
    if (!placeBlob(store, first.digest, a) || !placeBlob(store, second.digest, b)) return undefined;
    return await compareFiles(a, b);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

export interface Sampler {
  /** Hears which tasks ran. */
  readonly event: Sink<TaskEvent>;
  /** Runs those of the sample again; a warning for each that is not reproducible. */
  verify(report: BuildReport, executor: Executor): Promise<Diagnostic[]>;
}

/** Verifies a sample of what a build runs, of so many percent. */
export function sampler(
  percent: number,
  output: { readonly note: (text: string) => void; readonly signal: AbortSignal },
  summarize: (verified: Verified) => Promise<string>,
): Sampler {
  const sample = new Map<string, string>();
  let ran = 0;
  return {
    event: (event) => {
      if (event.type !== 'task-end' || event.outcome !== 'ran') return;
      ran++;
      if (inSample(event.key as Sha256Hex, percent)) sample.set(event.task, event.key);
    },
    verify: async (report, executor) => {
      const tasks = [...report.results.keys()].filter(({ name }) => sample.has(name));
      if (ran > 0 && tasks.length === 0) {
        output.note(`none of the ${tasksText(ran)} that ran is in the sample of ${percent}%\n`);
      }
      if (tasks.length === 0) return [];
      using verifier = openVerifier(executor);
      const found: Diagnostic[] = [];
      let compared = 0;
      /** Why the first that was left out cannot be compared. */
      let why: string | undefined;
      for (const task of tasks) {
        if (output.signal.aborted) break;
        const one = await verifyOne(verifier, {
          task,
          key: sample.get(task.name)!,
          report,
          executor,
          signal: output.signal,
        });
        if (one.verdict.kind === 'skipped') {
          why ??= `${task.name}: ${one.verdict.why}`;
          continue;
        }
        compared++;
        if (one.verdict.kind === 'same') continue;
        const hint = `ashlar verify ${task.name}`;
        const message = `${task.name} is not reproducible: ${await summarize(one)}`;
        found.push({
          ...buildError({ code: 'task/not-reproducible', message, hint }),
          severity: 'warning',
        });
      }
      if (compared > 0) {
        output.note(`${compared - found.length} of ${compared} verified tasks are reproducible\n`);
      } else if (why !== undefined) {
        const sampled = `${tasksText(tasks.length)} in the sample of ${percent}%`;
        output.note(`${sampled}, none of which can be compared (${why})\n`);
      }
      return found;
    },
  };
}

function tasksText(count: number): string {
  return count === 1 ? '1 task' : `${count} tasks`;
}
