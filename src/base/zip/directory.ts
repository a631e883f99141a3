// Reads a zip archive's central directory and holds every entry against its local header: what two readers
// could take differently (other names, other sizes, overlapping data) is refused. Reads no content.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import type { Entry, LocalFileHeader, ZipFile } from 'yauzl';
import { nameOfBytes, showName } from '../bytename.ts';
import { definitionError } from '../diagnostic.ts';
import { errnoOf } from '../fs.ts';
import { Refusal } from '../refusal.ts';
import { refuseEntry, type Meter } from '../unpack/limits.ts';

export interface ZipEntry {
  /** Byte string as it stands; directories may end in a slash. */
  readonly name: string;
  readonly type: 'file' | 'directory' | 'symlink';
  readonly mode: number;
  /** Seconds since 1970; zip has no time zones, UTC is assumed. */
  readonly mtime: number;
  readonly deflated: boolean;
  readonly compressedSize: number;
  readonly size: number;
  readonly crc: number;
  /** Offset of the compressed content in the file. */
  readonly start: number;
}

/** An archive held open. */
export class ZipArchive implements Disposable {
  readonly fd: number;
  readonly size: number;

  /** Throws node's own errors. */
  constructor(path: string) {
    this.fd = openSync(path, 'r');
    try {
      this.size = fstatSync(this.fd).size;
    } catch (error) {
      closeSync(this.fd);
      throw error;
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.fd);
  }
}

/**
 * All entries in the order of the central directory. Throws a `Refusal` (`archive/zip`, `archive/limit`,
 * `archive/special-file`), and node's own errors.
 */
export async function readDirectory(archive: ZipArchive, meter: Meter): Promise<ZipEntry[]> {
  const zip = await opened(archive);
  // The place of the central directory, before reading it moves the cursor.
  const end = Number(zip.readEntryCursor);
  const entries: ZipEntry[] = [];
  const spans: Span[] = [];
  try {
    for await (const entry of zip.eachEntry()) {
      const shown = showName(nameOfBytes(entry.fileNameRaw));
      meter.entry(() => shown, entry.uncompressedSize);
      checkReadable(entry, shown);
      const local = await zip.readLocalFileHeaderPromise(entry);
      checkLocal(entry, local, shown);
      const start = local.fileDataStart;
      spans.push({
        from: entry.relativeOffsetOfLocalHeader,
        to: start + entry.compressedSize,
        shown,
      });
      entries.push(describe(entry, start, shown));
    }
  } catch (error) {
    throw malformed(error);
  }
  checkSpans(spans, end);
  return entries;
}

async function opened(archive: ZipArchive): Promise<ZipFile> {
  const { default: yauzl } = await import('yauzl');
  /** Reads in place, within the file: a hostile offset must end in an error, not in an exception. */
  class Reader extends yauzl.RandomAccessReader {
    override read(
      buffer: Buffer,
      offset: number,
      length: number,
      position: number,
      callback: (error: Error | null) => void,
    ): void {
      let problem: Error | null = null;
      try {
        if (!(position >= 0 && position + length <= archive.size)) {
          throw new Error('it points beyond its own end');
        }
        for (let at = 0; at < length;) {
          const read = readSync(archive.fd, buffer, offset + at, length - at, position + at);
          if (read === 0) throw new Error('it ends in the middle of its directory');
          at += read;
        }
      } catch (error) {
        problem = error as Error;
      }
      callback(problem);
    }
  }
  try {
    return await yauzl.fromRandomAccessReaderPromise(new Reader(), archive.size, {
      autoClose: false,
      decodeStrings: false,
      validateEntrySizes: true,
    });
  } catch (error) {
    throw malformed(error);
  }
}

/** Whatever the library threw while it read untrusted bytes, unless it is ours or the system's. */
function malformed(error: unknown): unknown {
  if (error instanceof Refusal || /^E[A-Z0-9]+$/.test(errnoOf(error) ?? '')) return error;
  const what = error instanceof Error ? error.message : String(error);
  return new Refusal(
    definitionError({
      code: 'archive/zip',
      message: `it is not a valid zip archive: ${what}`,
      hint: 'fetch the file again, and compare its checksum with the one its publisher states',
    }),
  );
}

const ENCRYPTED = 0x0001;
const SIZES_FOLLOW = 0x0008;
const MASKED = 0x2000;
const STORED = 0;
const DEFLATED = 8;

function checkReadable(entry: Entry, shown: string): void {
  if ((entry.generalPurposeBitFlag & (ENCRYPTED | MASKED)) !== 0) {
    throw refuseEntry(shown, 'archive/zip', 'is encrypted');
  }
  const method = entry.compressionMethod;
  if (method === STORED || method === DEFLATED) return;
  throw refuseEntry(
    shown,
    'archive/zip',
    `is compressed by method ${method}; only stored and deflated entries are read`,
    { hint: 'pack it again with zip, or as a tar archive' },
  );
}

const IN_ZIP64_FIELD = 0xffff_ffff;

function checkLocal(entry: Entry, local: LocalFileHeader, shown: string): void {
  const differs = (what: string): Refusal =>
    refuseEntry(
      shown,
      'archive/zip',
      `has another ${what} in its own header than in the directory`,
    );
  if (!local.fileName.equals(entry.fileNameRaw)) throw differs('name');
  if (local.compressionMethod !== entry.compressionMethod) throw differs('compression');
  if ((local.generalPurposeBitFlag & ENCRYPTED) !== 0) throw differs('encryption');
  const mayBeZero = (local.generalPurposeBitFlag & SIZES_FOLLOW) !== 0;
  const agrees = (here: number, there: number): boolean =>
    here === there || here === IN_ZIP64_FIELD || (mayBeZero && here === 0);
  if (!agrees(local.compressedSize, entry.compressedSize)) throw differs('size');
  if (!agrees(local.uncompressedSize, entry.uncompressedSize)) throw differs('size');
  if (local.crc32 !== entry.crc32 && !(mayBeZero && local.crc32 === 0)) throw differs('checksum');
}

interface Span {
  readonly from: number;
  readonly to: number;
  readonly shown: string;
}

/** Content used twice is how a small zip file unpacks to petabytes. */
function checkSpans(spans: Span[], end: number): void {
  spans.sort((a, b) => a.from - b.from);
  for (const [index, { to, shown }] of spans.entries()) {
    const next = spans[index + 1];
    if (to <= (next?.from ?? end)) continue;
    const other = next === undefined ? 'the directory' : `the entry "${next.shown}"`;
    throw refuseEntry(shown, 'archive/zip', `overlaps ${other}`);
  }
}

const UNIX = 3;
const MACOS = 19;
const TYPE_MASK = 0o170000;
const TYPE_DIRECTORY = 0o040000;
const TYPE_FILE = 0o100000;
const TYPE_SYMLINK = 0o120000;
const DOS_DIRECTORY = 0x10;

function describe(entry: Entry, start: number, shown: string): ZipEntry {
  const name = unicodeName(entry) ?? nameOfBytes(entry.fileNameRaw);
  if (name.includes('\\')) {
    throw refuseEntry(
      shown,
      'archive/name',
      'has a backslash in its name; zip divides by slashes',
      {
        hint: 'the program that wrote it is at fault: pack it again',
      },
    );
  }
  const { type, mode } = kindOf(entry, name, shown);
  if (type === 'directory' && entry.uncompressedSize > 0) {
    throw refuseEntry(shown, 'archive/zip', 'is a directory with content');
  }
  const mtime = entry.getLastModDate({ timezone: 'UTC' }).getTime() / 1000;
  return {
    name,
    type,
    mode,
    mtime: Number.isFinite(mtime) ? mtime : 0,
    deflated: entry.compressionMethod === DEFLATED,
    compressedSize: entry.compressedSize,
    size: entry.uncompressedSize,
    crc: entry.crc32,
    start,
  };
}

function kindOf(entry: Entry, name: string, shown: string): Pick<ZipEntry, 'type' | 'mode'> {
  const host = entry.versionMadeBy >>> 8;
  const bits = host === UNIX || host === MACOS ? entry.externalFileAttributes >>> 16 : 0;
  const mode = bits & 0o7777;
  const slash = name.endsWith('/') || (entry.externalFileAttributes & DOS_DIRECTORY) !== 0;
  switch (bits & TYPE_MASK) {
    case TYPE_SYMLINK:
      if (name.endsWith('/')) break;
      return { type: 'symlink', mode };
    case TYPE_DIRECTORY:
      return { type: 'directory', mode };
    case TYPE_FILE:
      if (!name.endsWith('/')) return { type: 'file', mode };
      return { type: 'directory', mode };
    case 0:
      if (slash) return { type: 'directory', mode: mode === 0 ? 0o755 : mode };
      return { type: 'file', mode: mode === 0 ? 0o644 : mode };
  }
  throw refuseEntry(
    shown,
    'archive/special-file',
    'is neither a file, nor a directory, nor a symbolic link',
  );
}

const UNICODE_PATH = 0x7075;

/** Info-ZIP's field for names in UTF-8, valid as long as it goes with the name it was made for. */
function unicodeName(entry: Entry): string | undefined {
  const data = entry.extraFields.find(({ id }) => id === UNICODE_PATH)?.data;
  if (data === undefined || data.length < 6 || data[0] !== 1) return undefined;
  if (data.readUInt32LE(1) !== crc32(entry.fileNameRaw)) return undefined;
  return nameOfBytes(data.subarray(5));
}
