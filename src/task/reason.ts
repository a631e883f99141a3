// Why a task has to run, as data: told with every task that does, and the answer of `ashlar why`. Knows
// nothing of how reasons are found, and of how they are worded for people.
import { fileOf, isSpan, type Place } from '../base/span.ts';

/** One difference between two records that stands for itself: not one that follows from another. */
export interface Cause {
  /** What differs, as a path into the record: `variables.CFLAGS`, `functions.fix`, `inputs./pkg/src/a.c`. */
  readonly path: string;
  /** Name of the task whose record it is in. */
  readonly task: string;
  /** Where it is set now. */
  readonly at?: Place | undefined;
  /** Where it was set before, where that can still be looked at. */
  readonly was?: Place | undefined;
  /** Undefined: was not there. */
  readonly old: string | undefined;
  /** Undefined: is not there any more. */
  readonly new: string | undefined;
}

/**
 * `new`: no record of such a task is known here. `changed`: its record differs from the nearest known
 * one. `evicted`: its result was here, until it had to make room. `gone`: its result is on record, what it
 * names is not to be had. `forced`: somebody asked for it. `follows`: its result is on record,
 * but something below it was made again, by force, into something else. `unkept`: a task after it goes on from a layer
 * that is not on this machine.
 */
export type Reason =
  | { readonly kind: 'new' }
  | { readonly kind: 'changed'; readonly causes: readonly Cause[] }
  | { readonly kind: 'evicted'; readonly atMs: number }
  | { readonly kind: 'gone' }
  | { readonly kind: 'forced' }
  | { readonly kind: 'follows'; readonly tasks: readonly string[] }
  | { readonly kind: 'unkept'; readonly by: string };

/** What is no task's own: the image, say. */
export function isCommon({ path }: Cause): boolean {
  return path === 'image' || path === 'platform' || path === 'root';
}

/**
 * Whether a cause without a place is one task's alone: another value of a variable is the same in
 * all that have it.
 */
export function isOfOneTask(cause: Cause): boolean {
  const { path, at, old, new: now } = cause;
  if (at !== undefined || isCommon(cause)) return false;
  const isShared = path === 'workdir' || path.startsWith('variables.');
  return !isShared || old === undefined || now === undefined;
}

/** One line of a definition is one cause, in however many tasks it shows. */
export function causeIdentity(cause: Cause): string {
  const { path, task, at, old, new: now } = cause;
  const common = isOfOneTask(cause) ? task : '';
  const where = at === undefined ? common : `${fileOf(at)}\0${isSpan(at) ? at.start : ''}`;
  return `${where}\0${path}\0${old ?? ''}\0${now ?? ''}`;
}
