// What the identity of an image is a digest of, to tell two machines, or two states of one, apart: packages
// with their versions, tools, alternatives. Only explanations need it; what is missing is not told.
import { join } from 'node:path';
import { digestOf, isSha256Hex } from '../base/digest.ts';
import { errnoOf, readIfExists } from '../base/fs.ts';
import type { Store } from '../cache/store.ts';
import { identityRecords } from '../sandbox/identity.ts';
import type { Value } from './leaves.ts';

/** What differs between two images, a line for each package, tool or alternative: `gcc-12 12.2.0-14`. */
export interface ImageChange {
  readonly old: string;
  readonly new: string;
}

/** Longer lists are not read, and not kept in whole. */
const MOST_LINES = 20;

/** Undefined where one of the two is not known here, or nothing but the sandbox differs. */
export function imageChange(store: Store, old: string, now: string): ImageChange | undefined {
  const [before, after] = [old, now].map((identity) => describe(readImage(store, identity)));
  if (before === undefined || after === undefined) return undefined;
  const differ = (name: string): boolean => before.get(name) !== after.get(name);
  const names = [...new Set([...before.keys(), ...after.keys()])].filter(differ);
  if (names.length === 0) return undefined;
  // What packages bring is told by the packages.
  const packages = names.filter((name) => !name.includes(' '));
  const told = packages.length > 0 ? packages : names;
  const inBoth = (name: string): boolean => before.has(name) && after.has(name);
  const ordered = [...told.filter(inBoth), ...told.filter((name) => !inBoth(name))];
  const lines = (of: ReadonlyMap<string, string>): string[] =>
    ordered
      .slice(0, MOST_LINES)
      .flatMap((name) => (of.has(name) ? [`${name} ${of.get(name)}`] : []));
  const more = ordered.length - MOST_LINES;
  const rest = more > 0 ? [`and ${more} more`] : [];
  return { old: lines(before).join('\n'), new: [...lines(after), ...rest].join('\n') };
}

/** Name → version or digest. Names of packages hold no blanks. */
function describe(record: Value): ReadonlyMap<string, string> | undefined {
  if (typeof record !== 'object' || record === null || Array.isArray(record)) return undefined;
  const { machine, packages, tools, alternatives } = record as Readonly<Record<string, Value>>;
  const found = new Map<string, string>();
  for (const line of Array.isArray(packages) ? packages : []) {
    const [name, version = '', architecture = ''] = String(line).split(' ');
    // Of several architectures each is one.
    found.set(found.has(name!) ? `${name}:${architecture}` : name!, version);
  }
  const add = (kind: string, entries: Value, show: (value: string) => string): void => {
    for (const [name, value] of Object.entries(entries ?? {})) {
      found.set(`${kind} ${name}`, show(String(value)));
    }
  };
  add('tool', tools, (digest) => digest.slice(0, 12));
  add('alternative', alternatives, (target) => target);
  add('machine', { architecture: machine }, (text) => text);
  return found;
}

/** The record of an image that was seen here, or came from a mirror. */
export function readImage(store: Store, identity: string): Value {
  const name = withoutSandbox(identity);
  if (!isSha256Hex(name)) return undefined;
  try {
    const bytes = readIfExists(join(identityRecords(store.root), name));
    return bytes === undefined || digestOf(bytes).hash !== name
      ? undefined
      : (JSON.parse(bytes.toString('utf8')) as Value);
  } catch (error) {
    if (errnoOf(error) === undefined && !(error instanceof SyntaxError)) throw error;
    return undefined;
  }
}

/** An identity without the sandbox that it may be named after. */
export function withoutSandbox(identity: string): string {
  return identity.slice(identity.indexOf(':') + 1);
}
