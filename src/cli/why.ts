// What `ashlar why` does: for each task asked about, how its result came to be or what would happen to it
// now, and why. Looks things up and changes nothing.
import { Collector, type Diagnostic } from '../base/diagnostic.ts';
import type { Sha256Hex } from '../base/digest.ts';
import { localCache } from '../cache/local.ts';
import type { Store } from '../cache/store.ts';
import { createExplainer, type Explaining } from '../task/explain.ts';
import type { Value } from '../task/leaves.ts';
import { plan } from '../task/plan.ts';
import type { Reason } from '../task/reason.ts';
import { writeRecordFile } from '../task/recordfile.ts';
import { treeName, type Remembered } from '../task/remembered.ts';
import type { Task } from '../task/task.ts';
import { openUserStore, type PrepareRequest } from './prepare.ts';
import { openTasks, type OpenTasks } from './tasks.ts';

/**
 * `ran`, `restored`: the result is here, and how it came; `here`: it is here, somebody else's; `would-run`;
 * `unneeded`: there is no result, but nobody needs one, because those that depend on it have theirs.
 */
export type Fate = 'ran' | 'restored' | 'here' | 'would-run' | 'unneeded';

export interface TaskWhy {
  readonly task: string;
  readonly key: Sha256Hex;
  readonly fate: Fate;
  /** When it ran or was restored here. */
  readonly atMs?: number | undefined;
  /** Of its result: where it was made, when, and how long that took. */
  readonly made?: { readonly worker: string; readonly atMs: number; readonly ms: number };
  /** Why it would run. */
  readonly reason?: Reason | undefined;
  /** Why it ran, as it was told then. */
  readonly told?: Value;
  /** What it was compared with. */
  readonly nearest?: { readonly key: Sha256Hex; readonly atMs: number } | undefined;
}

export interface WhyRequest extends PrepareRequest {
  /** Give the records of the tasks in place of reasons. */
  readonly records: boolean;
}

export interface WhyAnswer {
  readonly store: Store | undefined;
  readonly tasks: readonly TaskWhy[];
  /** The text of a file of records. */
  readonly records?: string;
  readonly diagnostics: readonly Diagnostic[];
}

/** Errors are those of `openTasks`. */
export async function answerWhy(request: WhyRequest, signal: AbortSignal): Promise<WhyAnswer> {
  const out = new Collector();
  const store = openUserStore(request.env, out);
  const open = store && (await openTasks(request, store, signal, out));
  if (store === undefined || open === undefined) {
    return { store, tasks: [], diagnostics: out.diagnostics };
  }
  if (request.records) {
    const records = writeRecordFile(open.last, open.ordered, open.keyOf);
    return { store, tasks: [], records, diagnostics: out.diagnostics };
  }
  return { store, tasks: await explainAll(store, open, out), diagnostics: out.diagnostics };
}

async function explainAll(store: Store, open: OpenTasks, out: Collector): Promise<TaskWhy[]> {
  const { directory } = open.prepared.open.tree;
  const cache = localCache(store);
  const targets = open.last.map((task) => ({ task, deliveries: [] }));
  const planned = out.take(await plan({ targets, cache }));
  if (planned === undefined) return [];
  const explainer = createExplainer({ store, directory });
  const needed = new Set(planned.needed);
  // From the top down, as a build does: what depends on a task tells what it was before.
  const reasons = new Map(
    open.ordered
      .toReversed()
      .filter((task) => needed.has(task))
      .map((task) => [task, explainer.explain(task, open.keyOf)] as const),
  );
  return open.asked.map((task): TaskWhy => {
    const key = open.keyOf(task).key.hash;
    const explained = reasons.get(task);
    if (explained !== undefined) {
      const { reason, nearest } = explained;
      return { task: task.name, key, fate: 'would-run', reason, nearest: shortly(nearest) };
    }
    const result = cache.result(key);
    if (result === undefined) return { task: task.name, key, fate: 'unneeded' };
    const { worker, startedMs, completedMs } = result;
    const made = { worker, atMs: completedMs, ms: completedMs - startedMs };
    return { ...past(task, key, explainer, treeName(directory)), made };
  });
}

/** How a result that is here came to be, as it was remembered. */
function past(task: Task, key: Sha256Hex, explainer: Explaining, tree: string): TaskWhy {
  const entries = explainer.remembered(task.name).filter((entry) => entry.key === key);
  const own = entries.findLast((entry) => entry.tree === tree);
  // The same result may have been found again later: what says why is when it was made.
  const ran = entries.findLast(({ how, tree: of }) => how === 'ran' && of === tree) ?? own;
  if (ran === undefined) return { task: task.name, key, fate: 'here' };
  return { task: task.name, key, fate: ran.how, atMs: ran.atMs, told: ran.why };
}

function shortly(entry: Remembered | undefined): { key: Sha256Hex; atMs: number } | undefined {
  return entry && { key: entry.key, atMs: entry.atMs };
}
