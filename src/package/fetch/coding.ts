// Undoes a transport compression that a server applied though it was asked not to. The bytes as sent
// are tried against the checksums first, since an archive is often mislabelled as a compressed one.
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { DiskFailure, type Part } from './part.ts';

const DECODERS = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
} as const;

/** No honest compression shrinks a source further; a bomb would. */
const MAX_RATIO = 100;
const ALWAYS_ALLOWED = 1 << 24;

/** Decodes a part's bytes into a fresh part; false when they are not so encoded, or grow beyond bounds. */
export async function decodeInto(from: Part, to: Part, encoding: string): Promise<boolean> {
  const name = encoding.trim().toLowerCase();
  if (!isKnown(name)) return false;
  const limit = Math.max(ALWAYS_ALLOWED, from.size * MAX_RATIO);
  to.restart();
  try {
    await pipeline(createReadStream(from.path), DECODERS[name](), async (chunks) => {
      for await (const chunk of chunks as AsyncIterable<Buffer>) {
        if (to.size + chunk.length > limit) throw new RangeError('expands beyond bounds');
        to.append(chunk);
      }
    });
    return true;
  } catch (error) {
    if (error instanceof DiskFailure) throw error;
    return false;
  }
}

function isKnown(name: string): name is keyof typeof DECODERS {
  return Object.hasOwn(DECODERS, name);
}
