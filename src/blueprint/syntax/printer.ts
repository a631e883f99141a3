// Puts tokens and comments out, with the blanks and line ends between them. Knows nothing of the
// grammar: whoever prints says where a line may end. Line numbers decide what keeps its own line, so
// tokens must come in the order of the text, or have line 0: they then stand where the last one did.
import type { Comment, CommentGroup, Dialect } from './tree.ts';

const INDENT = 4;

export class Printer {
  /** True once something was laid out so that the text, printed again, may come out otherwise. */
  unsettled = false;

  readonly dialect: Dialect;
  #out = '';
  readonly #comments: readonly CommentGroup[];
  #next = 0;
  /** Comments met where no line may end; they come at the next place where one may. */
  #postponed: CommentGroup[] = [];
  /** Position of the last token or comment. */
  #offset = 0;
  #line = 1;
  #space = false;
  /** Line ends asked for before the next token: 0 to 2, or -1 before the first. */
  #newlines = -1;
  #indent = 0;
  /** What was put out last ends its line. */
  #lineComment = false;

  constructor(comments: readonly CommentGroup[], dialect: Dialect) {
    this.dialect = dialect;
    this.#comments = comments;
  }

  /** Whether there are comments at all. */
  get commented(): boolean {
    return this.#comments.length > 0;
  }

  /** Puts a token out, after the comments that stand before it. */
  token(text: string, start: number, line: number): void {
    const offset = line === 0 ? this.#offset : start;
    const at = line === 0 ? this.#line : line;
    if (this.#newlines !== 0) {
      this.#commentsAbove(at);
      this.#reach(at);
    }
    if (this.#next < this.#comments.length) this.#commentsBefore(offset);
    this.#flush();
    this.#out += text;
    this.#offset = offset;
    this.#line = at;
  }

  /** Puts a token out that has no place of its own. */
  mark(text: string): void {
    this.token(text, this.#offset, 0);
  }

  /** Goes on from here, as if there had been a token. */
  moveTo(start: number, line: number): void {
    this.#offset = start;
    this.#line = line;
  }

  space(): void {
    this.#space = true;
  }

  /** Ends the line, after the comments that stand on it. */
  newline(): void {
    this.#commentsAbove(this.#line + 1);
    this.#endLine();
  }

  blankLine(): void {
    this.newline();
    this.#newlines = 2;
  }

  indent(): void {
    this.#indent += INDENT;
  }

  /** Ends the indentation before a line; comments above that line still have it. */
  unindent(line: number): void {
    this.#commentsAbove(line === 0 ? this.#line : line);
    this.#indent -= INDENT;
  }

  /** Ends the indentation at the last token. */
  unindentHere(): void {
    this.unindent(this.#line);
  }

  /** What remains of the comments, and the last line end. The text is complete then. */
  finish(): string {
    for (const group of this.#postponed) this.#group(group);
    for (; this.#next < this.#comments.length; this.#next++) {
      this.#group(this.#comments[this.#next]!);
    }
    return `${this.#out}\n`;
  }

  /** Comments before an offset inside a line: short ones stay there, all others wait. */
  #commentsBefore(offset: number): void {
    for (; this.#next < this.#comments.length; this.#next++) {
      const group = this.#comments[this.#next]!;
      if (group.comments[0]!.start >= offset) return;
      this.unsettled = true;
      // The original looks at the first of a group only, and loses the token behind a later `//`.
      if (group.comments.some(endsLine)) this.#postponed.push(group);
      else {
        this.#group(group);
        this.#space = true;
      }
    }
  }

  /** Comments that waited, and those on the lines before the given one. */
  #commentsAbove(line: number): void {
    if (this.#postponed.length > 0) {
      for (const group of this.#postponed) {
        this.#group(group);
        this.#endLine();
      }
      this.#postponed = [];
    }
    for (; this.#next < this.#comments.length; this.#next++) {
      const group = this.#comments[this.#next]!;
      if (group.comments[0]!.line >= line) return;
      this.#group(group);
      this.#endLine();
    }
  }

  #group({ comments }: CommentGroup): void {
    for (const comment of comments) {
      if (!this.#reach(comment.line)) this.#space = true;
      this.#comment(comment);
    }
  }

  #comment({ text, start, line }: Comment): void {
    const lines = text.split('\n');
    for (const [index, content] of lines.entries()) {
      this.#flush();
      // Lines of a block keep what they are indented beyond the indentation here.
      if (index > 0) this.#out += ' '.repeat(Math.max(0, indentOf(content) - this.#indent));
      this.#out += withoutOuterBlanks(content);
      if (index < lines.length - 1) this.#endLine();
    }
    this.#lineComment = text.startsWith('//');
    if (this.#offset <= start + text.length) {
      this.#offset = start + text.length + 1;
      this.#line = line + lines.length - 1;
    }
  }

  /** Asks for the line ends up to a line: one, or two where there was more than one. */
  #reach(line: number): boolean {
    if (line <= this.#line) return false;
    this.#endLine();
    if (line > this.#line + 1) this.#newlines = 2;
    return true;
  }

  #endLine(): void {
    if (this.#newlines === 0) this.#newlines = 1;
  }

  #flush(): void {
    // The original may put a token or comment behind a line comment, and so lose it.
    if (this.#lineComment) {
      this.#endLine();
      this.#lineComment = false;
    }
    if (this.#newlines > 0) {
      this.#out += this.#newlines === 1 ? '\n' : '\n\n';
      if (this.#indent > 0) this.#out += ' '.repeat(this.#indent);
    } else if (this.#space && this.#newlines === 0) this.#out += ' ';
    this.#space = false;
    this.#newlines = 0;
  }
}

function endsLine({ text }: Comment): boolean {
  return text.startsWith('//') || text.includes('\n');
}

/** What the field's tools take for blank. */
const BLANK =
  '[\\t\\n\\v\\f\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';
const ONE_BLANK = new RegExp(BLANK, 'u');
const LEADING_BLANKS = new RegExp(`^${BLANK}+(?=.)`, 'u');

/** From the ends inwards: a pattern for the end would be tried at every blank of a long run. */
function withoutOuterBlanks(content: string): string {
  let [start, end] = [0, content.length];
  while (start < end && ONE_BLANK.test(content[start]!)) start++;
  while (end > start && ONE_BLANK.test(content[end - 1]!)) end--;
  return content.slice(start, end);
}

/** Indentation in bytes; a blank line has none. */
function indentOf(content: string): number {
  const blanks = LEADING_BLANKS.exec(content.trimEnd())?.[0];
  return blanks === undefined ? 0 : Buffer.byteLength(blanks);
}
