// Writes tar blocks field by field, for archives that no honest program would write.

export interface RawEntry {
  readonly name?: string;
  readonly type?: string;
  readonly mode?: string;
  /** Of the user and of the group. */
  readonly owner?: string | Buffer;
  readonly size?: string | Buffer;
  readonly mtime?: string | Buffer;
  readonly link?: string;
  readonly prefix?: string;
  readonly magic?: string;
  readonly checksum?: string;
  /** Content; the size field follows it unless given. */
  readonly content?: string | Buffer;
}

const octal = (value: number, digits: number): string =>
  `${value.toString(8).padStart(digits, '0')}\0`;

/** One header with its content and padding. All text is latin1: one character, one byte. */
export function raw(entry: RawEntry): Buffer {
  const content = Buffer.isBuffer(entry.content)
    ? entry.content
    : Buffer.from(entry.content ?? '', 'latin1');
  const block = Buffer.alloc(512);
  const put = (at: number, value: string | Buffer): void => {
    if (Buffer.isBuffer(value)) value.copy(block, at);
    else block.write(value, at, 'latin1');
  };
  put(0, (entry.name ?? 'file').slice(0, 100));
  put(100, entry.mode ?? octal(0o644, 7));
  put(108, entry.owner ?? octal(0, 7));
  put(116, entry.owner ?? octal(0, 7));
  put(124, entry.size ?? octal(content.length, 11));
  put(136, entry.mtime ?? octal(1_000_000_000, 11));
  put(156, entry.type ?? '0');
  put(157, (entry.link ?? '').slice(0, 100));
  put(257, entry.magic ?? 'ustar\x0000');
  put(345, entry.prefix ?? '');
  put(148, '        ');
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(148, entry.checksum ?? `${sum.toString(8).padStart(6, '0')}\0 `);
  const padding = (512 - (content.length % 512)) % 512;
  return Buffer.concat([block, content, Buffer.alloc(padding)]);
}

/** A pax extended header; values are latin1. */
export function pax(records: readonly (readonly [string, string])[], type = 'x'): Buffer {
  const content = records.map(([key, value]) => {
    const rest = ` ${key}=${value}\n`;
    let length = rest.length + 1;
    while (String(length).length + rest.length !== length) length++;
    return `${length}${rest}`;
  });
  return raw({ name: 'pax', type, content: content.join('') });
}

export const END: Buffer = Buffer.alloc(1024);

/** A whole archive. */
export function archive(...entries: readonly (RawEntry | Buffer)[]): Buffer {
  return Buffer.concat([
    ...entries.map((entry) => (Buffer.isBuffer(entry) ? entry : raw(entry))),
    END,
  ]);
}
