// The value of a variable as it is written, and what it comes to. `${NAME}` stands for another variable,
// `${NAME?word:yes:no}` for one of two texts, as the word is in the list NAME or not; a dollar in front
// takes that meaning away. Knows nothing of scripts.
import { byCodePoint } from '../../base/digest.ts';

/** A piece of a value. */
export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'variable'; readonly name: string }
  | {
      readonly kind: 'contains';
      readonly name: string;
      readonly word: string;
      readonly yes: string;
      readonly no: string;
    };

const REFERENCE = /\$(\$\{)|\$\{([A-Za-z_]\w*)(?:\?([^:{}\s]+):([^:{}]*):([^:{}]*))?\}/g;

const CHOICE = /\$(\$\{)|\$\{[A-Za-z_]\w*\?[^}\n]*\}?/g;

/** The beginnings of choices that are none: `${LIST?word` without its two texts or its end. */
export function brokenIn(value: string): readonly string[] {
  const whole = new RegExp(`^(?:${REFERENCE.source})$`);
  return [...value.matchAll(CHOICE)]
    .filter(([text, escaped]) => escaped === undefined && !whole.test(text))
    .map(([text]) => text);
}

/** Names behind a plain dollar, `$NAME`, each once: not what a dollar or a backslash in front takes that from. */
export function plainNamesIn(value: string): readonly string[] {
  return [...new Set([...value.matchAll(/(?<![$\\])\$([A-Za-z_]\w*)/g)].map(([, name]) => name!))];
}

/** Takes a value apart. Everything that is no reference is text, whatever it looks like. */
export function piecesOf(value: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const match of value.matchAll(REFERENCE)) {
    if (match.index > end) pieces.push({ kind: 'text', text: value.slice(end, match.index) });
    end = match.index + match[0].length;
    const [, escaped, name, word, yes, no] = match;
    if (escaped !== undefined) pieces.push({ kind: 'text', text: escaped });
    else if (word === undefined) pieces.push({ kind: 'variable', name: name! });
    else pieces.push({ kind: 'contains', name: name!, word, yes: yes!, no: no! });
  }
  if (end < value.length) pieces.push({ kind: 'text', text: value.slice(end) });
  return pieces;
}

/** Whether a word is in a list whose words are apart by white space. */
export function contains(list: string, word: string): boolean {
  return list.split(/\s+/).includes(word);
}

/**
 * A value without the pieces that do not count, longest first so that none hides another. One that is a
 * word takes the blank along: with it and without it must be the same.
 */
export function counted(value: string, pieces: readonly string[]): string {
  return [...new Set(pieces)]
    .filter((piece) => piece !== '')
    .sort((a, b) => b.length - a.length || byCodePoint(a, b))
    .reduce((rest, piece) => withoutWord(rest, piece).replaceAll(piece, ''), value);
}

function withoutWord(value: string, word: string): string {
  const escaped = word.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  const rest = value.replace(new RegExp(`(?:^|\\s+)${escaped}(?!\\S)`, 'g'), '');
  return rest === value || /^\s/.test(value) ? rest : rest.trimStart();
}
