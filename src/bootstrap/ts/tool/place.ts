// Positions that compilers report, as places in source text. A file that cannot be read is a place without text.
import { readFileSync } from 'node:fs';
import { isAbsolute, relative } from 'node:path';
import type { Place, Source } from '../../../base/span.ts';

const sources = new Map<string, Source | undefined>();

/** Line and column count from 1; the column in UTF-16 units; the length is what is marked. */
export function placeAt(path: string, line: number, column: number, length = 1): Place {
  const file = shown(path);
  const source = sourceOf(path, file);
  if (source === undefined) return { file };
  let start = 0;
  for (let at = 1; at < line; at++) {
    const end = source.text.indexOf('\n', start);
    if (end === -1) return { file };
    start = end + 1;
  }
  const from = start + column - 1;
  return { source, start: from, end: from + length };
}

/** Paths below the working directory are shown relative to it. */
export function shown(path: string): string {
  const inner = isAbsolute(path) ? relative(process.cwd(), path) : path;
  return inner.startsWith('..') ? path : inner;
}

function sourceOf(path: string, file: string): Source | undefined {
  if (!sources.has(path)) sources.set(path, read(path, file));
  return sources.get(path);
}

function read(path: string, file: string): Source | undefined {
  try {
    return { file, text: readFileSync(path, 'utf8') };
  } catch {
    // Virtual files of a bundler have no text that a user has seen.
    return undefined;
  }
}

/** The name at a place, to be marked as a whole; one character where there is none. */
export function wordLength(text: string, start: number): number {
  return Math.max(1, /^[\w$]*/.exec(text.slice(start, start + 200))![0].length);
}
