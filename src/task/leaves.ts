// A task's record as a flat list of what is in it, each under a name that people know it by. Works on
// any record, also one of another version or machine; knows nothing of where records come from.
import { isSha256Hex, type Sha256Hex } from '../base/digest.ts';

/** One value of a record that can differ by itself. */
export interface Leaf {
  /** `variables.CFLAGS`, `functions.fix`, `script`, `inputs./pkg/src/a.c`. */
  readonly path: string;
  /** A text as it is; anything else as JSON. */
  readonly value: string;
  /** The value is the key of another task. */
  readonly dependency?: Sha256Hex;
}

/** Leaves by their path, with what changes from key to key left out of it, so that two records meet. */
export type Leaves = ReadonlyMap<string, Leaf>;

/** JSON as it was parsed, or the record that a key was made from. */
export type Value =
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly Value[]
  | { readonly [member: string]: Value };

/** Digests and ids: hexadecimal digits in numbers that no name has. */
const DIGESTS = /[0-9a-f]{32,}/g;

/** A text without the digests in it: equal for two that differ in nothing else. */
export function withoutDigests(text: string): string {
  return text.length < 32 ? text : text.replace(DIGESTS, '*');
}

/** What says what an input is; the others say how. */
const CONTENTS = ['file', 'text', 'link', 'directory', 'task'];

/** All leaves of a record. Members of `work` stand for themselves: what else should a script be part of? */
export function leavesOf(record: Value): Leaves {
  const leaves = new Map<string, Leaf>();
  if (!isObject(record)) return leaves;
  for (const [name, member] of Object.entries(record)) {
    if (name === 'work' && isObject(member)) {
      for (const [part, value] of Object.entries(member)) collect(leaves, part, value);
    } else collect(leaves, name, member);
  }
  return leaves;
}

function collect(leaves: Map<string, Leaf>, path: string, value: Value): void {
  if (value === undefined) return;
  if (isList(value)) collectList(leaves, path, value);
  else if (isObject(value)) {
    for (const [name, member] of Object.entries(value)) collect(leaves, `${path}.${name}`, member);
  } else add(leaves, path, value, path.endsWith('.layer'));
}

/** Lists have no order that matters more than what is in them: entries go by their place or their name. */
function collectList(leaves: Map<string, Leaf>, path: string, list: readonly Value[]): void {
  for (const [index, entry] of list.entries()) {
    if (typeof entry === 'string') add(leaves, `${path}.${entry}`, entry, false);
    else if (isObject(entry) && typeof entry['at'] === 'string') {
      collectPlaced(leaves, `${path}.${entry['at']}`, entry);
    } else if (isObject(entry) && typeof entry['id'] === 'string') {
      collectPackage(leaves, path, entry['id'], entry);
    } else if (isObject(entry) && typeof entry['name'] === 'string') {
      const { name, ...members } = entry;
      add(leaves, `${path}.${name}`, name, false);
      collect(leaves, `${path}.${name}`, members);
    } else if (isList(entry) && entry.length === 2 && typeof entry[0] === 'string') {
      collect(leaves, `${path}.${entry[0]}`, entry[1]);
    } else collect(leaves, `${path}.${index}`, entry);
  }
}

/** Under its name: another version of it is a change of it, not another package. */
function collectPackage(
  leaves: Map<string, Leaf>,
  path: string,
  id: string,
  entry: { readonly [member: string]: Value },
): void {
  const at = `${path}.${id.split('--')[0]}`;
  if (id.includes('--')) add(leaves, `${at}.id`, id, false);
  collectPlaced(leaves, at, entry);
}

function collectPlaced(
  leaves: Map<string, Leaf>,
  path: string,
  entry: { readonly [member: string]: Value },
): void {
  for (const [name, member] of Object.entries(entry)) {
    if (name === 'at' || name === 'id') continue;
    if (name === 'packages' && isList(member)) collectList(leaves, path, member);
    else if (!CONTENTS.includes(name)) collect(leaves, `${path}.${name}`, member);
    else add(leaves, path, member, name === 'task');
  }
}

function add(leaves: Map<string, Leaf>, path: string, value: Value, isKey: boolean): void {
  const text = typeof value === 'string' ? value : JSON.stringify(value ?? null);
  const leaf: Leaf =
    isKey && isSha256Hex(text) ? { path, value: text, dependency: text } : { path, value: text };
  let name = withoutDigests(path);
  // Two of one name: told apart by their order.
  for (let count = 2; leaves.has(name); count++) name = `${withoutDigests(path)} (${count})`;
  leaves.set(name, leaf);
}

function isObject(value: Value): value is { readonly [member: string]: Value } {
  return typeof value === 'object' && value !== null && !isList(value);
}

/** Array.isArray does not narrow readonly arrays. */
function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}
