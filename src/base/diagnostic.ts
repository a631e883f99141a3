// Expected failures as values: a stable code, a message, a place, notes and a hint. Rendering is pure
// text here; who prints it and in which colours is the reporter's business.
import { distance } from 'fastest-levenshtein';
import { fileOf, isSpan, lineRange, positionAt, type Place } from './span.ts';

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
  /** The file or directory that the system refused something of. */
  readonly path?: string | undefined;
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
    for (const diagnostic of diagnostics) this.diagnostics.push(diagnostic);
  }

  /** The value of a result, or undefined after taking over its diagnostics. */
  take<T>(result: Result<T>): T | undefined {
    if (result.ok) return result.value;
    // Not by add(): a hundred thousand arguments are more than a call can take.
    for (const diagnostic of result.diagnostics) this.diagnostics.push(diagnostic);
    return undefined;
  }

  get failed(): boolean {
    return this.diagnostics.some((diagnostic) => diagnostic.severity === 'error');
  }

  /** `ok(value)` unless an error was collected. */
  finish<T>(value: T): Result<T> {
    return this.failed ? { ok: false, diagnostics: sortDiagnostics(this.diagnostics) } : ok(value);
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

/** The source line and a squiggle below it. Of a line of megabytes only the neighbourhood is looked at. */
function frame(at: Place | undefined): string[] {
  if (at === undefined || !isSpan(at) || at.source.text === '') return [];
  const { text } = at.source;
  const { line } = positionAt(at.source, at.start);
  const { start, end } = lineRange(at.source, line);
  const from = Math.min(at.start, end);
  const until = Math.min(end, from + 2 * FRAME_WIDTH);
  const before = characters(text, Math.max(start, from - FRAME_WIDTH), from).slice(
    -FRAME_WIDTH / 2,
  );
  const after = characters(text, from, until).slice(0, FRAME_WIDTH - before.length);
  const marked = characters(text, from, Math.min(until, at.end)).slice(0, after.length);
  const blank = before.map((char) => (char === '\t' ? '\t' : ' '.repeat(cells(char)))).join('');
  const squiggle = marked.reduce((sum, char) => sum + cells(char), 0);
  const shown = [...before, ...after].map((char) => (char === '\t' ? '\t' : printable(char)));
  const gutter = String(line);
  return [
    `  ${gutter} | ${shown.join('')}`.trimEnd(),
    `  ${' '.repeat(gutter.length)} | ${blank}${'~'.repeat(Math.max(1, squiggle))}`,
  ];
}

function characters(text: string, from: number, to: number): string[] {
  return Array.from(text.slice(from, to));
}

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]/u;

/** Columns that a character takes in a terminal, as it is shown here. */
function cells(char: string): number {
  if (char === '\t') return 1;
  if (/[\p{Mn}\p{Me}]/u.test(char)) return 0;
  return WIDE.test(char) ? 2 : [...printable(char)].length;
}

/**
 * Makes what acts instead of showing visible: control characters, marks that reverse the direction of
 * text, and bytes that were not UTF-8.
 */
export function printable(text: string): string {
  return text.replace(
    /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]/gu,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** No name that anybody would mistype is longer, and comparing costs the product of the lengths. */
const LONGEST_NAME = 200;

/**
 * The candidate that a mistyped name most likely meant: at most a third of its letters differ (one in
 * names of two to five), ties go to the first. Undefined when nothing is near.
 */
export function suggest(name: string, candidates: Iterable<string>): string | undefined {
  if (name.length > LONGEST_NAME) return undefined;
  let best: string | undefined;
  // Of a single letter only the case may differ: any other letter would be as near.
  let bestDistance = name.length < 2 ? 1 : Math.max(1, Math.floor(name.length / 3)) + 1;
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
