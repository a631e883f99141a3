// Compresses a stream so that the same content gives the same bytes. Each codec is loaded when it is
// first needed.
import type { ByteStream } from '../stream.ts';

export type WrittenCodec = 'none' | 'gzip' | 'xz' | 'zstd';

/** What the levels default to: gzip 6, xz 6, zstd 3 (ratio and time of the three are in docs/formats). */
export const DEFAULT_LEVEL: Readonly<Record<WrittenCodec, number>> = {
  none: 0,
  gzip: 6,
  xz: 6,
  zstd: 3,
};

/** Compresses a stream; memory does not depend on its length. Reading throws a `Refusal` (`archive/no-xz`). */
export async function* compress(
  codec: WrittenCodec,
  source: ByteStream,
  level = DEFAULT_LEVEL[codec],
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  switch (codec) {
    case 'none':
      yield* source;
      return;
    case 'gzip':
      yield* (await import('./gzip.ts')).gzip(source, level);
      return;
    case 'xz':
      yield* (await import('./xz.ts')).xz(source, level, signal);
      return;
    case 'zstd':
      yield* (await import('./zstd.ts')).zstd(source, level);
      return;
  }
}
