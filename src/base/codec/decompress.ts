// Picks the decompressor by what a stream begins with. Each is loaded when it is first needed.
import { definitionError } from '../diagnostic.ts';
import { Refusal } from '../refusal.ts';
import { asBuffer, type ByteStream } from '../stream.ts';
import { identifyCodec, MAGIC_LENGTH, type Codec } from './magic.ts';

export interface Decompressed {
  readonly codec: Codec;
  /** The content. Reading it throws a `Refusal` where the data is damaged, cut off, or too demanding. */
  readonly content: AsyncGenerator<Buffer>;
}

/**
 * Decompresses a stream of gzip, bzip2, xz or Zstandard; anything unknown passes unchanged as `none`.
 * Throws a `Refusal`: `archive/compression` for formats that are known but not read.
 */
export async function decompress(source: ByteStream, signal?: AbortSignal): Promise<Decompressed> {
  const { head, all } = await peek(source, MAGIC_LENGTH);
  const identified = identifyCodec(head);
  if ('codec' in identified) {
    return { codec: identified.codec, content: await open(identified.codec, all, signal) };
  }
  await all.return(undefined);
  throw new Refusal(
    definitionError({
      code: 'archive/compression',
      message: `it is compressed with ${identified.unsupported}; expected gzip, bzip2, xz, zstd or no compression`,
      hint: identified.hint,
    }),
  );
}

async function open(
  codec: Codec,
  source: AsyncGenerator<Buffer>,
  signal: AbortSignal | undefined,
): Promise<AsyncGenerator<Buffer>> {
  switch (codec) {
    case 'none':
      return source;
    case 'gzip':
      return (await import('./gzip.ts')).gunzip(source);
    case 'bzip2':
      return (await import('./bzip2.ts')).bunzip2(source, signal);
    case 'xz':
      return (await import('./xz.ts')).unxz(source, signal);
    case 'zstd':
      return (await import('./unzstd.ts')).unzstd(source);
  }
}

/** The first bytes of a stream (fewer only if it is shorter), and the whole stream again. */
async function peek(
  source: ByteStream,
  wanted: number,
): Promise<{ head: Buffer; all: AsyncGenerator<Buffer> }> {
  const chunks = chunksOf(source);
  const taken: Buffer[] = [];
  let length = 0;
  while (length < wanted) {
    const next = await chunks.next();
    if (next.done === true) break;
    // All but the last one would be overwritten before they are used.
    taken.push(next.value.length < wanted ? Buffer.from(next.value) : next.value);
    length += next.value.length;
  }
  return { head: Buffer.concat(taken), all: replay(taken, chunks) };
}

async function* chunksOf(source: ByteStream): AsyncGenerator<Buffer> {
  for await (const chunk of source) yield asBuffer(chunk);
}

async function* replay(
  taken: readonly Buffer[],
  rest: AsyncGenerator<Buffer>,
): AsyncGenerator<Buffer> {
  try {
    yield* taken;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}
