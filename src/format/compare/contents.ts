// What two files differ in, for people: lines of text, bytes with what is around them, or a member of
// an archive, and so on inside of it. Works in memory, so files of more than a limit are only measured.
import { readFileSync, statSync } from 'node:fs';
import { describeBytes, type ByteDifference } from './bytes.ts';
import { membersOf, unwrap, type Member } from './members.ts';

export type ContentDifference =
  | { readonly kind: 'text'; readonly first: string; readonly second: string }
  | ({ readonly kind: 'bytes' } & ByteDifference)
  /** A part of an archive's entry beside its content: `mtime`, `mode`, `name`. */
  | {
      readonly kind: 'entry';
      readonly what: string;
      readonly first: string;
      readonly second: string;
    }
  /** The contents are the same; only how they are compressed or packed differs. */
  | { readonly kind: 'packing'; readonly what: string };

export interface Located {
  /** From the file on: members of archives. Empty: the file itself. */
  readonly within: readonly string[];
  readonly difference: ContentDifference;
}

/** Bytes of a file that is looked into. */
const LARGEST = 256 << 20;
/** Archives in archives. */
const DEEPEST = 4;

/** The first difference of two files of which it is known that they differ. Throws node's own errors. */
export async function compareFiles(first: string, second: string): Promise<Located> {
  if (Math.max(statSync(first).size, statSync(second).size) > LARGEST) {
    return {
      within: [],
      difference: { kind: 'packing', what: 'they are too large to be looked into' },
    };
  }
  return compareBytes(readFileSync(first), readFileSync(second), 0);
}

async function compareBytes(first: Buffer, second: Buffer, depth: number): Promise<Located> {
  if (depth < DEEPEST) {
    const inside = await compareArchives(first, second, depth);
    if (inside !== undefined) return inside;
  }
  const [one, other] = [textOf(first), textOf(second)];
  const difference: ContentDifference =
    one !== undefined && other !== undefined
      ? { kind: 'text', first: one, second: other }
      : { kind: 'bytes', ...describeBytes(first, second) };
  return { within: [], difference };
}

async function compareArchives(
  first: Buffer,
  second: Buffer,
  depth: number,
): Promise<Located | undefined> {
  const [plain, otherPlain] = await Promise.all([unwrap(first), unwrap(second)]);
  if (plain === undefined || otherPlain === undefined) return undefined;
  const compressed = plain.codec !== 'none' || otherPlain.codec !== 'none';
  if (compressed && plain.bytes.equals(otherPlain.bytes)) {
    const what =
      plain.codec === otherPlain.codec
        ? `the same content, compressed otherwise by ${plain.codec}`
        : `the same content, compressed by ${plain.codec} and by ${otherPlain.codec}`;
    return { within: [], difference: { kind: 'packing', what } };
  }
  const [members, others] = [membersOf(plain.bytes), membersOf(otherPlain.bytes)];
  if (members !== undefined && others !== undefined) return compareMembers(members, others, depth);
  if (!compressed) return undefined;
  const found = await compareBytes(plain.bytes, otherPlain.bytes, depth + 1);
  return { ...found, within: [`(${plain.codec})`, ...found.within] };
}

async function compareMembers(
  members: readonly Member[],
  others: readonly Member[],
  depth: number,
): Promise<Located> {
  const names = members.map(({ name }) => name);
  const otherNames = others.map(({ name }) => name);
  const position = names.findIndex((name, index) => name !== otherNames[index]);
  if (position !== -1 || names.length !== otherNames.length) {
    const at = position === -1 ? Math.min(names.length, otherNames.length) : position;
    const same = [...names].sort().join('\0') === [...otherNames].sort().join('\0');
    return {
      within: [],
      difference: {
        kind: 'entry',
        what: same ? 'the order of its members' : 'its members',
        first: names[at] ?? '(its end)',
        second: otherNames[at] ?? '(its end)',
      },
    };
  }
  for (const [index, member] of members.entries()) {
    const other = others[index]!;
    for (const what of Object.keys(member.about)) {
      const [first = '', second = ''] = [member.about[what], other.about[what]];
      if (first !== second) {
        return { within: [member.name], difference: { kind: 'entry', what, first, second } };
      }
    }
    if (member.content.equals(other.content)) continue;
    const found = await compareBytes(member.content, other.content, depth + 1);
    return { ...found, within: [member.name, ...found.within] };
  }
  const what = 'the same members with the same content, packed otherwise';
  return { within: [], difference: { kind: 'packing', what } };
}

/** Undefined for what is no text: text of the field is UTF-8 without control characters. */
function textOf(bytes: Buffer): string | undefined {
  const text = bytes.toString('utf8');
  return /[\0-\u0008\u000e-\u001a\ufffd]/.test(text) ? undefined : text;
}
