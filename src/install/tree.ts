// A small tree of directories, links and files as plain data: written to disk, or compared with what is
// there. Knows nothing of packages.
import {
  chmodSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { errnoOf } from '../base/fs.ts';
import { decodeName, encodePath } from './name.ts';

/** Paths are relative to the tree's top and do not name the top itself. */
export interface Tree {
  /** Each after the one it lies in. */
  readonly directories: readonly string[];
  readonly links: readonly { readonly path: string; readonly target: string }[];
  readonly files: readonly { readonly path: string; readonly text: string }[];
}

/**
 * Writes a tree into an existing directory; nothing of it may be there yet. Directories are 0755 and
 * files 0644 whatever the umask. With `durable`, all of it is on the disk when this returns, except the
 * entry of `into` itself in the directory above. Throws node's own errors.
 */
export function writeTree(tree: Tree, into: string, durable: boolean): void {
  for (const path of tree.directories) makeDirectory(join(into, path));
  for (const { path, target } of tree.links) {
    symlinkSync(encodePath(target), encodePath(join(into, path)));
  }
  for (const { path, text } of tree.files) {
    const at = join(into, path);
    writeFileSync(at, text, { flag: 'wx', flush: durable });
    chmodSync(at, 0o644);
  }
  if (!durable) return;
  for (const path of [...tree.directories, '']) flush(join(into, path));
}

/** Makes a directory that others may read, whatever the umask. Throws node's own errors. */
export function makeDirectory(path: string): void {
  const at = encodePath(path);
  mkdirSync(at, { mode: 0o755 });
  chmodSync(at, 0o755);
}

/** Flushes a directory's entries, or a file's content. */
export function flush(path: string): void {
  const fd = openSync(encodePath(path), 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Whether a directory holds exactly this tree. Throws node's own errors, except for what is missing. */
export function holdsTree(tree: Tree, at: string): boolean {
  try {
    return (
      tree.links.every(({ path, target }) => readLink(join(at, path)) === target) &&
      tree.files.every(({ path, text }) => readFileSync(join(at, path), 'utf8') === text) &&
      sameNames(tree, at)
    );
  } catch (error) {
    // ENOENT: missing. EINVAL: not a link. The others: another kind of thing in its place.
    if (['ENOENT', 'EINVAL', 'ENOTDIR', 'EISDIR'].includes(errnoOf(error) ?? '')) return false;
    throw error;
  }
}

function sameNames(tree: Tree, at: string): boolean {
  const counts = new Map<string, number>([['.', 0]]);
  for (const path of tree.directories) counts.set(path, 0);
  for (const path of [
    ...tree.directories,
    ...tree.links.map((link) => link.path),
    ...tree.files.map((file) => file.path),
  ]) {
    const parent = dirname(path);
    counts.set(parent, (counts.get(parent) ?? 0) + 1);
  }
  for (const [path, count] of counts) {
    if (readdirSync(encodePath(join(at, path)), { encoding: 'buffer' }).length !== count)
      return false;
  }
  return true;
}

function readLink(path: string): string {
  return decodeName(readlinkSync(encodePath(path), { encoding: 'buffer' }));
}
