// Content digests: SHA-256 in the shape REAPI uses (hash and size), and the canonical JSON that keys
// are computed over. Knows nothing of stores or tasks. Files are hashed in blocks, never read whole.
import { createHash, hash, type Hash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';

declare const hexBrand: unique symbol;

/** 64 lower-case hexadecimal digits. */
export type Sha256Hex = string & { readonly [hexBrand]: true };

/** What names a blob: SHA-256 of its bytes and its size in bytes. */
export interface Digest {
  readonly hash: Sha256Hex;
  readonly size: number;
}

export const EMPTY_DIGEST: Digest = digestOf('');

/** True for 64 lower-case hexadecimal digits, the only spelling of a SHA-256 that Ashlar accepts. */
export function isSha256Hex(text: string): text is Sha256Hex {
  return /^[0-9a-f]{64}$/.test(text);
}

/** Digest of a string's UTF-8 bytes, or of bytes. */
export function digestOf(content: string | Uint8Array): Digest {
  const size = typeof content === 'string' ? Buffer.byteLength(content, 'utf8') : content.length;
  // In one call, without an object that is a hash in the making: a third of the time for what is short.
  return { hash: hash('sha256', content, 'hex') as Sha256Hex, size };
}

const BLOCK = 1 << 18;
const block = Buffer.allocUnsafe(BLOCK);

/** Feeds a file's bytes into hashes, block by block; returns the number of bytes. Throws node's own errors. */
export function hashFile(path: string | Buffer, ...hashes: Hash[]): number {
  const fd = openSync(path, 'r');
  try {
    let size = 0;
    for (;;) {
      const read = readSync(fd, block, 0, BLOCK, null);
      if (read === 0) return size;
      size += read;
      for (const hash of hashes) hash.update(block.subarray(0, read));
    }
  } finally {
    closeSync(fd);
  }
}

/** Size of a file and its digests, 40 and 64 hexadecimal digits. */
export interface FileHashes {
  readonly size: number;
  readonly sha1: string;
  readonly sha256: Sha256Hex;
}

/** Both digests of a regular file's bytes. Throws node's own errors. */
export function hashesOfFile(path: string): FileHashes {
  const bytes = firstBlock(path);
  if (bytes.length < BLOCK) {
    // As nearly all are: in one call each, without objects that are hashes in the making.
    const { hash: sha256, size } = digestOf(bytes);
    return { size, sha1: hash('sha1', bytes, 'hex'), sha256 };
  }
  const [sha1, sha256] = [createHash('sha1'), createHash('sha256')];
  const size = hashFile(path, sha1, sha256);
  return { size, sha1: sha1.digest('hex'), sha256: sha256.digest('hex') as Sha256Hex };
}

/** All of a file that is shorter than a block, and a block of one that is not. Good until the next file is read. */
function firstBlock(path: string): Buffer {
  const fd = openSync(path, 'r');
  try {
    let filled = 0;
    while (filled < BLOCK) {
      const read = readSync(fd, block, filled, BLOCK - filled, null);
      if (read === 0) break;
      filled += read;
    }
    return block.subarray(0, filled);
  } finally {
    closeSync(fd);
  }
}

/** Digest of a regular file's bytes (symbolic links are followed). Throws node's own errors. */
export function digestFile(path: string | Buffer): Digest {
  const hash = createHash('sha256');
  const size = hashFile(path, hash);
  return { hash: hash.digest('hex') as Sha256Hex, size };
}

export function sameDigest(a: Digest, b: Digest): boolean {
  return a.hash === b.hash && a.size === b.size;
}

/** A value that has exactly one canonical JSON text. Numbers are safe integers. */
export type Canonical =
  | string
  | number
  | boolean
  | null
  | readonly Canonical[]
  | { readonly [key: string]: Canonical | undefined };

/**
 * JSON text with keys sorted by Unicode code point, no white space, and undefined members left out,
 * so that equal values give equal bytes whatever order they were built in. One function: of several that call each
 * other V8 makes one as large as it may, which takes longer than a thousand records.
 */
export function canonicalJson(value: Canonical): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number' && !Number.isSafeInteger(value)) {
    throw new TypeError(`no canonical form for the number ${value}`);
  }
  if (value === null || typeof value !== 'object') {
    const text: string | undefined = JSON.stringify(value);
    if (text === undefined) throw new TypeError(`no canonical form for ${typeof value}`);
    return text;
  }
  if (isList(value)) {
    let items = '';
    // By index: a hole is no value.
    for (let i = 0; i < value.length; i++) {
      items += (i === 0 ? '' : ',') + canonicalJson(value[i] as Canonical);
    }
    return `[${items}]`;
  }
  let members = '';
  for (const key of sortedKeys(value)) {
    const member = value[key];
    if (member === undefined) continue;
    const name = spelled.get(key) ?? JSON.stringify(key) + ':';
    members += (members === '' ? name : ',' + name) + canonicalJson(member);
  }
  return `{${members}}`;
}

/**
 * What keys without surrogates are spelled as, with the colon. Nearly all objects have keys that many others have: these
 * are neither spelled nor looked at again, which is half of what a record costs.
 */
const spelled = new Map<string, string>();

/** More, and longer ones, are data that somebody has as keys. */
const MAX_SPELLED = 1000;
const LONGEST_SPELLED = 64;

/** Whether a key has no surrogates. */
function isPlain(key: string): boolean {
  if (spelled.has(key)) return true;
  if (SURROGATE.test(key)) return false;
  if (spelled.size < MAX_SPELLED && key.length <= LONGEST_SPELLED) {
    spelled.set(key, JSON.stringify(key) + ':');
  }
  return true;
}

/** The engine's own order is four times as fast, and the same unless there are surrogates. */
function sortedKeys(value: object): string[] {
  const keys = Object.keys(value);
  let plain = true;
  let sorted = true;
  for (let i = 0; i < keys.length; i++) {
    plain &&= isPlain(keys[i]!);
    sorted &&= i === 0 || keys[i - 1]! < keys[i]!;
  }
  if (plain) return sorted ? keys : keys.sort(byUnit);
  return keys.length < 2 ? keys : keys.sort(byCodePoint);
}

const SURROGATE = /[\ud800-\udfff]/;

function byUnit(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** Array.isArray does not narrow readonly arrays. */
function isList(value: object): value is readonly Canonical[] {
  return Array.isArray(value);
}

const FROM_SURROGATES = /[\ud800-\uffff]/;

/** Order by Unicode code point; JavaScript's own order is by UTF-16 unit and differs above U+FFFF. */
export function byCodePoint(a: string, b: string): number {
  if (a === b) return 0;
  // Nearly always: the engine's own order, many times as fast, differs only where both have what sorts so.
  if (!FROM_SURROGATES.test(a) || !FROM_SURROGATES.test(b)) return a < b ? -1 : 1;
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    // Surrogates stand for code points above the rest of the plane, but sort below U+E000 as units.
    const xHigh = x >= 0xd800 && x <= 0xdfff;
    const yHigh = y >= 0xd800 && y <= 0xdfff;
    if (xHigh !== yHigh) return xHigh ? 1 : -1;
    return x < y ? -1 : 1;
  }
  return a.length < b.length ? -1 : 1;
}
