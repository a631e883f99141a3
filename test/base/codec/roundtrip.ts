// Inputs that codecs are tried on, and the ways their streams can be cut into chunks.
import { createHash } from 'node:crypto';
import type { ByteStream } from '../../../src/base/stream.ts';

/** Bytes without a pattern, the same in every run. */
export function noise(length: number, seed = 'noise'): Buffer {
  const blocks: Buffer[] = [];
  for (let i = 0; i * 32 < length; i++) {
    blocks.push(createHash('sha256').update(`${seed}${i}`).digest());
  }
  return Buffer.concat(blocks).subarray(0, length);
}

/** Text that compresses about as well as sources do. */
export function prose(length: number): Buffer {
  const words = noise(4096)
    .toString('base64')
    .match(/.{1,7}/g)!;
  const random = noise(length);
  const parts: string[] = [];
  for (let at = 0, i = 0; at < length; i++) {
    const word = words[random[i % length]! % words.length]!;
    parts.push(word);
    at += word.length + 1;
  }
  return Buffer.from(parts.join(' ')).subarray(0, length);
}

export async function collect(stream: ByteStream): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(Uint8Array.from(part));
  return Buffer.concat(parts);
}

/** The same bytes in chunks of a given size. */
export function* cut(bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
