// One 512-byte tar header, taken apart and put together: v7, POSIX ustar and GNU. Knows nothing of what
// follows it, nor of extended headers.
import { formatOctal, parseNumber } from './number.ts';

export const BLOCK = 512;

/** A header's fields as they stand; names and links are byte strings. */
export interface RawHeader {
  readonly name: string;
  readonly mode: number | undefined;
  readonly size: number | undefined;
  readonly mtime: number | undefined;
  /** The type flag as a character; NUL in v7 headers. */
  readonly type: string;
  readonly link: string;
}

/** Offsets and lengths of the fields. */
const NAME = [0, 100] as const;
const MODE = [100, 8] as const;
const UID = [108, 8] as const;
const GID = [116, 8] as const;
const SIZE = [124, 12] as const;
const MTIME = [136, 12] as const;
const CHECKSUM = [148, 8] as const;
const TYPE = 156;
const LINK = [157, 100] as const;
const MAGIC = 257;
const UNAME = [265, 32] as const;
const GNAME = [297, 32] as const;
const DEVICE_MAJOR = [329, 8] as const;
const DEVICE_MINOR = [337, 8] as const;
const PREFIX = [345, 155] as const;

/** `zero` for a block of zeros, `damaged` where the checksum is wrong. */
export function parseHeader(block: Buffer, at: number): RawHeader | 'zero' | 'damaged' {
  const stated = parseNumber(block, at + CHECKSUM[0], CHECKSUM[1]);
  const sums = checksums(block, at);
  if (sums.unsigned === BLANK_CHECKSUM && block[at] === 0 && isZero(block, at)) return 'zero';
  if (stated === undefined) return 'damaged';
  // Some old writers added up signed bytes.
  if (stated !== sums.unsigned && stated !== sums.signed) return 'damaged';
  const name = text(block, at + NAME[0], NAME[1]);
  // GNU headers, whose magic goes on with a space, keep other things where the prefix would be.
  const posix = block.toString('latin1', at + MAGIC, at + MAGIC + 6) === 'ustar\0';
  const prefix = posix ? text(block, at + PREFIX[0], PREFIX[1]) : '';
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    mode: parseNumber(block, at + MODE[0], MODE[1]),
    size: parseNumber(block, at + SIZE[0], SIZE[1]),
    mtime: parseNumber(block, at + MTIME[0], MTIME[1]),
    type: String.fromCharCode(block[at + TYPE]!),
    link: text(block, at + LINK[0], LINK[1]),
  };
}

/** The checksum of a block of zeros: its own field counts as eight spaces. */
const BLANK_CHECKSUM = 8 * 0x20;

function checksums(block: Buffer, at: number): { unsigned: number; signed: number } {
  let sum = BLANK_CHECKSUM;
  let high = 0;
  const field = at + CHECKSUM[0];
  for (let i = at; i < at + BLOCK; i++) {
    if (i === field) i += CHECKSUM[1];
    const byte = block[i]!;
    sum += byte;
    high += byte >> 7;
  }
  return { unsigned: sum, signed: sum - 256 * high };
}

function isZero(block: Buffer, at: number): boolean {
  for (let i = at; i < at + BLOCK; i++) if (block[i] !== 0) return false;
  return true;
}

/** A field up to its first NUL. */
function text(block: Buffer, at: number, length: number): string {
  if (block[at] === 0) return '';
  const nul = block.indexOf(0, at);
  return block.toString('latin1', at, nul === -1 || nul > at + length ? at + length : nul);
}

export interface HeaderFields {
  /** At most 100 bytes. */
  readonly name: string;
  /** At most 155 bytes; goes before the name with a slash. */
  readonly prefix: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtime: number;
  readonly type: string;
  readonly link: string;
  readonly uname: string;
  readonly gname: string;
}

/** An ustar header. What does not fit its field is cut off: an extended header must have said it before. */
export function formatHeader(fields: HeaderFields): Buffer {
  const block = Buffer.alloc(BLOCK);
  const put = ([at, length]: readonly [number, number], value: string): void => {
    block.write(value.slice(0, length), at, 'latin1');
  };
  const number = (field: readonly [number, number], value: number): void =>
    put(field, formatOctal(value, field[1]) ?? formatOctal(0, field[1])!);
  put(NAME, fields.name);
  number(MODE, fields.mode);
  number(UID, fields.uid);
  number(GID, fields.gid);
  number(SIZE, fields.size);
  number(MTIME, fields.mtime);
  block.write(fields.type, TYPE, 'latin1');
  put(LINK, fields.link);
  block.write('ustar\x0000', MAGIC, 'latin1');
  put(UNAME, fields.uname);
  put(GNAME, fields.gname);
  number(DEVICE_MAJOR, 0);
  number(DEVICE_MINOR, 0);
  put(PREFIX, fields.prefix);
  block.write(
    `${checksums(block, 0).unsigned.toString(8).padStart(6, '0')}\0 `,
    CHECKSUM[0],
    'latin1',
  );
  return block;
}
