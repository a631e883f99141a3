// The table of what is known of files, as bytes: docs/formats/stat-table.md. By column, so that comparing reads
// numbers out of one array, and by directory, so that a path is looked up once for all files in it. Nothing is
// decoded before it is asked for.
import { digestOf } from '../digest.ts';
import { readIfExists } from '../fs.ts';
import type { Entry, FileRecord, Kind, Times } from './record.ts';

export interface Columns {
  /** Path of a directory → its number. */
  readonly folders: ReadonlyMap<string, number>;
  /** Of each directory mtime, ctime and inode. */
  readonly folderNumbers: Float64Array;
  /** Of each directory its first entry; one more at the end. */
  readonly firsts: Uint32Array;
  /** Of each directory 1 if its entries are all there are in it. */
  readonly listed: Uint32Array;
  readonly folderDays: Uint32Array;
  /** Of each directory the number of its summary among the SHA-1s, from 1; 0: there is none. */
  readonly summaryAt: Uint32Array;
  /** Of each entry. */
  readonly names: readonly string[];
  /** Of each entry size, mtime, ctime and inode. */
  readonly numbers: Float64Array;
  /** Of each entry what a listing says it is: an index of `KINDS`. */
  readonly kinds: Uint32Array;
  /** Of each entry; 0: it was not looked at. */
  readonly modes: Uint32Array;
  readonly days: Uint32Array;
  /** Of each entry the number of its digest among those kept, from 1; 0: there is none. */
  readonly sha1At: Uint32Array;
  readonly sha256At: Uint32Array;
  /** Of each entry where its bytes end among those kept, plus 1, and how many there are; 0: they are not kept. */
  readonly bytesAt: Uint32Array;
  readonly sizes: Uint32Array;
  readonly sha1: Buffer;
  readonly sha256: Buffer;
  readonly bytes: Buffer;
}

export interface FolderRecord {
  /** Undefined: only some of its entries are known. */
  readonly times: Times | undefined;
  /** When it was last asked for, in days since 1970. */
  readonly day: number;
  /** SHA-1 of all below, as somebody made it. */
  readonly summary: string | undefined;
  readonly entries: readonly EntryRecord[];
}

export interface EntryRecord extends Entry {
  readonly file: FileRecord | undefined;
  readonly day: number;
}

export const KINDS: readonly Kind[] = ['file', 'directory', 'link', 'other'];
export const DIRECTORY = KINDS.indexOf('directory');
export const LINK = KINDS.indexOf('link');
export const SHA1_LENGTH = 20;
export const SHA256_LENGTH = 32;

const MAGIC = Buffer.from('ashlar stat table 2\n');
const HEADER = MAGIC.length + 32;
/** Folders, entries, SHA-1s, SHA-256s, bytes kept, bytes of names, user; and one that is 0. */
const COUNTS = 8;
/** So that wide numbers begin at a multiple of their width. */
const PADDING = 4;
const FOLDER_NUMBERS = 3;
const ENTRY_NUMBERS = 4;

/** Of nothing. */
export const NO_COLUMNS = decode(encodeBody(new Map()))!;

/** Undefined for a file that is not there, not whole, of another version or another user. */
export function loadColumns(file: string): Columns | undefined {
  let all: Buffer | undefined;
  try {
    all = readIfExists(file);
  } catch {
    return undefined;
  }
  if (all === undefined || all.length < HEADER) return undefined;
  if (!all.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  const body = all.subarray(HEADER);
  const sum = all.subarray(MAGIC.length, HEADER);
  return digestOf(body).hash === sum.toString('hex') ? decode(body) : undefined;
}

export function encodeColumns(folders: ReadonlyMap<string, FolderRecord>): Buffer {
  const body = encodeBody(folders);
  return Buffer.concat([MAGIC, Buffer.from(digestOf(body).hash, 'hex'), body]);
}

function decode(body: Buffer): Columns | undefined {
  if (body.length < PADDING + COUNTS * 4) return undefined;
  let at = PADDING;
  const take = (size: number): Buffer => body.subarray(at, (at += size));
  const u32 = (count: number): Uint32Array => {
    const part = aligned(take(4 * count), 4);
    return new Uint32Array(part.buffer, part.byteOffset, Math.floor(part.length / 4));
  };
  const f64 = (count: number): Float64Array => {
    const part = aligned(take(8 * count), 8);
    return new Float64Array(part.buffer, part.byteOffset, Math.floor(part.length / 8));
  };
  const counts = u32(COUNTS);
  const [folderCount = 0, count = 0, sha1Count = 0, sha256Count = 0, kept = 0, named = 0, user] =
    counts;
  if (user !== userId()) return undefined;
  const columns = {
    folderNumbers: f64(FOLDER_NUMBERS * folderCount),
    numbers: f64(ENTRY_NUMBERS * count),
    firsts: u32(folderCount + 1),
    listed: u32(folderCount),
    folderDays: u32(folderCount),
    summaryAt: u32(folderCount),
    kinds: u32(count),
    modes: u32(count),
    days: u32(count),
    sha1At: u32(count),
    sha256At: u32(count),
    bytesAt: u32(count),
    sizes: u32(count),
    sha1: take(SHA1_LENGTH * sha1Count),
    sha256: take(SHA256_LENGTH * sha256Count),
    bytes: take(kept),
  };
  const strings = take(named);
  if (at !== body.length || !rises(columns.firsts, count)) return undefined;
  const names = strings.toString('utf8').split('\0');
  // The last one is ended by a NUL as well.
  if (names.pop() !== '' || names.length !== folderCount + count) return undefined;
  const folders = new Map(names.splice(0, folderCount).map((path, i) => [path, i]));
  return { ...columns, folders, names };
}

function rises(firsts: Uint32Array, last: number): boolean {
  for (let i = 1; i < firsts.length; i++) if (firsts[i]! < firsts[i - 1]!) return false;
  return firsts[0] === 0 && firsts.at(-1) === last;
}

/** What is read in one go from a file begins where the reader says; it is copied where that is an odd place. */
function aligned(bytes: Buffer, width: number): Uint8Array {
  return bytes.byteOffset % width === 0 ? bytes : new Uint8Array(bytes);
}

/** Files that one user may read are none of another's business, who might not be able to. */
function userId(): number {
  return process.geteuid?.() ?? 0;
}

function encodeBody(folders: ReadonlyMap<string, FolderRecord>): Buffer {
  const paths: string[] = [];
  const names: string[] = [];
  const folderNumbers: number[] = [];
  const firsts = [0];
  const [listed, folderDays, summaryAt]: [number[], number[], number[]] = [[], [], []];
  const numbers: number[] = [];
  const [kinds, modes, days]: [number[], number[], number[]] = [[], [], []];
  const [sha1At, sha256At, bytesAt, sizes]: [number[], number[], number[], number[]] = [
    [],
    [],
    [],
    [],
  ];
  const [sha1, sha256]: [string[], string[]] = [[], []];
  const bytes: Buffer[] = [];
  let kept = 0;
  for (const [path, { times, day, summary, entries }] of folders) {
    paths.push(path);
    folderNumbers.push(times?.mtimeMs ?? 0, times?.ctimeMs ?? 0, times?.inode ?? 0);
    listed.push(times === undefined ? 0 : 1);
    folderDays.push(day);
    summaryAt.push(summary === undefined ? 0 : sha1.push(summary));
    for (const { name, kind, file, day: asked } of entries) {
      names.push(name);
      numbers.push(file?.size ?? 0, file?.mtimeMs ?? 0, file?.ctimeMs ?? 0, file?.inode ?? 0);
      kinds.push(KINDS.indexOf(kind));
      modes.push(file?.mode ?? 0);
      days.push(asked);
      sha1At.push(file?.sha1 === undefined ? 0 : sha1.push(file.sha1));
      sha256At.push(file?.sha256 === undefined ? 0 : sha256.push(file.sha256));
      if (file?.bytes !== undefined) {
        bytes.push(file.bytes);
        kept += file.bytes.length;
      }
      bytesAt.push(file?.bytes === undefined ? 0 : kept + 1);
      sizes.push(file?.bytes?.length ?? 0);
    }
    firsts.push(names.length);
  }
  const strings = Buffer.from([...paths, ...names].map((name) => `${name}\0`).join(''));
  const counts = [
    paths.length,
    names.length,
    sha1.length,
    sha256.length,
    kept,
    strings.length,
    userId(),
    0,
  ];
  const u32 = (...columns: readonly (readonly number[])[]): Uint8Array[] =>
    columns.map((column) => new Uint8Array(Uint32Array.from(column).buffer));
  const f64 = (column: readonly number[]): Uint8Array =>
    new Uint8Array(Float64Array.from(column).buffer);
  return Buffer.concat([
    Buffer.alloc(PADDING),
    ...u32(counts),
    f64(folderNumbers),
    f64(numbers),
    ...u32(
      firsts,
      listed,
      folderDays,
      summaryAt,
      kinds,
      modes,
      days,
      sha1At,
      sha256At,
      bytesAt,
      sizes,
    ),
    Buffer.from(sha1.join(''), 'hex'),
    Buffer.from(sha256.join(''), 'hex'),
    ...bytes,
    strings,
  ]);
}
