// Remembers digests of files between runs, so that a file that has not changed is not read again. A file
// counts as unchanged when its size, times and inode do; what was changed so lately that its times could
// hide a further change is never remembered. The table only saves time: a broken one is as good as none.
import { createHash } from 'node:crypto';
import { mkdirSync, statSync, type BigIntStats } from 'node:fs';
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
  /** Path → place of its record in `#records`. */
  readonly #known: ReadonlyMap<string, number>;
  readonly #records: Buffer;
  /** Asked for in this run: these are written back with today's date. */
  readonly #used = new Map<string, Record>();
  #changed = false;

  constructor(file: string | undefined, now: () => number) {
    this.#file = file;
    this.#now = now;
    const loaded = file === undefined ? undefined : loadTable(file);
    this.#known = loaded?.known ?? new Map();
    this.#records = loaded?.records ?? Buffer.alloc(0);
  }

  /**
   * SHA-1 of a regular file's bytes, 40 hexadecimal digits. Links are followed; paths should be absolute.
   * Throws node's own errors, and EISDIR or EINVAL for what is not a regular file.
   */
  readonly sha1 = (path: string): string => {
    return this.#lookUp(path, 'sha1').sha1!;
  };

  /** SHA-256 and size of a regular file, likewise. */
  readonly digest = (path: string): Digest => {
    const { sha256, size } = this.#lookUp(path, 'sha256');
    return { hash: sha256! as Sha256Hex, size: Number(size) };
  };

  /** Writes the table back if it has changed. Where it cannot be written it is not: that costs time only. */
  save(): void {
    if (this.#file === undefined || !this.#changed) return;
    const today = Math.floor(this.#now() / DAY_MS);
    const records = new Map<string, Record>();
    for (const [path, at] of this.#known) {
      const record = readRecord(this.#records, at);
      if (today - record.day <= KEEP_DAYS) records.set(path, record);
    }
    for (const [path, record] of this.#used) records.set(path, { ...record, day: today });
    try {
      mkdirSync(dirname(this.#file), { recursive: true });
      writeAtomic(this.#file, encodeTable(records));
      this.#changed = false;
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
    }
  }

  #lookUp(path: string, wanted: 'sha1' | 'sha256'): Record {
    const before = this.#now();
    const stat = statSync(path, { bigint: true });
    if (!stat.isFile()) throw notAFile(path, stat);
    const at = this.#known.get(path);
    const remembered =
      this.#used.get(path) ?? (at === undefined ? undefined : readRecord(this.#records, at));
    const same = remembered !== undefined && describes(remembered, stat);
    if (same && remembered[wanted] !== undefined) {
      this.#used.set(path, remembered);
      return remembered;
    }
    const hash = createHash(wanted);
    const size = hashFile(path, hash);
    const record = {
      ...recordOf(stat, Math.floor(before / DAY_MS)),
      ...(same ? { sha1: remembered.sha1, sha256: remembered.sha256 } : {}),
      [wanted]: hash.digest('hex'),
    };
    const trusted =
      latestMs(stat) < before - GRANULARITY_MS &&
      BigInt(size) === stat.size &&
      describes(record, statSync(path, { bigint: true }));
    if (trusted) {
      this.#used.set(path, record);
      this.#changed = true;
    }
    return { ...record, size: BigInt(size) };
  }
}

export type { StatTable };

interface Record {
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly inode: bigint;
  /** When it was last asked for, in days since 1970. */
  readonly day: number;
  readonly sha1?: string | undefined;
  readonly sha256?: string | undefined;
}

function recordOf(stat: BigIntStats, day: number): Record {
  const { size, mtimeNs, ctimeNs, ino } = stat;
  return { size, mtimeNs, ctimeNs, inode: ino, day };
}

function describes(record: Record, stat: BigIntStats): boolean {
  return (
    record.size === stat.size &&
    record.mtimeNs === stat.mtimeNs &&
    // Unlike the mtime, nobody can set it back.
    record.ctimeNs === stat.ctimeNs &&
    record.inode === stat.ino
  );
}

function latestMs({ mtimeNs, ctimeNs }: BigIntStats): number {
  return Number((mtimeNs > ctimeNs ? mtimeNs : ctimeNs) / 1_000_000n);
}

function notAFile(path: string, stat: BigIntStats): Error {
  const code = stat.isDirectory() ? 'EISDIR' : 'EINVAL';
  return Object.assign(new Error(`${code}: not a regular file, open '${path}'`), { code, path });
}

/*
 * The file: MAGIC; SHA-256 of all that follows, 32 bytes; number of records, u32; the records, RECORD
 * bytes each; their paths in UTF-8, each ended by a NUL. Numbers are little-endian. A record: size u64,
 * mtime and ctime in ns i64, inode u64, day u32, flags u32 (1: has SHA-1, 2: has SHA-256), the SHA-1,
 * the SHA-256.
 */
const MAGIC = Buffer.from('ashlar stat table 1\n');
const HEADER = MAGIC.length + 32 + 4;
const RECORD = 92;
const HAS_SHA1 = 1;
const HAS_SHA256 = 2;

interface Table {
  readonly known: ReadonlyMap<string, number>;
  readonly records: Buffer;
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
  const sum = bytes.subarray(MAGIC.length, MAGIC.length + 32);
  if (digestOf(bytes.subarray(MAGIC.length + 32)).hash !== sum.toString('hex')) return undefined;
  const count = bytes.readUInt32LE(HEADER - 4);
  const end = HEADER + count * RECORD;
  const paths = bytes.toString('utf8', end).split('\0');
  // The last path is ended by a NUL as well.
  if (end > bytes.length || paths.pop() !== '' || paths.length !== count) return undefined;
  const records = bytes.subarray(HEADER, end);
  return { known: new Map(paths.map((path, i) => [path, i * RECORD])), records };
}

function encodeTable(table: ReadonlyMap<string, Record>): Buffer {
  // A path that is not Unicode would come back as another one.
  const kept = [...table].filter(([path]) => Buffer.from(path).toString() === path);
  const records = Buffer.alloc(kept.length * RECORD);
  kept.forEach(([, record], i) => writeRecord(records, i * RECORD, record));
  const count = Buffer.alloc(4);
  count.writeUInt32LE(kept.length);
  const paths = Buffer.from(kept.map(([path]) => `${path}\0`).join(''));
  const body = Buffer.concat([count, records, paths]);
  return Buffer.concat([MAGIC, Buffer.from(digestOf(body).hash, 'hex'), body]);
}

function readRecord(records: Buffer, at: number): Record {
  const flags = records.readUInt32LE(at + 36);
  return {
    size: records.readBigUInt64LE(at),
    mtimeNs: records.readBigInt64LE(at + 8),
    ctimeNs: records.readBigInt64LE(at + 16),
    inode: records.readBigUInt64LE(at + 24),
    day: records.readUInt32LE(at + 32),
    sha1: (flags & HAS_SHA1) === 0 ? undefined : records.toString('hex', at + 40, at + 60),
    sha256: (flags & HAS_SHA256) === 0 ? undefined : records.toString('hex', at + 60, at + 92),
  };
}

function writeRecord(records: Buffer, at: number, record: Record): void {
  const { sha1, sha256 } = record;
  records.writeBigUInt64LE(BigInt.asUintN(64, record.size), at);
  records.writeBigInt64LE(BigInt.asIntN(64, record.mtimeNs), at + 8);
  records.writeBigInt64LE(BigInt.asIntN(64, record.ctimeNs), at + 16);
  records.writeBigUInt64LE(BigInt.asUintN(64, record.inode), at + 24);
  records.writeUInt32LE(record.day, at + 32);
  records.writeUInt32LE((sha1 ? HAS_SHA1 : 0) | (sha256 ? HAS_SHA256 : 0), at + 36);
  records.write(sha1 ?? '', at + 40, 'hex');
  records.write(sha256 ?? '', at + 60, 'hex');
}
