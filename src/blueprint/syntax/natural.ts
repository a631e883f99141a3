// The order in which lists of strings are sorted: by bytes, but runs of digits by the number they
// mean, whatever its size. Numbers written with and without leading zeros are equal, so this is no
// total order: sorting has to keep what it calls equal in place.
import { toBytes } from './quote.ts';

/** Whether one value stands before another. */
export function naturalLess(a: string, b: string): boolean {
  if (a === b) return false;
  return less(byteString(a), byteString(b));
}

/** Sorts values by a key, keeping the order of equals. Sorting what is sorted changes nothing. */
export function naturalSort<T>(items: readonly T[], key: (item: T) => string): T[] {
  const keyed = items.map((item) => ({ item, bytes: byteString(key(item)) }));
  // Insertion alone is what decides short lists, where "equal" is not transitive; long lists are
  // brought near their order first.
  if (keyed.length > SHORT) {
    keyed.sort((a, b) => Number(less(b.bytes, a.bytes)) - Number(less(a.bytes, b.bytes)));
  }
  for (let i = 1; i < keyed.length; i++) {
    const moving = keyed[i]!;
    let at = i;
    for (; at > 0 && less(moving.bytes, keyed[at - 1]!.bytes); at--) keyed[at] = keyed[at - 1]!;
    keyed[at] = moving;
  }
  return keyed.map(({ item }) => item);
}

const SHORT = 20;

function less(a: string, b: string): boolean {
  const length = Math.min(a.length, b.length);
  let at = 0;
  while (at < length && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  if (at === length) return a.length < b.length;
  const digits = isDigit(a, at);
  const inNumber = at > 0 && isDigit(a, at - 1);
  if (digits !== isDigit(b, at)) {
    // The longer of two numbers with the same beginning is the greater one.
    return inNumber ? !digits : a.charCodeAt(at) < b.charCodeAt(at);
  }
  if (!digits) return a.charCodeAt(at) < b.charCodeAt(at);
  let start = at;
  while (start > 0 && isDigit(a, start - 1)) start--;
  const left = numberAt(a, start);
  const right = numberAt(b, start);
  return left.length === right.length ? left < right : left.length < right.length;
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 0x30 && code <= 0x39;
}

/** The digits from an offset on, without leading zeros. */
function numberAt(text: string, start: number): string {
  let from = start;
  while (text.charCodeAt(from) === 0x30) from++;
  let to = from;
  while (isDigit(text, to)) to++;
  return text.slice(from, to);
}

/** A string with one character per byte of UTF-8, so that comparing characters compares bytes. */
function byteString(value: string): string {
  return ASCII.test(value) ? value : Buffer.from(toBytes(value)).toString('latin1');
}

const ASCII = /^[\u0000-\u007f]*$/;
