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

const lineStarts = new WeakMap<Source, number[]>();

/** Offsets at which lines begin. Computed once per source: errors come in numbers. */
function startsOf(source: Source): number[] {
  let starts = lineStarts.get(source);
  if (starts === undefined) {
    starts = [0];
    for (let at = source.text.indexOf('\n'); at !== -1; at = source.text.indexOf('\n', at + 1)) {
      starts.push(at + 1);
    }
    lineStarts.set(source, starts);
  }
  return starts;
}

/** Line and column of an offset. */
export function positionAt(source: Source, offset: number): Position {
  const starts = startsOf(source);
  let low = 0;
  let high = starts.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (starts[middle]! <= offset) low = middle;
    else high = middle;
  }
  return { line: low + 1, column: codePoints(source.text, starts[low]!, offset) + 1 };
}

/** The text of a line (from 1), without its line end. */
export function lineText(source: Source, line: number): string {
  const starts = startsOf(source);
  const start = starts[line - 1] ?? source.text.length;
  const end = starts[line] === undefined ? source.text.length : starts[line] - 1;
  return source.text.slice(start, end).replace(/\r$/, '');
}

function codePoints(text: string, from: number, to: number): number {
  let count = 0;
  for (let i = from; i < to; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0xdc00 || unit > 0xdfff) count++;
  }
  return count;
}
