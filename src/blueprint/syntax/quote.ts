// String literals of the language: decoding escapes, and quoting a value for print. Values are byte
// strings in the field's tools; a byte that is no UTF-8 is kept as a lone surrogate U+DC80 to U+DCFF.

/**
 * Decodes the inside of a double-quoted literal (without the quotes), or gives the problem in words.
 * The caller has found the closing quote, so every backslash has a character after it.
 */
export function unescape(inner: string): { value: string } | { problem: string } {
  const parts: (string | number)[] = [];
  let from = 0;
  for (let at = inner.indexOf('\\'); at !== -1; at = inner.indexOf('\\', from)) {
    if (at > from) parts.push(inner.slice(from, at));
    const letter = inner[at + 1]!;
    const simple = SIMPLE[letter];
    if (simple !== undefined) {
      parts.push(simple);
      from = at + 2;
      continue;
    }
    const form = letter >= '0' && letter <= '7' ? OCTAL : NUMERIC[letter];
    if (form === undefined) return { problem: 'invalid char escape' };
    const digits = inner.slice(at + form.skip, at + form.skip + form.digits);
    if (digits.length !== form.digits || !form.valid.test(digits)) {
      return { problem: 'invalid char escape' };
    }
    const code = Number.parseInt(digits, form.base);
    if (form.byte ? code > 0xff : code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) {
      return {
        problem: `invalid char escape: ${inner.slice(at, at + form.skip + form.digits)} is no character`,
      };
    }
    parts.push(form.byte ? code : String.fromCodePoint(code));
    from = at + form.skip + form.digits;
  }
  if (from < inner.length) parts.push(inner.slice(from));
  return { value: join(parts) };
}

const SIMPLE: Partial<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
};

interface Form {
  readonly skip: number;
  readonly digits: number;
  readonly base: number;
  readonly valid: RegExp;
  /** The number is a byte of the value, not a code point. */
  readonly byte: boolean;
}

const OCTAL: Form = { skip: 1, digits: 3, base: 8, valid: /^[0-7]+$/, byte: true };
const HEX = /^[0-9a-fA-F]+$/;
const NUMERIC: Partial<Record<string, Form>> = {
  x: { skip: 2, digits: 2, base: 16, valid: HEX, byte: true },
  u: { skip: 2, digits: 4, base: 16, valid: HEX, byte: false },
  U: { skip: 2, digits: 8, base: 16, valid: HEX, byte: false },
};

/** Joins text and bytes: bytes in a row that are UTF-8 together become their characters. */
function join(parts: readonly (string | number)[]): string {
  if (parts.every((part) => typeof part === 'string' || part < 0x80)) {
    return parts
      .map((part) => (typeof part === 'string' ? part : String.fromCharCode(part)))
      .join('');
  }
  return fromBytes(
    Buffer.concat(
      parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.of(part))),
    ),
  );
}

/** Decodes UTF-8; every byte that is not part of a character becomes U+DC00 + byte. */
export function fromBytes(bytes: Uint8Array): string {
  let text = '';
  let from = 0;
  for (let at = 0; at < bytes.length;) {
    const length = characterLength(bytes, at);
    if (length === 0) {
      if (at > from) text += decoder.decode(bytes.subarray(from, at));
      text += String.fromCharCode(0xdc00 + bytes[at]!);
      from = ++at;
    } else at += length;
  }
  return text + decoder.decode(bytes.subarray(from));
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Length in bytes of the character at an offset, 0 where there is none (RFC 3629). */
export function characterLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  if (first < 0x80) return 1;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || at + length > bytes.length) return 0;
  const second = bytes[at + 1]!;
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return 0;
  for (let i = at + 2; i < at + length; i++) if ((bytes[i]! & 0xc0) !== 0x80) return 0;
  return length;
}

/** UTF-8 bytes of a value, kept bytes included. */
export function toBytes(value: string): Uint8Array {
  if (!LONE.test(value)) return Buffer.from(value);
  const parts = value.split(/([\udc80-\udcff])/u);
  return Buffer.concat(
    parts.map((part) =>
      LONE.test(part) ? Buffer.of(part.charCodeAt(0) - 0xdc00) : Buffer.from(part),
    ),
  );
}

const LONE = /[\udc80-\udcff]/u;

/** Nothing in it needs an escape: nearly every string of a real file. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** A value as a double-quoted literal. Printable characters stay, all others are escaped. */
export function quote(value: string): string {
  if (PLAIN.test(value)) return `"${value}"`;
  let text = '"';
  for (const char of value) text += escapeChar(char);
  return `${text}"`;
}

const ESCAPES: Partial<Record<string, string>> = Object.fromEntries(
  Object.entries(SIMPLE).map(([letter, char]) => [char, `\\${letter}`]),
);

/** Letters, marks, numbers, punctuation, symbols, and of the spaces only the ASCII one. */
function isPrintable(char: string): boolean {
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(char);
}

function escapeChar(char: string): string {
  const simple = ESCAPES[char];
  if (simple !== undefined) return simple;
  if (isPrintable(char)) return char;
  const code = char.codePointAt(0)!;
  if (code >= 0xdc80 && code <= 0xdcff) return `\\x${hex(code - 0xdc00, 2)}`;
  if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`;
  return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
