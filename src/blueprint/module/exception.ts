// What build logic throws becomes a diagnostic: a mistake in it must not end the run without saying in
// which step, and for which module.
import { definitionError, type Diagnostic, type Note } from '../../base/diagnostic.ts';
import type { Span } from '../../base/span.ts';

/** Thrown by contexts that are used wrongly; the message says how. */
export class LogicError extends Error {}

/** A diagnostic `logic/exception`. `where` continues "panic in", with the module's name. */
export function exceptionDiagnostic(
  where: string,
  thrown: unknown,
  at: Span | undefined,
  debug: boolean,
): Diagnostic {
  return definitionError({
    code: 'logic/exception',
    message: `panic in ${where}: ${messageOf(thrown)}`,
    at,
    notes: stackOf(thrown, debug),
  });
}

/** What was thrown, in words. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The stack of an error, a note for each frame; none without `debug`. */
export function stackOf(thrown: unknown, debug: boolean): Note[] {
  if (!debug || !(thrown instanceof Error)) return [];
  // A message may be several lines.
  const lines = (thrown.stack ?? '').split('\n');
  return lines.filter((line) => /^\s*at /.test(line)).map((line) => ({ message: line.trim() }));
}
