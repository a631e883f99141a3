// Which names Ninja allows, and how other names become such; and which keys parameters have. Knows nothing
// of who is named.
import { unknownKey } from '../../base/known.ts';

/** Thrown when build logic uses the Ninja API wrongly; the message says how. */
export class NinjaError extends Error {}

const NAME = /^[A-Za-z0-9_.-]*$/;

/** Throws NinjaError unless a name consists of letters, digits, `_`, `-` and `.`. */
export function checkName(name: string): void {
  if (typeof name !== 'string') throw new NinjaError(`expected a name, found ${shownKind(name)}`);
  if (NAME.test(name)) return;
  const { index } = /[^A-Za-z0-9_.-]/u.exec(name)!;
  const char = String.fromCodePoint(name.codePointAt(index)!);
  const offset = Buffer.byteLength(name.slice(0, index));
  throw new NinjaError(
    `${JSON.stringify(name)} contains an invalid Ninja name character '${char}' at byte offset ${offset}`,
  );
}

/** Throws NinjaError unless a name can be that of a rule's argument: no dots, not `in` or `out`. */
export function checkArgumentName(name: string): void {
  checkName(name);
  if (name.includes('.')) {
    throw new NinjaError(`${JSON.stringify(name)} contains a '.' character`);
  }
  if (name === 'in' || name === 'out') {
    throw new NinjaError(`${JSON.stringify(name)} conflicts with Ninja built-in`);
  }
}

/** The name with `_` for every character that Ninja does not allow: different names may become equal. */
export function toNinjaName(name: string): string {
  return NAME.test(name) ? name : name.replace(/[^A-Za-z0-9_.-]/gu, '_');
}

/** A value of the wrong kind, in a few words; JavaScript does not tell. */
export function shownKind(value: unknown): string {
  if (typeof value === 'string') return `the text ${JSON.stringify(value)}`;
  if (Array.isArray(value)) return `the list ${JSON.stringify(value)}`;
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return String(value);
  const { constructor } = value as { constructor?: { name?: string } };
  return constructor === Object || constructor?.name === undefined
    ? 'an object'
    : `an object of ${constructor.name}`;
}

/** Throws NinjaError unless a parameter, if it is given, is true or false. */
export function checkFlag(param: string, given: unknown): void {
  if (given === undefined || typeof given === 'boolean') return;
  throw new NinjaError(`the ${param} param is true or false, not ${shownKind(given)}`);
}

/** Throws NinjaError unless a parameter, if it is given, is a text. */
export function checkTextParam(param: string, given: unknown): void {
  if (given === undefined || typeof given === 'string') return;
  throw new NinjaError(`the ${param} param is a text, not ${shownKind(given)}`);
}

/** Throws NinjaError for what has no keys, or one that is none of `known`. `what` begins the message. */
export function checkParameters(what: string, given: object, known: readonly string[]): void {
  if (typeof given !== 'object' || given === null) {
    throw new NinjaError(`expected the parameters of ${what}, found ${shownKind(given)}`);
  }
  // Every statement comes through here, so there is no list of its keys.
  for (const key in given) {
    if (known.includes(key)) continue;
    throw new NinjaError(unknownKey(what, key, known));
  }
}
