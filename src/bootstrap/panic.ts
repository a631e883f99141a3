// What build logic throws, told where it was thrown: at the tree's own source line, as source maps give it.
import { relative } from 'node:path';
import { definitionError, type Diagnostic, type Note } from '../base/diagnostic.ts';
import type { Place } from '../base/span.ts';
import { placeAt } from './ts/tool/place.ts';

/** Where Ashlar's own sources are (or were), by what a stack says of this one: V8 counts all of its lines for that. */
function ownSources(): string | undefined {
  const frame = /(?:file:\/\/)?(\/[^()]*)\/bootstrap\/panic\.ts:\d+/;
  return frame.exec(new Error().stack ?? '')?.[1];
}

/** Frames of a stack that say more than enough. */
const MOST_FRAMES = 5;

/** Codes of diagnostics whose notes are a stack: exceptions, and what values of Ninja variables threw. */
const THROWN: ReadonlySet<string> = new Set(['logic/exception', 'ninja/value', 'ninja/text']);

/** The code of those that stay at the question that could not be answered: their notes say who threw. */
const ASKED = 'property/select-condition';

/** Whether a file, by its whole path, is one of the user's. */
export type IsUsers = (path: string) => boolean;

/**
 * A diagnostic about an exception, at the line of the user that threw; others as they are. Of a diagnostic whose
 * notes are the stack.
 */
export function withOwnPlaces(diagnostic: Diagnostic, isUsers: IsUsers = isOfTree): Diagnostic {
  const asked = diagnostic.code === ASKED;
  if (!asked && !THROWN.has(diagnostic.code)) return diagnostic;
  const { notes = [], at, ...rest } = diagnostic;
  const lines = notes.flatMap(({ message }) => message.split('\n'));
  const [first, ...others] = userFrames(lines, isUsers);
  if (first === undefined) return { ...rest, at };
  const callers = others.map((place): Note => ({ message: 'called from here', at: place }));
  if (asked) return { ...rest, at, notes: [{ message: 'thrown here', at: first }, ...callers] };
  const where: Note[] = at === undefined ? [] : [{ message: 'the module is defined here', at }];
  return { ...rest, at: first, notes: [...callers, ...where] };
}

/** What loading build logic threw, as `logic/exception`. */
export function loadingFailed(thrown: unknown): Diagnostic {
  const error = thrown instanceof Error ? thrown : undefined;
  const [first, ...others] = userFrames((error?.stack ?? '').split('\n'), isOfTree);
  return definitionError({
    code: 'logic/exception',
    message: `panic in loading the build logic: ${error === undefined ? String(thrown) : error.message}`,
    at: first,
    notes: others.map((place): Note => ({ message: 'called from here', at: place })),
  });
}

/** TypeScript below the working directory. */
function isOfTree(path: string): boolean {
  const inner = relative(process.cwd(), path);
  if (inner.startsWith('..') || inner.includes('node_modules/')) return false;
  // Ashlar's own, where it is in the tree or beside it, is not what the user wrote.
  const own = ownSources();
  if (own !== undefined && path.startsWith(`${own}/`)) return false;
  return /\.[cm]?tsx?$/.test(path);
}

/** Places of stack frames that are the user's, innermost first. */
export function userFrames(lines: readonly string[], isUsers: IsUsers): Place[] {
  const places: Place[] = [];
  for (const line of lines) {
    const match = /(?:\(|at )(?:file:\/\/)?(\/[^()]*):(\d+):(\d+)\)?$/.exec(line.trim());
    if (match === null || places.length === MOST_FRAMES) continue;
    const path = decodeURI(match[1]!);
    if (isUsers(path)) places.push(placeAt(path, Number(match[2]), Number(match[3])));
  }
  return places;
}
