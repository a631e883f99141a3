// How the answer of `ashlar diff` reads: for people, and as JSON for programs.
import { formatPlace, printable } from '../base/diagnostic.ts';
import type { Store } from '../cache/store.ts';
import type { DiffAnswer, Difference } from './diff.ts';
import { causeText, ofTask, ofTasks } from './reporter/cause.ts';
import { causeBlock } from './whytext.ts';

/** What differs, with the tasks that differ for it. */
export function diffText(
  answer: DiffAnswer,
  { store, cwd }: { store: Store; cwd: string },
): string {
  const { pairs, differences, onlyA, onlyB, labels } = answer;
  const different = pairs.filter(({ a, b }) => a !== b);
  const shown = new Set<string>();
  const lines = differences.flatMap((difference) =>
    causeBlock(
      difference.cause,
      causeLine(difference, pairs.length > 1, cwd),
      { store, cwd },
      shown,
    ),
  );
  const only = (label: string, names: readonly string[]): string[] =>
    names.map((name) => `only in ${printable(label)}: ${printable(name)}`);
  lines.push(
    ...only(labels[0], onlyA),
    ...only(labels[1], onlyB),
    summaryLine(pairs.length, different.length),
  );
  // First of all, as most differences are no wonder then.
  const apart = pairs.flatMap(({ task, other }) =>
    other === undefined
      ? []
      : [`these are different tasks: ${printable(other)} and ${printable(task)}`],
  );
  return [...apart, ...lines].map((line) => `${line}\n`).join('');
}

function causeLine({ cause, tasks }: Difference, many: boolean, cwd: string): string {
  const of = many ? ofTasks(cause, tasks.length) : ofTask(cause, '');
  const follow = tasks.length > 1 ? `; ${tasks.length} tasks differ for it` : '';
  return `${of}${causeText(cause, cwd)}${follow}`;
}

function summaryLine(pairs: number, different: number): string {
  if (different === 0) return pairs === 1 ? 'no difference' : `no difference in ${pairs} tasks`;
  return pairs === 1 ? 'the keys differ' : `${different} of ${pairs} tasks differ`;
}

/** Whether anything differs. */
export function isDifferent({ pairs, onlyA, onlyB }: DiffAnswer): boolean {
  return pairs.some(({ a, b }) => a !== b) || onlyA.length > 0 || onlyB.length > 0;
}

/** One object; what is equal is in `pairs` only. */
export function diffJson(answer: DiffAnswer): string {
  const { labels, pairs, differences, onlyA, onlyB } = answer;
  const plain = {
    a: labels[0],
    b: labels[1],
    different: isDifferent(answer),
    differences: differences.map(({ cause, tasks }) => ({
      path: cause.path,
      task: cause.task,
      ...(cause.at === undefined ? {} : { at: formatPlace(cause.at) }),
      a: cause.old ?? null,
      b: cause.new ?? null,
      tasks,
    })),
    pairs,
    onlyA,
    onlyB,
  };
  return `${JSON.stringify(plain, undefined, 2)}\n`;
}
