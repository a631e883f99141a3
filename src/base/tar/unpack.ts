// Unpacks a tar archive, compressed or not, into a directory: all of it or nothing. The options and limits
// are those of every archive format (unpack/).
import { showName } from '../bytename.ts';
import { decompress } from '../codec/decompress.ts';
import { definitionError, environmentError, type Result } from '../diagnostic.ts';
import { sameDigest, type Digest } from '../digest.ts';
import { interrupted, Refusal, settle } from '../refusal.ts';
import { readBlocks, Tally, type ByteStream } from '../stream.ts';
import { Destination } from '../unpack/destination.ts';
import { Meter, refuseEntry, SOURCE_LIMITS } from '../unpack/limits.ts';
import type { UnpackOptions, Unpacked } from '../unpack/options.ts';
import { Unpacker } from '../unpack/unpacker.ts';
import type { TarEntry } from './entry.ts';
import { TarReader, type TarHandler } from './reader.ts';

/**
 * Unpacks a tar archive (a file, or its bytes) to `destination`, where there must be nothing or an empty
 * directory. Compression is found by its first bytes. Owners are ignored. On failure the destination is
 * as it was. Errors: `archive/*` (docs/formats/archive.md lists them) naming the entry, and `fs/*`.
 */
export function unpackTar(
  archive: string | ByteStream,
  destination: string,
  options: UnpackOptions = {},
): Promise<Result<Unpacked>> {
  const label = options.label ?? (typeof archive === 'string' ? archive : 'archive');
  return settle('unpack', label, async () => {
    const limits = options.limits ?? SOURCE_LIMITS;
    const { links = 'inside', duplicates = 'refuse', digest, signal } = options;
    const tally = new Tally({ hash: digest !== undefined });
    const meter = new Meter(limits, () => tally.bytes);
    using target = new Destination(destination, { links, duplicates });
    using unpacker = new Unpacker(target, meter, options, limits.depth);
    const reader = new TarReader(handlerFor(unpacker));
    const source = typeof archive === 'string' ? readBlocks(archive) : archive;
    const { content } = await decompress(tally.through(source), signal);
    for await (const chunk of content) {
      if (signal?.aborted === true) throw interrupted();
      meter.produced(chunk.length);
      reader.push(chunk);
    }
    reader.end();
    if (duplicates === 'refuse' && reader.trailing) throw trailing();
    if (digest !== undefined) checkDigest(digest, tally.digest());
    target.commit();
    return unpacker.unpacked;
  });
}

function handlerFor(unpacker: Unpacker): TarHandler {
  return {
    entry(entry) {
      unpacker.entry(ordinary(entry));
    },
    content: (chunk, from, to) => unpacker.content(chunk, from, to),
    entryEnd: () => unpacker.entryEnd(),
  };
}

function ordinary(
  entry: TarEntry,
): TarEntry & { type: 'file' | 'directory' | 'symlink' | 'hardlink' } {
  switch (entry.type) {
    case 'file':
    case 'directory':
    case 'symlink':
    case 'hardlink':
      return entry as TarEntry & { type: typeof entry.type };
    default:
      throw refuseEntry(
        showName(entry.name),
        'archive/special-file',
        `is a ${entry.type.replace('-', ' ')}; only files, directories and links are unpacked`,
      );
  }
}

function trailing(): Refusal {
  return new Refusal(
    definitionError({
      code: 'archive/trailing',
      message: 'something follows the end of the archive',
      hint: 'fetch the file again; if it is meant to be so, concatenated archives are not supported',
    }),
  );
}

function checkDigest(expected: Digest, found: Digest): void {
  if (sameDigest(expected, found)) return;
  throw new Refusal(
    environmentError({
      code: 'archive/digest',
      message: `its SHA-256 is ${found.hash} (${found.size} bytes); expected ${expected.hash} (${expected.size} bytes)`,
      hint: 'it was damaged on the way: fetch it again',
    }),
  );
}
