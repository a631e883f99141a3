// Reading one thing out of the columns of the table of known files, and joining what is in them with what a run
// learnt. Knows nothing of when to look at a file.
import type { Stats } from 'node:fs';
import {
  KINDS,
  SHA1_LENGTH,
  SHA256_LENGTH,
  type Columns,
  type EntryRecord,
  type FolderRecord,
} from './format.ts';
import type { FileRecord, Listing } from './record.ts';

/** What nobody asked for in so many days is forgotten. */
const KEEP_DAYS = 60;

export function isCurrentFile({ numbers }: Columns, place: number, stat: Stats): boolean {
  const at = place * 4;
  return (
    numbers[at] === stat.size &&
    numbers[at + 1] === stat.mtimeMs &&
    numbers[at + 2] === stat.ctimeMs &&
    numbers[at + 3] === stat.ino
  );
}

/** False too for one of which not all entries are known. */
export function isCurrentFolder(known: Columns, folder: number, stat: Stats): boolean {
  const at = folder * 3;
  const { folderNumbers } = known;
  return (
    known.listed[folder] === 1 &&
    folderNumbers[at] === stat.mtimeMs &&
    folderNumbers[at + 1] === stat.ctimeMs &&
    folderNumbers[at + 2] === stat.ino &&
    stat.isDirectory()
  );
}

export function sha1At(known: Columns, place: number): string | undefined {
  return hexAt(known.sha1, known.sha1At[place]!, SHA1_LENGTH);
}

export function sha256At(known: Columns, place: number): string | undefined {
  return hexAt(known.sha256, known.sha256At[place]!, SHA256_LENGTH);
}

/** Of all below a folder. */
export function summaryAt(known: Columns, folder: number): string | undefined {
  return hexAt(known.sha1, known.summaryAt[folder]!, SHA1_LENGTH);
}

function hexAt(column: Buffer, number: number, length: number): string | undefined {
  const end = number * length;
  return number === 0 || end > column.length
    ? undefined
    : column.toString('hex', end - length, end);
}

export function bytesAt(
  { bytes, bytesAt, sizes, numbers }: Columns,
  place: number,
): Buffer | undefined {
  const end = bytesAt[place]! - 1;
  const size = sizes[place]!;
  if (end === -1 || size > end || end > bytes.length || size !== numbers[place * 4])
    return undefined;
  return bytes.subarray(end - size, end);
}

export function recordAt(known: Columns, place: number): FileRecord | undefined {
  const mode = known.modes[place]!;
  if (mode === 0) return undefined;
  const [size, mtimeMs, ctimeMs, inode] = known.numbers.subarray(place * 4);
  return {
    size: size!,
    mtimeMs: mtimeMs!,
    ctimeMs: ctimeMs!,
    inode: inode!,
    mode,
    sha1: sha1At(known, place),
    sha256: sha256At(known, place),
    bytes: bytesAt(known, place),
  };
}

/** What a run found of what was known before. */
export const UNSEEN = 0;
export const UNCHANGED = 1;
export const CHANGED = 2;

/** Of each file and of each folder one of these. */
export interface Seen {
  readonly files: Uint8Array;
  readonly folders: Uint8Array;
}

export interface Learnt {
  readonly files: ReadonlyMap<string, FileRecord>;
  readonly listings: ReadonlyMap<string, Listing>;
  /** Of folders with all below them as they were seen in this run. */
  readonly summaries: ReadonlyMap<string, string>;
}

interface Draft extends Omit<FolderRecord, 'entries'> {
  readonly entries: Map<string, EntryRecord>;
}

/** All that is worth keeping, by directory. `today` in days since 1970. */
export function mergeRecords(
  known: Columns,
  seen: Seen,
  { files, listings, summaries }: Learnt,
  today: number,
): Map<string, FolderRecord> {
  const drafts = new Map<string, Draft>();
  for (const [path, folder] of known.folders) {
    drafts.set(path, draftOf(known, seen, folder, today));
  }
  for (const [path, { entries, ...times }] of listings) {
    const earlier = drafts.get(path)?.entries;
    const kept = entries.map((entry): [string, EntryRecord] => [
      entry.name,
      { file: undefined, day: today, ...earlier?.get(entry.name), ...entry },
    ]);
    drafts.set(path, { times, day: today, summary: undefined, entries: new Map(kept) });
  }
  for (const [path, file] of files) {
    const slash = path.lastIndexOf('/');
    const directory = path.slice(0, slash);
    const name = path.slice(slash + 1);
    let draft = drafts.get(directory);
    if (draft === undefined) {
      drafts.set(directory, (draft = unlisted(today)));
    }
    const entry = draft.entries.get(name);
    // A listing has all that there is.
    if (entry === undefined && draft.times !== undefined) continue;
    draft.entries.set(name, { name, kind: entry?.kind ?? 'other', file, day: today });
  }
  const touched = touchedFolders(known, seen, [...files.keys(), ...listings.keys()]);
  const summaryOf = (path: string, { times, summary }: Draft): string | undefined =>
    times === undefined
      ? undefined
      : (summaries.get(path) ?? (touched.has(path) ? undefined : summary));
  return new Map(
    [...drafts]
      .map(([path, draft]): [string, FolderRecord] => [
        path,
        { ...draft, summary: summaryOf(path, draft), entries: [...draft.entries.values()] },
      ])
      .filter(
        ([path, { times, entries }]) =>
          [path, ...entries.map(({ name }) => name)].every(isUnicode) &&
          (times !== undefined || entries.length > 0),
      ),
  );
}

function unlisted(day: number): Draft {
  return { times: undefined, day, summary: undefined, entries: new Map() };
}

/** Folders below which something was looked at anew: what was made of all below them may not hold any more. */
function touchedFolders(known: Columns, seen: Seen, learnt: readonly string[]): Set<string> {
  const touched = new Set<string>();
  const touch = (directory: string): void => {
    for (let path = directory; path !== '' && !touched.has(path);) {
      touched.add(path);
      path = path.slice(0, Math.max(0, path.lastIndexOf('/')));
    }
  };
  for (const path of learnt) touch(path);
  for (const [path, folder] of known.folders) {
    const files = seen.files.subarray(known.firsts[folder], known.firsts[folder + 1]);
    if (seen.folders[folder] === CHANGED || files.includes(CHANGED)) touch(path);
  }
  return touched;
}

/** What is still worth something of a known folder. */
function draftOf(known: Columns, seen: Seen, folder: number, today: number): Draft {
  const state = seen.folders[folder];
  const folderDay = state === UNSEEN ? known.folderDays[folder]! : today;
  const listed = known.listed[folder] === 1 && state !== CHANGED && today - folderDay <= KEEP_DAYS;
  const entries = new Map<string, EntryRecord>();
  for (let place = known.firsts[folder]!; place < known.firsts[folder + 1]!; place++) {
    const name = known.names[place]!;
    const day = seen.files[place] === UNSEEN ? known.days[place]! : today;
    const stale = seen.files[place] === CHANGED || today - day > KEEP_DAYS;
    const file = stale ? undefined : recordAt(known, place);
    if (listed || file !== undefined) {
      entries.set(name, { name, kind: KINDS[known.kinds[place]!] ?? 'other', file, day });
    }
  }
  const [mtimeMs, ctimeMs, inode] = known.folderNumbers.subarray(folder * 3);
  const times = { mtimeMs: mtimeMs!, ctimeMs: ctimeMs!, inode: inode! };
  const summary = summaryAt(known, folder);
  return { times: listed ? times : undefined, day: folderDay, summary, entries };
}

/** A path that is not would come back as another one. */
function isUnicode(path: string): boolean {
  return Buffer.from(path).toString() === path;
}
