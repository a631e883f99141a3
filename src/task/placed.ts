// A memory of what lies where outputs were put, so that finding all of it in place takes one look at each
// file: no result is read, no tree decoded, no directory listed. Only saves time: a table that is missing or
// damaged is as good as an empty one.
import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { errnoOf, readIfExists, writeAtomic } from '../base/fs.ts';
import { makeDirectories } from '../base/mkdir.ts';
import { BLOB_TIME } from '../cache/store.ts';
import type { LoadedTree } from '../cache/tree.ts';
import type { Directory } from '../remote/message.ts';
import type { TaskResult } from './task.ts';

/** Goes up when an entry changes its meaning. */
const VERSION = 1;

/**
 * A directory's time must lie this far in the past to tell of every change: clocks of file systems move in
 * steps of up to two seconds.
 */
const GRANULARITY_MS = 2_000;

/** What is expected at a path; paths below it are relative and begin with a slash. */
export interface Place {
  readonly path: string;
  /** Path and time of last change in milliseconds: nothing was added, removed or renamed since. */
  readonly directories: readonly (readonly [string, number])[];
  /** Path, size and permission bits. */
  readonly files: readonly (readonly [string, number, number])[];
  readonly links: readonly (readonly [string, string])[];
}

interface Entry {
  readonly result: TaskResult;
  readonly places: readonly Place[];
}

export class PlacedTable {
  readonly #file: string;
  readonly #known: Map<string, Entry>;
  #changed = false;

  constructor(file: string) {
    this.#file = file;
    this.#known = load(file);
  }

  /** The result of a key whose outputs lie untouched at exactly these paths. */
  find(key: string, paths: readonly string[]): TaskResult | undefined {
    const entry = this.#known.get(key);
    if (entry === undefined || entry.places.length !== paths.length) return undefined;
    const same = entry.places.every((place, i) => place.path === paths[i] && isUntouched(place));
    return same ? entry.result : undefined;
  }

  add(key: string, result: TaskResult, places: readonly Place[]): void {
    this.#known.set(key, { result, places });
    this.#changed = true;
  }

  /** Writes what is new. Throws node's own errors. */
  save(): void {
    if (!this.#changed) return;
    // A path has one owner: who had it before is forgotten.
    const owners = new Map<string, string>();
    for (const [key, { places }] of this.#known)
      for (const { path } of places) owners.set(path, key);
    const entries = [...this.#known].filter(([key, { places }]) =>
      places.every(({ path }) => owners.get(path) === key),
    );
    makeDirectories(dirname(this.#file), 0o755);
    writeAtomic(this.#file, JSON.stringify({ version: VERSION, entries }));
    this.#changed = false;
  }
}

function load(file: string): Map<string, Entry> {
  try {
    const text = readIfExists(file)?.toString('utf8');
    const table = text === undefined ? undefined : (JSON.parse(text) as unknown);
    if (isTable(table)) return new Map(table.entries);
  } catch (error) {
    if (!(error instanceof SyntaxError) && errnoOf(error) === undefined) throw error;
  }
  return new Map();
}

/** It is written whole or not at all, by us: more need not be looked at. */
function isTable(value: unknown): value is { entries: [string, Entry][] } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'version' in value &&
    value.version === VERSION &&
    'entries' in value &&
    Array.isArray(value.entries)
  );
}

function isUntouched({ path, directories, files, links }: Place): boolean {
  for (const [inside, mtimeMs] of directories) {
    const stat = look(path + inside);
    if (stat?.mtimeMs !== mtimeMs || !stat.isDirectory()) return false;
  }
  for (const [inside, size, mode] of files) {
    const stat = look(path + inside);
    if (stat?.size !== size || stat.mtimeMs !== BLOB_TIME * 1000) return false;
    if ((stat.mode & 0o7777) !== mode || !stat.isFile()) return false;
  }
  for (const [inside, target] of links) {
    if (look(path + inside)?.isSymbolicLink() !== true) return false;
    if (readlinkSync(path + inside) !== target) return false;
  }
  return true;
}

function look(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (errnoOf(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** A file that was put at a path just now, or found there untouched. */
export function filePlace(path: string, size: number, executable: boolean): Place {
  return { path, directories: [], files: [['', size, executable ? 0o555 : 0o444]], links: [] };
}

/** A tree that was found untouched at a path; undefined while a change to it might go unseen. */
export function treePlace(path: string, tree: LoadedTree): Place | undefined {
  const directories: [string, number][] = [];
  const files: [string, number, number][] = [];
  const links: [string, string][] = [];
  const latest = Date.now() - GRANULARITY_MS;
  const visit = (directory: Directory, inside: string): boolean => {
    const stat = look(path + inside);
    if (stat === undefined || stat.mtimeMs > latest || stat.ctimeMs > latest) return false;
    directories.push([inside, stat.mtimeMs]);
    for (const { name, digest, executable, mode } of directory.files) {
      files.push([`${inside}/${name}`, digest.size, mode ?? (executable ? 0o555 : 0o444)]);
    }
    for (const { name, target } of directory.symlinks) links.push([`${inside}/${name}`, target]);
    return directory.directories.every(({ name, digest }) => {
      const child = tree.children.get(digest.hash);
      return child !== undefined && visit(child, `${inside}/${name}`);
    });
  };
  return visit(tree.root, '') ? { path, directories, files, links } : undefined;
}
