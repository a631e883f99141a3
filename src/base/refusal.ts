// A refusal on its way up: carries a diagnostic through code that streams (generators, parsers fed in
// pieces) to where a Result is due. Bugs are never wrapped.
import { environmentError, failed, ok, type Diagnostic, type Result } from './diagnostic.ts';
import { errnoOf, systemError } from './fs.ts';

/** Thrown where input is refused in the middle of a stream. Never leaves a public function. */
export class Refusal extends Error {
  readonly diagnostic: Diagnostic;

  constructor(diagnostic: Diagnostic) {
    super(diagnostic.message);
    this.name = 'Refusal';
    this.diagnostic = diagnostic;
  }
}

/**
 * Runs streaming work to its Result. A refusal without a place of its own gets `file`; a node system
 * error becomes `fs/<errno>`, told as "cannot <doing> <file>"; anything else is a bug and thrown on.
 */
export async function settle<T>(
  doing: string,
  file: string,
  work: () => Promise<T>,
): Promise<Result<T>> {
  try {
    return ok(await work());
  } catch (error) {
    if (error instanceof Refusal) return failed({ at: { file }, ...error.diagnostic });
    return failed(systemError(doing, error, file));
  }
}

/** A node system error as a refusal, so that it tells the path the user knows; others pass unchanged. */
export function refusalOf(doing: string, error: unknown, path: string): unknown {
  if (error instanceof Refusal || errnoOf(error) === undefined) return error;
  return new Refusal(systemError(doing, error, path));
}

/** The caller's signal ended the work. */
export function interrupted(): Refusal {
  return new Refusal(
    environmentError({ code: 'archive/interrupted', message: 'it was interrupted' }),
  );
}
