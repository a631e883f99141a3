// The names beside a delivered directory: a record of what was put there, which makes it ours, and what is there
// while it is changed. Each is made of the directory's own name, so that the two stay together.
import { existsSync, lstatSync, renameSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { digestOf, sameDigest, type Digest } from '../base/digest.ts';
import { errnoOf, readIfExists, removeTree } from '../base/fs.ts';
import { placeBlob, type Store } from '../cache/store.ts';

export interface Beside {
  /** The Tree message of what lies there. */
  readonly record: string;
  /** As `record`, from before a change to its end: what lies there may be of two trees. */
  readonly changing: string;
  /** A new directory until it gets its name. */
  readonly fresh: string;
}

export function besideOf(path: string): Beside {
  const slash = path.lastIndexOf('/') + 1;
  // In place of join(), which walks through a path letter by letter: this is asked for each output of a build.
  const prefix =
    slash > 0 && slash < path.length
      ? `${path.slice(0, slash)}.${path.slice(slash)}.ashlar`
      : join(dirname(path), `.${basename(path)}.ashlar`);
  return { record: prefix, changing: `${prefix}-changing`, fresh: `${prefix}-new` };
}

/** What only one process at a time holds while it changes what is delivered into a directory. */
export function deliveryLock(directory: string): string {
  return `ashlar outputs\0${directory}`;
}

/** The bytes on record for a directory, where they are the tree's and no change is under way. */
export function recordOf(tree: Digest, { record, changing }: Beside): Buffer | undefined {
  const bytes = readIfExists(record);
  if (bytes === undefined || !sameDigest(digestOf(bytes), tree)) return undefined;
  return existsSync(changing) ? undefined : bytes;
}

/** Puts a tree on record, whatever was before; false when the store does not have it. Throws node's own errors. */
export function putRecord(store: Store, tree: Digest, { record }: Beside): boolean {
  try {
    return placeBlob(store, tree, record);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
  }
  let placed = false;
  replaceBy(record, (temporary) => {
    placed = placeBlob(store, tree, temporary);
    return placed;
  });
  return placed;
}

/** Fills a new name and gives it the old one; `fill` returns false where there is nothing to replace with. */
export function replaceBy(at: string, fill: (temporary: string) => boolean | void): void {
  const temporary = join(dirname(at), `.ashlar-new-${process.pid}`);
  removeTree(temporary);
  try {
    if (fill(temporary) === false) return;
    if (lstatSync(at, { throwIfNoEntry: false })?.isDirectory() === true) removeTree(at);
    renameSync(temporary, at);
  } finally {
    // rename() leaves both names when they are links to one file.
    removeTree(temporary);
  }
}
