// Packs a directory tree as a tar stream: the same tree gives the same bytes, whoever built it, where and
// when. Synchronous and in large chunks, which is what keeps up with GNU tar.
import { readSync } from 'node:fs';
import { showName, type ByteName } from '../bytename.ts';
import { buildError } from '../diagnostic.ts';
import { Refusal, refusalOf } from '../refusal.ts';
import { walkTree, type TreeEntry } from '../tree.ts';
import { beyondLimit, PACKAGE_LIMITS, type Limits } from '../unpack/limits.ts';
import { paddingLength, TAR_END, tarHeader } from './write.ts';

/** 1980-01-01, the earliest that zip can hold: the time of everything that has no other. */
export const FIXED_MTIME = 315_532_800;

export interface PackOptions {
  /** Time of every entry, in seconds since 1970; `FIXED_MTIME` unless given. */
  readonly mtime?: number;
  /** Keep set-id and sticky bits, and modes that deny others what 0644 and 0755 grant. */
  readonly keepSpecialModes?: boolean;
  /** Files with several names: written whole under each (`copy`, the default), or as hard links. */
  readonly hardLinks?: 'copy' | 'link';
  /** What is packed must be what could be unpacked; `PACKAGE_LIMITS` unless given. */
  readonly limits?: Limits;
}

/**
 * The tar stream of everything below `root`, in chunks of 1 MiB of which each overwrites the last. Throws a
 * `Refusal`: `archive/special-file`, `archive/limit`, `archive/changed` (while it was read), `fs/*`.
 */
export function* packTree(root: string, options: PackOptions = {}): Generator<Buffer> {
  const { mtime = FIXED_MTIME, keepSpecialModes = false, limits = PACKAGE_LIMITS } = options;
  const writer = new ChunkWriter();
  const seen = options.hardLinks === 'link' ? new Map<string, ByteName>() : undefined;
  let entries = 0;
  for (const entry of walkTree(root, { keepSpecial: keepSpecialModes, depth: limits.depth })) {
    if (++entries > limits.entries) {
      throw beyondLimit(`the tree has more than the limit of ${limits.entries} entries`);
    }
    if (entry.type !== 'file') {
      const mode = entry.type === 'directory' ? entry.mode : 0o777;
      const link = entry.type === 'symlink' ? { link: entry.target } : {};
      yield* writer.add(tarHeader({ type: entry.type, name: entry.path, mode, mtime, ...link }));
      continue;
    }
    const { path: name, mode, size, identity } = entry;
    const first = identity === undefined ? undefined : seen?.get(identity);
    if (first !== undefined) {
      yield* writer.add(tarHeader({ type: 'hardlink', name, mode, mtime, link: first }));
      continue;
    }
    if (identity !== undefined) seen?.set(identity, name);
    if (size > limits.fileBytes) {
      throw beyondLimit(
        `the file "${showName(name)}" has ${size} bytes; the limit for one file is ${limits.fileBytes}`,
      );
    }
    yield* writer.add(tarHeader({ type: 'file', name, mode, mtime, size }));
    yield* writer.addFile(root, entry);
  }
  yield* writer.add(TAR_END);
  yield* writer.rest();
}

const CHUNK = 1 << 20;

/** Collects small pieces into large chunks, and reads files straight into them. */
class ChunkWriter {
  readonly #chunk = Buffer.allocUnsafeSlow(CHUNK);
  #filled = 0;

  *add(bytes: Buffer): Generator<Buffer> {
    for (let at = 0; at < bytes.length;) {
      const copied = bytes.copy(this.#chunk, this.#filled, at);
      at += copied;
      yield* this.#advance(copied);
    }
  }

  *addFile(root: string, entry: TreeEntry & { type: 'file' }): Generator<Buffer> {
    const { fd, size, path } = entry;
    for (let left = size; left > 0;) {
      const wanted = Math.min(left, CHUNK - this.#filled);
      let read: number;
      try {
        read = readSync(fd, this.#chunk, this.#filled, wanted, null);
      } catch (error) {
        throw refusalOf('pack', error, `${root}/${showName(path)}`);
      }
      if (read === 0) throw changed(path);
      left -= read;
      yield* this.#advance(read);
    }
    const padding = paddingLength(size);
    if (padding > 0) yield* this.add(TAR_END.subarray(0, padding));
  }

  *rest(): Generator<Buffer> {
    if (this.#filled > 0) yield this.#chunk.subarray(0, this.#filled);
  }

  *#advance(count: number): Generator<Buffer> {
    this.#filled += count;
    if (this.#filled < CHUNK) return;
    yield this.#chunk;
    this.#filled = 0;
  }
}

function changed(path: ByteName): Refusal {
  return new Refusal(
    buildError({
      code: 'archive/changed',
      message: `the file "${showName(path)}" changed while it was packed`,
      hint: 'something is still writing to the tree; wait for it to end',
    }),
  );
}
