// What the launcher compares without starting Node: files and directories with all that tells of a change to
// them, as `stat` prints it. Unlike a comparison of times, this finds a file put back with its old time, and a
// clock that was set back. Knows nothing of who read them. `stat` is expected to be GNU's: another prints
// something else, and Node is started.
import { lstatSync, readlinkSync, realpathSync, rmSync, type BigIntStats } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Sha256Hex } from '../base/digest.ts';
import { writeAtomic } from '../base/fs.ts';
import { printedPath, printedSeconds } from '../base/stat/print.ts';
import { setUse } from '../cache/care/uses.ts';
import type { Store } from '../cache/store.ts';

/** What a run read and made beside what Ninja knows of; absolute paths. */
export interface NoopFiles {
  /** As they are named: what links lead to is found when they are looked at. */
  readonly read: ReadonlySet<string>;
  /** Directories that were listed and which the run itself added to, but nobody else. */
  readonly extended: ReadonlySet<string>;
  /** Outputs. Links to the store: what happens to other names of such a file says nothing. */
  readonly made: ReadonlySet<string>;
  /** Results of tasks that what was made is of. The launcher marks them as used, by a new time of `noop.used`. */
  readonly uses: readonly NoopUse[];
  /** What the launcher says: lines that begin with `1 ` go to standard output, with `2 ` to standard error. */
  readonly said: readonly string[];
}

/** What was written down of a run's files: lists of paths, each ended by a null byte, and what `stat` prints of them. */
export interface Looked {
  readonly read: Listed;
  /** The rest of what was read: the launcher looks at both at the same time. */
  readonly also: Listed;
  readonly extended: string;
  readonly made: string;
  /** What was seen of what was made. */
  readonly found: ReadonlyMap<string, BigIntStats>;
}

export interface Listed {
  readonly paths: string;
  readonly stats: string;
}

export interface NoopUse {
  readonly store: Store;
  readonly key: Sha256Hex;
}

/** File systems stamp with a clock that lags behind by up to a tick. */
export const TICK_MS = 20;
const NS = 1_000_000n;

/**
 * Writes `noop.read`, `noop.also`, `noop.made` (paths, each ended by a null byte), what `stat` prints of them,
 * `noop.said` and `noop.used`. Undefined where something was changed since the run began: that may not be what was read.
 * Throws node's own errors.
 */
export async function writeNoopFiles(
  directory: string,
  base: string,
  startedAt: number,
  { read, extended, made, uses, said }: NoopFiles,
): Promise<Looked | undefined> {
  // What changes in the very moment of the look could change again unseen.
  await setTimeout(TICK_MS);
  const inputs = lookAtInputs(read, startedAt, (path) => made.has(path) || extended.has(path));
  if (inputs === undefined) return undefined;
  const listed = [...extended].map((path) => inputLine(lstatSync(path, { bigint: true })));
  const found = new Map([...made].map((path) => [path, lstatSync(path, { bigint: true })]));
  const list = (paths: Iterable<string>): string =>
    [...paths].map((path) => `${printedPath(base, path)}\0`).join('');
  const entries = [...inputs];
  const half = Math.ceil((entries.length + found.size) / 2);
  const listOf = (some: typeof entries): Listed => ({
    paths: list(some.map(([path]) => path)),
    stats: some.map(([, line]) => line).join(''),
  });
  const lists = {
    read: listOf(entries.slice(0, half)),
    also: listOf(entries.slice(half)),
    extended: list(extended),
    made: list(made),
    found,
  };
  writeAtomic(join(directory, 'noop.read'), lists.read.paths);
  writeAtomic(join(directory, 'noop.read.stat'), lists.read.stats);
  writeAtomic(join(directory, 'noop.also'), lists.also.paths + lists.extended);
  writeAtomic(join(directory, 'noop.also.stat'), lists.also.stats + listed.join(''));
  writeAtomic(join(directory, 'noop.made'), lists.made);
  writeAtomic(join(directory, 'noop.made.stat'), [...found.values()].map(outputLine).join(''));
  writeAtomic(join(directory, 'noop.said'), said.map((line) => `${line}\n`).join(''));
  const used = join(directory, 'noop.used');
  writeAtomic(used, '');
  const [any] = uses;
  if (any !== undefined)
    setUse(
      any.store,
      resolve(used),
      uses.map(({ key }) => key),
    );
  return lists;
}

/**
 * What `stat` prints of each, and of all that links lead to. What lies on the way in links of directories is found out by
 * the end being another file. Undefined where something is not there, or was changed since the run began.
 */
function lookAtInputs(
  read: Iterable<string>,
  startedAt: number,
  skip: (path: string) => boolean,
): Map<string, string> | undefined {
  const before = BigInt(startedAt - TICK_MS) * NS;
  const lines = new Map<string, string>();
  const directories = new Map<string, string>();
  // More come while they are gone through.
  const paths = new Set(read);
  for (const path of paths) {
    if (skip(path)) continue;
    const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    if (stat === undefined || stat.ctimeNs >= before) return undefined;
    lines.set(path, inputLine(stat));
    const above = dirname(path);
    let directory = directories.get(above);
    if (directory === undefined) {
      directory = realpathSync.native(above);
      directories.set(above, directory);
    }
    if (directory !== above) paths.add(join(directory, basename(path)));
    if (stat.isSymbolicLink()) paths.add(resolve(directory, readlinkSync(path)));
  }
  return lines;
}

/** `stat -c '%i %s %.9Z'`: no change of owner, permissions or the other time leaves the time of status as it was. */
function inputLine({ ino, size, ctimeNs }: BigIntStats): string {
  return `${ino} ${size} ${printedSeconds(ctimeNs)}\n`;
}

/** `stat -c '%i %f %s %.9Y'` */
export function outputLine({ ino, mode, size, mtimeNs }: BigIntStats): string {
  return `${ino} ${mode.toString(16)} ${size} ${printedSeconds(mtimeNs)}\n`;
}

/** Removes what `writeNoopFiles` wrote. */
export function removeNoopFiles(directory: string): void {
  for (const name of [
    'read',
    'read.stat',
    'also',
    'also.stat',
    'made',
    'made.stat',
    'said',
    'used',
  ]) {
    rmSync(join(directory, `noop.${name}`), { force: true });
  }
}
