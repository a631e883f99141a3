// A directory held open, so that names in it mean entries of that very directory, whatever happens to
// the path it was reached by. Node has no openat(2); on Linux /proc/self/fd/N/name is the same thing.
// Elsewhere the checked path is used again, which a process that swaps directories could race.
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  openSync,
  readdirSync,
  rmdirSync,
  unlinkSync,
} from 'node:fs';
import { fsPath, nameOfBytes, nameOfText, type ByteName } from './bytename.ts';
import { errnoOf } from './fs.ts';

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;
const BY_HANDLE = existsSync('/proc/self/fd');

export class Directory implements Disposable {
  readonly fd: number;
  readonly #prefix: string;

  private constructor(fd: number, path: string) {
    this.fd = fd;
    this.#prefix = BY_HANDLE ? `/proc/self/fd/${fd}/` : `${path}/`;
  }

  /** Opens a directory that must not itself be a symbolic link. Throws node's own errors. */
  static open(path: string): Directory {
    const fd = openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    return new Directory(fd, nameOfText(path));
  }

  /** Opens a directory in this one: ENOTDIR or ELOOP where the entry is a symbolic link. */
  enter(name: ByteName): Directory {
    const fd = openSync(this.path(name), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    return new Directory(fd, this.#prefix + name);
  }

  /** The path of an entry (one component), for fs calls that do not follow a final symbolic link. */
  path(name: ByteName): string | Buffer {
    return fsPath(this.#prefix + name);
  }

  /** The path of the directory itself. */
  get self(): string | Buffer {
    return fsPath(this.#prefix);
  }

  [Symbol.dispose](): void {
    closeSync(this.fd);
  }
}

/**
 * Removes everything in a directory, however deep, whatever its modes; links are removed, never followed.
 * Throws node's own errors.
 */
export function removeContents(directory: Directory): void {
  for (const bytes of readdirSync(directory.self, { encoding: 'buffer' })) {
    const name = nameOfBytes(bytes);
    const child = enterIfDirectory(directory, name);
    if (child === undefined) {
      unlinkSync(directory.path(name));
      continue;
    }
    try {
      fchmodSync(child.fd, 0o700);
      removeContents(child);
    } finally {
      child[Symbol.dispose]();
    }
    rmdirSync(directory.path(name));
  }
}

function enterIfDirectory(directory: Directory, name: ByteName): Directory | undefined {
  try {
    return directory.enter(name);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOTDIR' || errno === 'ELOOP') return undefined;
    if (errno !== 'EACCES') throw error;
  }
  chmodSync(directory.path(name), 0o700);
  return directory.enter(name);
}
