// What tasks leave of their work directories for the tasks that go on from there: layers, on this machine
// only. A layer is named by the digest of all that is seen in it, so equal work is kept once, and holds what
// differs from its base. Knows nothing of keys and of how a task is run.
import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { digestOf, isSha256Hex, type Digest, type Sha256Hex } from '../base/digest.ts';
import { errnoOf, readIfExists, removeTree } from '../base/fs.ts';
import { makeDirectories } from '../base/mkdir.ts';
import { noteAdded, putBytes, type Store } from '../cache/store.ts';
import { encodeDirectory } from '../remote/encode.ts';
import { decodeDigests, encodeDigests, type Contents } from './contents.ts';

/** Goes up when what lies in a layer's directory changes its meaning. */
const LAYER_VERSION = 1;

/** A layer with all below it, found on this machine. */
export interface Layer {
  readonly root: Digest;
  /** Directories to be laid over each other, topmost first. None for an empty tree. */
  readonly directories: readonly string[];
  /** What tells whether a directory is still the one that was found. */
  readonly identities: readonly string[];
}

const EMPTY = encodeDirectory({ files: [], directories: [], symlinks: [] });

/** Digest of the tree in which nothing is. */
export const EMPTY_ROOT: Digest = digestOf(EMPTY);

const NOTHING: Layer = { root: EMPTY_ROOT, directories: [], identities: [] };

/** The layers of one store. */
export class Layers {
  readonly #store: Store;
  /** Whether directories may lie over each other; if not, only layers without a base are of use. */
  readonly stacked: boolean;
  readonly #unsealed = new Set<Sha256Hex>();

  constructor(store: Store, stacked: boolean) {
    this.#store = store;
    this.stacked = stacked;
  }

  /**
   * The layer whose whole content has this root digest, or undefined where it or one below it is not on
   * this machine. Marks all of them as used now. Throws node's own errors.
   */
  find(root: Digest): Layer | undefined {
    const directories: string[] = [];
    const identities: string[] = [];
    for (let at: Sha256Hex | null = root.hash; at !== null && at !== EMPTY_ROOT.hash;) {
      const place = this.#placeOf(at);
      const record = this.#readRecord(place);
      if (record === undefined || directories.length > MAX_CHAIN) return undefined;
      touch(place);
      const content = join(place, 'content');
      directories.push(content);
      identities.push(identityOf(content) ?? '');
      at = record.base;
    }
    return directories.length === 0 ? NOTHING : { root, directories, identities };
  }

  /** Digests of all files that are seen in a layer, by path (bytes as characters). */
  filesOf({ root, directories }: Layer): Map<string, Digest> {
    if (directories.length === 0) return new Map();
    return decodeDigests(readFileSync(join(this.#placeOf(root.hash), 'digests')));
  }

  /**
   * Keeps what a task left in a directory, by moving it, and gives it its name. `base` is the layer that
   * the directory lay over; undefined: the directory holds everything itself. Nobody may be writing to
   * it. Of two that keep the same, the first wins. `below` are the files of the base. Throws node's own errors.
   */
  keep(
    directory: string,
    { root, files }: Contents,
    base: Layer | undefined,
    below: ReadonlyMap<string, Digest>,
  ): Digest {
    const digest = putBytes(this.#store, root);
    const place = this.#placeOf(digest.hash);
    if (digest.hash === EMPTY_ROOT.hash || this.#readRecord(place) !== undefined) return digest;
    makeDirectories(join(this.#store.root, 'layers'), 0o755);
    // In the scratch directory of this process, which is removed whatever happens.
    const temporary = `${directory}.kept`;
    mkdirSync(temporary, { mode: 0o755 });
    try {
      renameSync(directory, join(temporary, 'content'));
      writeFileSync(join(temporary, 'digests'), encodeDigests(files));
      const record = { version: LAYER_VERSION, base: base?.root.hash ?? null, boot: bootId() };
      writeFileSync(join(temporary, 'layer.json'), `${JSON.stringify(record)}\n`);
      this.#enter(temporary, place);
    } finally {
      removeTree(temporary);
    }
    noteAdded(this.#store, bytesOver(below, files));
    this.#unsealed.add(digest.hash);
    return digest;
  }

  /** To be called after a flush of the disk: what was kept before it outlasts a power cut. */
  seal(): void {
    for (const hash of this.#unsealed) {
      try {
        closeSync(openSync(join(this.#placeOf(hash), 'sealed'), 'w', 0o644));
      } catch (error) {
        // Evicted meanwhile, or the disk is full: then it counts for as long as the machine runs.
        if (errnoOf(error) === undefined) throw error;
      }
    }
    this.#unsealed.clear();
  }

  #placeOf(root: Sha256Hex): string {
    return join(this.#store.root, 'layers', root);
  }

  /** A layer that does not count any more makes room for the new one. */
  #enter(temporary: string, place: string): void {
    for (;;) {
      try {
        renameSync(temporary, place);
        return;
      } catch (error) {
        if (errnoOf(error) !== 'ENOTEMPTY' && errnoOf(error) !== 'EEXIST') throw error;
        if (this.#readRecord(place) !== undefined) return;
        moveAway(place, `${temporary}.old`);
      }
    }
  }

  /**
   * What is on record of a layer. A power cut may take what was written last, so a layer counts from the
   * next flush of the disk on, and before that for as long as the machine runs. Only one's own counts:
   * other users' files cannot be laid over, and who may write to a layer decides what builds get.
   */
  #readRecord(place: string): Record | undefined {
    const bytes = readIfExists(join(place, 'layer.json'));
    if (bytes === undefined) return undefined;
    if (lstatSync(place, { throwIfNoEntry: false })?.uid !== process.geteuid?.()) return undefined;
    const { version, base, boot: madeIn } = parse(bytes);
    if (version !== LAYER_VERSION) return undefined;
    if (madeIn !== bootId() && !existsSync(join(place, 'sealed'))) return undefined;
    if (base === null) return { base };
    const known = this.stacked && typeof base === 'string' && isSha256Hex(base);
    return known ? { base } : undefined;
  }
}

/** Bytes of the files that are others than those of the base. */
function bytesOver(below: ReadonlyMap<string, Digest>, files: ReadonlyMap<string, Digest>): number {
  let bytes = 0;
  for (const [path, { hash, size }] of files) if (below.get(path)?.hash !== hash) bytes += size;
  return bytes;
}

/** No real pipeline has so many tasks; a record that goes round in a circle must not keep us. */
const MAX_CHAIN = 10_000;

/** Whether a layer is still where it was found: whoever makes room renames it away first. */
export function isKept({ directories, identities }: Layer): boolean {
  return directories.every((path, index) => identityOf(path) === identities[index]);
}

function identityOf(path: string): string | undefined {
  const stat = lstatSync(path, { throwIfNoEntry: false, bigint: true });
  return stat?.isDirectory() === true ? `${stat.dev}:${stat.ino}` : undefined;
}

interface Record {
  readonly base: Sha256Hex | null;
}

function parse(bytes: Buffer): { version?: unknown; base?: unknown; boot?: unknown } {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return typeof value === 'object' && value !== null ? value : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

function touch(place: string): void {
  try {
    const now = new Date();
    utimesSync(place, now, now);
  } catch (error) {
    // Gone or read-only: what it is needed for will tell.
    if (errnoOf(error) === undefined) throw error;
  }
}

function moveAway(place: string, away: string): void {
  try {
    renameSync(place, away);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
  removeTree(away);
}

let boot: string | undefined;

function bootId(): string {
  boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return boot;
}
