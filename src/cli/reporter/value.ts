// Two values beside each other on one line: short enough to read, cut around what differs, with white
// space made visible where nothing else differs. Pure text.
import { printable } from '../../base/diagnostic.ts';
import { withoutDigests } from '../../task/leaves.ts';

/** Characters of one value that are shown. */
const ROOM = 48;

/** `"-O2" → "-O3"`; for long lists of words, `-g → +O3` style: what is gone and what is new. */
export function changeText(old: string | undefined, now: string | undefined): string {
  if (old === undefined && now === undefined) return '';
  if (old === undefined) return `set to ${quote(firstLine(now!))}`;
  if (now === undefined) return `was ${quote(firstLine(old))}`;
  if (isDigest(old) && isDigest(now)) return 'contents changed';
  if (old.includes('\n') || now.includes('\n')) return linesText(old, now);
  if (sameButBlanks(old, now)) {
    return `${quote(around(old, now, visible))} → ${quote(around(now, old, visible))} (only white space differs)`;
  }
  return (
    wordsText(old, now) ??
    `${quote(around(old, now, printable))} → ${quote(around(now, old, printable))}`
  );
}

/** The first line that differs, and how many do. */
function linesText(old: string, now: string): string {
  const after = now.split('\n');
  const before = withNewDigests(old.split('\n'), after);
  const gone = without(before, after);
  const added = without(after, before);
  if (gone.length === 0 && added.length === 0) {
    return before.length === after.length ? 'lines in another order' : 'lines repeated';
  }
  const first = changeText(bare(gone[0]), bare(added[0]));
  const count = Math.max(gone.length, added.length);
  const blanks = sameButBlanks(old, now) ? ' (only white space differs)' : '';
  if (blanks !== '') return `${count === 1 ? 'a line' : `${count} lines`}${blanks}`;
  return count === 1 ? first : `${first} and ${count - 1} more ${count === 2 ? 'line' : 'lines'}`;
}

/**
 * Lines that differ only in digests follow from what else differs: the old ones in the place of which a
 * new one of that kind stands, unless nothing else differs.
 */
export function withNewDigests(old: readonly string[], now: readonly string[]): string[] {
  const kinds = new Map(now.map((line) => [withoutDigests(line), line]));
  const renewed = old.map((line) => {
    const other = kinds.get(withoutDigests(line));
    return other !== undefined && withoutDigests(line).trim() !== '*' ? other : line;
  });
  return renewed.join('\n') === now.join('\n') ? [...old] : renewed;
}

/** Of long lists of words only those that came and went. */
function wordsText(old: string, now: string): string | undefined {
  if (Math.max(old.length, now.length) <= ROOM) return undefined;
  const before = old.split(' ');
  const after = now.split(' ');
  if (before.length < 4 && after.length < 4) return undefined;
  const gone = without(before, after);
  const added = without(after, before);
  if (gone.length + added.length === 0 || gone.length + added.length > 6) return undefined;
  const part = (sign: string, words: readonly string[]): string[] =>
    words.map((word) => `${sign} ${quote(cut(printable(word)))}`);
  return [...part('without', gone), ...part('with', added)].join(', ');
}

/** A line without its indentation, and without the comma that only its neighbours need. */
function bare(line: string | undefined): string | undefined {
  return line?.trim().replace(/,$/, '');
}

/** What one list has more often than another, in its order. */
function without(list: readonly string[], other: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const word of other) counts.set(word, (counts.get(word) ?? 0) + 1);
  return list.filter((word) => {
    const count = counts.get(word) ?? 0;
    counts.set(word, count - 1);
    return count <= 0;
  });
}

function isDigest(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}

export function sameButBlanks(a: string, b: string): boolean {
  return a !== b && a.replace(/\s+/g, '') === b.replace(/\s+/g, '');
}

/** Blanks that would not be seen, or not be told apart. */
export function visible(text: string): string {
  return printable(text.replaceAll(' ', '·').replaceAll('\t', '→'));
}

function quote(text: string): string {
  return text.includes('"') ? `'${text}'` : `"${text}"`;
}

function firstLine(text: string): string {
  const lines = text.trim().split('\n');
  const shown = cut(printable(lines[0]!));
  return lines.length > 1 ? `${shown} …` : shown;
}

function cut(text: string): string {
  return text.length > ROOM ? `${text.slice(0, ROOM - 1)}…` : text;
}

/** A value, cut so that the first difference from the other one is shown. */
function around(text: string, other: string, show: (text: string) => string): string {
  if (text.length <= ROOM) return show(text);
  let same = 0;
  while (same < text.length && text[same] === other[same]) same++;
  const from = Math.max(0, Math.min(same - ROOM / 3, text.length - ROOM + 2));
  const part = text.slice(from, from + ROOM - 2);
  const end = from + part.length < text.length ? '…' : '';
  return `${from > 0 ? '…' : ''}${show(part)}${end}`;
}
