// What checks need to know of an ELF file: for which machine it is, what it was linked with, where it
// looks for libraries. Reads 32 and 64 bits, both byte orders; anything malformed is no ELF file to it.

export interface ElfFile {
  /** The machine, as in the header: 62 is x86-64, 183 is AArch64. */
  readonly machine: number;
  readonly bits: 32 | 64;
  readonly needed: readonly string[];
  readonly soname: string | undefined;
  /** RPATH and RUNPATH, taken apart. */
  readonly searched: readonly string[];
  /** Its code is changed when it is loaded. */
  readonly textRelocations: boolean;
  /** It has sections with debug information. */
  readonly debug: boolean;
}

const NEEDED = 1n;
const STRTAB = 5n;
const SONAME = 14n;
const RPATH = 15n;
const TEXTREL = 22n;
const RUNPATH = 29n;
const FLAGS = 30n;
const DF_TEXTREL = 4n;

const LOAD = 1;
const DYNAMIC = 2;

/** Reads a whole file's bytes; undefined for anything but a sound ELF file. */
export function readElf(bytes: Buffer): ElfFile | undefined {
  if (bytes.length < 64 || bytes.readUInt32BE(0) !== 0x7f454c46) return undefined;
  try {
    return new Reader(bytes).read();
  } catch (error) {
    // Beyond the end of the file: it is cut off, or no ELF file at all.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

class Reader {
  readonly #bytes: Buffer;
  readonly #wide: boolean;
  readonly #little: boolean;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#wide = bytes[4] === 2;
    this.#little = bytes[5] === 1;
  }

  read(): ElfFile {
    const wide = this.#wide;
    const segments = this.#segments();
    const entries = this.#dynamic(segments);
    const strings = entries.find(({ tag }) => tag === STRTAB)?.value;
    const text = (offset: bigint): string =>
      strings === undefined ? '' : this.#text(this.#offsetOf(segments, strings) + Number(offset));
    const texts = (tag: bigint): string[] =>
      entries.filter((entry) => entry.tag === tag).map(({ value }) => text(value));
    return {
      machine: this.#half(18),
      bits: wide ? 64 : 32,
      needed: texts(NEEDED),
      soname: texts(SONAME)[0],
      searched: [...texts(RPATH), ...texts(RUNPATH)].flatMap((path) => path.split(':')),
      textRelocations: entries.some(
        ({ tag, value }) => tag === TEXTREL || (tag === FLAGS && (value & DF_TEXTREL) !== 0n),
      ),
      debug: this.#sections().some((name) => /^\.z?debug_/.test(name)),
    };
  }

  #segments(): { type: number; offset: number; address: bigint; size: number }[] {
    const [table, entry, count] = this.#wide
      ? [Number(this.#word(32)), this.#half(54), this.#half(56)]
      : [Number(this.#word(28)), this.#half(42), this.#half(44)];
    return Array.from({ length: count }, (_, index) => {
      const at = table + index * entry;
      return this.#wide
        ? {
            type: this.#int(at),
            offset: Number(this.#word(at + 8)),
            address: this.#word(at + 16),
            size: Number(this.#word(at + 32)),
          }
        : {
            type: this.#int(at),
            offset: this.#int(at + 4),
            address: BigInt(this.#int(at + 8)),
            size: this.#int(at + 16),
          };
    });
  }

  #dynamic(
    segments: readonly { type: number; offset: number; size: number }[],
  ): { tag: bigint; value: bigint }[] {
    const found = segments.find(({ type }) => type === DYNAMIC);
    if (found === undefined) return [];
    const step = this.#wide ? 16 : 8;
    const entries: { tag: bigint; value: bigint }[] = [];
    for (let at = found.offset; at < found.offset + found.size; at += step) {
      const tag = this.#word(at);
      if (tag === 0n) break;
      entries.push({ tag, value: this.#word(at + step / 2) });
    }
    return entries;
  }

  /** Where an address is in the file. */
  #offsetOf(
    segments: readonly { type: number; offset: number; address: bigint; size: number }[],
    address: bigint,
  ): number {
    const segment = segments.find(
      (one) =>
        one.type === LOAD && address >= one.address && address < one.address + BigInt(one.size),
    );
    if (segment === undefined) throw new RangeError('no segment holds the address');
    return segment.offset + Number(address - segment.address);
  }

  #sections(): string[] {
    const [table, entry, count, names] = this.#wide
      ? [Number(this.#word(40)), this.#half(58), this.#half(60), this.#half(62)]
      : [Number(this.#word(32)), this.#half(46), this.#half(48), this.#half(50)];
    if (count === 0 || table === 0) return [];
    const offset = (index: number): number => {
      const at = table + index * entry;
      return this.#wide ? Number(this.#word(at + 24)) : this.#int(at + 16);
    };
    const strings = offset(names);
    return Array.from({ length: count }, (_, index) =>
      this.#text(strings + this.#int(table + index * entry)),
    );
  }

  #half(at: number): number {
    return this.#little ? this.#bytes.readUInt16LE(at) : this.#bytes.readUInt16BE(at);
  }

  #int(at: number): number {
    return this.#little ? this.#bytes.readUInt32LE(at) : this.#bytes.readUInt32BE(at);
  }

  /** Of the size of an address. */
  #word(at: number): bigint {
    if (!this.#wide) return BigInt(this.#int(at));
    return this.#little ? this.#bytes.readBigUInt64LE(at) : this.#bytes.readBigUInt64BE(at);
  }

  #text(at: number): string {
    const end = this.#bytes.indexOf(0, at);
    if (at < 0 || at >= this.#bytes.length || end === -1) throw new RangeError('no text there');
    return this.#bytes.toString('latin1', at, end);
  }
}
