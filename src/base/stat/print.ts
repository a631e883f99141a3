// Paths and times as the launcher hands them to GNU `stat` and as that prints them, to be compared byte by byte. Knows
// nothing of what is recorded, and why.
import { relative } from 'node:path';

/** `%.9Y` and its like: seconds since 1970 with nine digits behind the point, of nanoseconds. */
export function printedSeconds(ns: bigint): string {
  const digits = String(ns).padStart(10, '0');
  return `${digits.slice(0, -9)}.${digits.slice(-9)}`;
}

/** An absolute path as `stat` is given it in the directory `base`: relative inside of that, else as it is. */
export function printedPath(base: string, path: string): string {
  // Most are inside, and there are very many of them.
  const inner = path.startsWith(`${base}/`) ? path.slice(base.length + 1) : relative(base, path);
  if (inner === '') return '.';
  // By this name `stat` knows its own standard input.
  if (inner === '-') return './-';
  return inner === '..' || inner.startsWith('../') ? path : inner;
}
