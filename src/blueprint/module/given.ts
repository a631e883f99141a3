// Whether what build logic gives, or returns, is of the kind that is asked for: it is mostly JavaScript, in
// which a text for a list goes unnoticed, and means each of its letters. Keys of options are in known.ts.
import { firstOf } from '../property/fits.ts';
import { LogicError } from './exception.ts';
import type { AnyProvider } from './provider.ts';

/** Throws LogicError unless something is a list of texts. `what` begins the message. */
export function checkTexts(what: string, given: unknown): void {
  if (!Array.isArray(given)) throw new LogicError(`${what} is no list but ${describe(given)}`);
  for (const item of given) checkText(what, item);
}

/** Throws LogicError unless something is a text. */
export function checkText(what: string, given: unknown): asserts given is string {
  if (typeof given !== 'string') throw new LogicError(`${what} is no text but ${describe(given)}`);
}

/** Throws LogicError for a step that has not ended when it returns: what it does later would be lost. */
export function checkEnded(returned: unknown): void {
  if (typeof returned !== 'object' || returned === null || !('then' in returned)) return;
  if (returned instanceof Promise) returned.catch(() => undefined);
  throw new LogicError('it is asynchronous, but build logic must have ended when it returns');
}

/** Throws LogicError unless a value of a persistent provider is what JSON gives back. */
export function checkPlain({ name }: AnyProvider, value: unknown): void {
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
      return describe(value);
  }
  if (value === null) return undefined;
  if (Array.isArray(value)) return firstOf(value, notPlain);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return describe(value);
  return firstOf(Object.values(value), (item) => (item === undefined ? undefined : notPlain(item)));
}

/** A value of the wrong kind, in a few words. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return `the text ${JSON.stringify(value)}`;
  if (Array.isArray(value)) return `the list ${JSON.stringify(value)}`;
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return String(value);
  const { constructor } = value as { constructor?: { name?: string } };
  return constructor === Object || constructor?.name === undefined
    ? 'an object'
    : `an object of ${constructor.name}`;
}
