// JSON with positions: every value and key knows its span, numbers keep their spelling, and duplicate
// keys are reported or resolved by the caller. Iterative, so that depth cannot exhaust the stack.
import { definitionError, failed, ok, type Diagnostic, type Result } from './diagnostic.ts';
import type { Source, Span } from './span.ts';

export type JsonNode =
  | { readonly kind: 'null'; readonly at: Span }
  | { readonly kind: 'boolean'; readonly at: Span; readonly value: boolean }
  /** `text` is the number as written; `integer` is set when it has no fraction and no exponent. */
  | {
      readonly kind: 'number';
      readonly at: Span;
      readonly text: string;
      readonly integer: bigint | undefined;
    }
  | { readonly kind: 'string'; readonly at: Span; readonly value: string }
  | { readonly kind: 'array'; readonly at: Span; readonly items: readonly JsonNode[] }
  | JsonObject;

export interface JsonObject {
  readonly kind: 'object';
  readonly at: Span;
  /** In the order written; of duplicate keys all are here, and the last one counts. */
  readonly members: readonly JsonMember[];
}

export interface JsonMember {
  readonly key: string;
  readonly keyAt: Span;
  readonly value: JsonNode;
}

/** Deeper nesting is refused: no definition needs it, and everything downstream may recurse. */
const MAX_DEPTH = 500;

type Open =
  | { kind: 'array'; start: number; items: JsonNode[] }
  | { kind: 'object'; start: number; members: JsonMember[]; key: string; keyAt: Span | undefined };

/** What may come next. */
type Expect = 'value' | 'value or ]' | 'key' | 'key or }' | 'colon' | 'after';

/**
 * Parses one JSON value (RFC 8259, no comments, no trailing commas). The first error ends it: what
 * follows a broken token is guesswork. Error code `json/syntax`.
 */
export function parseJson(source: Source): Result<JsonNode> {
  const { text } = source;
  const open: Open[] = [];
  let result: JsonNode | undefined;
  let expect = 'value' as Expect;
  let offset = 0;

  const add = (value: JsonNode): void => {
    const top = open.at(-1);
    if (top === undefined) result = value;
    else if (top.kind === 'array') top.items.push(value);
    else top.members.push({ key: top.key, keyAt: top.keyAt!, value });
    expect = 'after';
  };
  const close = (top: Open, end: number): void => {
    open.pop();
    const at = { source, start: top.start, end };
    if (top.kind === 'array') add({ kind: 'array', at, items: top.items });
    else add({ kind: 'object', at, members: top.members });
  };

  for (;;) {
    const token = nextToken(text, offset);
    if ('problem' in token) {
      return syntaxError({ source, start: token.at, end: token.at + 1 }, token.problem);
    }
    offset = token.end;
    const { start, end } = token;
    const at = { source, start, end };
    const char = text[start] ?? '';
    const top = open.at(-1);
    const opens = expect === 'value' || expect === 'value or ]';

    if (char === '' && result !== undefined && open.length === 0) {
      return ok(result);
    } else if (opens && (char === '{' || char === '[')) {
      if (open.length === MAX_DEPTH) {
        return syntaxError(at, `nested deeper than ${MAX_DEPTH} levels`);
      }
      if (char === '{')
        open.push({ kind: 'object', start, members: [], key: '', keyAt: undefined });
      else open.push({ kind: 'array', start, items: [] });
      expect = char === '{' ? 'key or }' : 'value or ]';
    } else if (opens && SCALAR_START.test(char)) {
      add(scalar(text.slice(start, end), at));
    } else if (top?.kind === 'object' && expect.startsWith('key') && char === '"') {
      top.key = JSON.parse(text.slice(start, end)) as string;
      top.keyAt = at;
      expect = 'colon';
    } else if (expect === 'colon' && char === ':') {
      expect = 'value';
    } else if (expect === 'after' && top !== undefined && char === ',') {
      expect = top.kind === 'array' ? 'value' : 'key';
    } else if (top !== undefined && char === CLOSERS[top.kind] && mayClose(expect)) {
      close(top, end);
    } else {
      return syntaxError(at, unexpected(text.slice(start, end), expect, top));
    }
  }
}

const CLOSERS = { array: ']', object: '}' } as const;
const SCALAR_START = /["\-0-9tfn]/;

function mayClose(expect: Expect): boolean {
  return expect === 'after' || expect === 'key or }' || expect === 'value or ]';
}

type Token = { start: number; end: number } | { problem: string; at: number };

const SPACE = /[ \t\r\n]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /[\p{L}\p{N}_.$+-]+/uy;

/** The token at or after an offset; at the end of the text it is empty. */
function nextToken(text: string, from: number): Token {
  const start = from + matchLength(SPACE, text, from);
  const char = text[start];
  if (char === undefined || '{}[]:,'.includes(char)) {
    return { start, end: Math.min(start + 1, text.length) };
  }
  if (char === '"') return stringToken(text, start);
  const word = matchLength(WORD, text, start);
  if (/[-0-9]/.test(char)) {
    const length = matchLength(NUMBER, text, start);
    if (length === 0 || length !== word) {
      return {
        problem: `${text.slice(start, start + Math.min(word, 40))} is not a JSON number`,
        at: start,
      };
    }
    return { start, end: start + length };
  }
  const name = text.slice(start, start + word);
  if (name === 'true' || name === 'false' || name === 'null') return { start, end: start + word };
  if (text.startsWith('//', start) || text.startsWith('/*', start)) {
    return { problem: 'JSON has no comments', at: start };
  }
  if (char === "'") return { problem: 'strings stand in double quotes', at: start };
  const shown = word === 0 ? String.fromCodePoint(text.codePointAt(start)!) : name.slice(0, 40);
  return { problem: `${shown} is not JSON; names and strings stand in double quotes`, at: start };
}

/** Scanned by hand: a regular expression would need stack in proportion to the string's length. */
function stringToken(text: string, start: number): Token {
  for (let at = start + 1; ; at++) {
    const unit = text.charCodeAt(at);
    if (Number.isNaN(unit)) return { problem: 'this string does not end', at: start };
    if (unit === 0x22) return { start, end: at + 1 };
    if (unit === 0x0a) return { problem: 'this string does not end on its line', at: start };
    if (unit < 0x20) return { problem: 'a control character in a string; write it as \\u00XX', at };
    if (unit !== 0x5c) continue;
    const escape = text[at + 1] ?? '';
    if (escape === 'u') {
      if (!/^[0-9a-fA-F]{4}$/.test(text.slice(at + 2, at + 6))) {
        return { problem: 'an invalid \\u escape; it takes four hexadecimal digits', at };
      }
      at += 5;
    } else if (escape !== '' && '"\\/bfnrt'.includes(escape)) at++;
    else return { problem: `\\${escape} is no escape that JSON knows`, at };
  }
}

function matchLength(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0].length ?? 0;
}

function scalar(text: string, at: Span): JsonNode {
  switch (text[0]) {
    case '"':
      return { kind: 'string', at, value: JSON.parse(text) as string };
    case 't':
    case 'f':
      return { kind: 'boolean', at, value: text === 'true' };
    case 'n':
      return { kind: 'null', at };
    default:
      return { kind: 'number', at, text, integer: /^-?\d+$/.test(text) ? BigInt(text) : undefined };
  }
}

const WANTED: Record<Exclude<Expect, 'after'>, string> = {
  value: 'a value',
  'value or ]': 'a value or "]"',
  key: 'a key in double quotes',
  'key or }': 'a key in double quotes or "}"',
  colon: '":"',
};

function unexpected(found: string, expect: Expect, top: Open | undefined): string {
  const wanted =
    expect !== 'after'
      ? WANTED[expect]
      : top === undefined
        ? 'the end of the file'
        : `"," or "${CLOSERS[top.kind]}"`;
  if (found === '') return `the file ends here, expected ${wanted}`;
  const shown = found.length > 40 ? `${found.slice(0, 40)}…` : found;
  const afterComma = (expect === 'value' || expect === 'key') && /^[\]}]/.test(found);
  return `expected ${wanted}, found ${shown}${afterComma ? ' after a comma' : ''}`;
}

function syntaxError(at: Span, message: string): Result<never> {
  const bom = at.start === 0 && at.source.text.startsWith('\ufeff');
  return failed(
    definitionError({
      code: 'json/syntax',
      message: bom ? 'the file begins with a byte order mark' : message,
      at,
      ...(bom ? { hint: 'save it as UTF-8 without a byte order mark' } : {}),
    }),
  );
}

/**
 * Decodes UTF-8 bytes. Error code `json/encoding`: the place is that of the first bad byte, told as an
 * offset because there is no text to show.
 */
export function decodeUtf8(file: string, bytes: Uint8Array): Result<Source> {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return ok({ file, text });
  } catch {
    const utf16 = bytes[0] === 0xff || bytes[0] === 0xfe || bytes.subarray(0, 64).includes(0);
    return failed(
      definitionError({
        code: 'json/encoding',
        message: utf16
          ? 'the file is not UTF-8; it looks like UTF-16'
          : 'the file is not valid UTF-8',
        at: { file },
        hint: 'save it as UTF-8',
      }),
    );
  }
}

/** The member that counts for a key (the last one written), or undefined. */
export function member(object: JsonObject, key: string): JsonMember | undefined {
  for (let i = object.members.length - 1; i >= 0; i--) {
    if (object.members[i]!.key === key) return object.members[i];
  }
  return undefined;
}

/** Warnings for keys written twice in one object, at any depth (code `json/duplicate-key`). */
export function duplicateKeys(node: JsonNode): Diagnostic[] {
  const found: Diagnostic[] = [];
  const visit = (value: JsonNode): void => {
    if (value.kind === 'array') value.items.forEach(visit);
    if (value.kind !== 'object') return;
    const first = new Map<string, JsonMember>();
    for (const entry of value.members) {
      const earlier = first.get(entry.key);
      if (earlier === undefined) first.set(entry.key, entry);
      else {
        found.push({
          severity: 'warning',
          fault: 'definition',
          code: 'json/duplicate-key',
          message: `"${entry.key}" is given twice; the last one counts`,
          at: entry.keyAt,
          notes: [{ message: 'first given here', at: earlier.keyAt }],
        });
      }
      visit(entry.value);
    }
  };
  visit(node);
  return found;
}

/** Plain JavaScript data. Objects have no prototype, so that no key can reach one. */
export function toPlain(node: JsonNode): unknown {
  switch (node.kind) {
    case 'null':
      return null;
    case 'boolean':
    case 'string':
      return node.value;
    case 'number':
      return Number(node.text);
    case 'array':
      return node.items.map(toPlain);
    case 'object': {
      const plain: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
      for (const { key, value } of node.members) plain[key] = toPlain(value);
      return plain;
    }
  }
}

/** What a value is, for messages: "an object", "the string \"x\"" and so on. */
export function describe(node: JsonNode): string {
  switch (node.kind) {
    case 'null':
      return 'null';
    case 'boolean':
      return String(node.value);
    case 'number':
      return `the number ${node.text.length > 40 ? `${node.text.slice(0, 40)}…` : node.text}`;
    case 'string':
      return node.value.length > 40 ? 'a string' : `the string ${JSON.stringify(node.value)}`;
    case 'array':
      return 'an array';
    case 'object':
      return 'an object';
  }
}
