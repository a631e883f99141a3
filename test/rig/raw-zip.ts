// Writes zip records field by field, for archives that no honest program would write.
import { crc32, deflateRawSync } from 'node:zlib';

export interface RawZipEntry {
  readonly name: string | Buffer;
  readonly content?: string | Buffer;
  readonly deflate?: boolean;
  /** Unix mode with its type bits; 0 leaves the host unknown. */
  readonly mode?: number;
  /** What the local header says instead. */
  readonly local?: { name?: string; size?: number; crc?: number; method?: number; flags?: number };
  /** What both headers say instead. */
  readonly size?: number;
  readonly crc?: number;
  readonly method?: number;
  readonly flags?: number;
  /** Offset of the local header that the directory gives instead. */
  readonly offset?: number;
  readonly extra?: Buffer;
}

/** A whole archive; `tail` changes the end record. */
export function zip(
  entries: readonly RawZipEntry[],
  tail: { count?: number; offset?: number } = {},
): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const entry of entries) {
    const { local, central } = records(entry, at);
    parts.push(local);
    directory.push(central);
    at += local.length;
  }
  const records_ = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(tail.count ?? entries.length, 8);
  end.writeUInt16LE(tail.count ?? entries.length, 10);
  end.writeUInt32LE(records_.length, 12);
  end.writeUInt32LE(tail.offset ?? at, 16);
  return Buffer.concat([...parts, records_, end]);
}

function records(entry: RawZipEntry, at: number): { local: Buffer; central: Buffer } {
  const name = Buffer.from(entry.name);
  const content = Buffer.from(entry.content ?? '');
  const data = entry.deflate === true ? deflateRawSync(content) : content;
  const method = entry.method ?? (entry.deflate === true ? 8 : 0);
  const size = entry.size ?? content.length;
  const crc = entry.crc ?? crc32(content);
  const flags = entry.flags ?? 0;
  const extra = entry.extra ?? Buffer.alloc(0);
  const localName = Buffer.from(entry.local?.name ?? name);

  const local = Buffer.alloc(30);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(20, 4);
  local.writeUInt16LE(entry.local?.flags ?? flags, 6);
  local.writeUInt16LE(entry.local?.method ?? method, 8);
  local.writeUInt32LE(0x21_0000, 10);
  local.writeUInt32LE(entry.local?.crc ?? crc, 14);
  local.writeUInt32LE(data.length, 18);
  local.writeUInt32LE(entry.local?.size ?? size, 22);
  local.writeUInt16LE(localName.length, 26);

  const central = Buffer.alloc(46);
  central.writeUInt32LE(0x02014b50, 0);
  central.writeUInt16LE(entry.mode === undefined ? 20 : (3 << 8) | 20, 4);
  central.writeUInt16LE(20, 6);
  central.writeUInt16LE(flags, 8);
  central.writeUInt16LE(method, 10);
  central.writeUInt32LE(0x21_0000, 12);
  central.writeUInt32LE(crc, 16);
  central.writeUInt32LE(data.length, 20);
  central.writeUInt32LE(size, 24);
  central.writeUInt16LE(name.length, 28);
  central.writeUInt16LE(extra.length, 30);
  central.writeUInt32LE(((entry.mode ?? 0) << 16) >>> 0, 38);
  central.writeUInt32LE(entry.offset ?? at, 42);
  return {
    local: Buffer.concat([local, localName, data]),
    central: Buffer.concat([central, name, extra]),
  };
}
