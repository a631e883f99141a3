// How the answer of `ashlar why` reads: for people, and as JSON for programs.
import { readFileSync } from 'node:fs';
import { printable } from '../base/diagnostic.ts';
import { digestOf, isSha256Hex } from '../base/digest.ts';
import { errnoOf } from '../base/fs.ts';
import { isSpan, type Place } from '../base/span.ts';
import { hasBlob, objectPath, type Store } from '../cache/store.ts';
import type { Elsewhere } from '../task/elsewhere.ts';
import { causeJson, reasonFromJson, reasonJson } from '../task/explain.ts';
import type { Cause, Reason } from '../task/reason.ts';
import { duration } from './reporter/format.ts';
import { causeIdentity } from '../task/reason.ts';
import { causeText, ofTask } from './reporter/cause.ts';
import { dateText, reasonText, RootCauses } from './reporter/reason.ts';
import { textDiff } from './reporter/textdiff.ts';
import type { Fate, TaskWhy } from './why.ts';

export interface WhyTextOptions {
  readonly store: Store;
  readonly cwd: string;
}

/** What was told before: causes in full, and the task for which a list of them was. */
interface Shown {
  readonly causes: Set<string>;
  readonly lists: Map<string, string>;
}

/** What changed, and one paragraph for each task. A cause is shown in full where it is met first. */
export function whyText(tasks: readonly TaskWhy[], options: WhyTextOptions): string {
  const shown = { causes: new Set<string>(), lists: new Map<string, string>() };
  const roots = rootLines(tasks, options, shown.causes);
  const all = [
    ...(roots.length === 0 ? [] : [[...roots, '']]),
    ...tasks.map((task) => paragraph(task, options, shown)),
  ];
  return all.map((lines) => `${lines.join('\n')}\n`).join('');
}

/** Root causes that are told before all tasks. */
const MOST_ROOTS = 20;

/** Each root cause once. Of one task its paragraph says it. */
function rootLines(
  tasks: readonly TaskWhy[],
  options: WhyTextOptions,
  shown: Set<string>,
): string[] {
  const changed = changedTasks(tasks);
  if (changed.length < 2) return [];
  const { told, more } = rootsOf(changed).first(options.cwd, MOST_ROOTS);
  const lines = told.flatMap(({ cause, line }) =>
    causeBlock(cause, `because ${line}`, options, shown),
  );
  return more === 0 ? lines : [...lines, `and ${more} more`];
}

interface Changed {
  readonly task: string;
  readonly reason: Reason;
}

/** The tasks that run for a change, or if nothing runs, those that ran for one. */
function changedTasks(
  tasks: readonly TaskWhy[],
  places: { readonly columns?: boolean } = {},
): Changed[] {
  const fate = tasks.some((task) => task.fate === 'would-run') ? 'would-run' : 'ran';
  return tasks.flatMap((why) => {
    const reason = why.fate === fate ? reasonOf(why, places) : undefined;
    return reason?.kind === 'changed' ? [{ task: why.task, reason }] : [];
  });
}

function rootsOf(changed: readonly Changed[]): RootCauses {
  const roots = new RootCauses();
  for (const { task, reason } of changed) roots.add(reason, task);
  return roots;
}

function reasonOf(
  { reason, told }: TaskWhy,
  places: { readonly columns?: boolean } = {},
): Reason | undefined {
  return reason ?? (told === undefined ? undefined : reasonFromJson(told, places));
}

function paragraph(why: TaskWhy, options: WhyTextOptions, shown: Shown): string[] {
  const reason = reasonOf(why);
  const lines = [`${printable(why.task)}  ${fateText(why)}`];
  if (reason !== undefined) lines.push(...reasonLines(reason, why.task, options, shown));
  if (why.nearest !== undefined && reason?.kind === 'changed') {
    lines.push(`  compared with ${why.nearest.key.slice(0, 12)} of ${dateText(why.nearest.atMs)}`);
  }
  if (why.elsewhere !== undefined) lines.push(...elsewhereLines(why.elsewhere, why.task, options));
  return lines;
}

/** Differences that are told of a mirror; more mean that it has nothing like it. */
const MOST_ELSEWHERE = 4;

function elsewhereLines(
  { mirror, key, causes }: Elsewhere,
  task: string,
  { cwd }: WhyTextOptions,
): string[] {
  const told = causes.slice(0, MOST_ELSEWHERE).map((cause) => {
    return `    ${ofTask(cause, task)}${causeText(cause, cwd)}`;
  });
  if (causes.length > told.length) told.push(`    and ${causes.length - told.length} more`);
  const only = causes.length > told.length ? '' : ' only';
  return [
    `  the mirror ${printable(mirror)} has ${key.slice(0, 12)}, which differs${only} in`,
    ...told,
  ];
}

function fateText({ fate, atMs, made, mirror }: TaskWhy): string {
  const when = atMs === undefined ? '' : ` on ${dateText(atMs)}`;
  switch (fate) {
    case 'ran':
      return `ran${when}${made === undefined ? '' : ` in ${duration(made.ms)}`}`;
    case 'restored':
      return `was restored${when}${madeText(made)}`;
    case 'here':
      return `is here already${madeText(made)}`;
    case 'would-restore':
      return `would be restored from ${printable(mirror ?? '')}${madeText(made)}`;
    case 'would-run':
      return 'would run';
    case 'unneeded':
      return 'would not run: all that depend on it have their results';
  }
}

function madeText(made: TaskWhy['made']): string {
  if (made === undefined) return '';
  return `; made on ${printable(made.worker)} on ${dateText(made.atMs)} in ${duration(made.ms)}`;
}

function reasonLines(
  reason: Reason,
  task: string,
  options: WhyTextOptions,
  shown: Shown,
): string[] {
  if (reason.kind !== 'changed') {
    return [`  because ${reasonText(reason, task, options.cwd)}`];
  }
  const { causes } = reason;
  const list = causes.map(causeIdentity).join('\0');
  const other = shown.lists.get(list);
  if (other !== undefined && causes.length > 1) {
    return [`  because of the same ${causes.length} as ${printable(other)}`];
  }
  shown.lists.set(list, task);
  return causes.flatMap((cause) => causeLines(cause, task, options, shown.causes));
}

/** A cause, and below it what differs, where that is more than a line. */
function causeLines(
  cause: Cause,
  task: string,
  options: WhyTextOptions,
  shown: Set<string>,
): string[] {
  const line = `  because ${ofTask(cause, task)}${causeText(cause, options.cwd)}`;
  return causeBlock(cause, line, options, shown);
}

/** A line about a cause, and the difference of its texts where it was not shown yet. */
export function causeBlock(
  cause: Cause,
  line: string,
  options: WhyTextOptions,
  shown: Set<string>,
): string[] {
  const name = causeIdentity(cause);
  if (shown.has(name)) return [line];
  shown.add(name);
  const texts = textsOf(cause, options.store);
  if (texts === undefined) return [line];
  return [line, ...textDiff(texts.old, texts.now).map((row) => `    ${row}`)];
}

/** The two texts of a cause, when they have lines and are at hand. */
function textsOf(cause: Cause, store: Store): { old: string; now: string } | undefined {
  const { old, new: now } = cause;
  if (old === undefined || now === undefined) return undefined;
  if (old.includes('\n') || now.includes('\n')) {
    // One that was cut when it was kept would differ where it ends.
    return old.endsWith('…') || now.endsWith('…') ? undefined : { old, now };
  }
  if (!cause.path.startsWith('inputs.') || !isSha256Hex(old) || !isSha256Hex(now)) return undefined;
  const before = storedText(store, old) ?? fileText(cause.was, old);
  const after = storedText(store, now) ?? fileText(cause.at, now);
  if (before === undefined || after === undefined) return undefined;
  return { old: before, now: after };
}

function storedText(store: Store, hash: string): string | undefined {
  if (!isSha256Hex(hash)) return undefined;
  const bytes = readIfThere(objectPath(store, 'cas', hash));
  return bytes !== undefined && hasBlob(store, { hash, size: bytes.length })
    ? textOf(bytes)
    : undefined;
}

/** The file as it lies in the checkout, if it is still the one that counts. */
function fileText(at: Place | undefined, hash: string): string | undefined {
  if (at === undefined || isSpan(at)) return undefined;
  const bytes = readIfThere(at.file);
  return bytes !== undefined && digestOf(bytes).hash === hash ? textOf(bytes) : undefined;
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}

/** Undefined for what is no text. */
function textOf(bytes: Buffer): string | undefined {
  const text = bytes.toString('utf8');
  return text.includes('\0') || text.includes('\ufffd') ? undefined : text;
}

interface TaskJson {
  readonly task: string;
  readonly key: string;
  readonly fate: Fate;
  readonly at?: string;
  readonly made?: { readonly worker: string; readonly at: string; readonly ms: number };
  readonly reason?: unknown;
  readonly mirror?: string;
  readonly elsewhere?: { readonly mirror: string; readonly key: string; readonly causes: unknown };
  readonly compared?: { readonly key: string; readonly at: string };
}

/** More than that nobody reads, and no program needs. */
const WHOLE = { value: 10_000, causes: 100 } as const;

/**
 * An object: `causes`, each root cause once with the tasks that it makes run, the most consequential first; `tasks`,
 * one entry for each. Times are ISO 8601, in UTC.
 */
export function whyJson(tasks: readonly TaskWhy[]): string {
  const causes = rootsOf(changedTasks(tasks, { columns: true }))
    .all()
    .map(({ cause, tasks: of }) => ({ ...causeJson(cause, WHOLE.value), tasks: of }));
  return `${JSON.stringify({ causes, tasks: tasks.map(taskJson) }, undefined, 2)}\n`;
}

function taskJson(why: TaskWhy): TaskJson {
  const iso = (ms: number): string => new Date(ms).toISOString();
  const { task, key, fate, atMs, made, reason, told, nearest, mirror, elsewhere } = why;
  return {
    task,
    key,
    fate,
    ...(atMs === undefined ? {} : { at: iso(atMs) }),
    ...(made === undefined
      ? {}
      : { made: { worker: made.worker, at: iso(made.atMs), ms: made.ms } }),
    ...(reason === undefined
      ? told === undefined || told === null
        ? {}
        : { reason: told }
      : { reason: reasonJson(reason, WHOLE) }),
    ...(nearest === undefined ? {} : { compared: { key: nearest.key, at: iso(nearest.atMs) } }),
    ...(mirror === undefined ? {} : { mirror }),
    ...(elsewhere === undefined
      ? {}
      : {
          elsewhere: {
            mirror: elsewhere.mirror,
            key: elsewhere.key,
            causes: reasonJson({ kind: 'changed', causes: elsewhere.causes }, WHOLE)['causes'],
          },
        }),
  };
}
