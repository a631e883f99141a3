// Splits a text into tokens, one at a time and without making objects: the parser reads the fields.
// Knows nothing of the grammar. Comments are set aside in groups. Characters that can stand nowhere
// are reported here and treated as blanks, so that scanning goes on.
import { definitionError, type Diagnostic, type DiagnosticFields } from '../../base/diagnostic.ts';
import type { Source, Span } from '../../base/span.ts';
import { unescape } from './quote.ts';
import type { Comment, CommentGroup } from './tree.ts';

/** Token kinds. All other tokens are single characters, and their kind is the code point. */
export const END: number = -1;
export const NAME: number = -2;
export const INT: number = -3;
export const STRING: number = -4;
export const RAW_STRING: number = -5;

/** Characters that are tokens, and the kinds of those tokens. */
export const OPEN_PAREN: number = 0x28;
export const CLOSE_PAREN: number = 0x29;
export const PLUS: number = 0x2b;
export const COMMA: number = 0x2c;
export const MINUS: number = 0x2d;
export const COLON: number = 0x3a;
export const EQUALS: number = 0x3d;
export const AT: number = 0x40;
export const OPEN_BRACKET: number = 0x5b;
export const CLOSE_BRACKET: number = 0x5d;
export const OPEN_BRACE: number = 0x7b;
export const CLOSE_BRACE: number = 0x7d;

/** A file of nothing but mistakes still has to end in bounded memory. */
const MAX_DIAGNOSTICS = 200;

const BLANK = 1;
const LETTER = 2;
const DIGIT = 4;

/** Classes of the ASCII characters. */
const CLASS = new Uint8Array(128);
for (const char of ' \t\n\r') CLASS[char.charCodeAt(0)] = BLANK;
for (const char of 'abcdefghijklmnopqrstuvwxyz') {
  CLASS[char.charCodeAt(0)] = LETTER;
  CLASS[char.toUpperCase().charCodeAt(0)] = LETTER;
}
CLASS['_'.charCodeAt(0)] = LETTER;
for (const char of '0123456789') CLASS[char.charCodeAt(0)] = DIGIT;

/** Beyond ASCII. Here and below: V8 looks up a property of Unicode when it comes upon the expression. */
function beginsName(char: string): boolean {
  return /^\p{L}$/u.test(char);
}

function goesOnInName(char: string): boolean {
  return /^[\p{L}\p{Nd}]$/u.test(char);
}

const NEWLINE = 0x0a;
const QUOTE = 0x22;
const STAR = 0x2a;
const SLASH = 0x2f;
const BACKSLASH = 0x5c;
const BACKQUOTE = 0x60;
const BOM = 0xfeff;

/** What helps with an error. */
export type Help = Pick<DiagnosticFields, 'hint' | 'notes'>;

export class Scanner {
  readonly source: Source;
  readonly diagnostics: Diagnostic[] = [];
  readonly comments: CommentGroup[] = [];
  /** The token: its kind, its range, the line it starts on. */
  kind: number = END;
  start = 0;
  end = 0;
  line = 1;
  /** A name, or the decoded value of a string. */
  value = '';
  /** End of the token before this one, and the line it ends on. */
  lastEnd = 0;
  lastLine = 1;

  readonly #text: string;
  /** The line of `end`. */
  #line = 1;

  /** Starts before the first token: call `next`. */
  constructor(source: Source) {
    this.source = source;
    this.#text = source.text;
    if (source.text.charCodeAt(0) === BOM) this.end = 1;
    this.#reportUnreadable();
  }

  /** Moves to the next token. At the end of the text it stays there. */
  next(): void {
    this.lastEnd = this.end;
    this.lastLine = this.#line;
    const text = this.#text;
    let at = this.end;
    let code = text.charCodeAt(at);
    for (;;) {
      while (code < 128 && CLASS[code] === BLANK) {
        if (code === NEWLINE) this.#line++;
        code = text.charCodeAt(++at);
      }
      if (code === SLASH) {
        const after = text.charCodeAt(at + 1);
        if (after !== SLASH && after !== STAR) break;
        at = this.#comments(at);
        code = text.charCodeAt(at);
      } else if (code === 0) code = text.charCodeAt(++at);
      else break;
    }
    this.start = at;
    this.line = this.#line;
    this.#token(code, at);
  }

  /** A syntax error at the given range; of several that begin at one place only the first is kept. */
  report(message: string, at: Span, more: Help = {}): void {
    if (this.diagnostics.length >= MAX_DIAGNOSTICS) return;
    if (this.diagnostics.some((known) => (known.at as Span).start === at.start)) return;
    this.diagnostics.push(definitionError({ code: 'blueprint/syntax', message, at, ...more }));
  }

  span(start: number, end: number): Span {
    return { source: this.source, start, end };
  }

  #token(code: number, at: number): void {
    const text = this.#text;
    if (code !== code) {
      this.kind = END;
      this.end = at;
    } else if (code < 128) {
      if (CLASS[code] === LETTER) this.#name(at + 1);
      else if (code === QUOTE) this.#string(at);
      else if (CLASS[code] === DIGIT) this.#number(at + 1);
      else if (code === BACKQUOTE) this.#rawString(at);
      else {
        this.kind = code;
        this.end = at + 1;
      }
    } else {
      const point = text.codePointAt(at)!;
      const after = at + (point > 0xffff ? 2 : 1);
      if (beginsName(String.fromCodePoint(point))) this.#name(after);
      else {
        this.kind = point;
        this.end = after;
      }
    }
  }

  #name(at: number): void {
    const text = this.#text;
    for (;;) {
      const code = text.charCodeAt(at);
      if (code < 128) {
        if ((CLASS[code]! & (LETTER | DIGIT)) === 0) break;
        at++;
      } else {
        const point = text.codePointAt(at);
        if (point === undefined || !goesOnInName(String.fromCodePoint(point))) break;
        at += point > 0xffff ? 2 : 1;
      }
    }
    this.kind = NAME;
    this.end = at;
    this.value = text.slice(this.start, at);
  }

  /** Also takes in what other languages write as numbers, so that the message can be about all of it. */
  #number(at: number): void {
    const text = this.#text;
    NUMBER.lastIndex = this.start;
    this.kind = INT;
    this.end = Math.max(at, this.start + (NUMBER.exec(text)?.[0].length ?? 0));
  }

  #string(start: number): void {
    const text = this.#text;
    let at = start + 1;
    let escaped = false;
    let code = text.charCodeAt(at);
    while (code !== QUOTE) {
      if (code === BACKSLASH) {
        escaped = true;
        at++;
        code = text.charCodeAt(at);
      }
      if (code === NEWLINE || code !== code) {
        this.report('literal not terminated', this.span(start, at), {
          hint: 'close the string with a double quote on the same line',
        });
        this.#finishString(at, text.slice(start + 1, at));
        return;
      }
      code = text.charCodeAt(++at);
    }
    const inner = text.slice(start + 1, at);
    if (!escaped) this.#finishString(at + 1, inner);
    else {
      const decoded = unescape(inner);
      if ('problem' in decoded) {
        this.report(decoded.problem, this.span(start, at + 1), {
          hint: 'escapes are \\a \\b \\f \\n \\r \\t \\v \\\\ \\" \\x41 \\101 \\u0041 \\U00000041',
        });
      }
      this.#finishString(at + 1, 'value' in decoded ? decoded.value : inner);
    }
  }

  #finishString(end: number, value: string): void {
    this.kind = STRING;
    this.end = end;
    this.value = value;
  }

  #rawString(start: number): void {
    const text = this.#text;
    const close = text.indexOf('`', start + 1);
    const end = close === -1 ? text.length : close + 1;
    if (close === -1) {
      this.report('literal not terminated', this.span(start, end), {
        hint: 'close the raw string with a back quote',
      });
    }
    this.kind = RAW_STRING;
    this.end = end;
    // Carriage returns are no part of a raw string, so that line ends do not change its value.
    this.value = text.slice(start + 1, close === -1 ? end : close).replaceAll('\r', '');
    this.#line += linesIn(text, start, end);
  }

  /** Reads comments up to the next token; returns its offset. A blank line parts two groups. */
  #comments(at: number): number {
    const text = this.#text;
    let group: Comment[] = [];
    let lastLine = 0;
    for (;;) {
      const comment = this.#comment(at);
      if (group.length > 0 && comment.line > lastLine + 1) {
        this.comments.push({ comments: group });
        group = [];
      }
      group.push(comment);
      lastLine = this.#line;
      at = comment.end;
      for (let code = text.charCodeAt(at); code < 128 && CLASS[code] === BLANK;) {
        if (code === NEWLINE) this.#line++;
        code = text.charCodeAt(++at);
      }
      const after = text.charCodeAt(at + 1);
      if (text.charCodeAt(at) !== SLASH || (after !== SLASH && after !== STAR)) break;
    }
    this.comments.push({ comments: group });
    return at;
  }

  #comment(start: number): Comment {
    const text = this.#text;
    const line = this.#line;
    let end: number;
    if (text.charCodeAt(start + 1) === SLASH) {
      end = text.indexOf('\n', start);
      if (end === -1) end = text.length;
    } else {
      end = text.indexOf('*/', start + 2) + 2;
      if (end === 1) {
        end = text.length;
        this.report('comment not terminated', this.span(start, start + 2), {
          hint: 'close the comment with */',
        });
      }
      this.#line += linesIn(text, start, end);
    }
    return { source: this.source, start, end, line, text: text.slice(start, end) };
  }

  /** NUL, and lone surrogates that stand for bytes that are not UTF-8. */
  #reportUnreadable(): void {
    if (!UNREADABLE.test(this.#text)) return;
    for (const { 0: char, index } of this.#text.matchAll(new RegExp(UNREADABLE, 'gu'))) {
      this.report(
        char === '\0' ? 'invalid character NUL' : 'invalid UTF-8 encoding',
        this.span(index, index + 1),
      );
      if (this.diagnostics.length >= MAX_DIAGNOSTICS) return;
    }
  }
}

const UNREADABLE = /[\0\ud800-\udfff]/u;
const NUMBER = /0[xX][0-9a-fA-F_]*|0[oO][0-9_]*|0[bB][0-9_]*|[0-9_]+/y;

/** Searches the part alone: on one long line, the next line end may be as far as the text goes. */
function linesIn(text: string, from: number, to: number): number {
  const part = text.slice(from, to);
  let lines = 0;
  for (let at = part.indexOf('\n'); at !== -1; at = part.indexOf('\n', at + 1)) lines++;
  return lines;
}
