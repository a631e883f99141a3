// What build logic throws becomes a diagnostic: a mistake in it must not end the run without saying in
// which step, and for which module.
import { definitionError, type Diagnostic } from '../../base/diagnostic.ts';
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
  const error = thrown instanceof Error ? thrown : undefined;
  const stack = debug ? (error?.stack ?? '').split('\n').slice(1) : [];
  return definitionError({
    code: 'logic/exception',
    message: `panic in ${where}: ${error === undefined ? String(thrown) : error.message}`,
    at,
    notes: stack.map((line) => ({ message: line.trim() })),
  });
}
