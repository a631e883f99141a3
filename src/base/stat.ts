// Remembers digests of files between runs, so that a file that has not changed is not read again. A file
// counts as unchanged when its size, times and inode do; what was changed so lately that its times could
// hide a further change is never remembered. The table only saves time: a broken one is as good as none.
import { createHash } from 'node:crypto';
import { mkdirSync, statSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { digestOf, hashFile, type Digest, type Sha256Hex } from './digest.ts';
import { errnoOf, readIfExists, writeAtomic } from './fs.ts';

/**
 * A file's times must lie this far in the past for them to be trusted. Kernels stamp files with a clock
 * that moves in steps of up to 10 ms, some file systems in steps of two seconds.
 */
const GRANULARITY_MS = 2_000;

/** Files that nobody asked for in so many days are forgotten. */
const KEEP_DAYS = 60;
const DAY_MS = 86_400_000;

/** Opens the table kept in a file; without one, or when what is there is unusable, it is empty. */
export function openStatTable(file: string | undefined, now: () => number = Date.now): StatTable {
  return new StatTable(file, now);
}

class StatTable {
  readonly #file: string | undefined;
  readonly #now: () => number;
  readonly #known: Table;
  /** Which of the known were asked for in this run: 1 for each. */
  readonly #asked: Uint8Array;
  /** What was learnt in this run. */
  readonly #learnt = new Map<string, FileRecord>();

  constructor(file: string | undefined, now: () => number) {
    this.#file = file;
    this.#now = now;
    this.#known = (file === undefined ? undefined : loadTable(file)) ?? decodeTable(EMPTY)!;
    this.#asked = new Uint8Array(this.#known.places.size);
  }

  /**
   * SHA-1 of a regular file's bytes, 40 hexadecimal digits. Links are followed; paths should be absolute.
   * Throws node's own errors, and EISDIR or EINVAL for what is not a regular file.
   */
  readonly sha1 = (path: string): string => {
    const before = this.#now();
    const stat = statFile(path);
    const known = this.#knownDigest(path, stat, 'sha1');
    return known ?? this.#read(path, stat, before, 'sha1').sha1!;
  };

  /** SHA-256 and size of a regular file, likewise. */
  readonly digest = (path: string): Digest => {
    const before = this.#now();
    const stat = statFile(path);
    const known = this.#knownDigest(path, stat, 'sha256');
    if (known !== undefined) return { hash: known as Sha256Hex, size: stat.size };
    const { sha256, size } = this.#read(path, stat, before, 'sha256');
    return { hash: sha256! as Sha256Hex, size };
  };

  /** Writes the table back if it has changed. Where it cannot be written it is not: that costs time only. */
  save(): void {
    if (this.#file === undefined || this.#learnt.size === 0) return;
    const today = Math.floor(this.#now() / DAY_MS);
    const records = new Map<string, FileRecord>();
    for (const [path, place] of this.#known.places) {
      const record = recordAt(this.#known, place);
      const day = this.#asked[place] === 1 ? today : record.day;
      if (today - day <= KEEP_DAYS) records.set(path, { ...record, day });
    }
    for (const [path, record] of this.#learnt) records.set(path, { ...record, day: today });
    try {
      mkdirSync(dirname(this.#file), { recursive: true });
      writeAtomic(this.#file, encodeTable(records));
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
    }
  }

  /** Asked for every file of a tree: nothing is decoded but the digest. */
  #knownDigest(path: string, stat: Stats, algorithm: Algorithm): string | undefined {
    const learnt = this.#learnt.get(path);
    if (learnt !== undefined && describes(learnt, stat)) return learnt[algorithm];
    const place = this.#known.places.get(path);
    if (place === undefined || !describesAt(this.#known, place, stat)) return undefined;
    this.#asked[place] = 1;
    return digestAt(this.#known, place, algorithm);
  }

  /** Reads and hashes a file, and remembers the digest if the file's times can be trusted. */
  #read(path: string, stat: Stats, before: number, algorithm: Algorithm): FileRecord {
    const hash = createHash(algorithm);
    const size = hashFile(path, hash);
    const { mtimeMs, ctimeMs, ino } = stat;
    const learnt = this.#learnt.get(path);
    const place = this.#known.places.get(path);
    const earlier = learnt ?? (place === undefined ? undefined : recordAt(this.#known, place));
    const record: FileRecord = {
      ...(earlier !== undefined && describes(earlier, stat) ? earlier : {}),
      size,
      mtimeMs,
      ctimeMs,
      inode: ino,
      day: 0,
      [algorithm]: hash.digest('hex'),
    };
    const trusted =
      Math.max(mtimeMs, ctimeMs) < before - GRANULARITY_MS && describes(record, statSync(path));
    if (trusted) this.#learnt.set(path, record);
    return record;
  }
}

export type { StatTable };

type Algorithm = 'sha1' | 'sha256';

interface FileRecord {
  readonly size: number;
  /** Times in milliseconds, as node gives them: to a quarter of a microsecond. */
  readonly mtimeMs: number;
  /** Unlike the mtime, nobody can set it back. */
  readonly ctimeMs: number;
  readonly inode: number;
  /** When it was last asked for, in days since 1970. */
  readonly day: number;
  readonly sha1?: string | undefined;
  readonly sha256?: string | undefined;
}

function describes(record: FileRecord, stat: Stats): boolean {
  return (
    record.size === stat.size &&
    record.mtimeMs === stat.mtimeMs &&
    record.ctimeMs === stat.ctimeMs &&
    record.inode === stat.ino
  );
}

function statFile(path: string): Stats {
  const stat = statSync(path);
  if (stat.isFile()) return stat;
  const code = stat.isDirectory() ? 'EISDIR' : 'EINVAL';
  throw Object.assign(new Error(`${code}: not a regular file, open '${path}'`), { code, path });
}

/*
 * docs/formats/stat-table.md: MAGIC; SHA-256 of what follows, 32 bytes; number of records, u32; then by
 * column: size, mtime, ctime, inode of each record, f64; day, u32; flags, u32; SHA-1; SHA-256; the
 * paths, each ended by a NUL. Columns, so that comparing reads numbers out of one array.
 */
const MAGIC = Buffer.from('ashlar stat table 1\n');
const HEADER = MAGIC.length + 32 + 4;
const NUMBERS = 4;
const FIXED = NUMBERS * 8 + 4 + 4 + 20 + 32;
const FLAGS = { sha1: 1, sha256: 2 } as const;
const LENGTHS = { sha1: 20, sha256: 32 } as const;
const EMPTY = Buffer.alloc(4);

interface Table {
  /** Path → number of its record. */
  readonly places: ReadonlyMap<string, number>;
  readonly numbers: Float64Array;
  readonly days: Uint32Array;
  readonly flags: Uint32Array;
  readonly sha1: Buffer;
  readonly sha256: Buffer;
}

/** Undefined for a file that is not there, not whole, of another version, or not ours. */
function loadTable(file: string): Table | undefined {
  let bytes: Buffer | undefined;
  try {
    bytes = readIfExists(file);
  } catch {
    return undefined;
  }
  if (bytes === undefined || bytes.length < HEADER) return undefined;
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  const body = bytes.subarray(MAGIC.length + 32);
  const sum = bytes.subarray(MAGIC.length, MAGIC.length + 32);
  return digestOf(body).hash === sum.toString('hex') ? decodeTable(body) : undefined;
}

function decodeTable(body: Buffer): Table | undefined {
  const count = body.readUInt32LE(0);
  const end = 4 + count * FIXED;
  if (end > body.length) return undefined;
  const paths = body.toString('utf8', end).split('\0');
  // The last path is ended by a NUL as well.
  if (paths.pop() !== '' || paths.length !== count) return undefined;
  let at = 4;
  const column = (width: number): Buffer => body.subarray(at, (at += width * count));
  return {
    places: new Map(paths.map((path, i) => [path, i])),
    numbers: new Float64Array(aligned(column(NUMBERS * 8))),
    days: new Uint32Array(aligned(column(4))),
    flags: new Uint32Array(aligned(column(4))),
    sha1: column(LENGTHS.sha1),
    sha256: column(LENGTHS.sha256),
  };
}

/** Numbers wider than a byte must begin at a multiple of their width. */
function aligned(bytes: Buffer): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}

function encodeTable(table: ReadonlyMap<string, FileRecord>): Buffer {
  // A path that is not Unicode would come back as another one.
  const kept = [...table].filter(([path]) => Buffer.from(path).toString() === path);
  const records = kept.map(([, record]) => record);
  const numbers = records.flatMap(({ size, mtimeMs, ctimeMs, inode }) => [
    size,
    mtimeMs,
    ctimeMs,
    inode,
  ]);
  const digests = (algorithm: Algorithm): Buffer =>
    Buffer.concat(
      records.map((record) => Buffer.alloc(LENGTHS[algorithm], record[algorithm] ?? '00', 'hex')),
    );
  const flags = records.map(
    ({ sha1, sha256 }) => (sha1 ? FLAGS.sha1 : 0) | (sha256 ? FLAGS.sha256 : 0),
  );
  const body = Buffer.concat([
    Buffer.from(Uint32Array.of(kept.length).buffer),
    Buffer.from(Float64Array.from(numbers).buffer),
    Buffer.from(Uint32Array.from(records, ({ day }) => day).buffer),
    Buffer.from(Uint32Array.from(flags).buffer),
    digests('sha1'),
    digests('sha256'),
    Buffer.from(kept.map(([path]) => `${path}\0`).join('')),
  ]);
  return Buffer.concat([MAGIC, Buffer.from(digestOf(body).hash, 'hex'), body]);
}

function describesAt({ numbers }: Table, place: number, stat: Stats): boolean {
  const at = place * NUMBERS;
  return (
    numbers[at] === stat.size &&
    numbers[at + 1] === stat.mtimeMs &&
    numbers[at + 2] === stat.ctimeMs &&
    numbers[at + 3] === stat.ino
  );
}

function digestAt(table: Table, place: number, algorithm: Algorithm): string | undefined {
  if ((table.flags[place]! & FLAGS[algorithm]) === 0) return undefined;
  const length = LENGTHS[algorithm];
  return table[algorithm].toString('hex', place * length, (place + 1) * length);
}

function recordAt(table: Table, place: number): FileRecord {
  const [size, mtimeMs, ctimeMs, inode] = table.numbers.subarray(place * NUMBERS);
  return {
    size: size!,
    mtimeMs: mtimeMs!,
    ctimeMs: ctimeMs!,
    inode: inode!,
    day: table.days[place]!,
    sha1: digestAt(table, place, 'sha1'),
    sha256: digestAt(table, place, 'sha256'),
  };
}
