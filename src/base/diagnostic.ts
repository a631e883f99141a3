// Expected failures as values: a stable code, a message, a place, notes and a hint. Rendering is pure
// text here; who prints it and in which colours is the reporter's business.
import { distance } from 'fastest-levenshtein';
import { fileOf, isSpan, lineText, positionAt, type Place } from './span.ts';

export type Severity = 'error' | 'warning';

/**
 * Whose fault it is, which decides the exit status: `build` (1) a task failed; `definition` (2) what
 * the user wrote; `environment` (3) the machine, the network or a mirror.
 */
export type Fault = 'build' | 'definition' | 'environment';

export interface Note {
  readonly message: string;
  readonly at?: Place | undefined;
}

export interface Diagnostic {
  readonly severity: Severity;
  readonly fault: Fault;
  /** Stable, `area/kebab-case`: tools and tests match on it, never on the message. */
  readonly code: string;
  /** One line: what was found, and what was expected. */
  readonly message: string;
  readonly at?: Place | undefined;
  readonly notes?: readonly Note[] | undefined;
  /** One line: what to do. */
  readonly hint?: string | undefined;
}

export type Result<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

export type DiagnosticFields = Omit<Diagnostic, 'severity' | 'fault'>;

export function ok<T>(value: T): Result<T> {
  return { ok: true, value };
}

export function failed(...diagnostics: readonly Diagnostic[]): {
  ok: false;
  diagnostics: readonly Diagnostic[];
} {
  return { ok: false, diagnostics };
}

/** What the user wrote is wrong (exit status 2). */
export function definitionError(fields: DiagnosticFields): Diagnostic {
  return { severity: 'error', fault: 'definition', ...fields };
}

/** A task failed (exit status 1). */
export function buildError(fields: DiagnosticFields): Diagnostic {
  return { severity: 'error', fault: 'build', ...fields };
}

/** The machine, the network or a mirror is at fault (exit status 3). */
export function environmentError(fields: DiagnosticFields): Diagnostic {
  return { severity: 'error', fault: 'environment', ...fields };
}

export function warning(fields: DiagnosticFields): Diagnostic {
  return { severity: 'warning', fault: 'definition', ...fields };
}

const STATUS: Record<Fault, number> = { build: 1, definition: 2, environment: 3 };

/** Exit status for a set of diagnostics: the gravest of their faults, 0 when none is an error. */
export function exitStatus(diagnostics: readonly Diagnostic[]): number {
  let status = 0;
  for (const { severity, fault } of diagnostics) {
    if (severity === 'error') status = Math.max(status, STATUS[fault]);
  }
  return status;
}

/** Collects what went wrong, so that one run reports many mistakes. */
export class Collector {
  readonly diagnostics: Diagnostic[] = [];

  add(...diagnostics: readonly Diagnostic[]): void {
    this.diagnostics.push(...diagnostics);
  }

  /** The value of a result, or undefined after taking over its diagnostics. */
  take<T>(result: Result<T>): T | undefined {
    if (result.ok) return result.value;
    this.add(...result.diagnostics);
    return undefined;
  }

  get failed(): boolean {
    return this.diagnostics.some((diagnostic) => diagnostic.severity === 'error');
  }

  /** `ok(value)` unless an error was collected. */
  finish<T>(value: T): Result<T> {
    return this.failed ? failed(...sortDiagnostics(this.diagnostics)) : ok(value);
  }
}

/** By file, then by offset; those without a place keep their order at the end. */
export function sortDiagnostics(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return [...diagnostics].sort((a, b) => {
    if (a.at === undefined || b.at === undefined) {
      return Number(a.at === undefined) - Number(b.at === undefined);
    }
    const fileA = fileOf(a.at);
    const fileB = fileOf(b.at);
    if (fileA !== fileB) return fileA < fileB ? -1 : 1;
    return (isSpan(a.at) ? a.at.start : -1) - (isSpan(b.at) ? b.at.start : -1);
  });
}

/** `path:line:col`, or the path alone. */
export function formatPlace(place: Place): string {
  if (!isSpan(place)) return place.file;
  const { line, column } = positionAt(place.source, place.start);
  return `${place.source.file}:${line}:${column}`;
}

/**
 * The text of a diagnostic: one line that says what and where, the source line with a squiggle, notes,
 * and a hint. Control characters of untrusted text come out escaped.
 */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const { severity, message, at, notes = [], hint } = diagnostic;
  const where = at === undefined ? '' : `${printable(formatPlace(at))}: `;
  const lines = [`${where}${severity}: ${printable(message)}`, ...frame(at)];
  for (const note of notes) {
    const place = note.at === undefined ? '' : `${printable(formatPlace(note.at))}: `;
    lines.push(`  ${place}note: ${printable(note.message)}`);
  }
  if (hint !== undefined) lines.push(`  hint: ${printable(hint)}`);
  return lines.join('\n');
}

const FRAME_WIDTH = 160;

function frame(at: Place | undefined): string[] {
  if (at === undefined || !isSpan(at) || at.source.text === '') return [];
  const { line, column } = positionAt(at.source, at.start);
  const whole = [...lineText(at.source, line)];
  const wanted = Math.max(1, [...at.source.text.slice(at.start, at.end).split('\n')[0]!].length);
  // A generated file may be one line of megabytes: show the neighbourhood only.
  const from = Math.max(0, column - 1 - FRAME_WIDTH / 2);
  const shown = whole.slice(from, from + FRAME_WIDTH);
  const before = shown.slice(0, column - 1 - from).map((char) => (char === '\t' ? '\t' : ' '));
  const length = Math.max(1, Math.min(wanted, shown.length - before.length));
  const gutter = String(line);
  const text = shown.map((char) => (char === '\t' ? '\t' : printable(char))).join('');
  return [
    `  ${gutter} | ${text}`,
    `  ${' '.repeat(gutter.length)} | ${before.join('')}${'~'.repeat(length)}`,
  ];
}

/** Makes control characters, and bytes that were not UTF-8, visible instead of letting them act. */
export function printable(text: string): string {
  return text.replace(
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029\ud800-\udfff]/gu,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/**
 * The candidate that a mistyped name most likely meant: at most a third of its letters differ, ties go
 * to the first. Undefined when nothing is near.
 */
export function suggest(name: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - name.length) >= bestDistance) continue;
    const apart = distance(name.toLowerCase(), candidate.toLowerCase());
    if (apart < bestDistance && candidate !== name) {
      best = candidate;
      bestDistance = apart;
    }
  }
  return best;
}

/** `did you mean X?`, or undefined: ready for a hint. */
export function didYouMean(name: string, candidates: Iterable<string>): string | undefined {
  const meant = suggest(name, candidates);
  return meant === undefined ? undefined : `did you mean "${meant}"?`;
}
