// How reasons read: one line for the end of a task, one for a cause that many tasks follow from. Pure
// text; what they are is task/reason.ts.
import { printable } from '../../base/diagnostic.ts';
import { causeIdentity, type Cause, type Reason } from '../../task/reason.ts';
import { causeText, ofTask, ofTasks } from './cause.ts';

/** Why a task runs, as the rest of a line: `CFLAGS in zlib/Blueprints:12: "-O2" → "-O3"`. */
export function reasonText(reason: Reason, task: string, cwd: string): string {
  switch (reason.kind) {
    case 'new':
      return 'new here';
    case 'changed': {
      const [first, ...more] = reason.causes;
      if (first === undefined) return 'its key changed';
      const others = more.length === 0 ? '' : ` (and ${more.length} more)`;
      const of = ofTask(first, task);
      return `${of}${causeText(first, cwd)}${others}`;
    }
    case 'evicted':
      return `its result was here until it was evicted on ${dateText(reason.atMs)}`;
    case 'gone':
      return 'its result is on record, but its files are not to be had';
    case 'forced':
      return 'forced';
    case 'follows': {
      const [first, ...more] = reason.tasks;
      const others = more.length === 0 ? '' : ` (and ${more.length} more)`;
      return `follows ${printable(first ?? 'a forced task')}${others}`;
    }
    case 'unkept':
      return `${printable(reason.by)} goes on from its tree, which is not kept here`;
  }
}

/** `2026-11-28 13:40`, in the user's own time. */
export function dateText(ms: number): string {
  const date = new Date(ms);
  const two = (n: number): string => String(n).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** A cause, and the names of the tasks that run for it. */
export interface RootCause {
  readonly cause: Cause;
  readonly tasks: readonly string[];
}

/** Causes of a whole build, each once, with the tasks that it made run. */
export class RootCauses {
  readonly #causes = new Map<string, { cause: Cause; tasks: string[] }>();

  add(reason: Reason, task: string): void {
    if (reason.kind !== 'changed') return;
    const seen = new Set<string>();
    for (const cause of reason.causes) {
      const name = causeIdentity(cause);
      if (seen.has(name)) continue;
      seen.add(name);
      const known = this.#causes.get(name);
      if (known === undefined) this.#causes.set(name, { cause, tasks: [task] });
      else known.tasks.push(task);
    }
  }

  /** All of them, the most consequential first. */
  all(): RootCause[] {
    return [...this.#causes.values()].sort((a, b) => b.tasks.length - a.tasks.length);
  }

  /** `CFLAGS in Blueprints:12: "-O2" → "-O3"; 214 tasks follow`, the most consequential first. */
  lines(cwd: string, most: number): string[] {
    const { told, more } = this.first(cwd, most);
    return [...told.map(({ line }) => line), ...(more === 0 ? [] : [`and ${more} more`])];
  }

  /** The most consequential ones, as they read, and how many more there are. */
  first(
    cwd: string,
    most: number,
  ): { readonly told: readonly { cause: Cause; line: string }[]; readonly more: number } {
    const all = this.all();
    const told = all.slice(0, most).map(({ cause, tasks: { length } }) => {
      const of = ofTasks(cause, length);
      const follow = length === 1 ? '' : `; ${length} tasks follow`;
      return { cause, line: `${of}${causeText(cause, cwd)}${follow}` };
    });
    return { told, more: all.length - told.length };
  }
}
