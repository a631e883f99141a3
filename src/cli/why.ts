// What `ashlar why` does: for each task asked about, how its result came to be or what would happen to it
// now, and why. Looks things up and changes nothing.
import { Collector, type Diagnostic } from '../base/diagnostic.ts';
import type { Sha256Hex } from '../base/digest.ts';
import { localCache } from '../cache/local.ts';
import type { Store } from '../cache/store.ts';
import type { Mirrors } from '../cache/port.ts';
import type { ActionResult } from '../remote/message.ts';
import { compareElsewhere, type Elsewhere } from '../task/elsewhere.ts';
import { createExplainer, type Explained, type Explaining } from '../task/explain.ts';
import type { Value } from '../task/leaves.ts';
import { Missed } from '../task/missed.ts';
import { plan } from '../task/plan.ts';
import type { Reason } from '../task/reason.ts';
import { writeRecordFile } from '../task/recordfile.ts';
import { treeName, type Remembered } from '../task/remembered.ts';
import type { Task } from '../task/task.ts';
import type { FindRecord } from '../task/side.ts';
import { openMirrors } from './mirrors.ts';
import { openUserStore, type PrepareRequest } from './prepare.ts';
import { openTasks, type OpenTasks } from './tasks.ts';

/**
 * `ran`, `restored`: the result is here, and how it came; `here`: it is here, somebody else's;
 * `would-restore`: a mirror has it; `would-run`;
 * `unneeded`: there is no result, but nobody needs one, because those that depend on it have theirs.
 */
export type Fate = 'ran' | 'restored' | 'here' | 'would-restore' | 'would-run' | 'unneeded';

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
  /** The mirror that has the result. */
  readonly mirror?: string;
  /** The nearest that a mirror has of a task that would run. */
  readonly elsewhere?: Elsewhere | undefined;
  /** What it was compared with. */
  readonly nearest?: { readonly key: Sha256Hex; readonly atMs: number } | undefined;
}

export interface WhyRequest extends PrepareRequest {
  /** Whether mirrors that need a network may be asked. */
  readonly askNetwork: boolean;
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
  const warnings: Diagnostic[] = [];
  const mirrors = await openMirrors(
    {
      ...request,
      shared: open.prepared.open.tree.settings.sharedState,
      store,
      mayWrite: false,
      mayUseNetwork: request.askNetwork,
      onWarning: (diagnostic) => warnings.push(diagnostic),
    },
    out,
  );
  const tasks = out.failed ? [] : await explainAll({ store, open, mirrors, signal }, out);
  out.add(...warnings, ...((await mirrors?.close(signal)) ?? []));
  return { store, tasks, diagnostics: out.diagnostics };
}

interface Asked {
  readonly store: Store;
  readonly open: OpenTasks;
  readonly mirrors: Mirrors | undefined;
  readonly signal: AbortSignal;
}

async function explainAll(
  { store, open, mirrors, signal }: Asked,
  out: Collector,
): Promise<TaskWhy[]> {
  const { directory } = open.prepared.open.tree;
  const { keyOf } = open;
  const cache = localCache(store);
  const targets = open.last.map((task) => ({ task, deliveries: [] }));
  const planned = out.take(await plan({ targets, cache, mirrors }));
  if (planned === undefined) return [];
  const explainerBy = (find: FindRecord): Explaining => createExplainer({ store, directory, find });
  const needed = new Set(planned.needed);
  const looked = new Set(planned.known);
  const wanted = open.asked.filter((task) => needed.has(task));
  const elsewhere =
    mirrors === undefined
      ? new Map<Task, Elsewhere>()
      : await compareElsewhere({
          tasks: wanted,
          keyOf,
          mirrors,
          store,
          signal,
          explainer: explainerBy,
        });
  const { explainer, reasons } = await explainNeeded(
    { store, open, mirrors, signal },
    needed,
    explainerBy,
  );
  const absent = open.asked.filter((task) => cache.result(keyOf(task).key.hash) === undefined);
  const found = await mirrors?.results(absent.map((task) => keyOf(task).key.hash));
  return open.asked.map((task): TaskWhy => {
    const key = keyOf(task).key.hash;
    const explained = reasons.get(task);
    if (explained !== undefined) {
      const { reason, nearest } = explained;
      return {
        task: task.name,
        key,
        fate: 'would-run',
        reason,
        elsewhere: elsewhere.get(task),
        nearest: shortly(nearest),
      };
    }
    const result = cache.result(key);
    if (result !== undefined) {
      return { ...past(task, key, explainer, treeName(directory)), made: makingOf(result) };
    }
    const there = looked.has(task) ? found?.get(key) : undefined;
    if (there === undefined) return { task: task.name, key, fate: 'unneeded' };
    const { mirror } = there;
    return { task: task.name, key, fate: 'would-restore', mirror, made: makingOf(there.result) };
  });
}

/** From the top down, as a build does: what depends on a task tells what it was before. */
async function explainNeeded(
  { store, open, mirrors, signal }: Asked,
  needed: ReadonlySet<Task>,
  explainerBy: (find: FindRecord) => Explaining,
): Promise<{ explainer: Explaining; reasons: Map<Task, Explained> }> {
  const missed = new Missed();
  for (;;) {
    const explainer = explainerBy(missed.find);
    const reasons = new Map(
      open.ordered
        .toReversed()
        .filter((task) => needed.has(task))
        .map((task) => [task, explainer.explain(task, open.keyOf)] as const),
    );
    // Records that are not here any more may be at a mirror; each may lead on to others.
    const more = mirrors !== undefined && (await missed.fetch(mirrors, store, signal));
    if (!more || signal.aborted) return { explainer, reasons };
  }
}

function makingOf({ worker, startedMs, completedMs }: ActionResult): NonNullable<TaskWhy['made']> {
  return { worker, atMs: completedMs, ms: completedMs - startedMs };
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
