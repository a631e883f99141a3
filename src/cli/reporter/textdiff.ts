// Differences of texts of several lines, as `diff -u` shows them. Pure text; loads its library when it
// is needed.
import { structuredPatch } from 'diff';
import { printable } from '../../base/diagnostic.ts';
import { sameButBlanks, visible, withNewDigests } from './value.ts';

/** Lines of a difference that are shown; a longer one says how much it left out. */
const MOST_LINES = 40;
const LINE = 160;

/** The hunks of a unified difference, without its head. White space is made visible where it is all. */
export function textDiff(old: string, now: string, most = MOST_LINES): string[] {
  const plain = (line: string): string => printable(line.replaceAll('\t', '    '));
  const show = sameButBlanks(old, now) ? visible : plain;
  const before = withNewDigests(old.split('\n'), now.split('\n')).join('\n');
  const { hunks } = structuredPatch('', '', before, now, '', '', { context: 2 });
  const lines = hunks.flatMap(({ oldStart, oldLines, newStart, newLines, lines }) => [
    `@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`,
    ...lines
      .filter((line) => !line.startsWith('\\') || old.endsWith('\n') !== now.endsWith('\n'))
      .map((line) => cut(`${line[0]!}${show(line.slice(1))}`)),
  ]);
  if (lines.length <= most) return lines;
  return [...lines.slice(0, most), `… and ${lines.length - most} more lines`];
}

function cut(line: string): string {
  return line.length > LINE ? `${line.slice(0, LINE)}…` : line;
}
