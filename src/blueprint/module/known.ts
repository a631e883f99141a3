// Options that nobody knows: build logic is mostly JavaScript, in which a mistyped name would go unnoticed.
import { suggest } from '../../base/diagnostic.ts';
import { LogicError } from './exception.ts';

/** Throws LogicError for a key that is not known. `what` begins the message. */
export function checkKeys(what: string, given: object, known: readonly string[]): void {
  for (const key of Object.keys(given)) {
    const problem = unknownKey(what, key, known);
    if (problem !== undefined) throw new LogicError(problem);
  }
}

/** What is wrong with a key, if anything. */
export function unknownKey(
  what: string,
  key: string,
  known: readonly string[],
): string | undefined {
  if (known.includes(key)) return undefined;
  const meant = suggest(key, known);
  const hint = meant === undefined ? `there are ${known.join(', ')}` : `did you mean "${meant}"?`;
  return `${what} has no "${key}"; ${hint}`;
}
