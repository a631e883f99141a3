// JSON with positions: every value and key knows its span, numbers keep their spelling, and duplicate
// keys are reported or resolved by the caller. Iterative, so that depth cannot exhaust the stack.
import { constants } from 'node:buffer';
import { definitionError, failed, ok, type Diagnostic, type Result } from './diagnostic.ts';
import type { Place, Source, Span } from './span.ts';
import { nextToken } from './token.ts';

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

/** More are refused: at some 250 bytes each they would use up the memory that node gives itself. */
const MAX_VALUES = 2_000_000;

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
  let values = 0;

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
    const { start, end } = token;
    const at = { source, start, end };
    if ('problem' in token) return syntaxError(at, token.problem);
    offset = end;
    const char = text[start] ?? '';
    const top = open.at(-1);
    const opens = expect === 'value' || expect === 'value or ]';

    if (char === '' && result !== undefined && open.length === 0) {
      return ok(result);
    } else if (opens && ++values > MAX_VALUES) {
      return syntaxError(at, `more than ${MAX_VALUES} values in one file`);
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
  // Only a comma leads from a member to another key, and in an array to where a value has to follow.
  const comma = expect === 'key' || (expect === 'value' && top?.kind === 'array');
  const afterComma = comma && /^[\]}]/.test(found);
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

/** Decodes UTF-8 bytes. Error code `json/encoding`, at the first bad byte. */
export function decodeUtf8(file: string, bytes: Uint8Array): Result<Source> {
  if (bytes.length > constants.MAX_STRING_LENGTH) {
    return badEncoding({ file }, `the file is too large: ${bytes.length} bytes`);
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return ok({ file, text });
  } catch {
    if (looksLikeUtf16(bytes)) {
      const message = 'the file is not UTF-8; it looks like UTF-16';
      return badEncoding({ file }, message, 'save it as UTF-8');
    }
    // Read leniently, so that the place can be shown: up to the bad byte that is the same text.
    const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
    const source = { file, text };
    const { offset, start } = firstBad(text, bytes);
    const byte = bytes[offset]!.toString(16).padStart(2, '0');
    const message = `the file is not valid UTF-8: byte 0x${byte} at offset ${offset}`;
    return badEncoding({ source, start, end: start + 1 }, message, 'save it as UTF-8');
  }
}

function badEncoding(at: Place, message: string, hint?: string): Result<never> {
  const code = 'json/encoding';
  return failed(definitionError({ code, message, at, ...(hint === undefined ? {} : { hint }) }));
}

/** A byte order mark, or the zero that an ASCII character has beside it. */
function looksLikeUtf16(bytes: Uint8Array): boolean {
  const [first, second] = bytes;
  if (first === undefined || second === undefined) return false;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return true;
  return (first === 0) !== (second === 0);
}

/** Where a lenient decoding put the first U+FFFD that is not in the bytes. */
function firstBad(text: string, bytes: Uint8Array): { offset: number; start: number } {
  let offset = 0;
  let measured = 0;
  for (let at = text.indexOf('\ufffd'); at !== -1; at = text.indexOf('\ufffd', at + 1)) {
    offset += Buffer.byteLength(text.slice(measured, at));
    measured = at;
    const genuine =
      bytes[offset] === 0xef && bytes[offset + 1] === 0xbf && bytes[offset + 2] === 0xbd;
    if (!genuine) return { offset, start: at };
  }
  throw new Error('the text was decoded without a replacement');
}

/** Of large objects, because asking each for all its keys would be quadratic. */
const indexes = new WeakMap<JsonObject, ReadonlyMap<string, JsonMember>>();
const INDEX_FROM = 32;

/** The member that counts for a key (the last one written), or undefined. */
export function member(object: JsonObject, key: string): JsonMember | undefined {
  if (object.members.length >= INDEX_FROM) {
    let index = indexes.get(object);
    if (index === undefined) {
      index = new Map(object.members.map((entry) => [entry.key, entry]));
      indexes.set(object, index);
    }
    return index.get(key);
  }
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

/** Plain JavaScript data. Objects have no prototype, so that no key can reach one; numbers are rounded. */
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
