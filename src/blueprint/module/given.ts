// Whether what build logic gives, or returns, is of the kind that is asked for: it is mostly JavaScript, in
// which a text for a list goes unnoticed, and means each of its letters. Keys of options are in known.ts.
import { shownKind } from '../ninja/name.ts';
import { firstOf } from '../property/fits.ts';
import { LogicError } from './exception.ts';

/** Throws LogicError unless something is a list of texts. `what` begins the message. */
export function checkTexts(what: string, given: unknown): void {
  if (!Array.isArray(given)) throw new LogicError(`${what} is no list but ${shownKind(given)}`);
  for (const item of given) checkText(what, item);
}

/** Throws LogicError unless something is a text. */
export function checkText(what: string, given: unknown): asserts given is string {
  if (typeof given !== 'string') throw new LogicError(`${what} is no text but ${shownKind(given)}`);
}

/** Throws LogicError unless something, if it is given, is a function. */
export function checkStep(what: string, given: unknown): void {
  if (given === undefined || typeof given === 'function') return;
  throw new LogicError(`${what} is no function but ${shownKind(given)}`);
}

/** Throws LogicError for a step that has not ended when it returns: what it does later would be lost. */
export function checkEnded(returned: unknown): void {
  if (typeof returned !== 'object' || returned === null || !('then' in returned)) return;
  if (returned instanceof Promise) returned.catch(() => undefined);
  throw new LogicError('it is asynchronous, but build logic must have ended when it returns');
}

/** Throws LogicError unless a value of a persistent provider is what JSON gives back. */
export function checkPlain({ name }: { readonly name: string }, value: unknown): void {
  const found = notPlain(value);
  if (found === undefined) return;
  throw new LogicError(
    `the value of provider ${name}, which is persistent, must be plain JSON, but holds ${found}`,
  );
}

/** What of a value JSON does not give back. A property that is undefined is like one that is not there. */
function notPlain(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return undefined;
    case 'number':
      return Number.isFinite(value) ? undefined : String(value);
    case 'object':
      break;
    default:
      return shownKind(value);
  }
  if (value === null) return undefined;
  if (Array.isArray(value)) return firstOf(value, notPlain);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return shownKind(value);
  return firstOf(Object.values(value), (item) => (item === undefined ? undefined : notPlain(item)));
}
