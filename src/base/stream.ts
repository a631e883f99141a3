// Bytes on their way: read from a file block by block, counted and hashed as they pass, written with
// their digest. Knows nothing of what they mean.
import { createHash, type Hash } from 'node:crypto';
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import type { Digest, Sha256Hex } from './digest.ts';

/** Bytes in chunks. A chunk may be overwritten once the next one is asked for: who keeps it copies it. */
export type ByteStream = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

const BLOCK = 1 << 18;

/** The bytes of a file in blocks of 256 KiB. Throws node's own errors. */
export function* readBlocks(path: string): Generator<Buffer> {
  const fd = openSync(path, 'r');
  try {
    // The same block each time: fresh memory costs three times as much as reading into it.
    const block = Buffer.allocUnsafeSlow(BLOCK);
    for (;;) {
      const read = readSync(fd, block, 0, BLOCK, null);
      if (read === 0) return;
      yield block.subarray(0, read);
    }
  } finally {
    closeSync(fd);
  }
}

export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** The same chunks as copies, for consumers that hold on to them. */
export async function* copies(source: ByteStream): AsyncGenerator<Buffer> {
  for await (const chunk of source) yield Buffer.from(chunk);
}

/** Counts bytes, and hashes them, as they pass through. */
export class Tally {
  bytes = 0;
  readonly #hash: Hash | undefined;

  constructor(options: { readonly hash: boolean }) {
    this.#hash = options.hash ? createHash('sha256') : undefined;
  }

  add(chunk: Uint8Array): void {
    this.bytes += chunk.length;
    this.#hash?.update(chunk);
  }

  async *through(source: ByteStream): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      this.add(chunk);
      yield asBuffer(chunk);
    }
  }

  /** Ends the count. Only for a tally that hashes. */
  digest(): Digest {
    if (this.#hash === undefined) throw new Error('this tally does not hash');
    return { hash: this.#hash.digest('hex') as Sha256Hex, size: this.bytes };
  }
}

/** Writes all of a buffer; a file system may take it in parts. */
export function writeWhole(fd: number, bytes: Uint8Array, from = 0, to = bytes.length): void {
  for (let at = from; at < to;) at += writeSync(fd, bytes, at, to - at);
}
