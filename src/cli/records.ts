// After a build with mirrors: tells how tasks that were new here differ from what the mirrors have of
// them, and gives the mirrors the records of what ran, for others to be told the same.
import type { Mirrors } from '../cache/port.ts';
import type { Store } from '../cache/store.ts';
import { compareElsewhere } from '../task/elsewhere.ts';
import { createExplainer, type Explaining } from '../task/explain.ts';
import { publish } from '../task/published.ts';
import { RootCauses } from './reporter/reason.ts';

export interface ShareRequest {
  readonly mirrors: Mirrors;
  readonly store: Store;
  readonly explainer: Explaining;
  readonly directory: string;
  readonly cwd: string;
  readonly note: (text: string) => void;
  readonly signal: AbortSignal;
}

/** Tasks that are looked up: what so many have in common shows in fewer. */
const MOST_TASKS = 300;
const MOST_LINES = 5;

/** Never fails: what does not work is left out. */
export async function shareRecords(request: ShareRequest): Promise<void> {
  const { mirrors, store, explainer, directory, cwd, note, signal } = request;
  const strangers = explainer.strangers();
  if (strangers !== undefined) {
    const found = await compareElsewhere({
      tasks: strangers.tasks.slice(0, MOST_TASKS),
      keyOf: strangers.keyOf,
      mirrors,
      store,
      signal,
      explainer: (find) => createExplainer({ store, directory, find }),
    });
    const causes = new RootCauses();
    for (const [{ name }, one] of found) {
      causes.add({ kind: 'changed', causes: one.causes }, name);
    }
    const names = new Set([...found.values()].map(({ mirror }) => mirror));
    for (const line of causes.lines(cwd, MOST_LINES)) note(`because  ${line}\n`);
    if (names.size > 0) note(`compared with what ${[...names].join(' and ')} has\n`);
  }
  await publish(mirrors, store, explainer.made);
}
