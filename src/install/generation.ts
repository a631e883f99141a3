// Generations: numbered complete farms, one of which is current. Reads them, switches between them, and
// knows which to keep. All that writes here runs under the root's lock.
import {
  existsSync,
  readdirSync,
  readlinkSync,
  renameSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { byCodePoint } from '../base/digest.ts';
import { errnoOf, removeTree } from '../base/fs.ts';
import { parsePackageId, type PackageId } from './id.ts';
import type { Root } from './root.ts';
import { flush } from './tree.ts';

export interface Generation {
  readonly number: number;
  /** Sorted ids of its packages. */
  readonly packages: readonly PackageId[];
  /** The generation that was current when this one was made; it may have gone since. */
  readonly previous: number | undefined;
}

/** How many generations stay, the current one included. */
export const KEPT = 5;

/** The link to the previous generation inside a generation. */
export const PREVIOUS = 'previous';

/** Longer ones are not exact as numbers, and nobody activates so often. */
const NUMBER = /^[1-9]\d{0,14}$/;

/** While it exists, the generation it names has never been current. */
const PENDING = '.current.new';
/** A switch to a generation that was current before. */
const RETURNING = '.current.back';

/** The number that `current` names, whether or not that generation exists. Throws node's own errors. */
export function currentNumber(root: Root): number | undefined {
  return numberIn(readLinkIfExists(root.current));
}

/** All generations that are or have been current, by number. Throws node's own errors. */
export function readGenerations(root: Root): Generation[] {
  const neverCurrent = pendingNumber(root);
  return numbers(root)
    .filter((number) => isComplete(root, number) && number !== neverCurrent)
    .map((number) => readGeneration(root, number));
}

/** A generation that is there. Throws node's own errors. */
export function readGeneration(root: Root, number: number): Generation {
  const directory = generationPath(root, number);
  const packages = readdirSync(join(directory, 'active'))
    .map((name) => basename(readlinkSync(join(directory, 'active', name))))
    .filter((id): id is PackageId => parsePackageId(id).ok);
  const previous = numberIn(readLinkIfExists(join(directory, PREVIOUS)));
  return { number, packages: packages.sort(byCodePoint), previous };
}

/** The current generation, if it is there: its directory may have been removed by hand. */
export function currentGeneration(root: Root): Generation | undefined {
  const number = currentNumber(root);
  if (number === undefined || !isComplete(root, number)) return undefined;
  return readGeneration(root, number);
}

function isComplete(root: Root, number: number): boolean {
  return existsSync(join(generationPath(root, number), 'active'));
}

export function generationPath(root: Root, number: number): string {
  return join(root.generations, String(number));
}

/** The number of the generation to be made next: above all that are there, so that none is overwritten. */
export function nextNumber(root: Root): number {
  return Math.max(0, currentNumber(root) ?? 0, ...numbers(root)) + 1;
}

/** Where a generation is built before it has its number. */
export function buildingPath(root: Root, number: number): string {
  return join(root.generations, `${number}.new`);
}

/**
 * Gives a generation built at `buildingPath` its number and makes it current. Whenever the machine stops
 * in between, `current` is the old one or the new one, and `clearLeftovers` can tell which.
 */
export function publish(root: Root, number: number): void {
  const pending = join(root.path, PENDING);
  symlinkSync(`generations/${number}`, pending);
  flush(root.path);
  renameSync(buildingPath(root, number), generationPath(root, number));
  flush(root.generations);
  renameSync(pending, root.current);
  flush(root.path);
}

/** Makes a generation current that was so before. */
export function returnTo(root: Root, number: number): void {
  const returning = join(root.path, RETURNING);
  symlinkSync(`generations/${number}`, returning);
  renameSync(returning, root.current);
  flush(root.path);
}

/**
 * Removes what killed runs left: half-built generations, whole ones that never became current, links and
 * half-removed directories. Throws node's own errors.
 */
export function clearLeftovers(root: Root): void {
  if (readLinkIfExists(join(root.path, PENDING)) !== undefined) {
    const pending = pendingNumber(root);
    if (pending !== undefined) removeGeneration(root, pending);
    // The mark may go only after what it marks.
    flush(root.generations);
    unlinkSync(join(root.path, PENDING));
  }
  if (readLinkIfExists(join(root.path, RETURNING)) !== undefined) {
    unlinkSync(join(root.path, RETURNING));
  }
  for (const name of namesIn(root.generations)) {
    if (/^\d+\.(?:new|old)$/.test(name)) removeTree(join(root.generations, name));
  }
}

/** After a failure; what cannot be removed now, the next run removes. */
export function cleanUp(root: Root): void {
  try {
    clearLeftovers(root);
  } catch {
    // The failure that led here is the one to tell.
  }
}

/** The generation that a run was about to make current for the first time when it was killed. */
function pendingNumber(root: Root): number | undefined {
  const pending = numberIn(readLinkIfExists(join(root.path, PENDING)));
  return pending === currentNumber(root) ? undefined : pending;
}

/** Removes a generation in one step as seen by others. One that is not there is fine. */
export function removeGeneration(root: Root, number: number): void {
  const path = generationPath(root, number);
  if (!existsSync(path)) return;
  renameSync(path, `${path}.old`);
  flush(root.generations);
  removeTree(`${path}.old`);
}

/**
 * Which generations stay: the current one and those that going back again and again would reach, then
 * the highest numbers, until there are `KEPT`.
 */
export function keptNumbers(
  generations: readonly Pick<Generation, 'number' | 'previous'>[],
  current: number,
): Set<number> {
  const byNumber = new Map(generations.map((each) => [each.number, each]));
  const kept = new Set<number>();
  let next = byNumber.get(current);
  while (next !== undefined && !kept.has(next.number) && kept.size < KEPT) {
    kept.add(next.number);
    next = next.previous === undefined ? undefined : byNumber.get(next.previous);
  }
  for (const number of [...byNumber.keys()].sort((a, b) => b - a)) {
    if (kept.size >= KEPT) break;
    kept.add(number);
  }
  return kept;
}

function numbers(root: Root): number[] {
  const plain = namesIn(root.generations).filter((name) => NUMBER.test(name));
  return plain.map(Number).sort((a, b) => a - b);
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}

function readLinkIfExists(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** The number at the end of `generations/5` or `../5`. */
function numberIn(link: string | undefined): number | undefined {
  const last = basename(link ?? '');
  return NUMBER.test(last) ? Number(last) : undefined;
}
