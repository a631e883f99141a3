// What a build is asked for and what it answers, and what is lent to it. Types only.
import type { Diagnostic } from '../base/diagnostic.ts';
import type { Sink } from '../base/event.ts';
import type { LocalCache } from '../cache/local.ts';
import type { Mirrors } from '../cache/port.ts';
import type { Outcome, TaskEvent, TaskFailure } from './event.ts';
import type { Executor } from './execute.ts';
import type { KeysOf, TaskKey } from './key.ts';
import type { Target } from './node.ts';
import type { Reason } from './reason.ts';
import type { Pool, Task, TaskResult } from './task.ts';

export interface BuildRequest {
  readonly targets: readonly Target[];
  readonly cache: LocalCache;
  readonly executor: Executor;
  /** How many of each may be at work at once. */
  readonly limits: Readonly<Record<Pool | 'restore', number>>;
  /** After a failure, still run what does not need the failed task. */
  readonly keepGoing: boolean;
  readonly sink: Sink<TaskEvent>;
  readonly signal: AbortSignal;
  /** Another way to results that the cache lacks: a repository of finished packages, say. */
  readonly substitute?: Substitute | undefined;
  readonly mirrors?: Mirrors | undefined;
  /** Directories of the checkout, which no key may contain. */
  readonly workspace?: readonly string[] | undefined;
  /** Where to remember what lies in the places of outputs; nothing is remembered unless given. */
  readonly placed?: string | undefined;
  /** Lent by explain: why tasks run, and a memory of what was made. */
  readonly explainer?: Explainer | undefined;
  readonly policy?: Policy | undefined;
}

/** What may be taken from the cache, and what may run. Everything, unless said. */
export interface Policy {
  /** Tasks that run whatever is on record; what follows from them is known by its inputs' contents only. */
  readonly forced?: ReadonlySet<Task>;
  /** Look nothing up: everything runs, and what it makes is on record as ever. */
  readonly ignoreCache?: boolean;
  /** Run nothing: what is on record is put in place, the rest is left. */
  readonly restoreOnly?: boolean;
  /** A task that would run fails, but for these. */
  readonly requireCached?: { readonly except: (task: Task) => boolean };
}

export interface Explainer {
  /**
   * Called with what has no result under its key, a level of the graph at a time, before `why` is: brings
   * here what it takes to tell. Never fails.
   */
  prepare?(tasks: readonly Task[], keyOf: KeysOf): Promise<void>;
  /**
   * Why a task that nobody forced has no result under its key. Called once for each that will run, before
   * those that it depends on: what it depends on may be why.
   */
  why(task: Task, keyOf: KeysOf): Reason;
  /** A result of the task is on record under its key now, because it ran or was found elsewhere. */
  remember(task: Task, key: TaskKey, outcome: 'ran' | 'restored'): void;
}

export interface Substitute {
  offers(task: Task): boolean;
  /** The result, its blobs in the store; undefined when it is not to be had. Warnings go to the sink. */
  fetch(
    task: Task,
    context: {
      readonly signal: AbortSignal;
      readonly progress: (done: number, total: number | undefined) => void;
    },
  ): Promise<TaskResult | undefined>;
}

export interface BuildReport {
  readonly results: ReadonlyMap<Task, TaskResult>;
  /** Keys of all tasks that were looked at. */
  readonly keyOf: KeysOf;
  readonly counts: Readonly<Record<Outcome, number>>;
  /** Tasks that failed, with why. Skipped ones are not here. */
  readonly failures: readonly { readonly task: Task; readonly failure: TaskFailure }[];
  readonly interrupted: boolean;
  /** The store was removed when all tasks had ended: their results are on record nowhere. */
  readonly removed?: Diagnostic | undefined;
}
