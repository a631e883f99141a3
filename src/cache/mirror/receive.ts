// Takes a blob from elsewhere into the store: nothing is visible there before all of its bytes were
// counted and hashed. Knows nothing of where they come from. Never more bytes than promised are written.
import { createHash } from 'node:crypto';
import { closeSync, openSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { digestOf, sameDigest, type Digest } from '../../base/digest.ts';
import { errnoOf, temporaryBeside } from '../../base/fs.ts';
import type { ByteStream } from '../../base/stream.ts';
import { enterBlob, type Store } from '../store.ts';

/** The local disk, not the mirror, failed: with node's own error as the cause. */
export class DiskFailure extends Error {}

/** Blobs up to this size are put together in memory. */
const SMALL = 1 << 18;

/**
 * Stores a blob. Returns what is wrong with the bytes, for a message, or undefined when they were right.
 * Throws DiskFailure, and what the source throws.
 */
export async function receiveBlob(
  store: Store,
  digest: Digest,
  source: ByteStream,
  onBytes: (count: number) => void = () => undefined,
): Promise<string | undefined> {
  return digest.size <= SMALL
    ? receiveSmall(store, digest, source, onBytes)
    : receiveLarge(store, digest, source, onBytes);
}

async function receiveSmall(
  store: Store,
  digest: Digest,
  source: ByteStream,
  onBytes: (count: number) => void,
): Promise<string | undefined> {
  const content = Buffer.allocUnsafe(digest.size);
  let size = 0;
  for await (const chunk of source) {
    if (size + chunk.length > digest.size) return tooLong(digest);
    content.set(chunk, size);
    size += chunk.length;
    onBytes(chunk.length);
  }
  if (size < digest.size) return tooShort(size, digest);
  if (!sameDigest(digestOf(content), digest)) return WRONG;
  onDisk(() =>
    enterBlob(store, digest, false, (temporary) =>
      writeFileSync(temporary, content, { flag: 'wx' }),
    ),
  );
}

async function receiveLarge(
  store: Store,
  digest: Digest,
  source: ByteStream,
  onBytes: (count: number) => void,
): Promise<string | undefined> {
  const temporary = temporaryBeside(`${store.root}/tmp/new`);
  const hash = createHash('sha256');
  let size = 0;
  const fd = onDisk(() => openSync(temporary, 'wx', 0o600));
  let open = true;
  try {
    for await (const chunk of source) {
      if (size + chunk.length > digest.size) return tooLong(digest);
      onDisk(() => {
        for (let at = 0; at < chunk.length;) at += writeSync(fd, chunk, at);
      });
      hash.update(chunk);
      size += chunk.length;
      onBytes(chunk.length);
    }
    if (size < digest.size) return tooShort(size, digest);
    if (hash.digest('hex') !== digest.hash) return WRONG;
    open = false;
    onDisk(() => {
      closeSync(fd);
      enterBlob(store, digest, false, (named) => renameSync(temporary, named));
    });
  } finally {
    if (open) closeSync(fd);
    rmSync(temporary, { force: true });
  }
}

const WRONG = 'its bytes are not those of its digest';

function tooLong({ size }: Digest): string {
  return `it is longer than the ${size} bytes that it should have`;
}

function tooShort(received: number, { size }: Digest): string {
  return `it ended after ${received} of ${size} bytes`;
}

function onDisk<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    throw new DiskFailure('the disk', { cause: error });
  }
}
