// Spells a header of rpm: an index of typed values, sorted by tag, and a store that holds them. The region
// around all of them says what digests cover. Knows nothing of what tags mean.

export type HeaderValue =
  | { readonly kind: 'int16' | 'int32'; readonly values: readonly number[] }
  | { readonly kind: 'int64'; readonly values: readonly bigint[] }
  | { readonly kind: 'text' | 'translated'; readonly value: string | Buffer }
  | { readonly kind: 'texts'; readonly values: readonly (string | Buffer)[] }
  | { readonly kind: 'bytes'; readonly value: Buffer };

/** By tag; undefined for what a package does not have. */
export type HeaderValues = ReadonlyMap<number, HeaderValue | undefined>;

const TYPES = { int16: 3, int32: 4, int64: 5, text: 6, bytes: 7, texts: 8, translated: 9 } as const;
const WIDTHS: Partial<Record<HeaderValue['kind'], number>> = { int16: 2, int32: 4, int64: 8 };

const MAGIC = Buffer.from([0x8e, 0xad, 0xe8, 0x01, 0, 0, 0, 0]);
const ENTRY = 16;

/** The header as it lies in a file. `region` is its own tag: 62 of signatures, 63 of all else. */
export function rpmHeader(region: number, values: HeaderValues): Buffer {
  const given = [...values]
    .flatMap(([tag, value]) => (value === undefined ? [] : [{ tag, value }]))
    .sort((a, b) => a.tag - b.tag);
  const count = given.length + 1;
  const index: Buffer[] = [];
  const store: Buffer[] = [];
  let size = 0;
  for (const { tag, value } of given) {
    const width = WIDTHS[value.kind] ?? 1;
    const gap = (width - (size % width)) % width;
    const bytes = bytesOf(value);
    store.push(Buffer.alloc(gap), bytes);
    index.push(entry(tag, TYPES[value.kind], size + gap, countOf(value)));
    size += gap + bytes.length;
  }
  store.push(entry(region, TYPES.bytes, -count * ENTRY, ENTRY));
  index.unshift(entry(region, TYPES.bytes, size, ENTRY));
  const sizes = Buffer.alloc(8);
  sizes.writeUInt32BE(count, 0);
  sizes.writeUInt32BE(size + ENTRY, 4);
  return Buffer.concat([MAGIC, sizes, ...index, ...store]);
}

function entry(tag: number, type: number, offset: number, count: number): Buffer {
  const bytes = Buffer.alloc(ENTRY);
  bytes.writeInt32BE(tag, 0);
  bytes.writeInt32BE(type, 4);
  bytes.writeInt32BE(offset, 8);
  bytes.writeInt32BE(count, 12);
  return bytes;
}

function countOf(value: HeaderValue): number {
  if ('values' in value) return value.values.length;
  return value.kind === 'bytes' ? value.value.length : 1;
}

function bytesOf(value: HeaderValue): Buffer {
  switch (value.kind) {
    case 'int16': {
      const bytes = Buffer.alloc(2 * value.values.length);
      value.values.forEach((one, at) => bytes.writeUInt16BE(one, 2 * at));
      return bytes;
    }
    case 'int32': {
      const bytes = Buffer.alloc(4 * value.values.length);
      value.values.forEach((one, at) => bytes.writeUInt32BE(one, 4 * at));
      return bytes;
    }
    case 'int64': {
      const bytes = Buffer.alloc(8 * value.values.length);
      value.values.forEach((one, at) => bytes.writeBigUInt64BE(one, 8 * at));
      return bytes;
    }
    case 'texts':
      return Buffer.concat(value.values.map(terminated));
    case 'text':
    case 'translated':
      return terminated(value.value);
    case 'bytes':
      return value.value;
  }
}

function terminated(text: string | Buffer): Buffer {
  return Buffer.concat([Buffer.from(text as string), Buffer.alloc(1)]);
}
