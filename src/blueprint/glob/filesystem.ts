// The port through which the engine reads the source tree, and the real one behind it. Paths are
// relative to the source root unless they begin with `/`. Synchronous: analysis reads thousands of
// small files, where promises would cost more than the reading.
import { lstatSync, readdirSync, readFileSync, statSync, type Dirent } from 'node:fs';
import { errnoOf } from '../../base/fs.ts';
import { joinPath } from './path.ts';

/** `link` is a symbolic link that leads nowhere; in listings, any symbolic link. */
export type FileKind = 'file' | 'directory' | 'link';

export interface DirectoryEntry {
  readonly name: string;
  readonly kind: FileKind;
}

export interface FileSystem {
  /** What is at a path, links followed; undefined when there is nothing. Throws node's own errors. */
  kindOf(path: string): FileKind | undefined;
  /** Whether the path itself is a symbolic link. */
  isLink(path: string): boolean;
  /** Equal for two paths of one directory, however they lead there. */
  identityOf(path: string): string;
  /** What is in a directory, in no particular order. Throws node's own errors. */
  list(path: string): readonly DirectoryEntry[];
  /**
   * A file's content: as text, or as bytes where it is not UTF-8. Undefined when there is no such file.
   * Throws node's own errors.
   */
  read(path: string): string | Buffer | undefined;
}

/** The files under a directory of this machine. */
export function diskFiles(root: string): FileSystem {
  const at = (path: string): string => (path.startsWith('/') ? path : joinPath(root, path));
  const linkAt = (path: string): boolean =>
    lstatSync(at(path), { throwIfNoEntry: false })?.isSymbolicLink() === true;
  return {
    kindOf(path) {
      const stat = quietly(() => statSync(at(path), { throwIfNoEntry: false }));
      if (stat === undefined) return quietly(() => linkAt(path)) === true ? 'link' : undefined;
      return stat.isDirectory() ? 'directory' : 'file';
    },
    isLink: (path) => quietly(() => linkAt(path)) === true,
    identityOf(path) {
      const { dev, ino } = statSync(at(path));
      return `${dev}:${ino}`;
    },
    list: (path) => readdirSync(at(path), { withFileTypes: true }).map(toEntry),
    read: (path) => quietly(() => readContent(at(path))),
  };
}

function toEntry(entry: Dirent): DirectoryEntry {
  const kind = entry.isDirectory() ? 'directory' : entry.isSymbolicLink() ? 'link' : 'file';
  return { name: entry.name, kind };
}

/** Reading as text is twice as fast; only what does not decode is read again, as it is. */
function readContent(path: string): string | Buffer {
  const text = readFileSync(path, 'utf8');
  return text.includes('\ufffd') ? readFileSync(path) : text;
}

/** Turns "there is no such path" into undefined. */
function quietly<T>(operation: () => T): T | undefined {
  try {
    return operation();
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT' || errno === 'ENOTDIR' || errno === 'ELOOP') return undefined;
    throw error;
  }
}
