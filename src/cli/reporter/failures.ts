// What a reporter keeps of failures, to name them again at the end of a build that went on after them: what
// was said of each has scrolled away by then. The log's path is enough to find the rest.
import { printable } from '../../base/diagnostic.ts';
import type { TaskEvent } from '../../task/event.ts';
import type { Paint } from './format.ts';

export interface Failures {
  ended(event: TaskEvent & { type: 'task-end' }): void;
  /** Lines above the summary: what failed, in that order. None where it can still be seen. */
  summary(paint: Paint): string[];
}

/** Lines below a failure after which it is told again. */
const NEAR = 3;

export function failures(): Failures {
  const failed: { readonly task: string; readonly log: string | undefined }[] = [];
  let below = 0;
  return {
    ended: ({ task, outcome, failure }) => {
      if (outcome === 'current') return;
      below++;
      if (failure === undefined || outcome !== 'failed') return;
      // What may not run is a list of its own, a line each.
      if (failure.diagnostics.every(({ code }) => code === 'task/not-cached')) return;
      // A log with nothing in it leads nowhere.
      failed.push({ task, log: failure.tail.length > 0 ? failure.log : undefined });
      below = 0;
    },
    summary: (paint) => {
      if (failed.length === 0 || (failed.length === 1 && below <= NEAR)) return [];
      const head = failed.length === 1 ? 'this failed:' : `these ${failed.length} failed:`;
      return [
        paint(['red', 'bold'], head),
        ...failed.map(({ task, log }) => {
          const where = log === undefined ? '' : `  log: ${printable(log)}`;
          return `  ${printable(task)}${where}`;
        }),
      ];
    },
  };
}
