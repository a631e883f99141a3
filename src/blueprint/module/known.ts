// Options that nobody knows: build logic is mostly JavaScript, in which a mistyped name would go unnoticed.
import { unknownKey } from '../../base/known.ts';
import { LogicError } from './exception.ts';

/** Throws LogicError for a key that is not known. `what` begins the message. */
export function checkKeys(what: string, given: object, known: readonly string[]): void {
  for (const key of Object.keys(given)) {
    const problem = unknownKey(what, key, known);
    if (problem !== undefined) throw new LogicError(problem);
  }
}
