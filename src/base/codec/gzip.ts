// gzip, and the bare deflate of zip, by node's own zlib, streaming. Compressed bytes are the same for the same version of node; other
// versions, and other processors, may choose other matches.
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  createGunzip,
  createGzip,
  createInflateRaw,
  type Gunzip,
  type Gzip,
  type InflateRaw,
} from 'node:zlib';
import { errnoOf } from '../fs.ts';
import { copies, type ByteStream } from '../stream.ts';
import { corrupt } from './corrupt.ts';

const CHUNK = 1 << 18;

/** Decompresses all members. Throws a `Refusal` (`archive/corrupt`) where the data is damaged or cut off. */
export function gunzip(source: ByteStream): AsyncGenerator<Buffer> {
  return checked('gzip', through(source, createGunzip({ chunkSize: CHUNK })));
}

/** Decompresses the deflated content of a zip entry. Throws a `Refusal` (`archive/corrupt`). */
export function inflate(source: ByteStream): AsyncGenerator<Buffer> {
  return checked('zip', through(source, createInflateRaw({ chunkSize: CHUNK })));
}

async function* checked(codec: string, content: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* content;
  } catch (error) {
    const code = errnoOf(error);
    if (code === 'Z_BUF_ERROR') throw corrupt(codec, 'it ends in the middle of the data');
    if (code?.startsWith('Z_') === true) throw corrupt(codec, (error as Error).message);
    throw error;
  }
}

/** Compresses to one member, without name and time (it says 0), at level 1 to 9. */
export async function* gzip(source: ByteStream, level: number): AsyncGenerator<Buffer> {
  let first = true;
  for await (const chunk of through(source, createGzip({ level, chunkSize: CHUNK }))) {
    // The tenth byte names the operating system; nobody needs it, and it differs.
    if (first) chunk[9] = 255;
    first = false;
    yield chunk;
  }
}

async function* through(
  source: ByteStream,
  transform: Gunzip | Gzip | InflateRaw,
): AsyncGenerator<Buffer> {
  const flowing = pipeline(Readable.from(copies(source), { objectMode: false }), transform);
  // Its failure surfaces where the transform is read.
  flowing.catch(() => undefined);
  for await (const chunk of transform) yield chunk as Buffer;
  await flowing;
}
