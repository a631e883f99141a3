// What the launcher needs to put all outputs of a build back without starting Node: lists of all that the build read,
// as `stat` prints it, and archives whose entries are links to blobs of the store (docs/formats/putback.md). Knows
// nothing of how results were made. Where an output is anything but what was put there, nothing is recorded.
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import type { Looked } from '../bootstrap/noopfiles.ts';
import { isOfStages } from '../bootstrap/tree.ts';
import { CACHE_TAG } from '../base/cachetag.ts';
import { digestOf, type Sha256Hex } from '../base/digest.ts';
import { readIfExists, removeTree, temporaryBeside, writeAtomic } from '../base/fs.ts';
import { makeDirectories } from '../base/mkdir.ts';
import { printedSeconds } from '../base/stat/print.ts';
import { objectPath, sealedBlob, type Store } from '../cache/store.ts';
import { filesOf, loadTree, type TreeFile } from '../cache/tree.ts';
import { deployDirectory, outputDirectory } from '../package/pipeline/output.ts';
import { besideOf } from '../task/beside.ts';
import type { OutputValue } from '../task/task.ts';
import {
  LinkArchive,
  list,
  look,
  type Choice,
  type KeptFile,
  type LinkedBlob,
} from './linkarchive.ts';

/** Goes up when anything in a record changes its meaning; the launcher knows it as well. */
const VERSION = 4;

/** A record that nobody used for so long is of a directory that is gone, most likely. */
const FORGOTTEN_MS = 60 * 24 * 3_600_000;

/**
 * Of files in a build directory that no task made, as Ninja's outputs: a record keeps them after the directory was
 * removed, perhaps for the sake of room.
 */
const MAX_OTHER_BYTES = 64 * 1024 * 1024;
const MAX_OTHER_FILES = 20_000;

/** How the directory of links to files of no task ends. They are links because for the file system these cost less. */
const KEPT = 'text';

/** Of a record. */
const RESULTS = 'noop.results';

/** Of the other record. */
const NOOP_FILES = ['noop.read', 'noop.read.stat', 'noop.also', 'noop.said'];
const NINJA_NOOP_FILES = ['noop.start', 'noop.end', 'noop.ninja'];

/** All that a build delivered. */
export interface Outputs {
  readonly store: Store;
  readonly targets: readonly DeliveredTarget[];
  /** Files that lead to archives. */
  readonly written: readonly string[];
}

export interface DeliveredTarget {
  /** Of the task. */
  readonly key: Sha256Hex;
  readonly delivered: readonly { readonly path: string; readonly value: OutputValue }[];
  /** What to say when it is put back. */
  readonly line: string;
}

export interface PutBack {
  /** The packages directory, or the root of the tree. */
  readonly home: string;
  /** The directory of what the launcher finds that there is nothing to do by. */
  readonly noop: string;
  /** What the launcher says of arguments, environment and place. */
  readonly key: string;
  readonly looked: Looked;
  /** Outputs of a tree's rules; absolute paths. */
  readonly ofRules?: ReadonlySet<string>;
  readonly said: readonly string[];
  readonly outputs: Outputs;
}

/** Leaves a record, or none where the launcher could not make the same of it. Throws node's own errors. */
export function recordPutBack(build: PutBack): void {
  const { home, noop, key, looked, said, outputs } = build;
  const { store, targets } = outputs;
  const directory = join(store.root, 'restore');
  const owner = digestOf(home).hash.slice(0, 32);
  const name = `${owner}.${randomBytes(4).toString('hex')}`;
  const archives = archivesOf(build, `../../restore/${owner}.${KEPT}`, `../../restore/${name}`);
  if (archives === undefined) {
    rmSync(join(directory, `${owner}.key`), { force: true });
    forgetOld(directory, owner);
    return;
  }
  const kept = join(directory, `${owner}.${KEPT}`);
  makeDirectories(kept, 0o755);
  keep(kept, archives.texts);
  const fresh = temporaryBeside(join(store.root, 'tmp/restore'));
  try {
    mkdirSync(fresh, { recursive: true, mode: 0o755 });
    const results = targets.map((one) => objectPath(store, 'ac', one.key));
    const main = dirname(noop);
    const inMain = targets.filter(({ delivered }) =>
      delivered.some(({ path }) => isBelow(main, path)),
    );
    const all: Readonly<Record<string, string | Buffer>> = {
      ...archives.files,
      read: looked.read.paths,
      'read.stat': looked.read.stats,
      also: looked.also.paths,
      'also.stat': looked.also.stats,
      listed: looked.extended,
      results: list(results.map((path) => relative(store.root, path))),
      'results.stat': results.map(resultLine).join(''),
      // What it took follows.
      restored: restoredText(targets, 0),
      'restored.main': restoredText(inMain, targets.length - inMain.length),
      said: ended(said.filter((line) => line.startsWith('1 ')).map((line) => line.slice(2))),
    };
    for (const [file, content] of Object.entries(all)) {
      writeFileSync(join(fresh, `noop.${file}`), content, { mode: 0o644 });
    }
    linkSync(join(noop, 'noop.key'), join(fresh, 'noop.key'));
    renameSync(fresh, join(directory, name));
  } finally {
    removeTree(fresh);
  }
  writeAtomic(join(directory, `${owner}.key`), `${key}\n-- ${VERSION} ${name}\n`);
  for (const one of readdirSync(kept)) {
    if (!archives.texts.has(one)) rmSync(join(kept, one), { force: true });
  }
  forgetOld(directory, owner, name);
}

/** Links to files by their inodes. Most are there from the last record: a link that stays keeps its inode from others. */
function keep(directory: string, texts: Archives['texts']): void {
  for (const [name, { path }] of texts) {
    const link = join(directory, name);
    const there = look(link);
    // In a copy of a store, names are of other files.
    if (there !== undefined && String(there.ino) !== name) rmSync(link);
    else if (there !== undefined) continue;
    linkSync(path, link);
  }
}

/** The words of the reporters. */
function restoredText(restored: readonly DeliveredTarget[], current: number): string {
  const counts = [
    ...(restored.length > 0 ? [`${restored.length} restored`] : []),
    ...(current > 0 ? [`${current} up to date`] : []),
  ];
  return `${ended(restored.map(({ line }) => line))}${counts.join(', ')}`;
}

/** Earlier records of a directory, and those of all directories that were not built for long. `name` is the new one. */
function forgetOld(directory: string, owner: string, name?: string): void {
  const gone = new Set(ownersIn(directory).filter((one) => isForgotten(directory, one)));
  for (const one of namesIn(directory)) {
    const [whose, rest] = one.split('.');
    const lasts = one === name || rest === 'key' || (rest === KEPT && name !== undefined);
    const earlier = whose === owner && !lasts;
    if (earlier || gone.has(whose!)) removeTree(join(directory, one));
  }
}

/**
 * Removes records that were of no use for long, and those of which results are gone: nothing can be put back by them.
 * Throws node's own errors.
 */
export function forgetUselessRecords(store: Store): void {
  const directory = join(store.root, 'restore');
  const names = namesIn(directory);
  const useless = ownersIn(directory).filter((owner) => {
    const own = names.filter((name) => name.startsWith(`${owner}.`));
    const results = own.flatMap((name) => readIfExists(join(directory, name, RESULTS)) ?? []);
    const paths = results.flatMap((some) => some.toString().split('\0').slice(0, -1));
    return (
      isForgotten(directory, owner) || paths.some((path) => !existsSync(join(store.root, path)))
    );
  });
  for (const name of names) {
    if (useless.includes(name.split('.')[0]!)) removeTree(join(directory, name));
  }
}

function namesIn(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory) : [];
}

function ownersIn(directory: string): string[] {
  return namesIn(directory)
    .filter((name) => name.endsWith('.key'))
    .map((name) => name.split('.')[0]!);
}

function isForgotten(directory: string, owner: string): boolean {
  const stat = lstatSync(join(directory, `${owner}.key`), { throwIfNoEntry: false });
  return Date.now() - (stat?.mtimeMs ?? Infinity) > FORGOTTEN_MS;
}

function ended(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

/** `stat -c '%i %.9W'`: a result that was replaced is another file, born later. */
function resultLine(path: string): string {
  const { ino, birthtimeNs } = lstatSync(path, { bigint: true });
  return `${ino} ${printedSeconds(birthtimeNs)}\n`;
}

interface Archives {
  /** By their names in the record. */
  readonly files: Readonly<Record<string, string | Buffer>>;
  /** Files of no task, by their inodes. */
  readonly texts: ReadonlyMap<string, KeptFile>;
}

/** Undefined where something lies there that cannot be put back. Both paths are from where archives are unpacked. */
function archivesOf(build: PutBack, kept: string, record: string): Archives | undefined {
  const { home, noop, looked, ofRules, outputs } = build;
  const main = dirname(noop);
  const cache = outputDirectory(home);
  // A tree that is built among the archives: neither directory is what it is elsewhere.
  if (ofRules !== undefined && main === cache) return undefined;
  const tops = main === cache || look(cache) === undefined ? [main] : [cache, main];
  const entries = readdirSync(home);
  if (!canHold(home, tops, entries)) return undefined;
  const blobs = blobsByPath(outputs);
  if (blobs === undefined) return undefined;
  const texts = new Map<string, KeptFile>();
  const { root: store } = outputs.store;
  const { found } = looked;
  const archives = tops.map(
    (top) => new LinkArchive({ home, top, store, found, blobs, texts, kept }),
  );
  const last = archives.at(-1)!;
  const tag = join(cache, CACHE_TAG);
  const written = [
    ...deliveredPaths(outputs).filter((path) => !isBelow(main, path) || main === cache),
    ...outputs.written,
    ...(look(tag) === undefined ? [] : [tag]),
  ];
  if (!written.every((path) => archives.some((archive) => archive.add(path)))) return undefined;
  if (main !== cache && !addBuildDirectory(last, build, texts)) return undefined;
  const recorded = main === cache ? NOOP_FILES : [...NOOP_FILES, ...NINJA_NOOP_FILES];
  if (!recorded.every((name) => last.add(join(noop, name)))) return undefined;
  last.addMade(join(noop, 'noop.made'), `${record}/noop.made`);
  const made = looked.made.split('\0').filter((path) => path !== '');
  const put = new Map(archives.flatMap((archive) => [...archive.put]));
  const links = made.filter((path) => put.has(path));
  const rest = made.filter((path) => !put.has(path));
  if (!rest.every((path) => archives.some((archive) => archive.holds(path)))) return undefined;
  return {
    texts,
    files: {
      ...(Object.assign({}, ...archives.map((one) => one.files(rest))) as Archives['files']),
      made: list([...links, ...rest]),
      'made.stat': links.map((path) => put.get(path)!).join(''),
      rest: list(rest),
      names: listing(entries.filter((name) => !tops.includes(join(home, name)))),
    },
  };
}

/**
 * Adds all that there is in a build directory. False where any of it is unknown: who removed the directory to be rid of
 * that would have it again. False also where there is too much to keep.
 */
function addBuildDirectory(
  archive: LinkArchive,
  { noop, looked, ofRules = new Set(), outputs }: PutBack,
  texts: Archives['texts'],
): boolean {
  const main = dirname(noop);
  const beside = new Set(deliveredPaths(outputs).map((path) => besideOf(path).record));
  const isKnown = (path: string): boolean =>
    looked.found.has(path) ||
    beside.has(path) ||
    ofRules.has(path) ||
    // Ninja keeps the dependency files of rules that do not say what kind these are.
    (path.endsWith('.d') && ofRules.has(path.slice(0, -'.d'.length))) ||
    isOfStages(path.slice(main.length + 1));
  const choose = (path: string): Choice => {
    if (path.startsWith(`${noop}/noop.`)) return 'leave out';
    return isKnown(path) ? 'add' : 'refuse';
  };
  if (!archive.add(main, choose)) return false;
  const sizes = [...texts.values()]
    .filter(({ path }) => isBelow(main, path))
    .map(({ size }) => size);
  return sizes.length <= MAX_OTHER_FILES && sizes.reduce((a, b) => a + b, 0) <= MAX_OTHER_BYTES;
}

function deliveredPaths({ targets }: Outputs): string[] {
  return targets.flatMap(({ delivered }) => delivered.map(({ path }) => path));
}

function isBelow(directory: string, path: string): boolean {
  return path.startsWith(`${directory}/`);
}

/**
 * Whether outputs lie there in directories, not behind links, and the launcher could tell by names what lies beside them.
 * What was deployed may lie beside other things.
 */
function canHold(home: string, tops: readonly string[], entries: readonly string[]): boolean {
  const deployed = deployDirectory(home);
  return (
    tops.every(
      (top) =>
        dirname(top) === home &&
        /^[\w.-]+$/.test(basename(top)) &&
        look(top)?.isDirectory() === true,
    ) &&
    !entries.some((name) => name.includes('\n')) &&
    (tops.includes(deployed) || look(deployed) === undefined)
  );
}

/** By the path of an output; none where it has to be a copy. Undefined where the store has not all as it left it. */
function blobsByPath({ store, targets }: Outputs): Map<string, LinkedBlob> | undefined {
  const blobs = new Map<string, LinkedBlob>();
  for (const { path, value } of targets.flatMap(({ delivered }) => delivered)) {
    const files = filesOfOutput(store, value);
    if (files === undefined) return undefined;
    for (const { path: below, digest, executable, mode } of files) {
      if (mode !== undefined) continue;
      const blob = sealedBlob(store, digest, executable);
      if (blob === undefined) return undefined;
      blobs.set(join(path, below), blob);
    }
  }
  return blobs;
}

function filesOfOutput(store: Store, value: OutputValue): Iterable<TreeFile> | undefined {
  if (value.kind === 'file') return [{ path: '', ...value }];
  const tree = loadTree(store, value.tree);
  return tree && filesOf(tree);
}

/** `LC_ALL=C ls -A` */
function listing(names: readonly string[]): string {
  const sorted = names.map((name) => Buffer.from(name)).sort((a, b) => Buffer.compare(a, b));
  return sorted.map((name) => `${name.toString()}\n`).join('');
}
