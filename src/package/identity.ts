// The hash that pkgpanda's package ids are made of: `hash_checkout` over located JSON, and the pieces
// it is built from. Knows nothing of packages. SHA-1 and the loose encoding are the format's, kept so
// that ids stay what they are everywhere; see docs/formats/package-id.md.
import { hash } from 'node:crypto';
import { Collector, definitionError, type Result } from '../base/diagnostic.ts';
import { byCodePoint } from '../base/digest.ts';
import { describe, type JsonNode } from '../base/json.ts';
import type { Span } from '../base/span.ts';

declare const sha1Brand: unique symbol;

/** 40 lower-case hexadecimal digits. */
export type Sha1Hex = string & { readonly [sha1Brand]: true };

/**
 * The hash of a JSON value. Errors, each at its value: `identity/unhashable` (null, a number that is
 * not an integer, a string that is not Unicode), `identity/unordered` (a list whose items have no order).
 * Recurses with the value's depth, which the JSON parser bounds.
 */
export function hashCheckout(node: JsonNode): Result<Sha1Hex> {
  const out = new Collector();
  return out.finish(hashNode(node, out));
}

/** As `hashCheckout`, with errors handed to a collector; the hash is then meaningless. */
export function hashNode(node: JsonNode, out: Collector): Sha1Hex {
  switch (node.kind) {
    case 'string':
      checkUnicode(node.value, node.at, out);
      return hashText(node.value);
    case 'boolean':
      return hashBoolean(node.value);
    case 'number':
      // The spelling of an integer is its decimal digits already, whatever its size; only -0 differs.
      if (node.integer === undefined) unhashable(node, out);
      return hashText(node.integer === 0n ? '0' : node.text);
    case 'null':
      unhashable(node, out);
      return hashText('');
    case 'array':
      return hashItems(sortItems(node.items, out).map((item) => hashNode(item, out)));
    case 'object': {
      const hashes = new Map<string, Sha1Hex>();
      for (let i = node.members.length - 1; i >= 0; i--) {
        const { key, keyAt, value } = node.members[i]!;
        // From the end, because of duplicates the last counts, and only that.
        if (hashes.has(key)) continue;
        hashes.set(key, hashNode(value, out));
        checkUnicode(key, keyAt, out);
      }
      return hashMembers(hashes);
    }
  }
}

/** SHA-1 of a string's UTF-8 bytes. The string must be well-formed. */
export function hashText(text: string): Sha1Hex {
  return hash('sha1', text) as Sha1Hex;
}

export function hashBoolean(value: boolean): Sha1Hex {
  return value ? TRUE : FALSE;
}

const TRUE = hashText('True');
const FALSE = hashText('False');

/** The hash of an object, from those of its members. */
export function hashMembers(members: ReadonlyMap<string, Sha1Hex>): Sha1Hex {
  // The engine's own order is several times as fast, and the same unless there are surrogates.
  const keys = [...members.keys()].sort();
  const text = spellMembers(keys, members);
  if (!SURROGATE.test(text)) return hashText(text);
  return hashText(spellMembers(keys.sort(byCodePoint), members));
}

const SURROGATE = /[\ud800-\udfff]/;

function spellMembers(keys: readonly string[], members: ReadonlyMap<string, Sha1Hex>): string {
  let text = '';
  for (const key of keys) text += `${text === '' ? '' : ','}${key}=${members.get(key)!}`;
  return text;
}

/** The hash of a list, from those of its items in the order of the items' values. */
export function hashItems(items: readonly Sha1Hex[]): Sha1Hex {
  return hashText(items.join(','));
}

/** The hash of a list of strings, in whatever order they come. */
export function hashStrings(strings: Iterable<string>): Sha1Hex {
  return hashItems([...strings].sort(byCodePoint).map(hashText));
}

type Member = Extract<JsonNode, { kind: 'object' }>['members'][number];

function unhashable(node: JsonNode, out: Collector): void {
  out.add(
    definitionError({
      code: 'identity/unhashable',
      message: `expected a string, an integer, true, false, a list or an object, found ${describe(node)}`,
      at: node.at,
      hint: 'a package id can be made of nothing else; write it as a string',
    }),
  );
}

const LONE_SURROGATE = /[\ud800-\udfff]/u;

function checkUnicode(text: string, at: Span, out: Collector): void {
  if (!LONE_SURROGATE.test(text)) return;
  out.add(
    definitionError({
      code: 'identity/unhashable',
      message: 'half of a surrogate pair stands alone; such a string has no UTF-8 form',
      at,
    }),
  );
}

/**
 * Items ascending by value, as Python sorts: strings by code point, integers and booleans numerically,
 * lists item by item; equal ones keep their order. One item alone needs no order.
 */
function sortItems(items: readonly JsonNode[], out: Collector): readonly JsonNode[] {
  if (items.length < 2) return items;
  let clash: readonly [JsonNode, JsonNode] | undefined;
  const sorted = [...items].sort((a, b) => {
    const order = compare(a, b);
    if (order === undefined) clash ??= [a, b];
    return order ?? 0;
  });
  if (clash !== undefined) {
    const [a, b] = clash[0].at.start < clash[1].at.start ? clash : [clash[1], clash[0]];
    out.add(
      definitionError({
        code: 'identity/unordered',
        message: `a list with ${describe(a)} and ${describe(b)} in it cannot be sorted, and so not be hashed`,
        at: b.at,
        notes: [{ message: 'the other one', at: a.at }],
        hint: 'make all items strings, or all integers',
      }),
    );
  }
  return sorted;
}

/** Negative, zero or positive; undefined where the two have no order. */
function compare(a: JsonNode, b: JsonNode): number | undefined {
  if (a.kind === 'string' && b.kind === 'string') return byCodePoint(a.value, b.value);
  if (a.kind === 'array' && b.kind === 'array') {
    const shorter = Math.min(a.items.length, b.items.length);
    for (let i = 0; i < shorter; i++) {
      // As in Python, equal items decide nothing, even where they have no order: {} and {}.
      if (!equal(a.items[i]!, b.items[i]!)) return compare(a.items[i]!, b.items[i]!);
    }
    return a.items.length - b.items.length;
  }
  // What cannot be hashed is reported as such, not also as unsortable.
  if (isUnhashable(a) || isUnhashable(b)) return 0;
  const [x, y] = [numeric(a), numeric(b)];
  if (x === undefined || y === undefined) return undefined;
  return x < y ? -1 : x > y ? 1 : 0;
}

function isUnhashable(node: JsonNode): boolean {
  return node.kind === 'null' || (node.kind === 'number' && node.integer === undefined);
}

/** In Python a boolean is a number. */
function numeric(node: JsonNode): bigint | undefined {
  if (node.kind === 'boolean') return node.value ? 1n : 0n;
  return node.kind === 'number' ? node.integer : undefined;
}

function equal(a: JsonNode, b: JsonNode): boolean {
  if (a.kind === 'string' && b.kind === 'string') return a.value === b.value;
  if (a.kind === 'array' && b.kind === 'array') {
    return (
      a.items.length === b.items.length && a.items.every((item, i) => equal(item, b.items[i]!))
    );
  }
  if (a.kind === 'object' && b.kind === 'object') {
    const [x, y] = [valuesOf(a.members), valuesOf(b.members)];
    if (x.size !== y.size) return false;
    return [...x].every(([key, value]) => {
      const other = y.get(key);
      return other !== undefined && equal(value, other);
    });
  }
  const [x, y] = [numeric(a), numeric(b)];
  return x !== undefined && x === y;
}

function valuesOf(members: readonly Member[]): Map<string, JsonNode> {
  return new Map(members.map(({ key, value }) => [key, value]));
}
