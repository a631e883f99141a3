// The bytes of a file on their way into an archive, and the digest of them that goes before them: whoever
// writes both reads twice, and refuses a file that is another one the second time.
import { createHash } from 'node:crypto';
import { readSync } from 'node:fs';
import { showName } from '../base/bytename.ts';
import { buildError } from '../base/diagnostic.ts';
import { Refusal, refusalOf } from '../base/refusal.ts';
import type { TreeEntry } from '../base/tree.ts';

export type FileEntry = TreeEntry & { readonly type: 'file' };
export type DigestName = 'md5' | 'sha1' | 'sha256';

const CHUNK = 1 << 18;

/** In hexadecimal digits. Throws a `Refusal`: `archive/changed`, `fs/*`. */
export function fileDigest(root: string, entry: FileEntry, algorithm: DigestName): string {
  const hash = createHash(algorithm);
  for (const chunk of read(root, entry)) hash.update(chunk);
  return hash.digest('hex');
}

/**
 * As many bytes as the entry has; they must have the digest, where one is given. Throws a `Refusal`:
 * `archive/changed`, `fs/*`.
 */
export function* fileContent(
  root: string,
  entry: FileEntry,
  expected?: { readonly algorithm: DigestName; readonly digest: string },
): Generator<Buffer> {
  const hash = expected && createHash(expected.algorithm);
  for (const chunk of read(root, entry)) {
    hash?.update(chunk);
    yield chunk;
  }
  if (hash !== undefined && hash.digest('hex') !== expected?.digest) throw changed(entry.path);
}

function* read(root: string, { fd, size, path }: FileEntry): Generator<Buffer> {
  for (let at = 0; at < size;) {
    const chunk = Buffer.allocUnsafe(Math.min(size - at, CHUNK));
    let count: number;
    try {
      count = readSync(fd, chunk, 0, chunk.length, at);
    } catch (error) {
      throw refusalOf('pack', error, `${root}/${showName(path)}`);
    }
    if (count === 0) throw changed(path);
    at += count;
    yield chunk.subarray(0, count);
  }
}

export function changed(path: string): Refusal {
  return new Refusal(
    buildError({
      code: 'archive/changed',
      message: `the file "${showName(path)}" changed while it was packed`,
      hint: 'something is still writing to the tree; wait for it to end',
    }),
  );
}
