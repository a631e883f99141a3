// Keys of options and parameters that nobody knows. Knows nothing of who takes them, nor of how the mistake
// is told.
import { suggest } from './diagnostic.ts';

/** What is wrong with a key, if anything; the message begins with `what`, which has the key. */
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
