// Tar in the old GNU form, which is what package managers of the dpkg family read: they know no pax
// headers, and take names of any length and any bytes. The same tree gives the same bytes.
import { readSync } from 'node:fs';
import { bytesOfName, showName } from '../base/bytename.ts';
import { buildError } from '../base/diagnostic.ts';
import { Refusal, refusalOf } from '../base/refusal.ts';
import { walkTree } from '../base/tree.ts';

const BLOCK = 512;
const CHUNK = 1 << 18;

/** What a header holds beside its name. Owned by root, always. */
interface Member {
  /** Bytes as characters; of a directory with a slash at its end. */
  readonly name: string;
  readonly type: '0' | '2' | '5';
  readonly mode: number;
  readonly size: number;
  readonly link: string;
}

/** A member's header, with the records before it that long names need. */
export function gnuHeader({ name, type, mode, size, link }: Member, mtime: number): Buffer {
  const parts: Buffer[] = [];
  if (link.length > 100) parts.push(longName('K', link));
  if (name.length > 100) parts.push(longName('L', name));
  parts.push(header(name.slice(0, 100), type, mode, size, mtime, link.slice(0, 100)));
  return Buffer.concat(parts);
}

/** The end of an archive. */
export const GNU_END: Buffer = Buffer.alloc(2 * BLOCK);

/** Fills up the last block of a content. */
export function gnuPadding(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}

/**
 * Everything below `root` as `./<under>/…`, behind the directories that lead there. Throws a `Refusal`:
 * `archive/special-file`, `archive/changed`, `fs/*`.
 */
export function* gnuTar(root: string, under: string, mtime: number): Generator<Buffer> {
  const directory = (name: string): Buffer =>
    gnuHeader({ name, type: '5', mode: 0o755, size: 0, link: '' }, mtime);
  yield directory('./');
  let prefix = './';
  for (const part of under.split('/').filter((one) => one !== '')) {
    prefix += `${part}/`;
    yield directory(prefix);
  }
  for (const entry of walkTree(root, { keepSpecial: true })) {
    const name = `${prefix}${entry.path}${entry.type === 'directory' ? '/' : ''}`;
    if (entry.type === 'directory') {
      yield gnuHeader({ name, type: '5', mode: entry.mode, size: 0, link: '' }, mtime);
    } else if (entry.type === 'symlink') {
      yield gnuHeader({ name, type: '2', mode: 0o777, size: 0, link: entry.target }, mtime);
    } else {
      yield gnuHeader({ name, type: '0', mode: entry.mode, size: entry.size, link: '' }, mtime);
      yield* content(root, entry);
      yield gnuPadding(entry.size);
    }
  }
  yield GNU_END;
}

function* content(
  root: string,
  { fd, size, path }: { fd: number; size: number; path: string },
): Generator<Buffer> {
  for (let left = size; left > 0;) {
    const chunk = Buffer.allocUnsafe(Math.min(left, CHUNK));
    let read: number;
    try {
      read = readSync(fd, chunk, 0, chunk.length, null);
    } catch (error) {
      throw refusalOf('pack', error, `${root}/${showName(path)}`);
    }
    if (read === 0) {
      throw new Refusal(
        buildError({
          code: 'archive/changed',
          message: `the file "${showName(path)}" changed while it was packed`,
        }),
      );
    }
    left -= read;
    yield chunk.subarray(0, read);
  }
}

function longName(type: 'K' | 'L', name: string): Buffer {
  const bytes = Buffer.concat([bytesOfName(name), Buffer.alloc(1)]);
  return Buffer.concat([
    header('././@LongLink', type, 0, bytes.length, 0, ''),
    bytes,
    gnuPadding(bytes.length),
  ]);
}

function header(
  name: string,
  type: string,
  mode: number,
  size: number,
  mtime: number,
  link: string,
): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, length: number): void => {
    block.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'latin1');
  };
  block.write(name, 0, 'latin1');
  octal(mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  if (size < 8 ** 11) octal(size, 124, 12);
  else {
    // Larger than eleven digits: as a number in bytes, which GNU tar and dpkg read.
    block[124] = 0x80;
    block.writeBigUInt64BE(BigInt(size), 128);
  }
  octal(mtime, 136, 12);
  block.fill(' ', 148, 156);
  block.write(type, 156, 'latin1');
  block.write(link, 157, 'latin1');
  block.write('ustar  \0', 257, 'latin1');
  block.write('root', 265, 'latin1');
  block.write('root', 297, 'latin1');
  let sum = 0;
  for (const byte of block) sum += byte;
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}
