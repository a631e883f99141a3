// Columns: lists of numbers, or texts, one behind the other in one array or one text. They are read and written as
// a whole, and hundreds of thousands of them cost no object each; a single one is found by where it ends.

import { byCodePoint } from '../../base/digest.ts';

/** Lists of numbers. */
export interface ListColumn {
  /** Where each list begins, and where the last one ends. */
  readonly start: Int32Array;
  readonly items: Int32Array;
}

/** Texts. */
export interface TextColumn {
  readonly text: string;
  /** Where each text begins, and where the last one ends, in UTF-16 units. */
  readonly start: Int32Array;
}

/** Lists of numbers as columns. */
export function packLists(lists: readonly ArrayLike<number>[]): ListColumn {
  const start = new Int32Array(lists.length + 1);
  let total = 0;
  for (let i = 0; i < lists.length; i++) start[i + 1] = total += lists[i]!.length;
  const items = new Int32Array(total);
  for (let i = 0; i < lists.length; i++) items.set(lists[i]!, start[i]);
  return { start, items };
}

/** One of the lists. */
export function listAt({ start, items }: ListColumn, index: number): Int32Array {
  return items.subarray(start[index], start[index + 1]);
}

/** Who has whom in their lists: the lists the other way round, for the indexes below `count`. */
export function invertLists(lists: ListColumn, count: number): ListColumn {
  const start = new Int32Array(count + 1);
  if (lists.items.length === 0) return { start, items: lists.items };
  for (const item of lists.items) if (item < count) start[item + 1]!++;
  for (let i = 0; i < count; i++) start[i + 1]! += start[i]!;
  const next = start.slice(0, count);
  const items = new Int32Array(start[count]!);
  for (let list = 0; list + 1 < lists.start.length; list++) {
    for (let at = lists.start[list]!; at < lists.start[list + 1]!; at++) {
      const item = lists.items[at]!;
      if (item < count) items[next[item]!++] = list;
    }
  }
  return { start, items };
}

/** Texts that repeat: each once, and an index for each place. */
export interface WordColumn {
  readonly words: readonly string[];
  readonly index: Int32Array;
}

export function packWords(texts: readonly string[]): WordColumn {
  const known = new Map<string, number>();
  const index = Int32Array.from(texts, (text) => {
    let at = known.get(text);
    if (at === undefined) known.set(text, (at = known.size));
    return at;
  });
  return { words: [...known.keys()], index };
}

export function unpackWords({ words, index }: WordColumn): string[] {
  return Array.from(index, (at) => words[at]!);
}

export function packTexts(texts: readonly string[]): TextColumn {
  const start = new Int32Array(texts.length + 1);
  let total = 0;
  for (let i = 0; i < texts.length; i++) start[i + 1] = total += texts[i]!.length;
  return { text: texts.join(''), start };
}

/** Whether two columns have the same texts. */
export function sameColumn(a: TextColumn, b: TextColumn): boolean {
  return (
    a.text === b.text &&
    a.start.length === b.start.length &&
    a.start.every((at, index) => at === b.start[index])
  );
}

export function textCount({ start }: TextColumn): number {
  return start.length - 1;
}

export function textAt({ text, start }: TextColumn, index: number): string {
  return text.slice(start[index], start[index + 1]);
}

export function unpackTexts(column: TextColumn): string[] {
  return Array.from({ length: textCount(column) }, (_, index) => textAt(column, index));
}

/** Index of a text, -1 where there is none. Looks at them all. */
export function indexOfText(column: TextColumn, wanted: string): number {
  for (let index = 0; index < textCount(column); index++) {
    const length = column.start[index + 1]! - column.start[index]!;
    if (length === wanted.length && column.text.startsWith(wanted, column.start[index]))
      return index;
  }
  return -1;
}

/** The column with other texts in some places. */
export function replaceTexts(
  column: TextColumn,
  replacements: ReadonlyMap<number, string>,
): TextColumn {
  const pieces: string[] = [];
  const start = column.start.slice();
  let copied = 0;
  let shift = 0;
  let from = 1;
  const moveUntil = (end: number): void => {
    if (shift !== 0) for (let at = from; at < end; at++) start[at]! += shift;
    from = end;
  };
  for (const [index, text] of [...replacements].sort(([a], [b]) => a - b)) {
    const [begin, end] = [column.start[index]!, column.start[index + 1]!];
    moveUntil(index + 1);
    pieces.push(column.text.slice(copied, begin), text);
    copied = end;
    shift += text.length - (end - begin);
  }
  moveUntil(start.length);
  pieces.push(column.text.slice(copied));
  return { text: pieces.join(''), start };
}

/** Index of a text among sorted ones, -1 where there is none. */
export function findSorted(count: number, at: (index: number) => string, wanted: string): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    const order = byCodePoint(at(middle), wanted);
    if (order === 0) return middle;
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return -1;
}
