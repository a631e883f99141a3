// The first byte at which two files differ, what is around it in both, and the section of an ELF file that
// it lies in.
export interface ByteDifference {
  /** Of the first byte that differs, from 0. */
  readonly offset: number;
  readonly firstSize: number;
  readonly secondSize: number;
  /** Section of an ELF file, where there is one: `.rodata`. */
  readonly section?: string;
  /** Offset of the first byte of both dumps. */
  readonly from: number;
  readonly first: Buffer;
  readonly second: Buffer;
}

const BEFORE = 16;
const SHOWN = 64;

export function describeBytes(first: Buffer, second: Buffer): ByteDifference {
  const shorter = Math.min(first.length, second.length);
  let offset = 0;
  while (offset < shorter && first[offset] === second[offset]) offset++;
  const from = Math.max(0, (offset & ~15) - BEFORE);
  const section = sectionAt(first, offset);
  return {
    offset,
    firstSize: first.length,
    secondSize: second.length,
    ...(section === undefined ? {} : { section }),
    from,
    first: first.subarray(from, from + SHOWN),
    second: second.subarray(from, from + SHOWN),
  };
}

/** The section of an ELF file that an offset lies in; undefined for other files, also broken ones. */
function sectionAt(bytes: Buffer, offset: number): string | undefined {
  if (bytes.length < 64 || bytes.toString('latin1', 0, 4) !== '\u007fELF') return undefined;
  try {
    return new Elf(bytes).sectionAt(offset);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** NOBITS: takes no room in the file. */
const NOBITS = 8;

class Elf {
  readonly #bytes: Buffer;
  readonly #wide: boolean;
  readonly #little: boolean;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#wide = bytes[4] === 2;
    this.#little = bytes[5] === 1;
  }

  sectionAt(offset: number): string | undefined {
    const [table, size, count, names] = this.#wide
      ? [this.#word(0x28), this.#half(0x3a), this.#half(0x3c), this.#half(0x3e)]
      : [this.#word(0x20), this.#half(0x2e), this.#half(0x30), this.#half(0x32)];
    const strings = this.#section(table + names * size);
    for (let i = 0; i < count; i++) {
      const section = this.#section(table + i * size);
      const inside = offset >= section.offset && offset < section.offset + section.size;
      if (section.type === NOBITS || !inside) continue;
      const start = strings.offset + section.name;
      return this.#bytes.toString('latin1', start, this.#bytes.indexOf(0, start));
    }
    return undefined;
  }

  #section(at: number): { name: number; type: number; offset: number; size: number } {
    return this.#wide
      ? {
          name: this.#int(at),
          type: this.#int(at + 4),
          offset: this.#word(at + 0x18),
          size: this.#word(at + 0x20),
        }
      : {
          name: this.#int(at),
          type: this.#int(at + 4),
          offset: this.#int(at + 0x10),
          size: this.#int(at + 0x14),
        };
  }

  #half(at: number): number {
    return this.#little ? this.#bytes.readUInt16LE(at) : this.#bytes.readUInt16BE(at);
  }

  #int(at: number): number {
    return this.#little ? this.#bytes.readUInt32LE(at) : this.#bytes.readUInt32BE(at);
  }

  #word(at: number): number {
    if (!this.#wide) return this.#int(at);
    return Number(this.#little ? this.#bytes.readBigUInt64LE(at) : this.#bytes.readBigUInt64BE(at));
  }
}

/** Two dumps beside each other line by line, `-` and `+`, as `diff` shows texts. */
export function hexDump({ from, first, second }: ByteDifference): string[] {
  const lines: string[] = [];
  for (let at = 0; at < Math.max(first.length, second.length); at += 16) {
    const [one, other] = [first.subarray(at, at + 16), second.subarray(at, at + 16)];
    if (one.equals(other)) lines.push(` ${dumpLine(from + at, one)}`);
    else {
      if (one.length > 0) lines.push(`-${dumpLine(from + at, one)}`);
      if (other.length > 0) lines.push(`+${dumpLine(from + at, other)}`);
    }
  }
  return lines;
}

function dumpLine(offset: number, bytes: Buffer): string {
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  const text = bytes.toString('latin1').replace(/[^\x20-\x7e]/g, '.');
  return `${offset.toString(16).padStart(8, '0')}  ${hex.padEnd(47)}  ${text}`;
}
