// Packages as archives: `.tar.xz` where pkgpanda's repositories are to be read, `.tar.zst` otherwise. The
// same tree gives the same bytes. Knows nothing of package ids, stores or hosts.
import { closeSync, fchmodSync, fsyncSync, openSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { compress, type WrittenCodec } from '../base/codec/compress.ts';
import type { Result } from '../base/diagnostic.ts';
import type { Digest } from '../base/digest.ts';
import { removeTree, syncDirectory, temporaryBeside } from '../base/fs.ts';
import { interrupted, refusalOf, settle } from '../base/refusal.ts';
import { Tally, writeWhole, type ByteStream } from '../base/stream.ts';
import { packTree, type PackOptions } from '../base/tar/pack.ts';
import { unpackTar } from '../base/tar/unpack.ts';
import { Meter, PACKAGE_LIMITS } from '../base/unpack/limits.ts';
import type { UnpackOptions, Unpacked } from '../base/unpack/options.ts';

export interface ArchiveOptions extends PackOptions {
  readonly codec: WrittenCodec;
  /** Of the codec; `DEFAULT_LEVEL` unless given. Part of what decides the bytes. */
  readonly level?: number;
  /** Flush the file and its directory before it counts as written. */
  readonly durable?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Packs everything below `tree` into `file`, which appears (or is replaced) only when it is whole, and
 * returns its digest. Order of directory entries, umask, owners and times of the tree do not count.
 * Errors: `archive/special-file`, `archive/limit`, `archive/changed`, `archive/no-xz`, `fs/*`.
 */
export function packArchive(
  tree: string,
  file: string,
  options: ArchiveOptions,
): Promise<Result<Digest>> {
  return settle('pack', tree, async () => {
    const limits = options.limits ?? PACKAGE_LIMITS;
    const { codec, level, signal, durable = false } = options;
    const content = new Tally({ hash: false });
    const written = new Tally({ hash: true });
    const bytes = compress(
      codec,
      interruptible(content.through(packTree(tree, options)), signal),
      level,
      signal,
    );
    await writeFileWhole(file, written.through(bytes), durable);
    // What could not be unpacked again is no archive.
    const meter = new Meter(limits, () => written.bytes);
    try {
      meter.produced(content.bytes);
    } catch (error) {
      removeTree(file);
      throw error;
    }
    return written.digest();
  });
}

/**
 * Unpacks a package's archive to `destination`: links may lead anywhere, since packages link into the
 * install root. Errors as `unpackTar`; on failure the destination is as it was.
 */
export function unpackArchive(
  archive: string | ByteStream,
  destination: string,
  options: UnpackOptions = {},
): Promise<Result<Unpacked>> {
  return unpackTar(archive, destination, { links: 'any', limits: PACKAGE_LIMITS, ...options });
}

async function writeFileWhole(file: string, bytes: ByteStream, durable: boolean): Promise<void> {
  const temporary = temporaryBeside(file);
  const writing = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw refusalOf('write', error, file);
    }
  };
  const fd = writing(() => openSync(temporary, 'wx', 0o644));
  try {
    try {
      // Repositories are read by others, whatever the umask.
      writing(() => fchmodSync(fd, 0o644));
      for await (const chunk of bytes) writing(() => writeWhole(fd, chunk));
      if (durable) writing(() => fsyncSync(fd));
    } finally {
      closeSync(fd);
    }
    writing(() => renameSync(temporary, file));
  } catch (error) {
    removeTree(temporary);
    throw error;
  }
  if (durable) writing(() => syncDirectory(dirname(file)));
}

async function* interruptible(
  source: ByteStream,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    if (signal?.aborted === true) {
      throw interrupted();
    }
    yield chunk;
  }
}
