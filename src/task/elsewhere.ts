// How tasks differ from what mirrors have of them: brings the records that are needed into the store, as
// many rounds as comparing takes, because each may lead on to others.
import type { Sha256Hex } from '../base/digest.ts';
import type { Mirrors } from '../cache/port.ts';
import type { Store } from '../cache/store.ts';
import type { Explaining } from './explain.ts';
import type { KeysOf } from './key.ts';
import { Missed } from './missed.ts';
import { fetchPublished } from './published.ts';
import type { Cause } from './reason.ts';
import type { FindRecord } from './side.ts';
import type { Task } from './task.ts';

/** The nearest record that a mirror has of a task, and what that differs in. */
export interface Elsewhere {
  readonly mirror: string;
  readonly key: Sha256Hex;
  readonly causes: readonly Cause[];
}

/** Links between records that are followed at most. */
const ROUNDS = 20;

export interface ElsewhereRequest {
  readonly tasks: readonly Task[];
  readonly keyOf: KeysOf;
  readonly mirrors: Mirrors;
  readonly store: Store;
  readonly signal: AbortSignal;
  /** A new explainer that finds records through `find`. */
  readonly explainer: (find: FindRecord) => Explaining;
}

/** Compares tasks with the nearest that mirrors have of their names. Never fails: what is not to be had is left out. */
export async function compareElsewhere(request: ElsewhereRequest): Promise<Map<Task, Elsewhere>> {
  const { tasks, keyOf, mirrors, store, signal } = request;
  const names = tasks.map(({ name }) => name);
  const published = await fetchPublished(mirrors, store, names, signal);
  const found = new Map<Task, Elsewhere>();
  if (published.size === 0) return found;
  const missed = new Missed();
  missed.know(published.values());
  for (let round = 0; round < ROUNDS && !signal.aborted; round++) {
    found.clear();
    const explainer = request.explainer(missed.find);
    for (const task of tasks) {
      const candidates = published.get(task.name) ?? [];
      const others = candidates.filter(({ key }) => key !== keyOf(task).key.hash);
      const compared = explainer.compareWith(task, keyOf, others);
      if (compared === undefined) continue;
      const { nearest, causes } = compared;
      found.set(task, { mirror: nearest.mirror, key: nearest.key, causes });
    }
    if (!(await missed.fetch(mirrors, store, signal))) break;
  }
  return found;
}
