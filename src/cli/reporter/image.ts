// How the change of an image reads: packages that came, went or changed, where these are known. Pure text.
import { printable } from '../../base/diagnostic.ts';

/** Packages and tools that are told on one line. */
const MOST = 2;

/**
 * From lists of `NAME VERSION`, as `ImageChange` has them, or from two identities: `gcc-12 12.2.0-14 → 12.2.0-15,
 * jq 1.6 added and 3 more`.
 */
export function imageText(old: string | undefined, now: string | undefined): string {
  const [before, after] = [identity(old), identity(now)];
  if (before !== undefined && after !== undefined) {
    if (before.hash !== after.hash) {
      return `another one (${before.hash.slice(0, 12)} → ${after.hash.slice(0, 12)})`;
    }
    return after.sandbox === undefined
      ? 'seen in isolation now'
      : `seen without isolation now, by the sandbox ${after.sandbox}`;
  }
  const was = entries(old);
  const is = entries(now);
  const names = [...new Set([...was.keys(), ...is.keys()])];
  const told = names
    .slice(0, MOST)
    .map((name) => printable(entryText(name, was.get(name), is.get(name))));
  const counted = Number(/(?:^|\n)and (\d+) more$/.exec(now ?? '')?.[1] ?? 0);
  const more = names.length - told.length + counted;
  return told.join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function identity(
  text: string | undefined,
): { readonly hash: string; readonly sandbox: string | undefined } | undefined {
  const found = /^(?:([a-z]+):)?([0-9a-f]{64})$/.exec(text ?? '');
  return found === null ? undefined : { hash: found[2]!, sandbox: found[1] };
}

function entries(text: string | undefined): Map<string, string> {
  const lines = (text ?? '')
    .split('\n')
    .filter((line) => line !== '' && !/^and \d+ more$|…$/.test(line));
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(' ');
      return [line.slice(0, space), line.slice(space + 1)];
    }),
  );
}

function entryText(name: string, old: string | undefined, now: string | undefined): string {
  if (old === undefined) return `${name} ${now} added`;
  if (now === undefined) return `${name} ${old} removed`;
  return `${name} ${old} → ${now}`;
}
