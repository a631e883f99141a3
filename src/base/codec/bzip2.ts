// bzip2, for reading only: by the system's program where there is one, which is five times as fast,
// else by a library. Both give the same bytes.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { copies, type ByteStream } from '../stream.ts';
import { corrupt } from './corrupt.ts';
import { filter, FilterFailure } from './filter.ts';

/** Decompresses all streams in it. Throws a `Refusal` (`archive/corrupt`). */
export function bunzip2(source: ByteStream, signal?: AbortSignal): AsyncGenerator<Buffer> {
  return onPath('bzip2') ? byProgram(source, signal) : byLibrary(source);
}

function onPath(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return directory !== '';
    } catch {
      return false;
    }
  });
}

async function* byProgram(source: ByteStream, signal?: AbortSignal): AsyncGenerator<Buffer> {
  try {
    yield* filter('bzip2', ['--decompress', '--stdout'], source, signal);
  } catch (error) {
    if (!(error instanceof FilterFailure)) throw error;
    throw corrupt('bzip2', error.message.replace(/^bzip2: (?:\(stdin\): )?/, ''));
  }
}

const OUTPUT = 1 << 18;

/**
 * Drives the library's decoder block by block. Its own stream would collect each block in an array of
 * numbers, which a block of one repeated byte makes 46 million long.
 */
export async function* byLibrary(source: ByteStream): AsyncGenerator<Buffer> {
  const [{ default: bzip2 }, { default: bitIterator }] = await Promise.all([
    import('unbzip2-stream/lib/bzip2.js'),
    import('unbzip2-stream/lib/bit_iterator.js'),
  ]);
  const queue: Buffer[] = [];
  let received = 0;
  let ended = false;
  const input = copies(source);
  const receive = async (wanted: number): Promise<void> => {
    while (!ended && received < wanted) {
      const next = await input.next();
      if (next.done === true) ended = true;
      else if (next.value.length > 0) {
        queue.push(next.value);
        received += next.value.length;
      }
    }
  };

  await receive(1);
  const bits = bitIterator(() => queue.shift());
  let scratch = new Int32Array(0);
  const decode = <T>(step: () => T): T => {
    try {
      return step();
    } catch (error) {
      // Past its last buffer the bit reader trips over undefined.
      const cut = error instanceof TypeError;
      throw corrupt('bzip2', cut ? 'it ends in the middle of the data' : (error as Error).message);
    }
  };

  try {
    for (;;) {
      await receive(bits.bytesRead + 4);
      if (bits.bytesRead >= received) return;
      const level = decode(() => bzip2.header(bits));
      if (scratch.length < level * 100_000) scratch = new Int32Array(level * 100_000);
      for (let crc: number | null = 0; crc !== null;) {
        // The decoder cannot wait: have all of the largest possible block at hand.
        await receive(bits.bytesRead + 25_000 + level * 100_000);
        const before: number = crc;
        const output = new Output();
        crc = decode(() =>
          bzip2.decompress(bits, (byte) => output.add(byte), scratch, level * 100_000, before),
        );
        yield* output.chunks();
      }
    }
  } finally {
    await input.return(undefined);
  }
}

class Output {
  readonly #full: Buffer[] = [];
  #current = Buffer.allocUnsafe(OUTPUT);
  #at = 0;

  add(byte: number): void {
    if (this.#at === OUTPUT) {
      this.#full.push(this.#current);
      this.#current = Buffer.allocUnsafe(OUTPUT);
      this.#at = 0;
    }
    this.#current[this.#at++] = byte;
  }

  *chunks(): Generator<Buffer> {
    yield* this.#full;
    if (this.#at > 0) yield this.#current.subarray(0, this.#at);
  }
}
