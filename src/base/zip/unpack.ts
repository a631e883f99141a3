// Unpacks a zip archive into a directory: all of it or nothing. The options and limits are those of every
// archive format (unpack/).
import { readSync } from 'node:fs';
import { crc32, inflateRawSync } from 'node:zlib';
import { showName, type ByteName } from '../bytename.ts';
import { corrupt } from '../codec/corrupt.ts';
import { inflate } from '../codec/gzip.ts';
import { definitionError, type Result } from '../diagnostic.ts';
import { errnoOf } from '../fs.ts';
import { interrupted, Refusal, settle } from '../refusal.ts';
import { Destination } from '../unpack/destination.ts';
import { Meter, refuseEntry, SOURCE_LIMITS, type Limits } from '../unpack/limits.ts';
import { entryPath } from '../unpack/name.ts';
import type { UnpackOptions, Unpacked } from '../unpack/options.ts';
import { Unpacker } from '../unpack/unpacker.ts';
import { readDirectory, ZipArchive, type ZipEntry } from './directory.ts';

export interface ZipOptions extends Omit<UnpackOptions, 'strip' | 'digest'> {
  /** `directory`: all entries must lie in one top directory, whose content is unpacked without it. */
  readonly top?: 'directory' | 'keep';
}

/**
 * Unpacks a zip file to `destination`, where there must be nothing or an empty directory. On failure the
 * destination is as it was. Errors: `archive/*` (docs/formats/archive.md lists them) naming the entry, `fs/*`.
 */
export function unpackZip(
  file: string,
  destination: string,
  options: ZipOptions = {},
): Promise<Result<Unpacked>> {
  return settle('unpack', options.label ?? file, async () => {
    const limits = options.limits ?? SOURCE_LIMITS;
    const { links = 'inside', duplicates = 'refuse', top = 'keep', signal } = options;
    using archive = new ZipArchive(file);
    const meter = new Meter(limits, () => archive.size);
    const entries = named(await readDirectory(archive, meter), limits);
    if (top === 'directory') checkTop(entries);
    using target = new Destination(destination, { links, duplicates });
    const strip = top === 'directory' ? 1 : 0;
    const making = { ...options, strip };
    using unpacker = new Unpacker(
      target,
      new Meter(limits, () => archive.size),
      making,
      limits.depth,
    );
    for (const entry of entries) {
      if (signal?.aborted === true) throw interrupted();
      await unpackEntry(archive, entry, unpacker, meter);
    }
    target.commit();
    return unpacker.unpacked;
  });
}

interface NamedEntry extends ZipEntry {
  readonly path: ByteName;
}

/** Entries with the paths they stand for; one that stands for the destination itself is left out. */
function named(entries: readonly ZipEntry[], { depth }: Limits): NamedEntry[] {
  const rules = { strip: 0, depth, length: Number.MAX_SAFE_INTEGER };
  return entries
    .map((entry) => ({ ...entry, path: entryPath(entry.name, rules)! }))
    .filter(({ path }) => path !== '');
}

function checkTop(entries: readonly NamedEntry[]): void {
  const tops = [...new Set(entries.map(({ path }) => path.split('/')[0]!))];
  const lone = entries.find(({ path, type }) => type !== 'directory' && !path.includes('/'));
  if (tops.length === 1 && lone === undefined) return;
  let found = `it holds ${tops.length} top directories (${tops.slice(0, 3).map(showName).join(', ')} ...)`;
  if (lone !== undefined) found = `"${showName(lone.path)}" lies at its top`;
  if (tops.length === 0) found = 'it holds nothing';
  throw new Refusal(
    definitionError({
      code: 'archive/zip-layout',
      message: `${found}; expected one directory with everything in it`,
      hint: 'fetch it without extracting it, and unpack it in the build script',
    }),
  );
}

async function unpackEntry(
  archive: ZipArchive,
  entry: NamedEntry,
  unpacker: Unpacker,
  meter: Meter,
): Promise<void> {
  const { path: name, type, mode, size, mtime } = entry;
  if (type === 'symlink') {
    const parts: Buffer[] = [];
    for await (const part of contentOf(archive, checkLink(entry), meter)) parts.push(part);
    const link = Buffer.concat(parts).toString('latin1');
    unpacker.entry({ type, name, mode, size: 0, mtime, link });
    return;
  }
  unpacker.entry({ type, name, mode, size, mtime, link: '' });
  if (type === 'file') {
    for await (const part of contentOf(archive, entry, meter))
      unpacker.content(part, 0, part.length);
  }
  unpacker.entryEnd();
}

const LINK_MAX = 4095;

function checkLink(entry: NamedEntry): NamedEntry {
  if (entry.size <= LINK_MAX) return entry;
  throw refuseEntry(
    showName(entry.path),
    'archive/link',
    `is a symbolic link with a target of ${entry.size} bytes; the limit is ${LINK_MAX}`,
  );
}

/** Below this many bytes, of either kind, one synchronous call is ten times as fast as a stream. */
const SMALL = 1 << 20;

/** The content of an entry, of the size and with the checksum that the directory states. */
async function* contentOf(
  archive: ZipArchive,
  entry: NamedEntry,
  meter: Meter,
): AsyncGenerator<Buffer> {
  const shown = showName(entry.path);
  let left = entry.size;
  let checksum = 0;
  for await (const part of inflated(archive, entry)) {
    meter.produced(part.length);
    left -= part.length;
    if (left < 0) break;
    checksum = crc32(part, checksum);
    yield part;
  }
  const wrong = left === 0 ? (checksum === entry.crc ? undefined : 'checksum') : 'size';
  if (wrong === undefined) return;
  throw refuseEntry(shown, 'archive/corrupt', `has content of another ${wrong} than it states`, {
    hint: 'fetch the file again, and compare its checksum with the one its publisher states',
  });
}

function inflated(
  archive: ZipArchive,
  entry: NamedEntry,
): AsyncIterable<Buffer> | Iterable<Buffer> {
  const { deflated, compressedSize, size } = entry;
  if (!deflated) return range(archive, entry);
  if (compressedSize > SMALL || size > SMALL) return inflate(range(archive, entry));
  const compressed = Buffer.concat([...range(archive, entry)]);
  try {
    // One byte more than stated is enough to see that there is more.
    return [inflateRawSync(compressed, { maxOutputLength: size + 1 })];
  } catch (error) {
    const code = errnoOf(error);
    if (code === 'ERR_BUFFER_TOO_LARGE') return [Buffer.alloc(size + 1)];
    if (code?.startsWith('Z_') === true) throw corrupt('zip', (error as Error).message);
    throw error;
  }
}

const BLOCK = 1 << 18;

/** The bytes of an entry as they lie in the archive. */
function* range(archive: ZipArchive, { start, compressedSize }: ZipEntry): Generator<Buffer> {
  for (let at = 0; at < compressedSize;) {
    const block = Buffer.allocUnsafeSlow(Math.min(BLOCK, compressedSize - at));
    const read = readSync(archive.fd, block, 0, block.length, start + at);
    if (read === 0) throw corrupt('zip', 'it ends in the middle of the data');
    at += read;
    yield block.subarray(0, read);
  }
}
