// Which names Ninja allows, and how other names become such; and which keys parameters have. Knows nothing
// of who is named.
import { unknownKey } from '../../base/known.ts';

/** Thrown when build logic uses the Ninja API wrongly; the message says how. */
export class NinjaError extends Error {}

const NAME = /^[A-Za-z0-9_.-]*$/;

/** Throws NinjaError unless a name consists of letters, digits, `_`, `-` and `.`. */
export function checkName(name: string): void {
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

/** What stands where a text or a list of texts should; JavaScript does not tell. */
export function shownKind(value: unknown): string {
  return typeof value === 'string' ? `the text ${JSON.stringify(value)}` : String(value);
}

/** Throws NinjaError for a key that is none of `known`. `what` begins the message. */
export function checkParameters(what: string, given: object, known: readonly string[]): void {
  // Every statement comes through here, so there is no list of its keys.
  for (const key in given) {
    if (known.includes(key)) continue;
    throw new NinjaError(unknownKey(what, key, known));
  }
}
