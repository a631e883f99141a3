// Names for work in progress that tell whose it is, so that what a killed process left can be taken
// over or removed, and what a live one is writing never is. Where the owner cannot be seen (another
// container on the same directory), only age decides.
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, readdirSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { makeDirectories } from '../../base/mkdir.ts';
import { errnoOf, removeTree } from '../../base/fs.ts';

/** Nothing is worked on for longer than this without being touched. */
const FORGOTTEN_MS = 24 * 3_600_000;

/** Process ids mean something only within one pid name space of one machine. */
function placeOf(): string {
  let space = '';
  try {
    space = readlinkSync('/proc/self/ns/pid');
  } catch {
    // No /proc: the host name alone has to tell machines apart.
  }
  return createHash('sha256').update(`${hostname()}\0${space}`).digest('hex').slice(0, 8);
}

/** A new name in a directory: `<stem>.<place>-<pid>-<random>`. */
export function scratchName(directory: string, stem: string): string {
  const random = randomBytes(4).toString('hex');
  return join(directory, `${stem}.${placeOf()}-${process.pid}-${random}`);
}

/**
 * A directory for work that ends in a renaming, removed when its scope ends:
 * `using work = scratchDirectory(parent, 'checkout')`. Those of dead owners go first. Throws node's own errors.
 */
export function scratchDirectory(directory: string, stem: string): Disposable & { path: string } {
  makeDirectories(directory);
  abandoned(directory, stem).forEach(removeTree);
  const path = scratchName(directory, stem);
  mkdirSync(path);
  chmodSync(path, 0o700);
  return { path, [Symbol.dispose]: () => removeTree(path) };
}

/** The paths made by `scratchName` for a stem whose owners are gone. */
export function abandoned(directory: string, stem: string): string[] {
  const place = placeOf();
  return readdirSync(directory)
    .filter((name) => name.startsWith(`${stem}.`))
    .flatMap((name) => {
      const parts = /^([0-9a-f]{8})-(\d+)-[0-9a-f]{8}$/.exec(name.slice(stem.length + 1));
      if (parts === null) return [];
      const path = join(directory, name);
      const gone = parts[1] === place && !alive(Number(parts[2]));
      return gone || forgotten(path) ? [path] : [];
    });
}

function alive(pid: number): boolean {
  if (pid === process.pid) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) !== 'ESRCH';
  }
}

function forgotten(path: string): boolean {
  try {
    return Date.now() - lstatSync(path).mtimeMs > FORGOTTEN_MS;
  } catch {
    return false;
  }
}
