// All that a store holds: results, blobs, layers, with sizes and last use. Read from the objects
// themselves, which are the only truth; knows nothing of what refers to what. What vanishes meanwhile is
// left out.
import { lstatSync, readdirSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { isSha256Hex, type Sha256Hex } from '../../base/digest.ts';
import { errnoOf } from '../../base/fs.ts';
import type { Store } from '../store.ts';

export interface StoredResult {
  readonly key: Sha256Hex;
  readonly path: string;
  /** Bytes of its file. */
  readonly size: number;
  readonly usedMs: number;
}

/** One file of a blob: of executable ones there may be another. */
export interface StoredBlob {
  readonly hash: Sha256Hex;
  readonly path: string;
  readonly size: number;
  /** When it was made, linked to, or wanted again. */
  readonly changedMs: number;
}

export interface StoredLayer {
  readonly name: string;
  readonly path: string;
  readonly size: number;
  readonly usedMs: number;
}

export interface Inventory {
  readonly results: readonly StoredResult[];
  readonly blobs: readonly StoredBlob[];
  readonly layers: readonly StoredLayer[];
  /** Of all of them. */
  readonly bytes: number;
}

/** Looks at every object of a store. Throws node's own errors. */
export function takeInventory(store: Store): Inventory {
  const results: StoredResult[] = [];
  const blobs: StoredBlob[] = [];
  let bytes = 0;
  for (const [path, name, stat] of filesOf(join(store.root, 'ac'))) {
    if (!isSha256Hex(name)) continue;
    results.push({ key: name, path, size: stat.size, usedMs: stat.mtimeMs });
    bytes += stat.size;
  }
  for (const [path, name, stat] of filesOf(join(store.root, 'cas'))) {
    const hash = name.replace(/\.x$/, '');
    if (!isSha256Hex(hash)) continue;
    blobs.push({ hash, path, size: stat.size, changedMs: stat.ctimeMs });
    bytes += stat.size;
  }
  const layers = layersOf(join(store.root, 'layers'));
  for (const { size } of layers) bytes += size;
  return { results, blobs, layers, bytes };
}

/** The files in the 256 directories of `cas` and `ac`. */
function* filesOf(directory: string): Generator<[path: string, name: string, stat: Stats]> {
  for (const part of namesIn(directory)) {
    for (const name of namesIn(join(directory, part))) {
      const path = `${directory}/${part}/${name}`;
      const stat = lstatSync(path, { throwIfNoEntry: false });
      if (stat?.isFile() === true) yield [path, name, stat];
    }
  }
}

/** What tasks left for those after them: each a directory, used when its time says so. */
function layersOf(directory: string): StoredLayer[] {
  return namesIn(directory).flatMap((name) => {
    const path = join(directory, name);
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat?.isDirectory() !== true) return [];
    return [{ name, path, size: sizeOf(path), usedMs: stat.mtimeMs }];
  });
}

/** Bytes of the regular files below a directory. */
export function sizeOf(directory: string): number {
  let bytes = 0;
  const pending = [directory];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const name of namesIn(next)) {
      const path = `${next}/${name}`;
      const stat = lstatSync(path, { throwIfNoEntry: false });
      if (stat?.isDirectory() === true) pending.push(path);
      else if (stat?.isFile() === true) bytes += stat.size;
    }
  }
  return bytes;
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(errnoOf(error) ?? '')) return [];
    throw error;
  }
}
