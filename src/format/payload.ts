// The files of a package for other package managers: a tree, where it goes, and who owns what of it. Knows
// nothing of archives.
import { bytesOfName, nameOfText, type ByteName } from '../base/bytename.ts';
import { walkTree, type TreeEntry } from '../base/tree.ts';

export interface Payload {
  /** The directory that holds the files. */
  readonly tree: string;
  /** Where they go, without a slash at the end: empty for `/`. */
  readonly prefix: string;
  /** Whether a path below the prefix is left out, with all below it. */
  readonly isLeftOut?: (path: string) => boolean;
  /** Whether a file, below the prefix, is one that its owner changes, and that is kept then. */
  readonly isConfiguration: (path: string) => boolean;
  /** Of what is below the prefix. */
  readonly ownerOf: (path: string) => Owner;
}

export interface Owner {
  readonly user: string;
  readonly group: string;
}

export const ROOT_OWNER: Owner = { user: 'root', group: 'root' };

export interface PayloadEntry {
  readonly entry: TreeEntry;
  /** Below the root of the machine, without a slash before or behind it. */
  readonly name: ByteName;
  readonly owner: Owner;
  readonly isConfiguration: boolean;
}

/**
 * Everything of a payload but the directories that lead to it, a directory before what is in it. Modes are
 * as they are. Throws a `Refusal`: `archive/special-file`, `archive/limit`, `fs/*`.
 */
export function* walkPayload(payload: Payload): Generator<PayloadEntry> {
  const { tree, prefix, isLeftOut, isConfiguration, ownerOf } = payload;
  const root = nameOfText(prefix.replace(/^\/+/, ''));
  for (const entry of walkTree(tree, { keepSpecial: true })) {
    const path = bytesOfName(entry.path).toString('utf8');
    if (isLeftOut?.(path) === true) continue;
    yield {
      entry,
      name: (root === '' ? entry.path : `${root}/${entry.path}`) as ByteName,
      owner: ownerOf(path),
      isConfiguration: entry.type === 'file' && isConfiguration(path),
    };
  }
}

/**
 * The directories that lead to a payload, from the outermost on, spelled as the names of entries are. None
 * where nothing is in it: dpkg takes a package for replaced when others have all of its paths.
 */
export function leadingDirectories(payload: Payload): ByteName[] {
  const walk = walkPayload(payload);
  const isEmpty = walk.next().done === true;
  walk.return(undefined);
  return isEmpty ? [] : directoriesTo(payload.prefix);
}

/** A directory and those that it lies in. */
export function directoriesTo(path: string): ByteName[] {
  const parts = nameOfText(path)
    .split('/')
    .filter((part) => part !== '');
  return parts.map((_, index) => parts.slice(0, index + 1).join('/') as ByteName);
}
