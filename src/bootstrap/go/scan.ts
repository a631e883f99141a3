// What a Go source declares, as far as tests are concerned: its functions, with their parameters, and what the
// examples among them say they print. Only as much of the language is read as that takes; what the compiler will
// refuse gives some answer.

export interface GoFunction {
  readonly name: string;
  /** The tokens of its parameters, without blanks: `t*testing.T`. */
  readonly parameters: string;
  /** Whether it has type parameters or results: then it is no test. */
  readonly plain: boolean;
  /** The last comment in its body, without its marks; undefined where something follows it. */
  readonly lastComment: string | undefined;
}

// In the order of trying. What ends nowhere goes to the end of the line, or of the text.
const TOKEN = new RegExp(
  [
    /(?<comment>\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$))/,
    /(?<literal>"(?:\\.|[^"\\\n])*"?|`[^`]*`?|'(?:\\.|[^'\\\n])*'?)/,
    /(?<word>[\p{L}_][\p{L}\p{Nd}_]*)/u,
    /(?<mark>\S)/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'gu',
);

interface Token {
  readonly kind: 'comment' | 'literal' | 'word' | 'mark';
  readonly text: string;
}

function tokens(source: string): Token[] {
  const found: Token[] = [];
  for (const { groups } of source.matchAll(TOKEN)) {
    for (const kind of ['comment', 'literal', 'word', 'mark'] as const) {
      const text = groups?.[kind];
      if (text !== undefined) found.push({ kind, text });
    }
  }
  return found;
}

const OPENING = new Set(['(', '[', '{']);
const CLOSING = new Set([')', ']', '}']);

/** The functions at the top of a source that are no methods, in their order. */
export function functionsIn(source: string): GoFunction[] {
  const all = tokens(source);
  const found: GoFunction[] = [];
  let depth = 0;
  for (let at = 0; at < all.length; at++) {
    const { kind, text } = all[at]!;
    if (kind === 'mark' && OPENING.has(text)) depth++;
    else if (kind === 'mark' && CLOSING.has(text)) depth--;
    else if (depth === 0 && kind === 'word' && text === 'func') {
      const name = all[at + 1];
      if (name?.kind !== 'word') continue;
      const end = closing(all, at + 2);
      const body = all.findIndex(({ text: mark }, index) => index > end && mark === '{');
      found.push({
        name: name.text,
        parameters: textOf(all.slice(at + 3, end)),
        plain: all[at + 2]?.text === '(' && body === end + 1,
        lastComment: body === -1 ? undefined : lastComment(all, body),
      });
      at = end;
    }
  }
  return found;
}

/** Where the bracket at an index is closed. */
function closing(all: readonly Token[], start: number): number {
  let depth = 0;
  for (let at = start; at < all.length; at++) {
    const { kind, text } = all[at]!;
    if (kind !== 'mark') continue;
    if (OPENING.has(text)) depth++;
    else if (CLOSING.has(text) && --depth === 0) return at;
  }
  return all.length;
}

function textOf(all: readonly Token[]): string {
  return all
    .filter(({ kind }) => kind !== 'comment')
    .map(({ text }) => text)
    .join('');
}

/** The comment right before a body's end: one, or several of single lines. */
function lastComment(all: readonly Token[], body: number): string | undefined {
  const end = closing(all, body);
  let start = end;
  while (start - 1 > body && all[start - 1]!.kind === 'comment') start--;
  if (start === end) return undefined;
  const lines = all.slice(start, end).map(({ text }) => text.replace(/^\/[/*] ?|\*\/$/g, ''));
  return lines.join('\n');
}
