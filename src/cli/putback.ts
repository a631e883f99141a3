// What the launcher needs to put all outputs of a build back without starting Node: lists of all that the build read,
// as `stat` prints it, and an archive whose entries are links to blobs of the store (docs/formats/putback.md). Knows
// nothing of how results were made. Where an output is anything but a link to its blob, nothing is recorded.
import { randomBytes } from 'node:crypto';
import {
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
  type BigIntStats,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { packagesNoopDirectory } from '../bootstrap/noop.ts';
import { outputLine, type Looked } from '../bootstrap/noopfiles.ts';
import { nameOfText } from '../base/bytename.ts';
import { CACHE_TAG } from '../base/cachetag.ts';
import { digestOf, type Digest, type Sha256Hex } from '../base/digest.ts';
import { removeTree, temporaryBeside, writeAtomic } from '../base/fs.ts';
import { makeDirectories } from '../base/mkdir.ts';
import { printedSeconds } from '../base/stat/print.ts';
import { tarHeader, TAR_END } from '../base/tar/write.ts';
import { blobPath, objectPath, type Store } from '../cache/store.ts';
import { deployDirectory, outputDirectory } from '../package/pipeline/output.ts';
import type { OutputValue } from '../task/task.ts';

/** Goes up when anything in a record changes its meaning; the launcher knows it as well. */
const VERSION = 1;

/** A record that nobody used for so long is of a directory that is gone, most likely. */
const FORGOTTEN_MS = 60 * 24 * 3_600_000;

const NS = 1_000_000_000n;

/** All that a build delivered. */
export interface Outputs {
  readonly store: Store;
  readonly delivered: readonly { readonly path: string; readonly value: OutputValue }[];
  /** Of the tasks that made them. */
  readonly keys: readonly Sha256Hex[];
  /** Files that lead to them. */
  readonly written: readonly string[];
  /** What to say of each task when its outputs are put back. */
  readonly lines: readonly string[];
}

export interface PutBack {
  /** What the launcher says of arguments, environment and place. */
  readonly key: string;
  readonly looked: Looked;
  readonly said: readonly string[];
  readonly outputs: Outputs;
}

/** Leaves a record, or none where the launcher could not make the same of it. Throws node's own errors. */
export function recordPutBack(packages: string, { key, looked, said, outputs }: PutBack): void {
  const { store, keys, lines } = outputs;
  const directory = join(store.root, 'restore');
  const owner = digestOf(packages).hash.slice(0, 32);
  const name = `${owner}.${randomBytes(4).toString('hex')}`;
  const archive = archiveOf(packages, outputs, looked, `../../restore/${name}`);
  if (archive === undefined) {
    rmSync(join(directory, `${owner}.key`), { force: true });
    return;
  }
  makeDirectories(directory, 0o755);
  const fresh = temporaryBeside(join(store.root, 'tmp/restore'));
  try {
    mkdirSync(join(fresh, 'text'), { recursive: true, mode: 0o755 });
    for (const [i, path] of archive.texts.entries()) linkSync(path, join(fresh, 'text', String(i)));
    const results = keys.map((one) => objectPath(store, 'ac', one));
    const all: Readonly<Record<string, string | Buffer>> = {
      ...archive.files,
      read: looked.read.paths,
      'read.stat': looked.read.stats,
      listed: looked.extended,
      results: list(results.map((path) => relative(store.root, path))),
      'results.stat': results.map(resultLine).join(''),
      // What it took follows.
      restored: `${ended(lines)}${lines.length} restored`,
      said: ended(said.filter((line) => line.startsWith('1 ')).map((line) => line.slice(2))),
    };
    for (const [file, content] of Object.entries(all)) {
      writeFileSync(join(fresh, `noop.${file}`), content, { mode: 0o644 });
    }
    renameSync(fresh, join(directory, name));
  } finally {
    removeTree(fresh);
  }
  writeAtomic(join(directory, `${owner}.key`), `${key}\n-- ${VERSION} ${name}\n`);
  forgetOld(directory, owner, name);
}

/** Earlier records of a directory, and those of all directories that were not built for long. */
function forgetOld(directory: string, owner: string, name: string): void {
  const names = readdirSync(directory);
  const old = names.filter((one) => {
    const stat = lstatSync(join(directory, one), { throwIfNoEntry: false });
    return one.endsWith('.key') && Date.now() - (stat?.mtimeMs ?? Infinity) > FORGOTTEN_MS;
  });
  const gone = new Set(old.map((one) => one.split('.')[0]!));
  for (const one of names) {
    const [whose, rest] = one.split('.');
    const earlier = whose === owner && rest !== 'key' && one !== name;
    if (earlier || gone.has(whose!)) removeTree(join(directory, one));
  }
}

function list(paths: readonly string[]): string {
  return paths.map((path) => `${path}\0`).join('');
}

function ended(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

/** `stat -c '%i %.9W'`: a result that was replaced is another file, born later. */
function resultLine(path: string): string {
  const { ino, birthtimeNs } = lstatSync(path, { bigint: true });
  return `${ino} ${printedSeconds(birthtimeNs)}\n`;
}

interface Archive {
  readonly files: Readonly<Record<string, string | Buffer>>;
  /** Files of no task, which are kept as `text/0`, `text/1`, …: for the file system, links cost less than new files. */
  readonly texts: readonly string[];
}

/**
 * Undefined where something else lies there than what was put there, or where it is no link to the store. `record`
 * leads to the record from where the archive is unpacked.
 */
function archiveOf(
  packages: string,
  { delivered, written, store }: Outputs,
  looked: Looked,
  record: string,
): Archive | undefined {
  const root = outputDirectory(packages);
  const entries = readdirSync(packages);
  // A listing could not be told apart from another; what was deployed lies beside other things.
  if (
    entries.some(
      (name) => name.includes('\n') || join(packages, name) === deployDirectory(packages),
    )
  )
    return undefined;
  const archive = new LinkArchive(packages, root, store);
  const noop = packagesNoopDirectory(packages);
  const tag = join(root, CACHE_TAG);
  const texts = [
    ...written,
    ...(look(tag) === undefined ? [] : [tag]),
    join(noop, 'noop.read'),
    join(noop, 'noop.said'),
  ];
  const all =
    texts.every((path, i) => archive.addText(path, `${record}/text/${i}`)) &&
    delivered.every(
      ({ path, value }) =>
        value.kind === 'file' && archive.addBlob(path, value.digest, value.executable),
    );
  if (!all) return undefined;
  archive.addMade(join(noop, 'noop.made'), `${record}/noop.made`);
  const others = entries.filter((name) => join(packages, name) !== root);
  return {
    texts,
    files: {
      ...archive.files(looked.made),
      names: listing(others),
      'names.after': listing([...others, relative(packages, root)]),
    },
  };
}

/** `LC_ALL=C ls -A` */
function listing(names: readonly string[]): string {
  const sorted = names.map((name) => Buffer.from(name)).sort((a, b) => Buffer.compare(a, b));
  return sorted.map((name) => `${name.toString()}\n`).join('');
}

/** A tar archive to be unpacked in a directory of the store's `tmp`, and what `stat` is to print of it then. */
class LinkArchive {
  readonly #packages: string;
  readonly #root: string;
  readonly #store: Store;
  /** By path, with what comes between names before all that can be in one. */
  readonly #entries = new Map<string, Buffer>();
  readonly #directories = new Set<string>();
  readonly #put = new Map<string, string>();

  constructor(packages: string, root: string, store: Store) {
    this.#packages = packages;
    this.#root = root;
    this.#store = store;
  }

  /** `made`: what the launcher looks at when there is nothing to do. Of links it is known what it will see. */
  files(made: string): Record<string, string | Buffer> {
    const sorted = [...this.#entries].sort(([a], [b]) => (a < b ? -1 : 1));
    const rest = made.split('\0').filter((path) => path !== '' && !this.#put.has(path));
    const put = [...this.#put.keys()];
    return {
      tar: Buffer.concat([...sorted.map(([, bytes]) => bytes), TAR_END]),
      put: list(put),
      'put.stat': [...this.#put.values()].join(''),
      rest: list(rest),
      made: list([...put, ...rest]),
      'root.stat': ownerLine(look(this.#root)!),
    };
  }

  /** With those that it is in. */
  #addDirectory(path: string): boolean {
    const inside = relative(this.#packages, path);
    if (this.#directories.has(inside)) return true;
    if (!path.startsWith(this.#root)) return false;
    if (path !== this.#root && !this.#addDirectory(dirname(path))) return false;
    const stat = look(path);
    if (stat?.isDirectory() !== true) return false;
    // All are made alike, so that it is enough to look at the first.
    const first = look(this.#root)!;
    if (stat.uid !== first.uid || stat.gid !== first.gid) return false;
    this.#directories.add(inside);
    this.#add(inside, stat, { type: 'directory' });
    return true;
  }

  /** A file that has to be a blob's own. */
  addBlob(path: string, digest: Digest, executable: boolean): boolean {
    const blob = blobPath(this.#store, digest, executable);
    const own = blob === undefined ? undefined : look(blob);
    const stat = look(path);
    if (own === undefined || stat?.ino !== own.ino || stat.dev !== own.dev) return false;
    if (!this.#addDirectory(dirname(path))) return false;
    this.#addHardLink(path, stat, `../../${relative(this.#store.root, blob!)}`);
    return true;
  }

  /** A file of no task, which a link can be made to. */
  addText(path: string, link: string): boolean {
    const stat = look(path);
    if (stat?.isFile() !== true || !this.#addDirectory(dirname(path))) return false;
    this.#addHardLink(path, stat, link);
    return true;
  }

  #addHardLink(path: string, stat: BigIntStats, link: string): void {
    const inside = relative(this.#packages, path);
    this.#put.set(inside, outputLine(stat));
    this.#add(inside, stat, { type: 'hardlink', link: nameOfText(link) });
  }

  /** A file that is not there yet. */
  addMade(path: string, link: string): void {
    const inside = relative(this.#packages, path);
    this.#add(inside, look(dirname(path))!, { type: 'hardlink', link: nameOfText(link) });
  }

  #add(inside: string, { mode, uid, gid, mtimeNs }: BigIntStats, kind: Kind): void {
    const header = tarHeader({
      ...kind,
      name: nameOfText(inside),
      mode: Number(mode) & 0o7777,
      uid: Number(uid),
      gid: Number(gid),
      mtime: Number(mtimeNs / NS),
      // Links are other names of files that have theirs.
      ...(kind.type === 'hardlink' ? {} : { pax: new Map([['mtime', printedSeconds(mtimeNs)]]) }),
    });
    this.#entries.set(inside.replaceAll('/', '\0'), header);
  }
}

type Kind = Pick<Parameters<typeof tarHeader>[0], 'type' | 'link'>;

/** `stat -c '%f %u %g'` */
function ownerLine({ mode, uid, gid }: BigIntStats): string {
  return `${mode.toString(16)} ${uid} ${gid}\n`;
}

function look(path: string): BigIntStats | undefined {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false });
}
