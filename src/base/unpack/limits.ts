// How much an archive may ask for, and the meter that says when it asks for more. Knows no format.
import { definitionError, type DiagnosticFields } from '../diagnostic.ts';
import { Refusal } from '../refusal.ts';

export interface Limits {
  /** Entries of any kind, those that are stripped away included. */
  readonly entries: number;
  /** Bytes that the archive decompresses to, its own headers included. */
  readonly bytes: number;
  /** Bytes of one file. */
  readonly fileBytes: number;
  /** Decompressed bytes for each compressed one; counts only once there are more than `ratioFrom`. */
  readonly ratio: number;
  readonly ratioFrom: number;
  /** Components of a path. */
  readonly depth: number;
}

/** For archives of sources: real ones stay below a tenth of each. */
export const SOURCE_LIMITS: Limits = {
  entries: 1_000_000,
  bytes: 32 * 2 ** 30,
  fileBytes: 16 * 2 ** 30,
  ratio: 200,
  ratioFrom: 64 * 2 ** 20,
  depth: 128,
};

/** For packages: images of disks and the like compress well, and are ours. */
export const PACKAGE_LIMITS: Limits = {
  entries: 2_000_000,
  bytes: 256 * 2 ** 30,
  fileBytes: 64 * 2 ** 30,
  ratio: 1_000,
  ratioFrom: 2 ** 30,
  depth: 256,
};

/** `archive/limit`: what is too much. */
export function beyondLimit(message: string): Refusal {
  return new Refusal(
    definitionError({
      code: 'archive/limit',
      message,
      hint: 'an honest archive of this size has to be split, or unpacked by the build itself',
    }),
  );
}

/** Counts what an archive asks for and throws a `Refusal` (`archive/limit`) where it is too much. */
export class Meter {
  readonly #limits: Limits;
  readonly #compressed: () => number;
  #entries = 0;
  #bytes = 0;

  /** `compressed` gives the compressed bytes taken in so far. */
  constructor(limits: Limits, compressed: () => number) {
    this.#limits = limits;
    this.#compressed = compressed;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes that came out of decompression. */
  produced(count: number): void {
    const { bytes, ratio, ratioFrom } = this.#limits;
    this.#bytes += count;
    if (this.#bytes > bytes) {
      throw beyondLimit(`it unpacks to more than the limit of ${bytes} bytes`);
    }
    if (this.#bytes > ratioFrom && this.#bytes > ratio * this.#compressed()) {
      throw beyondLimit(
        `it expands to more than ${ratio} times its size (${this.#bytes} bytes from ${this.#compressed()})`,
      );
    }
  }

  /** One more entry, with the bytes it says it has. `shown` gives its name for messages. */
  entry(shown: () => string, size: number): void {
    const { entries, bytes, fileBytes } = this.#limits;
    if (++this.#entries > entries)
      throw beyondLimit(`it has more than the limit of ${entries} entries`);
    if (size > fileBytes || size > bytes) {
      throw beyondLimit(
        `the entry "${shown()}" has ${size} bytes; the limit for one file is ${Math.min(fileBytes, bytes)}`,
      );
    }
  }
}

/** A refusal that names the entry at fault. */
export function refuseEntry(
  shown: string,
  code: string,
  what: string,
  more: Partial<Pick<DiagnosticFields, 'hint'>> = {},
): Refusal {
  return new Refusal(definitionError({ code, message: `the entry "${shown}" ${what}`, ...more }));
}
