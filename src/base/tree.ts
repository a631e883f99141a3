// Walks a directory tree in one fixed order, for whatever packs it: names by their bytes, modes canonical,
// owners and times left out. Goes through open directories and follows no link, so a tree that changes
// meanwhile cannot lead it elsewhere. Holds one directory's names for each level, never the tree.
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  type Dirent,
  type Stats,
} from 'node:fs';
import { nameOfBytes, showName, type ByteName } from './bytename.ts';
import { buildError } from './diagnostic.ts';
import { Directory } from './directory.ts';
import { canonicalMode, type CanonicalOptions } from './mode.ts';
import { Refusal, refusalOf } from './refusal.ts';

export type TreeEntry =
  | { readonly type: 'directory'; readonly path: ByteName; readonly mode: number }
  | { readonly type: 'symlink'; readonly path: ByteName; readonly target: ByteName }
  | {
      readonly type: 'file';
      readonly path: ByteName;
      readonly mode: number;
      readonly size: number;
      /** Open for reading from its start, and closed when the walk goes on. */
      readonly fd: number;
      /** Names one file, however many names it has. */
      readonly identity: string | undefined;
    };

export interface WalkOptions extends CanonicalOptions {
  /** Components of a path; 256 unless given. */
  readonly depth?: number;
}

interface Level {
  readonly directory: Directory;
  /** With a slash at the end but for the root's, which is empty. */
  readonly prefix: string;
  readonly names: readonly Child[];
  next: number;
}

interface Child {
  readonly name: ByteName;
  readonly kind: Dirent<Buffer>;
}

/**
 * Every entry below `root`, the root excepted, a directory before what is in it. Order is by the bytes of
 * whole paths where directories end in a slash: as git orders, and as `sort` would a listing by tar.
 * Throws a `Refusal`: `archive/special-file` (a socket, say), `archive/limit` (depth), `fs/*`.
 */
export function* walkTree(root: string, options: WalkOptions = {}): Generator<TreeEntry> {
  const levels: Level[] = [];
  try {
    levels.push(guarded(root, '', () => listed(Directory.open(root), '')));
    for (let top = levels.at(-1); top !== undefined; top = levels.at(-1)) {
      const child = top.names[top.next++];
      if (child === undefined) {
        levels.pop()!.directory[Symbol.dispose]();
        continue;
      }
      const path = (top.prefix + child.name) as ByteName;
      if (child.kind.isDirectory()) {
        const below = guarded(root, path, () => enter(top, child.name, path, options));
        levels.push(below);
        const { mode } = fstatSync(below.directory.fd);
        yield { type: 'directory', path, mode: canonicalMode('directory', mode, options) };
      } else if (child.kind.isSymbolicLink()) {
        yield guarded(root, path, () => symlink(top.directory, child.name, path));
      } else if (child.kind.isFile()) {
        yield* file(root, top.directory, child.name, path, options);
      } else throw specialFile(path, child.kind);
    }
  } finally {
    for (const { directory } of levels) directory[Symbol.dispose]();
  }
}

/** Takes over the directory: it is closed when it cannot be listed. */
function listed(directory: Directory, prefix: string): Level {
  try {
    const children = readdirSync(directory.self, { withFileTypes: true, encoding: 'buffer' });
    const keyed = children.map((kind) => {
      const name = nameOfBytes(kind.name);
      return { name, kind, key: kind.isDirectory() ? `${name}/` : name };
    });
    keyed.sort((a, b) => (a.key < b.key ? -1 : 1));
    return { directory, prefix, names: keyed, next: 0 };
  } catch (error) {
    directory[Symbol.dispose]();
    throw error;
  }
}

function enter(above: Level, name: ByteName, path: ByteName, options: WalkOptions): Level {
  const depth = options.depth ?? 256;
  if (path.split('/').length < depth) return listed(above.directory.enter(name), `${path}/`);
  throw new Refusal(
    buildError({
      code: 'archive/limit',
      message: `the directory "${showName(path)}" lies more than ${depth - 1} levels deep`,
      hint: 'flatten the tree, or leave this part of it out',
    }),
  );
}

function symlink(directory: Directory, name: ByteName, path: ByteName): TreeEntry {
  const target = readlinkSync(directory.path(name), { encoding: 'latin1' }) as ByteName;
  return { type: 'symlink', path, target };
}

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;

function* file(
  root: string,
  directory: Directory,
  name: ByteName,
  path: ByteName,
  options: WalkOptions,
): Generator<TreeEntry> {
  // Should a named pipe have taken its place, opening it must not wait for a writer.
  const flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;
  const fd = guarded(root, path, () => openSync(directory.path(name), flags));
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw specialFile(path, stat);
    const mode = canonicalMode('file', stat.mode, options);
    yield { type: 'file', path, mode, size: stat.size, fd, identity: identityOf(stat) };
  } finally {
    closeSync(fd);
  }
}

function identityOf(stat: Stats): string | undefined {
  return stat.nlink > 1 ? `${stat.dev}:${stat.ino}` : undefined;
}

function specialFile(path: ByteName, kind: Dirent<Buffer> | Stats): Refusal {
  const what = kind.isSocket()
    ? 'a socket'
    : kind.isFIFO()
      ? 'a named pipe'
      : kind.isBlockDevice()
        ? 'a block device'
        : 'a character device';
  return new Refusal(
    buildError({
      code: 'archive/special-file',
      message: `"${showName(path)}" is ${what}; only files, directories and symbolic links can be packed`,
      hint: 'remove it at the end of the build script',
    }),
  );
}

function guarded<T>(root: string, path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw refusalOf('pack', error, path === '' ? root : `${root}/${showName(path)}`);
  }
}
