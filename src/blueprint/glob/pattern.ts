// One glob pattern without directories: `*`, `?`, `[a-z]`, `[^a]` and `\` before a literal character.
// Knows nothing of files. Matching takes at most length × length steps, also on hostile patterns.

/** A message for patterns that nothing can match because they are malformed. */
export const BAD_PATTERN = 'syntax error in pattern';

/** Thrown for a malformed pattern; its message says what is wrong with it. */
export class PatternError extends Error {}

type Token =
  | { readonly kind: 'character'; readonly code: number }
  | { readonly kind: 'any' }
  | { readonly kind: 'star' }
  | {
      readonly kind: 'class';
      readonly negated: boolean;
      /** Inclusive code points, in pairs. */
      readonly ranges: readonly number[];
    };

/** Tests a name as a whole. */
export type Matcher = (name: string) => boolean;

const SLASH = 0x2f;

/** Whether a pattern has wildcards: without, it names at most one file. */
export function isWild(pattern: string): boolean {
  return /[*?[]/.test(pattern);
}

/** Compiles a pattern. Neither `*` nor `?` matches a slash. Throws PatternError. */
export function compilePattern(pattern: string): Matcher {
  const tokens = tokenize(pattern);
  if (tokens.every((token) => token.kind === 'character')) {
    const literal = String.fromCodePoint(...tokens.map((token) => token.code));
    return (name) => name === literal;
  }
  return (name) => matchTokens(tokens, name);
}

/** Greedy, falling back to the latest star only: an earlier one could not reach further. */
function matchTokens(tokens: readonly Token[], name: string): boolean {
  let at = 0;
  let token = 0;
  let starToken = -1;
  let starAt = 0;
  while (at < name.length || token < tokens.length) {
    const current = tokens[token];
    if (current?.kind === 'star') {
      starToken = token++;
      starAt = at;
      continue;
    }
    const code = at < name.length ? name.codePointAt(at)! : -1;
    if (current !== undefined && code !== -1 && accepts(current, code)) {
      at += code > 0xffff ? 2 : 1;
      token++;
      continue;
    }
    if (starToken === -1 || starAt >= name.length) return false;
    const skipped = name.codePointAt(starAt)!;
    if (skipped === SLASH) return false;
    starAt += skipped > 0xffff ? 2 : 1;
    at = starAt;
    token = starToken + 1;
  }
  return true;
}

function accepts(token: Token, code: number): boolean {
  switch (token.kind) {
    case 'character':
      return token.code === code;
    case 'any':
      return code !== SLASH;
    case 'class':
      return inRanges(token.ranges, code) !== token.negated;
    case 'star':
      return false;
  }
}

function inRanges(ranges: readonly number[], code: number): boolean {
  for (let i = 0; i < ranges.length; i += 2) {
    if (ranges[i]! <= code && code <= ranges[i + 1]!) return true;
  }
  return false;
}

function tokenize(pattern: string): Token[] {
  const codes = Array.from(pattern, (char) => char.codePointAt(0)!);
  const tokens: Token[] = [];
  for (let at = 0; at < codes.length;) {
    switch (String.fromCodePoint(codes[at]!)) {
      case '*':
        if (tokens.at(-1)?.kind !== 'star') tokens.push({ kind: 'star' });
        at++;
        break;
      case '?':
        tokens.push({ kind: 'any' });
        at++;
        break;
      case '[': {
        const parsed = parseClass(codes, at + 1);
        tokens.push(parsed.token);
        at = parsed.end;
        break;
      }
      case '\\':
        if (at + 1 >= codes.length) throw new PatternError(BAD_PATTERN);
        tokens.push({ kind: 'character', code: codes[at + 1]! });
        at += 2;
        break;
      default:
        tokens.push({ kind: 'character', code: codes[at]! });
        at++;
    }
  }
  return tokens;
}

const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const CARET = 0x5e;
const CLOSE = 0x5d;

/** A class from behind its `[`; it must hold at least one range, so `[]` is malformed. */
function parseClass(codes: readonly number[], start: number): { token: Token; end: number } {
  let at = start;
  const negated = codes[at] === CARET;
  if (negated) at++;
  const ranges: number[] = [];
  const bound = (): number => {
    if (codes[at] === undefined || codes[at] === MINUS || codes[at] === CLOSE) {
      throw new PatternError(BAD_PATTERN);
    }
    if (codes[at] === BACKSLASH) at++;
    const code = codes[at++];
    // Something must follow every character of a class: its end, at least.
    if (code === undefined || at >= codes.length) throw new PatternError(BAD_PATTERN);
    return code;
  };
  while (ranges.length === 0 || codes[at] !== CLOSE) {
    const low = bound();
    let high = low;
    if (codes[at] === MINUS) {
      at++;
      high = bound();
    }
    ranges.push(low, high);
  }
  return { token: { kind: 'class', negated, ranges }, end: at + 1 };
}
