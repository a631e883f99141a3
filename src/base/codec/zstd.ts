// Writes Zstandard with a WebAssembly build of the reference library, so that the bytes are the same on
// every machine and every node. Frames of 8 MiB bound the memory (about 60 MB); each carries its size
// and a checksum, which the library's one-shot call leaves out and we add.
import { asBuffer, type ByteStream } from '../stream.ts';

/** Content of one frame, the last one excepted. Part of the format: another size gives other bytes. */
export const FRAME_SIZE = 8 << 20;

/** Compresses at level 1 to 19. An empty source gives one empty frame. */
export async function* zstd(source: ByteStream, level: number): AsyncGenerator<Buffer> {
  const compress = await loadCompressor();
  let frames = 0;
  for await (const content of regroup(source, FRAME_SIZE)) {
    yield compress(content, level);
    frames++;
  }
  if (frames === 0) yield compress(Buffer.alloc(0), level);
}

type Compressor = (content: Buffer, level: number) => Buffer;
let loading: Promise<Compressor> | undefined;

function loadCompressor(): Promise<Compressor> {
  loading ??= load();
  return loading;
}

async function load(): Promise<Compressor> {
  const [{ default: library }, { default: xxhash }] = await Promise.all([
    import('@bokuweb/zstd-wasm'),
    import('xxhash-wasm'),
  ]);
  const [hashes] = await Promise.all([xxhash(), library.init()]);
  return (content, level) => {
    const frame = library.compress(content, level);
    const checksum = hashes.create64().update(content).digest() & 0xffff_ffffn;
    return withChecksum(asBuffer(frame), Number(checksum));
  };
}

const CHECKSUM_FLAG = 0x04;

/** Sets the checksum flag of a frame and appends the low half of its content's XXH64. */
function withChecksum(frame: Buffer, checksum: number): Buffer {
  const whole = Buffer.allocUnsafe(frame.length + 4);
  frame.copy(whole);
  whole[4] = whole[4]! | CHECKSUM_FLAG;
  whole.writeUInt32LE(checksum, frame.length);
  return whole;
}

/** The same bytes in pieces of exactly `size`, but for the last. Each piece is valid until the next. */
async function* regroup(source: ByteStream, size: number): AsyncGenerator<Buffer> {
  let piece: Buffer | undefined;
  let filled = 0;
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length;) {
      piece ??= Buffer.allocUnsafeSlow(size);
      const taken = Math.min(size - filled, chunk.length - at);
      piece.set(chunk.subarray(at, at + taken), filled);
      filled += taken;
      at += taken;
      if (filled < size) continue;
      yield piece;
      filled = 0;
    }
  }
  if (piece !== undefined && filled > 0) yield piece.subarray(0, filled);
}
