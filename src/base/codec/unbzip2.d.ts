// The inner functions of unbzip2-stream, which carries no types of its own.
declare module 'unbzip2-stream/lib/bit_iterator.js' {
  /** Reads up to 32 bits; null skips to the next byte. */
  interface BitReader {
    (count: number | null): number;
    readonly bytesRead: number;
  }
  const bitIterator: (nextBuffer: () => Buffer | undefined) => BitReader;
  // eslint-disable-next-line import/no-default-export -- CommonJS module.exports
  export default bitIterator;
}

declare module 'unbzip2-stream/lib/bzip2.js' {
  import type { BitReader } from 'unbzip2-stream/lib/bit_iterator.js';
  const bzip2: {
    header(bits: BitReader): number;
    /** The running checksum, or null at the end of a stream. */
    decompress(
      bits: BitReader,
      output: (byte: number) => void,
      scratch: Int32Array,
      size: number,
      checksum: number,
    ): number | null;
  };
  // eslint-disable-next-line import/no-default-export -- CommonJS module.exports
  export default bzip2;
}
