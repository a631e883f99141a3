// How much a store holds, without looking at every object: a summary that the last look left, and what
// processes said they added since. Only ever a hint; it may be deleted at any time.
import { appendFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf, readIfExists, writeAtomic } from '../../base/fs.ts';
import type { Store } from '../store.ts';

export interface Usage {
  /** When it was counted, in milliseconds since 1970. */
  readonly atMs: number;
  readonly bytes: number;
  readonly results: number;
  readonly blobs: number;
  readonly layers: number;
}

const VERSION = 1;

function indexOf({ root }: Store): string {
  return join(root, 'index');
}

function additionsOf({ root }: Store): string {
  return join(root, 'index.added');
}

/** Writes the summary; what others added while it was counted is counted again next time. */
export function writeUsage(store: Store, usage: Usage): void {
  rmSync(additionsOf(store), { force: true });
  writeAtomic(indexOf(store), `${JSON.stringify({ version: VERSION, ...usage })}\n`);
}

/** Tells that so many bytes came in. Throws node's own errors. */
export function addUsage(store: Store, bytes: number): void {
  if (bytes > 0) appendFileSync(additionsOf(store), `${Math.round(bytes)}\n`, { mode: 0o644 });
}

/** Bytes in the store, as far as is known without looking; undefined when nothing is. */
export function estimateUsage(store: Store): number | undefined {
  try {
    const usage = parseUsage(readIfExists(indexOf(store))?.toString('utf8') ?? '');
    if (usage === undefined) return undefined;
    const added = readIfExists(additionsOf(store))?.toString('latin1') ?? '';
    return added
      .split('\n')
      .filter((line) => /^\d{1,15}$/.test(line))
      .reduce((sum, line) => sum + Number(line), usage.bytes);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}

/** Undefined for what is no summary, or one of another version. */
export function parseUsage(text: string): Usage | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    const usage = value as Partial<Record<keyof Usage | 'version', unknown>>;
    const numbers = [usage.atMs, usage.bytes, usage.results, usage.blobs, usage.layers];
    const whole = numbers.every((number) => Number.isFinite(number) && (number as number) >= 0);
    return usage.version === VERSION && whole ? (value as Usage) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
