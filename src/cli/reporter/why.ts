// What a reporter keeps of reasons while a build goes on: each task's until its end, and the causes of
// all for the summary.
import type { TaskEvent } from '../../task/event.ts';
import type { Reason } from '../../task/reason.ts';
import type { Paint } from './format.ts';
import { reasonText, RootCauses } from './reason.ts';

export interface Reasons {
  needed(event: TaskEvent & { type: 'task-needed' }): void;
  /** Why the task ran, as the end of its line. */
  ended(event: TaskEvent & { type: 'task-end' }): string | undefined;
  /** Lines below the summary: what changed, and how many tasks followed from it. */
  summary(paint: Paint): string[];
}

const MOST_LINES = 5;

export function reasons(cwd: string): Reasons {
  const pending = new Map<string, Reason>();
  const causes = new RootCauses();
  let ran = 0;
  return {
    needed: ({ task, why }) => {
      if (why !== undefined) pending.set(task, why);
    },
    ended: ({ task, outcome }) => {
      const why = pending.get(task);
      pending.delete(task);
      if (why === undefined || (outcome !== 'ran' && outcome !== 'failed')) return undefined;
      ran++;
      causes.add(why, task);
      return reasonText(why, task, cwd);
    },
    // Of one task its own line has said it all.
    summary: (paint) =>
      ran < 2
        ? []
        : causes.lines(cwd, MOST_LINES).map((line) => `${paint('dim', 'because')}  ${line}`),
  };
}
