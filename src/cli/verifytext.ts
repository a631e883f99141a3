// How the verdicts of `ashlar verify` read: for people, and as JSON for programs.
import { printable } from '../base/diagnostic.ts';
import { hexDump } from '../format/compare/bytes.ts';
import type { ContentDifference, Located } from '../format/compare/contents.ts';
import type { Entry, OutputDifference } from '../task/outputs.ts';
import { failureText, type Paint } from './reporter/format.ts';
import { textDiff } from './reporter/textdiff.ts';
import type { Verified, VerifyAnswer } from './verification.ts';

/** Lines of the difference of a text that are shown. */
const TEXT_LINES = 20;
/** Files that differ, beside the first, which are named. */
const MOST_FILES = 8;

/** The verdict on one task, with what differs. */
export function verdictText(verified: Verified, paint: Paint): string {
  const { task, verdict } = verified;
  const name = printable(task);
  switch (verdict.kind) {
    case 'same':
      return `${paint('green', 'same     ')} ${name}\n`;
    case 'skipped':
      return `${paint('dim', 'skipped  ')} ${name}  ${paint('dim', verdict.why)}\n`;
    case 'failed': {
      const head = `${paint(['red', 'bold'], 'failed   ')} ${name}  when it ran again\n`;
      return `${head}${failureText(verdict.failure, paint)}\n`;
    }
    case 'different': {
      const head = `${paint(['red', 'bold'], 'different')} ${name}  ${differenceSummary(verified)}`;
      const lines = [...contentLines(verified), ...otherFiles(verified)];
      return [head, ...lines.map((line) => `  ${line}`)].map((line) => `${line}\n`).join('');
    }
  }
}

/** What differs, in a few words: `package: share/lib.a: zutil.o: mtime "1" → "2"`. */
export function differenceSummary({ verdict, content }: Verified): string {
  if (verdict.kind === 'failed') return 'it failed when it ran again';
  if (verdict.kind !== 'different') return '';
  const shown = content?.file ?? verdict.differences[0]!;
  const what =
    content === undefined ? entryChange(shown) : contentSummary(content.located.difference);
  return [...placeOf(shown, content?.located), what].join(': ');
}

function placeOf({ output, path }: OutputDifference, located?: Located): string[] {
  return [output, path, ...(located?.within ?? [])].filter((part) => part !== '').map(printable);
}

function contentSummary(difference: ContentDifference): string {
  switch (difference.kind) {
    case 'text':
      return 'its text differs';
    case 'bytes': {
      const { offset, section, firstSize, secondSize } = difference;
      const where = section === undefined ? '' : `, in ${printable(section)}`;
      const sizes = firstSize === secondSize ? '' : ` (${firstSize} and ${secondSize} bytes)`;
      return `differs from byte ${offset} (0x${offset.toString(16)})${where}${sizes}`;
    }
    case 'entry': {
      const { what, first, second } = difference;
      return `${what}: "${printable(first)}" → "${printable(second)}"`;
    }
    case 'packing':
      return difference.what;
  }
}

function contentLines({ content }: Verified): string[] {
  const difference = content?.located.difference;
  if (difference?.kind === 'text') return textDiff(difference.first, difference.second, TEXT_LINES);
  return difference?.kind === 'bytes' ? hexDump(difference) : [];
}

/** What else differs. */
function otherFiles({ verdict, content }: Verified): string[] {
  if (verdict.kind !== 'different') return [];
  const shown = content?.file ?? verdict.differences[0]!;
  const others = verdict.differences.filter((one) => one !== shown);
  const lines = others
    .slice(0, MOST_FILES)
    .map((one) => `also ${placeOf(one).join(': ')}: ${entryChange(one)}`);
  if (others.length > MOST_FILES) lines.push(`and ${others.length - MOST_FILES} more`);
  return lines;
}

function entryChange({ first, second }: OutputDifference): string {
  if (first === undefined) return `only the second run made this ${second?.kind ?? ''}`;
  if (second === undefined) return `only the first run made this ${first.kind}`;
  if (first.kind !== second.kind) return `a ${first.kind} → a ${second.kind}`;
  if (first.kind === 'link') return `link to ${describe(first)} → ${describe(second)}`;
  const modes = first.kind === 'directory' || sameContent(first, second);
  return modes ? `mode ${describe(first)} → ${describe(second)}` : 'its content differs';
}

function sameContent(first: Entry, second: Entry): boolean {
  return (
    first.kind === 'file' && second.kind === 'file' && first.digest.hash === second.digest.hash
  );
}

function describe(entry: Entry): string {
  return entry.kind === 'link' ? `"${printable(entry.target)}"` : entry.mode;
}

/** The last lines: how many are reproducible, and what was varied. */
export function verifySummary({ verified, variation }: VerifyAnswer): string {
  const count = (...kinds: readonly string[]): number =>
    verified.filter(({ verdict }) => kinds.includes(verdict.kind)).length;
  const [same, wrong] = [count('same'), count('different', 'failed')];
  const lines = [
    `${same} of ${same + wrong} ${same + wrong === 1 ? 'task is' : 'tasks are'} reproducible`,
  ];
  if (variation !== undefined && same + wrong > 0) {
    lines.push(`varied: ${variation.varied.join(', ')}`);
    if (variation.kept.length > 0) lines.push(`not varied: ${variation.kept.join(', ')}`);
  }
  return lines.map((line) => `${line}\n`).join('');
}

/** One object. */
export function verifyJson({ verified, variation }: VerifyAnswer): string {
  const plain = {
    varied: variation?.varied ?? [],
    notVaried: variation?.kept ?? [],
    tasks: verified.map((one) => ({
      task: one.task,
      key: one.key,
      verdict: one.verdict.kind,
      ...(one.verdict.kind === 'skipped' ? { why: one.verdict.why } : {}),
      ...(one.verdict.kind === 'failed'
        ? { messages: one.verdict.failure.diagnostics.map(({ message }) => message) }
        : {}),
      ...(one.verdict.kind === 'different'
        ? {
            summary: differenceSummary(one),
            files: one.verdict.differences.map(({ output, path, first, second }) => ({
              output,
              path,
              first: first ?? null,
              second: second ?? null,
            })),
            difference: contentLines(one),
          }
        : {}),
    })),
  };
  return `${JSON.stringify(plain, undefined, 2)}\n`;
}
