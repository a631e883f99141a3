// Whether a file or directory is as it was: first by what `stat` says, then, where that may mislead, by
// its content. A change within the clock's granularity of the last look is not trusted to show.
import { statSync } from 'node:fs';
import { digestOf } from '../../base/digest.ts';
import { errnoOf } from '../../base/fs.ts';
import type { FileSystem } from '../glob/filesystem.ts';
import { joinPath } from '../glob/path.ts';
import { readSource } from './treefile.ts';

/** Size, time of modification, time of status change, inode; all zero where there is nothing. */
export type Stamp = readonly [size: number, mtimeMs: number, ctimeMs: number, ino: number];

/** Stamps, one behind the other. */
export type StampColumn = Float64Array;

const STAMP_LENGTH = 4;
const NOTHING: Stamp = [0, 0, 0, 0];

/** File systems count time in up to two seconds; a later change may leave the stamp as it was. */
const GRANULARITY_MS = 2_000;

export function stampOf(path: string): Stamp {
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return NOTHING;
    // A directory's size and links say nothing that its times do not.
    return [stat.isDirectory() ? 0 : stat.size, stat.mtimeMs, stat.ctimeMs, stat.ino];
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return NOTHING;
  }
}

/** Whether a stamp that was taken at a time can miss a change that came after it. */
export function isRacy([, mtimeMs, ctimeMs]: Stamp, takenAtMs: number): boolean {
  return Math.max(mtimeMs, ctimeMs) > takenAtMs - GRANULARITY_MS;
}

export function sameStamp(a: Stamp, b: Stamp): boolean {
  return a[0] === b[0] && a[1] === b[1] && a[2] === b[2] && a[3] === b[3];
}

/** As `sameStamp`, of a file that a run made: other names of it come and go, which changes its status. */
export function sameMade(a: Stamp, b: Stamp): boolean {
  return a[0] === b[0] && a[1] === b[1] && a[3] === b[3];
}

export function packStamps(stamps: readonly Stamp[]): StampColumn {
  const column = new Float64Array(stamps.length * STAMP_LENGTH);
  for (let index = 0; index < stamps.length; index++) setStamp(column, index, stamps[index]!);
  return column;
}

export function stampAt(column: StampColumn, index: number): Stamp {
  const at = index * STAMP_LENGTH;
  return [column[at]!, column[at + 1]!, column[at + 2]!, column[at + 3]!];
}

export function setStamp(column: StampColumn, index: number, stamp: Stamp): void {
  const at = index * STAMP_LENGTH;
  for (let i = 0; i < STAMP_LENGTH; i++) column[at + i] = stamp[i]!;
}

/** SHA-256 of a file's text; undefined where there is none that can be read. */
export function contentDigest(files: FileSystem, path: string): string | undefined {
  const source = readSource(files, path);
  return source.ok ? digestOf(source.value.text).hash : undefined;
}

export function absolutePath(root: string, path: string): string {
  return path.startsWith('/') ? path : joinPath(root, path);
}
