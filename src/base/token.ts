// The tokens of JSON (RFC 8259): where each begins and ends, or what is wrong with it. Knows nothing of
// their order. Scanned by hand: regular expressions need stack in proportion to what they match.

/** Longer numbers are refused: reading one takes more than time in proportion to its length. */
const MAX_NUMBER_LENGTH = 100_000;

export type Token =
  | { readonly start: number; readonly end: number }
  | { readonly problem: string; readonly start: number; readonly end: number };

/** What is wrong with the character at an offset, or with so many from there. */
function wrong(text: string, start: number, problem: string, length = 0): Token {
  return { problem, start, end: start + Math.max(length, widthAt(text, start)) };
}

/** The token at or after an offset; at the end of the text it is empty. */
export function nextToken(text: string, from: number): Token {
  const start = skipSpace(text, from);
  const char = text[start];
  if (char === undefined || '{}[]:,'.includes(char)) {
    return { start, end: Math.min(start + 1, text.length) };
  }
  if (char === '"') return stringToken(text, start);
  if (char === '-' || isDigit(text, start)) return numberToken(text, start);
  const name = wordAt(text, start);
  if (name === 'true' || name === 'false' || name === 'null') {
    return { start, end: start + name.length };
  }
  return wrong(text, start, noToken(text, start, name), name.length);
}

function noToken(text: string, at: number, name: string): string {
  if (text.startsWith('//', at) || text.startsWith('/*', at)) return 'JSON has no comments';
  if (text[at] === "'") return 'strings stand in double quotes';
  if (text[at] === '\0') return 'a NUL character; JSON files are UTF-8 text, this may be UTF-16';
  const char = text.slice(at, at + widthAt(text, at));
  const blank = /\s/.test(char);
  const code = char.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
  const shown = blank ? `U+${code}` : name || char;
  return `${shown} is not JSON; names and strings stand in double quotes`;
}

/** UTF-16 units of the character at an offset. */
function widthAt(text: string, at: number): number {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  for (;;) {
    const unit = text.charCodeAt(at);
    if (unit !== 0x20 && unit !== 0x0a && unit !== 0x0d && unit !== 0x09) return at;
    at++;
  }
}

const SHOWN_WORD = 40;

/** What somebody took for a word; of a long one the beginning. */
function wordAt(text: string, at: number): string {
  return /^[\p{L}\p{N}_.$+-]+/u.exec(text.slice(at, at + SHOWN_WORD))?.[0] ?? '';
}

function numberToken(text: string, start: number): Token {
  const end = numberEnd(text, start);
  if (end === undefined || wordAt(text, end) !== '') {
    const word = wordAt(text, start);
    return wrong(text, start, `${word} is not a JSON number`, word.length);
  }
  if (end - start > MAX_NUMBER_LENGTH) {
    return wrong(text, start, `a number of more than ${MAX_NUMBER_LENGTH} characters`, end - start);
  }
  return { start, end };
}

/** End of the number at an offset as RFC 8259 has it, or undefined. */
function numberEnd(text: string, start: number): number | undefined {
  let at = text[start] === '-' ? start + 1 : start;
  if (!isDigit(text, at)) return undefined;
  at = text[at] === '0' ? at + 1 : skipDigits(text, at);
  if (text[at] === '.') {
    if (!isDigit(text, at + 1)) return undefined;
    at = skipDigits(text, at + 1);
  }
  if (text[at] === 'e' || text[at] === 'E') {
    at += text[at + 1] === '+' || text[at + 1] === '-' ? 2 : 1;
    if (!isDigit(text, at)) return undefined;
    at = skipDigits(text, at);
  }
  return at;
}

function isDigit(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return unit >= 0x30 && unit <= 0x39;
}

function skipDigits(text: string, from: number): number {
  let at = from;
  while (isDigit(text, at)) at++;
  return at;
}

function stringToken(text: string, start: number): Token {
  for (let at = start + 1; ; at++) {
    const unit = text.charCodeAt(at);
    if (Number.isNaN(unit)) return wrong(text, start, 'this string does not end');
    if (unit === 0x22) return { start, end: at + 1 };
    if (unit === 0x0a || unit === 0x0d) {
      return wrong(text, start, 'this string does not end on its line');
    }
    if (unit < 0x20) {
      return wrong(text, at, 'a control character in a string; write it as \\u00XX');
    }
    if (unit !== 0x5c) continue;
    const escape = text[at + 1] ?? '';
    if (escape === 'u') {
      if (!/^[0-9a-fA-F]{4}$/.test(text.slice(at + 2, at + 6))) {
        return wrong(text, at, 'an invalid \\u escape; it takes four hexadecimal digits', 2);
      }
      at += 5;
    } else if (escape === '') return wrong(text, start, 'this string does not end');
    else if ('"\\/bfnrt'.includes(escape)) at++;
    else return wrong(text, at, `\\${escape} is no escape that JSON knows`, 2);
  }
}
