// Places in source text. Offsets are UTF-16 units of the decoded text; lines and columns count from
// 1, columns in code points, as editors and the field's compilers show them.

/** A text and the name that messages give it (a path relative to where the user stands). */
export interface Source {
  readonly file: string;
  readonly text: string;
}

/** A range of a source, end exclusive. */
export interface Span {
  readonly source: Source;
  readonly start: number;
  readonly end: number;
}

/** Where something is: a range of text, or a whole file (or directory) when no text is at hand. */
export type Place = Span | { readonly file: string };

export interface Position {
  readonly line: number;
  readonly column: number;
}

export function isSpan(place: Place): place is Span {
  return 'source' in place;
}

export function fileOf(place: Place): string {
  return isSpan(place) ? place.source.file : place.file;
}

/** Found once per source, because errors come in numbers. */
interface Lines {
  /** Offsets at which lines begin. */
  readonly starts: Uint32Array;
  /** Of long lines: the code points before every `STEP`th unit. */
  readonly columns: Map<number, Uint32Array>;
}

/** Counting code points from the beginning of a line of megabytes for each error would be quadratic. */
const STEP = 4096;

const known = new WeakMap<Source, Lines>();

function linesOf(source: Source): Lines {
  let lines = known.get(source);
  if (lines === undefined) {
    lines = { starts: lineStarts(source.text), columns: new Map() };
    known.set(source, lines);
  }
  return lines;
}

/** Counted before they are noted: a text of nothing but line ends would be too much for an array. */
function lineStarts(text: string): Uint32Array {
  let count = 1;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count++;
  const starts = new Uint32Array(count);
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) {
    starts[line++] = at + 1;
  }
  return starts;
}

/** Line and column of an offset. */
export function positionAt(source: Source, offset: number): Position {
  const { starts, columns } = linesOf(source);
  let low = 0;
  let high = starts.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (starts[middle]! <= offset) low = middle;
    else high = middle;
  }
  const line = low + 1;
  const start = starts[low]!;
  if (offset - start < STEP) return { line, column: 1 + codePoints(source.text, start, offset) };
  let steps = columns.get(line);
  if (steps === undefined) {
    steps = columnSteps(source.text, start, starts[line] ?? source.text.length);
    columns.set(line, steps);
  }
  const step = Math.floor((offset - start) / STEP);
  const rest = codePoints(source.text, start + step * STEP, offset);
  return { line, column: 1 + steps[step]! + rest };
}

function columnSteps(text: string, start: number, end: number): Uint32Array {
  const steps = new Uint32Array(Math.floor((end - start) / STEP) + 1);
  for (let step = 1; step < steps.length; step++) {
    const from = start + (step - 1) * STEP;
    steps[step] = steps[step - 1]! + codePoints(text, from, from + STEP);
  }
  return steps;
}

/** Where the text of a line (from 1) begins and ends, without its line end. */
export function lineRange(source: Source, line: number): { start: number; end: number } {
  const { starts } = linesOf(source);
  const { text } = source;
  const start = starts[line - 1] ?? text.length;
  const next = starts[line];
  let end = next === undefined ? text.length : next - 1;
  if (end > start && text[end - 1] === '\r') end--;
  return { start, end };
}

/** The text of a line (from 1), without its line end. */
export function lineText(source: Source, line: number): string {
  const { start, end } = lineRange(source, line);
  return source.text.slice(start, end);
}

/** A surrogate pair counts once, a lone surrogate too. */
function codePoints(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = from; at < to; at++) {
    const unit = text.charCodeAt(at);
    const second = (unit & 0xfc00) === 0xdc00 && (text.charCodeAt(at - 1) & 0xfc00) === 0xd800;
    if (!second) count++;
  }
  return count;
}
