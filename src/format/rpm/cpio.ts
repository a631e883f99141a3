// The payload of an rpm: a cpio archive in the new ASCII form. Its sizes have eight digits, so where a file
// does not fit every entry is only an index into the header's list, as rpm does it then.
import { bytesOfName } from '../../base/bytename.ts';
import { changed, fileContent } from '../content.ts';
import { leadingDirectories, walkPayload, type Payload } from '../payload.ts';
import type { RpmFile } from './files.ts';

/** The first size that eight hexadecimal digits cannot say. */
export const TOO_LARGE: number = 2 ** 32;

export interface CpioOptions {
  /** Time of every entry, in seconds since 1970. */
  readonly mtime: number;
  /** Whether entries are indexes into the list of files. */
  readonly stripped: boolean;
}

/**
 * The files of a list with their contents, which must still be those that the list was made of. Throws a
 * `Refusal`: `archive/changed`, `archive/special-file`, `fs/*`.
 */
export function* cpio(
  payload: Payload,
  files: readonly RpmFile[],
  { mtime, stripped }: CpioOptions,
): Generator<Buffer> {
  const places = new Map(files.map(({ path }, index) => [path, index]));
  const header = (index: number): Buffer =>
    stripped ? strippedHeader(index) : fullHeader(files[index]!, index, mtime);
  for (const name of leadingDirectories(payload)) {
    const index = places.get(`/${name}`);
    if (index !== undefined) yield header(index);
  }
  for (const { entry, name } of walkPayload(payload)) {
    const index = places.get(`/${name}`);
    // Directories of the system are in no list.
    if (index === undefined && entry.type === 'directory') continue;
    if (index === undefined) throw changed(entry.path);
    const { size, digest } = files[index]!;
    if (entry.type === 'file' && entry.size !== size) throw changed(entry.path);
    yield header(index);
    if (entry.type === 'symlink') {
      yield bytesOfName(entry.target);
      yield padding(size);
    } else if (entry.type === 'file') {
      yield* fileContent(payload.tree, entry, { algorithm: 'sha256', digest });
      yield padding(size);
    }
  }
  yield named('TRAILER!!!', [0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
}

/** A file has a number of its own: what has several names is whole under each. */
function fullHeader({ path, mode, size }: RpmFile, index: number, mtime: number): Buffer {
  return named(`.${path}`, [index + 1, mode, 0, 0, 1, mtime, size, 0, 1, 0, 0]);
}

function strippedHeader(index: number): Buffer {
  const header = `07070X${hexadecimal(index)}`;
  return Buffer.concat([Buffer.from(header), padding(header.length)]);
}

function named(name: string, fields: readonly number[]): Buffer {
  const header = ['070701', ...[...fields, name.length + 1, 0].map(hexadecimal)].join('');
  const whole = Buffer.from(`${header}${name}\0`, 'latin1');
  return Buffer.concat([whole, padding(whole.length)]);
}

function hexadecimal(value: number): string {
  return value.toString(16).padStart(8, '0');
}

function padding(size: number): Buffer {
  return Buffer.alloc((4 - (size % 4)) % 4);
}
