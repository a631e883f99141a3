// The members of an archive with all that is said of them: tar, ar (static libraries, .deb) and zip, as
// lists to be compared. What cannot be read is no archive here.
import { inflateRawSync } from 'node:zlib';
import { decompress } from '../../base/codec/decompress.ts';
import { identifyCodec, type Codec } from '../../base/codec/magic.ts';
import { Refusal } from '../../base/refusal.ts';
import { TarReader } from '../../base/tar/reader.ts';

export interface Member {
  readonly name: string;
  /** What is said of it beside its content: `mtime`, `mode`, …. */
  readonly about: Readonly<Record<string, string>>;
  readonly content: Buffer;
}

/** Bytes that a compressed file may grow to. */
const LARGEST = 1 << 30;

/** A file's content without its compression; undefined when that is none or broken. */
export async function unwrap(bytes: Buffer): Promise<{ codec: Codec; bytes: Buffer } | undefined> {
  const identified = identifyCodec(bytes.subarray(0, 12));
  if (!('codec' in identified)) return { codec: 'none', bytes };
  if (identified.codec === 'none') return { codec: 'none', bytes };
  try {
    const { codec, content } = await decompress(once(bytes));
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of content) {
      size += chunk.length;
      if (size > LARGEST) return undefined;
      chunks.push(Buffer.from(chunk));
    }
    return { codec, bytes: Buffer.concat(chunks) };
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

// eslint-disable-next-line typescript/require-await -- streams are what is read
async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

/** The members of an archive, in its order; undefined for what is none. */
export function membersOf(bytes: Buffer): Member[] | undefined {
  if (bytes.toString('latin1', 0, 8) === '!<arch>\n') return arMembers(bytes);
  if (bytes.toString('latin1', 0, 4) === 'PK\u0003\u0004') return zipMembers(bytes);
  if (bytes.toString('latin1', 257, 262) === 'ustar') return tarMembers(bytes);
  return undefined;
}

function tarMembers(bytes: Buffer): Member[] | undefined {
  const members: Member[] = [];
  let chunks: Buffer[] = [];
  const reader = new TarReader({
    entry: ({ type, name, mode, mtime, link }) => {
      chunks = [];
      const about = { type, mode: mode.toString(8), mtime: String(mtime), link };
      members.push({ name, about, content: Buffer.alloc(0) });
    },
    content: (chunk, from, to) => chunks.push(Buffer.from(chunk.subarray(from, to))),
    entryEnd: () => {
      const last = members.pop()!;
      members.push({ ...last, content: Buffer.concat(chunks) });
    },
  });
  try {
    reader.push(bytes);
    reader.end();
    return members;
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

/** GNU's long names stand in a member called `//`; its table of symbols is a member as any other. */
function arMembers(bytes: Buffer): Member[] | undefined {
  const members: Member[] = [];
  let long = '';
  for (let at = 8; at + 60 <= bytes.length;) {
    const field = (from: number, length: number): string =>
      bytes.toString('latin1', at + from, at + from + length).trimEnd();
    const size = Number(field(48, 10));
    if (!Number.isSafeInteger(size) || bytes.toString('latin1', at + 58, at + 60) !== '`\n') {
      return undefined;
    }
    const content = bytes.subarray(at + 60, at + 60 + size);
    const raw = field(0, 16);
    if (raw === '//') long = content.toString('latin1');
    const place = /^\/(\d+)$/.exec(raw)?.[1];
    const name =
      place === undefined
        ? raw.replace(/(?<=.)\/$/, '')
        : long.slice(Number(place)).split('/\n')[0]!;
    const about = {
      mtime: field(16, 12),
      uid: field(28, 6),
      gid: field(34, 6),
      mode: field(40, 8),
    };
    members.push({ name, about, content });
    at += 60 + size + (size % 2);
  }
  return members;
}

/** By the local headers, which come in the order in which the members were packed. */
function zipMembers(bytes: Buffer): Member[] | undefined {
  const members: Member[] = [];
  let at = 0;
  while (at + 30 <= bytes.length && bytes.readUInt32LE(at) === 0x04034b50) {
    const flags = bytes.readUInt16LE(at + 6);
    // With sizes after the content only the table at the end could tell: not worth it here.
    if ((flags & 8) !== 0) return undefined;
    const method = bytes.readUInt16LE(at + 8);
    const packed = bytes.readUInt32LE(at + 18);
    const nameLength = bytes.readUInt16LE(at + 26);
    const start = at + 30 + nameLength + bytes.readUInt16LE(at + 28);
    const name = bytes.toString('utf8', at + 30, at + 30 + nameLength);
    const raw = bytes.subarray(start, start + packed);
    const content = method === 8 ? inflated(raw) : raw;
    if (content === undefined) return undefined;
    const stamp = bytes.readUInt32LE(at + 10);
    members.push({ name, about: { mtime: zipTime(stamp), method: String(method) }, content });
    at = start + packed;
  }
  return members;
}

function inflated(raw: Buffer): Buffer | undefined {
  try {
    return inflateRawSync(raw, { maxOutputLength: LARGEST });
  } catch {
    return undefined;
  }
}

/** MS-DOS time, as a date. */
function zipTime(stamp: number): string {
  const two = (n: number): string => String(n).padStart(2, '0');
  const [time, date] = [stamp & 0xffff, stamp >>> 16];
  const day = `${1980 + (date >> 9)}-${two((date >> 5) & 15)}-${two(date & 31)}`;
  return `${day} ${two(time >> 11)}:${two((time >> 5) & 63)}:${two((time & 31) * 2)}`;
}
