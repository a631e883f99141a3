// Tar in the old GNU form, which is what package managers of the dpkg family read: they know no pax
// headers, and take names of any length and any bytes. The same tree gives the same bytes.
import { bytesOfName } from '../base/bytename.ts';
import { fileContent } from './content.ts';
import {
  leadingDirectories,
  ROOT_OWNER,
  walkPayload,
  type Owner,
  type Payload,
} from './payload.ts';

const BLOCK = 512;

/** What a header holds beside its name. Numbers of owners are always those of root: names count first. */
interface Member {
  /** Bytes as characters; of a directory with a slash at its end. */
  readonly name: string;
  readonly type: '0' | '2' | '5';
  readonly mode: number;
  readonly size: number;
  readonly link: string;
  /** Root unless given. */
  readonly owner?: Owner;
}

/** A member's header, with the records before it that long names need. */
export function gnuHeader(
  { name, type, mode, size, link, owner = ROOT_OWNER }: Member,
  mtime: number,
): Buffer {
  const parts: Buffer[] = [];
  if (link.length > 100) parts.push(longName('K', link));
  if (name.length > 100) parts.push(longName('L', name));
  parts.push(header(name.slice(0, 100), type, mode, size, mtime, link.slice(0, 100), owner));
  return Buffer.concat(parts);
}

/** The end of an archive. */
export const GNU_END: Buffer = Buffer.alloc(2 * BLOCK);

/** Fills up the last block of a content. */
export function gnuPadding(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}

/**
 * Everything of a payload as `./<prefix>/…`, behind the directories that lead there. Throws a `Refusal`:
 * `archive/special-file`, `archive/changed`, `fs/*`.
 */
export function* gnuTar(payload: Payload, mtime: number): Generator<Buffer> {
  const directory = (name: string): Buffer =>
    gnuHeader({ name, type: '5', mode: 0o755, size: 0, link: '' }, mtime);
  yield directory('./');
  for (const name of leadingDirectories(payload)) yield directory(`./${name}/`);
  for (const { entry, name, owner } of walkPayload(payload)) {
    const common = { name: `./${name}`, size: 0, link: '', owner };
    if (entry.type === 'directory') {
      const { mode } = entry;
      yield gnuHeader({ ...common, name: `./${name}/`, type: '5', mode }, mtime);
    } else if (entry.type === 'symlink') {
      yield gnuHeader({ ...common, type: '2', mode: 0o777, link: entry.target }, mtime);
    } else {
      const { mode, size } = entry;
      yield gnuHeader({ ...common, type: '0', mode, size }, mtime);
      yield* fileContent(payload.tree, entry);
      yield gnuPadding(size);
    }
  }
  yield GNU_END;
}

function longName(type: 'K' | 'L', name: string): Buffer {
  const bytes = Buffer.concat([bytesOfName(name), Buffer.alloc(1)]);
  return Buffer.concat([
    header('././@LongLink', type, 0, bytes.length, 0, '', ROOT_OWNER),
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
  { user, group }: Owner,
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
  block.write(user.slice(0, 31), 265, 'utf8');
  block.write(group.slice(0, 31), 297, 'utf8');
  let sum = 0;
  for (const byte of block) sum += byte;
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}
