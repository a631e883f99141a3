// What the parsing functions share: the scanner with one token of look-ahead, errors about that
// token, and finding the way back after one. Knows nothing of the grammar but brackets and commas.
import type { Source } from '../../base/span.ts';
import { quote } from './quote.ts';
import {
  CLOSE_BRACKET,
  COMMA,
  END,
  INT,
  NAME,
  RAW_STRING,
  STRING,
  Scanner,
  type Help,
} from './token.ts';
import type { Dialect, Expression, Node } from './tree.ts';

const OPENERS = new Set([0x7b, 0x28, 0x5b]);
const CLOSERS = new Set([0x7d, 0x29, 0x5d]);

const KIND_NAMES: Record<number, string> = {
  [END]: 'EOF',
  [NAME]: 'Ident',
  [INT]: 'Int',
  [STRING]: 'String',
  [RAW_STRING]: 'RawString',
};

/** What is often written by who knows other languages. */
const MISTAKES: Readonly<Partial<Record<number, string>>> = {
  [0x27]: 'strings stand in double quotes',
  [0x23]: 'a comment begins with //',
  [0x3b]: 'there are no semicolons',
  [0xa0]: 'this is a no-break space; blanks are spaces and tabs',
};

const COMMA_MISSING: Help = { hint: 'is a comma missing before this?' };

export class Parser extends Scanner {
  readonly dialect: Dialect;
  readonly expression: (parser: Parser) => Expression | undefined;
  /** Nesting of values. */
  depth = 0;
  /** The closing brackets that are still to come, innermost last. */
  readonly #pending: number[] = [];
  /** Where each of them was opened: offsets. */
  readonly #opened: number[] = [];

  constructor(
    source: Source,
    dialect: Dialect,
    expression: (parser: Parser) => Expression | undefined,
  ) {
    super(source);
    this.dialect = dialect;
    this.expression = expression;
  }

  /** True after an error: then brackets may be missing. */
  get broken(): boolean {
    return this.diagnostics.length > 0;
  }

  /** The span of the token. */
  node(): Node {
    const { source, start, end, line } = this;
    return { source, start, end, line };
  }

  /** The field's name of the token's kind, or the character in quotes. */
  found(): string {
    return KIND_NAMES[this.kind] ?? quote(String.fromCodePoint(this.kind));
  }

  /** Reports the token; `message` ends in "found". */
  unexpected(message: string, more: Help = {}): void {
    const hint = MISTAKES[this.kind];
    this.report(`${message} ${this.found()}`, this.node(), {
      ...(hint === undefined ? {} : { hint }),
      ...more,
    });
  }

  /** True if the token is the character; if not, reports that. Does not move on. */
  expect(char: number): boolean {
    if (this.kind === char) return true;
    this.unexpected(`expected ${quote(String.fromCodePoint(char))}, found`);
    return false;
  }

  /** Goes behind an opening bracket. */
  open(close: number): void {
    this.#pending.push(close);
    this.#opened.push(this.start);
    this.next();
  }

  /**
   * Where an element of a bracketed sequence cannot go on: goes behind the closing bracket (false), or
   * reports what stands there and finds the next element (true) or the end of the sequence (false).
   * `atString` is what to say of a string there.
   */
  closeOrRecover(close: number, atString: Help = {}): boolean {
    if (this.kind === close) {
      this.#close();
      this.next();
      return false;
    }
    const missingComma = this.#startsElement(close) && !this.atDefinition();
    this.unexpected(
      `expected ${quote(String.fromCodePoint(close))}, found`,
      missingComma ? COMMA_MISSING : this.kind === STRING ? atString : this.#unclosed(),
    );
    if (missingComma) return true;
    const more = this.#skipToElement(close);
    if (!more) this.#close();
    return more;
  }

  #close(): void {
    this.#pending.pop();
    this.#opened.pop();
  }

  /** Where another bracket, a definition or the end stands, what is open should have been closed. */
  #unclosed(): Help {
    const ends = this.kind === END || CLOSERS.has(this.kind) || this.atDefinition();
    if (!ends) return {};
    const open = this.#opened.at(-1)!;
    return { notes: [{ message: 'it was opened here', at: this.span(open, open + 1) }] };
  }

  #startsElement(close: number): boolean {
    if (this.kind === NAME) return true;
    return close === CLOSE_BRACKET && (this.kind === STRING || this.kind === INT);
  }

  /** True behind a comma of this sequence; false behind its closing bracket or before what follows it. */
  #skipToElement(close: number): boolean {
    for (let depth = 0; this.kind !== END; this.next()) {
      if (this.atDefinition()) return false;
      if (OPENERS.has(this.kind)) depth++;
      else if (CLOSERS.has(this.kind)) {
        if (depth > 0) depth--;
        else {
          // A bracket that closes an outer sequence: this one was never closed.
          if (this.kind !== close && this.#pending.slice(0, -1).includes(this.kind)) return false;
          this.next();
          return false;
        }
      } else if (depth === 0 && this.kind === COMMA) {
        this.next();
        return true;
      }
    }
    return false;
  }

  /** Goes to where a definition seems to begin, or to the end. */
  skipToDefinition(): void {
    this.#pending.length = 0;
    this.#opened.length = 0;
    let depth = 0;
    for (; this.kind !== END; this.next()) {
      if (this.atDefinition()) return;
      if (depth === 0 && this.kind === NAME && DEFINES.test(this.#after())) return;
      if (OPENERS.has(this.kind)) depth++;
      else if (CLOSERS.has(this.kind) && depth > 0) depth--;
    }
  }

  /** Goes behind the bracket that closes the one here. */
  skipNested(): void {
    let depth = 0;
    for (; this.kind !== END; this.next()) {
      if (OPENERS.has(this.kind)) depth++;
      else if (CLOSERS.has(this.kind)) {
        if (depth === 1) this.next();
        if (depth-- <= 1) return;
      }
    }
  }

  /**
   * A name in the first column, and behind it what only a definition has. Where brackets may be missing
   * every such name ends what is open; otherwise only one that could not stand there. `named` says
   * whether names with `=` can.
   */
  atDefinition(named = false): boolean {
    if (this.kind !== NAME) return false;
    const { start } = this;
    if (start !== 0 && this.source.text[start - 1] !== '\n') return false;
    return (this.broken ? DEFINES : named ? BRACE : BRACE_OR_EQUALS).test(this.#after());
  }

  #after(): string {
    return this.source.text.slice(this.end, this.end + 80);
  }
}

const DEFINES = /^[ \t\r\n]*(?:[{(=]|\+[ \t]*=)/;
const BRACE_OR_EQUALS = /^[ \t\r\n]*(?:[{=]|\+[ \t]*=)/;
const BRACE = /^[ \t\r\n]*\{/;
