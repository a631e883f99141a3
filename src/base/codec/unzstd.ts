// Reads Zstandard with a WebAssembly build of the reference decoder, on every version of node: node's own
// (22.15 and later) stops after the first of several frames and takes a cut-off frame for a whole one.
// A window above 128 MiB is refused, as by the zstd program.
import type { ByteStream } from '../stream.ts';
import { corrupt } from './corrupt.ts';

/** Decompresses all frames. Throws a `Refusal` (`archive/corrupt`). */
export async function* unzstd(source: ByteStream): AsyncGenerator<Buffer> {
  const library = await loadDecoder();
  using context = new Context(library);
  for await (const chunk of source) yield* context.decompress(chunk);
  if (!context.complete) throw corrupt('zstd', 'it ends in the middle of a frame');
}

interface Decoder {
  readonly memory: { readonly buffer: ArrayBuffer };
  malloc(size: number): number;
  free(pointer: number): void;
  ZSTD_createDCtx(): number;
  ZSTD_freeDCtx(context: number): number;
  /** 0 at the end of a frame, an error code negated, else a hint. */
  ZSTD_decompressStream(context: number, output: number, input: number): number;
}

const INPUT = 1 << 17;
const OUTPUT = 1 << 18;
/** A pointer, a size and a position of 32 bits each: ZSTD_inBuffer and ZSTD_outBuffer. */
const BUFFER_STRUCT = 12;

/** One decompression: a context and its buffers in the decoder's memory. */
class Context implements Disposable {
  /** True between frames: where a stream may end. */
  complete = true;
  readonly #library: Decoder;
  readonly #context: number;
  readonly #input: number;
  readonly #output: number;
  readonly #structs: number;

  constructor(library: Decoder) {
    this.#library = library;
    this.#context = library.ZSTD_createDCtx();
    this.#input = library.malloc(INPUT);
    this.#output = library.malloc(OUTPUT);
    this.#structs = library.malloc(2 * BUFFER_STRUCT);
    if (!(this.#context && this.#input && this.#output && this.#structs)) {
      this[Symbol.dispose]();
      throw corrupt('zstd', 'the decoder is out of memory');
    }
  }

  *decompress(chunk: Uint8Array): Generator<Buffer> {
    for (let at = 0; at < chunk.length; at += INPUT)
      yield* this.#piece(chunk.subarray(at, at + INPUT));
  }

  *#piece(piece: Uint8Array): Generator<Buffer> {
    const input = this.#structs;
    const output = this.#structs + BUFFER_STRUCT;
    // The memory moves when it grows, so views on it are made anew for each call.
    new Uint8Array(this.#library.memory.buffer).set(piece, this.#input);
    let view = new DataView(this.#library.memory.buffer);
    setStruct(view, input, this.#input, piece.length);
    for (let consumed = 0, more = true; more;) {
      setStruct(view, output, this.#output, OUTPUT);
      const left = this.#library.ZSTD_decompressStream(this.#context, output, input) | 0;
      if (left < 0 && left > -200) throw corrupt('zstd', explain(-left));
      view = new DataView(this.#library.memory.buffer);
      consumed = view.getUint32(input + 8, true);
      const produced = view.getUint32(output + 8, true);
      this.complete = left === 0;
      // A full output may hide more; but past the end of a frame a call without input opens another.
      more = consumed < piece.length || (produced === OUTPUT && left !== 0);
      if (produced > 0) {
        yield Buffer.from(this.#library.memory.buffer.slice(this.#output, this.#output + produced));
        // Another decompression may have run, and grown the memory, in between.
        view = new DataView(this.#library.memory.buffer);
      }
    }
  }

  [Symbol.dispose](): void {
    this.#library.ZSTD_freeDCtx(this.#context);
    for (const pointer of [this.#input, this.#output, this.#structs]) this.#library.free(pointer);
  }
}

function setStruct(view: DataView, at: number, pointer: number, size: number): void {
  view.setUint32(at, pointer, true);
  view.setUint32(at + 4, size, true);
  view.setUint32(at + 8, 0, true);
}

/** The library's error numbers (zstd_errors.h), as far as data can cause them. */
const ERRORS: Record<number, string> = {
  10: 'what follows is not a Zstandard frame',
  14: 'a frame uses a feature of no released format',
  16: 'a frame asks for a window of more than 128 MiB',
  20: 'a block is damaged',
  22: 'a checksum does not match',
  24: 'the literals of a block are damaged',
  30: 'a dictionary is damaged',
  32: 'it needs a dictionary',
  64: 'the decoder is out of memory',
  72: 'a size does not match',
};

function explain(code: number): string {
  return ERRORS[code] ?? `the decoder reports error ${code}`;
}

let loading: Promise<Decoder> | undefined;

function loadDecoder(): Promise<Decoder> {
  loading ??= load();
  return loading;
}

async function load(): Promise<Decoder> {
  const { ZSTDDecoder } = await import('zstddec/stream');
  const library = new ZSTDDecoder();
  let decoder: Decoder | undefined;
  // It keeps its instance to itself, but hands it to a method of its interface on the way.
  library._init = (result: { readonly instance: { readonly exports: unknown } }): void => {
    decoder = result.instance.exports as Decoder;
    ZSTDDecoder.prototype._init.call(library, result);
  };
  await withoutFetch(() => library.init());
  return decoder!;
}

/**
 * Where there is a fetch(), the library reads its embedded code through it, which loads node's HTTP client:
 * 60 ms instead of 3. It looks for it synchronously, so nobody else sees it missing.
 */
function withoutFetch<T>(work: () => T): T {
  const { fetch } = globalThis;
  Reflect.set(globalThis, 'fetch', undefined);
  try {
    return work();
  } finally {
    Reflect.set(globalThis, 'fetch', fetch);
  }
}
