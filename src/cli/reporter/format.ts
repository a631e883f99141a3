// How numbers and failures read in the terminal. Pure text.
import { styleText } from 'node:util';
import { formatDiagnostic, printable } from '../../base/diagnostic.ts';
import type { Outcome, TaskEvent, TaskFailure } from '../../task/event.ts';

/** `0.4 s`, `12.3 s`, `4 min 05 s`. */
export function duration(ms: number): string {
  if (ms < 100_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
}

/** `812 B`, `12.3 kB`, `4.0 MB`: powers of 1000, as download tools show them. */
export function byteCount(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]!}`;
}

type Style = Parameters<typeof styleText>[0];

/** Colours a text, or not. */
export type Paint = (style: Style, text: string) => string;

export function painter(color: boolean): Paint {
  return (style, text) => (color ? styleText(style, text, { validateStream: false }) : text);
}

const OUTCOME_STYLE: Record<Outcome, Style> = {
  ran: 'green',
  restored: 'cyan',
  current: 'dim',
  failed: ['red', 'bold'],
  skipped: 'yellow',
};

/** The line that tells a task's end, and why it ran at all. */
export function endLine(
  event: TaskEvent & { type: 'task-end' },
  paint: Paint,
  why?: string,
): string {
  const word = paint(OUTCOME_STYLE[event.outcome], event.outcome.padEnd(8));
  const ran = event.outcome === 'ran' || event.outcome === 'failed';
  const took = ran ? paint('dim', `  ${duration(event.ms)}`) : '';
  const because = ran && why !== undefined ? paint('dim', `  ${why}`) : '';
  return `${word} ${printable(event.task)}${took}${because}`;
}

/** What is said of a failure: why, the last lines it printed, where the rest is, how to run it again. */
export function failureText(failure: TaskFailure, paint: Paint): string {
  const lines = failure.diagnostics.map((diagnostic) => formatDiagnostic(diagnostic));
  if (failure.tail.length > 0) {
    lines.push(paint('dim', '  last lines of its log:'));
    lines.push(...failure.tail.map((line) => `  ${paint('dim', '│')} ${line}`));
  }
  // With nothing in it, it leads nowhere.
  if (failure.log !== undefined && failure.tail.length > 0)
    lines.push(`  log: ${printable(failure.log)}`);
  if (failure.reproduce !== undefined) lines.push(`  reproduce: ${printable(failure.reproduce)}`);
  return lines.join('\n');
}

/** The last line of a build. */
export function summary(event: TaskEvent & { type: 'build-end' }, paint: Paint): string {
  const { counts, ms, interrupted } = event;
  const told = (['ran', 'restored', 'failed', 'skipped'] as const)
    .filter((outcome) => counts[outcome] > 0)
    .map((outcome) => paint(OUTCOME_STYLE[outcome], `${counts[outcome]} ${outcome}`));
  const current = counts.current > 0 ? paint('dim', `${counts.current} up to date`) : undefined;
  const parts = [...told, ...(current === undefined ? [] : [current])];
  const none = interrupted ? 'nothing was done' : 'nothing to do';
  const what = parts.length === 0 ? none : parts.join(', ');
  const word = interrupted ? paint('yellow', 'interrupted: ') : '';
  return `${word}${what} ${paint('dim', `in ${duration(ms)}`)}`;
}
