// Remembers what is in a tree's directories and files between runs, so that what has not changed is not read
// again. A file counts as unchanged when its size, times and inode do, a directory when its times and inode do;
// what was changed so lately that its times could hide a further change is never remembered. Within a run each is
// looked at once: all who ask are told the same. The table only saves time: a broken one is as good as none.
import { readFileSync, statSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { hashesOfFile, type Digest, type FileHashes, type Sha256Hex } from '../digest.ts';
import { errnoOf, writeAtomic } from '../fs.ts';
import { makeDirectories } from '../mkdir.ts';
import {
  DIRECTORY,
  encodeColumns,
  KINDS,
  LINK,
  loadColumns,
  NO_COLUMNS,
  type Columns,
} from './format.ts';
import {
  bytesAt,
  CHANGED,
  isCurrentFile,
  isCurrentFolder,
  mergeRecords,
  recordAt,
  sha1At,
  sha256At,
  summaryAt,
  UNCHANGED,
  UNSEEN,
} from './known.ts';
import {
  describes,
  describesFile,
  isTrustworthy,
  readEntries,
  statFile,
  type Entry,
  type FileRecord,
  type Listing,
} from './record.ts';

/** Larger files are read each time that somebody asks for their bytes. */
const MOST_BYTES_KEPT = 1 << 16;

/** In directories of so many entries a name is looked for one by one. */
const SEARCHED = 16;

const DAY_MS = 86_400_000;

/** Opens the table kept in a file; without one, or when what is there is unusable, it is empty. */
export function openStatTable(file: string | undefined, now: () => number = Date.now): StatTable {
  return new StatTable(file, now);
}

/** Absolute paths. */
interface Looked {
  readonly paths: readonly string[];
  readonly links: readonly string[];
}

class StatTable {
  readonly #file: string | undefined;
  readonly #now: () => number;
  readonly #known: Columns;
  readonly #seen: Uint8Array;
  readonly #foldersSeen: Uint8Array;
  /** What was learnt in this run. */
  readonly #files = new Map<string, FileRecord>();
  readonly #listings = new Map<string, Listing>();
  readonly #summaries = new Map<string, string>();
  /** The directory of the last path, and its number: paths come directory by directory. */
  #directory = '';
  #folder: number | undefined;
  #learntSummary = false;
  /** Whether anything was looked at that the table did not know, or knew otherwise; and whether all that is known now. */
  #foundNews = false;
  #learntAll = true;
  readonly #indexes = new Map<number, Map<string, number>>();
  /** Where in it the next path is likely to be. */
  #next = 0;

  constructor(file: string | undefined, now: () => number) {
    this.#file = file;
    this.#now = now;
    this.#known = (file === undefined ? undefined : loadColumns(file)) ?? NO_COLUMNS;
    this.#seen = new Uint8Array(this.#known.names.length);
    this.#foldersSeen = new Uint8Array(this.#known.listed.length);
  }

  /** The entries of a directory, in no order that means anything. Throws node's own errors. */
  readonly list = (directory: string): readonly Entry[] => {
    const learnt = this.#listings.get(directory);
    if (learnt !== undefined) return learnt.entries;
    const folder = this.#known.folders.get(directory);
    if (folder !== undefined && this.#isCurrentFolder(folder, directory)) {
      return this.#entriesOf(folder);
    }
    this.#foundNews = true;
    const before = this.#now();
    const stat = statSync(directory);
    const entries = readEntries(directory);
    const listing = { mtimeMs: stat.mtimeMs, ctimeMs: stat.ctimeMs, inode: stat.ino, entries };
    // Names that are no Unicode do not come back as what they are.
    const whole = !entries.some(({ name }) => name.includes('\ufffd'));
    if (
      whole &&
      isTrustworthy(directory, stat, before) &&
      describes(listing, statSync(directory))
    ) {
      this.#listings.set(directory, listing);
    } else this.#learntAll = false;
    return entries;
  };

  /**
   * SHA-1 of a regular file's bytes, 40 hexadecimal digits. Links are followed; paths should be absolute.
   * Throws node's own errors, and EISDIR or EINVAL for what is not a regular file.
   */
  readonly sha1 = (path: string): string => {
    const place = this.#current(path);
    const known = place === undefined ? undefined : sha1At(this.#known, place);
    return known ?? this.#files.get(path)?.sha1 ?? this.#hash(path).sha1;
  };

  /** SHA-256 and size of a regular file, likewise. */
  readonly digest = (path: string): Digest => {
    const place = this.#current(path);
    const known = place === undefined ? undefined : sha256At(this.#known, place);
    if (known !== undefined) {
      return { hash: known as Sha256Hex, size: this.#known.numbers[place! * 4]! };
    }
    const learnt = this.#files.get(path);
    const { sha256, size } = learnt?.sha256 === undefined ? this.#hash(path) : learnt;
    return { hash: sha256 as Sha256Hex, size };
  };

  /** A regular file's bytes, likewise. What is given must not be changed. */
  readonly bytes = (path: string): Buffer => {
    const place = this.#current(path);
    const known = place === undefined ? undefined : bytesAt(this.#known, place);
    return known ?? this.#files.get(path)?.bytes ?? this.#read(path);
  };

  /** The mode of a regular file as stat(2) has it, likewise. */
  readonly mode = (path: string): number => {
    const place = this.#current(path);
    if (place !== undefined) return this.#known.modes[place]!;
    const learnt = this.#files.get(path);
    if (learnt !== undefined) return learnt.mode;
    this.#foundNews = true;
    this.#learntAll = false;
    return statFile(path).mode;
  };

  /**
   * The SHA-1 that somebody makes of all files below a directory, by name and content. Not asked for again before
   * anything there changes. Where that is undefined, or something there is neither file nor directory, nothing is
   * remembered.
   */
  readonly summary = (directory: string, compute: () => string | undefined): string | undefined => {
    const folder = this.#known.folders.get(directory);
    const known = folder === undefined ? undefined : summaryAt(this.#known, folder);
    const learnt = this.#summaries.get(directory);
    if (learnt !== undefined) return learnt;
    if (known !== undefined && this.#isUnchangedBelow(directory, folder!)) {
      this.#summaries.set(directory, known);
      return known;
    }
    const computed = compute();
    if (computed !== undefined && this.#isKnownBelow(directory)) {
      this.#summaries.set(directory, computed);
      this.#learntSummary = true;
    }
    return computed;
  };

  /**
   * All that was looked at in this run, and what else are links in the folders that were listed, wherever they lead.
   * Undefined where something had changed since it was known, and where times would not tell of a further change.
   */
  looked(): Looked | undefined {
    if (!this.#foundNews) return this.#lookedAgain();
    if (this.#known.names.length > 0 || !this.#learntAll) return undefined;
    const links: string[] = [];
    for (const [directory, { entries }] of this.#listings) {
      for (const { name, kind } of entries) {
        const path = `${directory}/${name}`;
        if (kind === 'link' && !this.#files.has(path)) links.push(path);
      }
    }
    return { paths: [...this.#listings.keys(), ...this.#files.keys()], links };
  }

  #lookedAgain(): Looked {
    const { folders, firsts, names, kinds } = this.#known;
    const paths: string[] = [];
    const links: string[] = [];
    for (const [directory, folder] of folders) {
      const listed = this.#foldersSeen[folder] === UNCHANGED;
      if (listed) paths.push(directory);
      for (let place = firsts[folder]!; place < firsts[folder + 1]!; place++) {
        if (this.#seen[place] === UNCHANGED) paths.push(`${directory}/${names[place]!}`);
        else if (listed && kinds[place] === LINK) links.push(`${directory}/${names[place]!}`);
      }
    }
    return { paths, links };
  }

  /** Writes the table back if it has changed. Where it cannot be written it is not: that costs time only. */
  save(): void {
    const learnt = this.#files.size + this.#listings.size > 0 || this.#learntSummary;
    if (this.#file === undefined || !learnt) return;
    const today = Math.floor(this.#now() / DAY_MS);
    const records = mergeRecords(
      this.#known,
      { files: this.#seen, folders: this.#foldersSeen },
      { files: this.#files, listings: this.#listings, summaries: this.#summaries },
      today,
    );
    try {
      makeDirectories(dirname(this.#file));
      writeAtomic(this.#file, encodeColumns(records));
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
    }
  }

  /** The place of a file that is as it is known to be. */
  #current(path: string): number | undefined {
    const place = this.#placeOf(path);
    return place !== undefined && this.#isCurrent(place, path) ? place : undefined;
  }

  #isCurrent(place: number, path: string): boolean {
    if (this.#seen[place] === UNSEEN) {
      const current =
        this.#known.modes[place] !== 0 && isCurrentFile(this.#known, place, statSync(path));
      this.#seen[place] = current ? UNCHANGED : CHANGED;
    }
    return this.#seen[place] === UNCHANGED;
  }

  #isCurrentFolder(folder: number, path: string): boolean {
    if (this.#foldersSeen[folder] === UNSEEN) {
      const current = isCurrentFolder(this.#known, folder, statSync(path));
      this.#foldersSeen[folder] = current ? UNCHANGED : CHANGED;
    }
    return this.#foldersSeen[folder] === UNCHANGED;
  }

  /** Whether all that is known of what lies below a directory still holds. In most trees this is most of the work. */
  #isUnchangedBelow(root: string, rootFolder: number): boolean {
    const { firsts, names, kinds, folders } = this.#known;
    const pending: [path: string, folder: number][] = [[root, rootFolder]];
    try {
      for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
        const [directory, folder] = next;
        if (!this.#isCurrentFolder(folder, directory)) return false;
        for (let i = firsts[folder]!; i < firsts[folder + 1]!; i++) {
          const path = `${directory}/${names[i]!}`;
          if (kinds[i] === DIRECTORY) {
            const below = folders.get(path);
            if (below === undefined) return false;
            pending.push([path, below]);
          } else if (!this.#isCurrent(i, path)) return false;
        }
      }
      return true;
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      // Whoever reads it will hear of it.
      return false;
    }
  }

  /** Whether all that lies below a directory is known to be as it was seen in this run. */
  #isKnownBelow(root: string): boolean {
    const pending = [root];
    for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
      const folder = this.#known.folders.get(directory);
      const current = folder !== undefined && this.#foldersSeen[folder] === UNCHANGED;
      const entries =
        this.#listings.get(directory)?.entries ?? (current ? this.#entriesOf(folder) : undefined);
      if (entries === undefined) return false;
      for (const { name, kind } of entries) {
        const path = `${directory}/${name}`;
        if (kind === 'directory') pending.push(path);
        else if (!this.#files.has(path)) {
          const place = this.#placeOf(path);
          if (place === undefined || this.#seen[place] !== UNCHANGED) return false;
        }
      }
    }
    return true;
  }

  #placeOf(path: string): number | undefined {
    const slash = path.lastIndexOf('/');
    if (slash !== this.#directory.length || !path.startsWith(this.#directory)) {
      this.#directory = path.slice(0, slash);
      this.#folder = this.#known.folders.get(this.#directory);
      this.#next = this.#folder === undefined ? 0 : this.#known.firsts[this.#folder]!;
    }
    if (this.#folder === undefined) return undefined;
    const { names, firsts } = this.#known;
    const name = path.slice(slash + 1);
    const [first, end] = [firsts[this.#folder]!, firsts[this.#folder + 1]!];
    if (names[this.#next] === name && this.#next < end) return this.#next++;
    let place: number | undefined;
    if (end - first > SEARCHED) place = this.#indexOf(this.#folder).get(name);
    else for (let i = first; i < end && place === undefined; i++) if (names[i] === name) place = i;
    if (place !== undefined) this.#next = place + 1;
    return place;
  }

  /** Made for the directories that are not asked about in the order in which they are known. */
  #indexOf(folder: number): ReadonlyMap<string, number> {
    let index = this.#indexes.get(folder);
    if (index === undefined) {
      const { names, firsts } = this.#known;
      index = new Map();
      for (let i = firsts[folder]!; i < firsts[folder + 1]!; i++) index.set(names[i]!, i);
      this.#indexes.set(folder, index);
    }
    return index;
  }

  #entriesOf(folder: number): Entry[] {
    const { names, kinds, firsts } = this.#known;
    const entries: Entry[] = [];
    for (let i = firsts[folder]!; i < firsts[folder + 1]!; i++) {
      entries.push({ name: names[i]!, kind: KINDS[kinds[i]!] ?? 'other' });
    }
    return entries;
  }

  /** Both digests: ids of packages are made of one, keys of tasks of the other, and reading is what it costs. */
  #hash(path: string): FileHashes {
    this.#foundNews = true;
    const before = this.#now();
    const stat = statFile(path);
    const hashes = hashesOfFile(path);
    this.#remember(path, stat, before, hashes);
    return hashes;
  }

  #read(path: string): Buffer {
    this.#foundNews = true;
    const before = this.#now();
    const stat = statSync(path);
    const bytes = readFileSync(path);
    const { length: size } = bytes;
    if (stat.isFile() && size <= MOST_BYTES_KEPT)
      this.#remember(path, stat, before, { size, bytes });
    else this.#learntAll = false;
    return bytes;
  }

  /** What was found out about a file, with what was known of it; remembered if the file's times can be trusted. */
  #remember(
    path: string,
    stat: Stats,
    before: number,
    found: Pick<FileRecord, 'size' | 'sha1' | 'sha256' | 'bytes'>,
  ): void {
    const { mtimeMs, ctimeMs, ino: inode, mode } = stat;
    const place = this.#current(path);
    const earlier =
      this.#files.get(path) ?? (place === undefined ? undefined : recordAt(this.#known, place));
    const record = { mtimeMs, ctimeMs, inode, mode, ...found };
    // Changed within this run: what was seen first is what counts, and the next run will see that it has changed.
    const isSame = earlier === undefined || describesFile(earlier, stat);
    if (isSame && isTrustworthy(path, stat, before) && describesFile(record, statSync(path))) {
      this.#files.set(path, { ...earlier, ...record });
    } else this.#learntAll = false;
  }
}

export type { StatTable };

/** What is in files and directories, for those who read a tree. */
export type Files = Pick<StatTable, 'list' | 'summary' | 'sha1' | 'digest' | 'bytes' | 'mode'>;
