// What is known of a file or of a directory, and the times and numbers by which it is recognised as unchanged.
// Knows nothing of how that is kept.
import { readdirSync, statfsSync, statSync, type Dirent, type Stats } from 'node:fs';

export type Kind = 'file' | 'directory' | 'link' | 'other';

/** An entry of a directory. A link is one whatever it leads to. */
export interface Entry {
  readonly name: string;
  readonly kind: Kind;
}

/** What changes with a file or directory; times in milliseconds, as node gives them: to a quarter of a microsecond. */
export interface Times {
  readonly mtimeMs: number;
  /** Unlike the mtime, nobody can set it back. */
  readonly ctimeMs: number;
  readonly inode: number;
}

/** A regular file, links followed. */
export interface FileRecord extends Times {
  readonly size: number;
  /** As stat(2) has it. Never 0. */
  readonly mode: number;
  readonly sha1?: string | undefined;
  readonly sha256?: string | undefined;
  /** All of the file, where it was asked for and is small. */
  readonly bytes?: Buffer | undefined;
}

export interface Listing extends Times {
  /** In the order of the directory. */
  readonly entries: readonly Entry[];
}

export function describesFile(record: FileRecord, stat: Stats): boolean {
  return record.size === stat.size && describes(record, stat);
}

export function describes({ mtimeMs, ctimeMs, inode }: Times, stat: Stats): boolean {
  return mtimeMs === stat.mtimeMs && ctimeMs === stat.ctimeMs && inode === stat.ino;
}

/** Links are followed. Throws node's own errors, and EISDIR or EINVAL for what is not a regular file. */
export function statFile(path: string): Stats {
  const stat = statSync(path);
  if (stat.isFile()) return stat;
  const code = stat.isDirectory() ? 'EISDIR' : 'EINVAL';
  throw Object.assign(new Error(`${code}: not a regular file, open '${path}'`), { code, path });
}

/** The entries of a directory as they are now. Throws node's own errors. */
export function readEntries(directory: string): Entry[] {
  return readdirSync(directory, { withFileTypes: true }).map((entry) => ({
    name: entry.name,
    kind: kindOf(entry),
  }));
}

function kindOf(entry: Dirent): Kind {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'directory';
  return entry.isSymbolicLink() ? 'link' : 'other';
}

/** Times must lie this far in the past to be trusted: some file systems stamp in steps of two seconds. */
const GRANULARITY_MS = 2_000;

/**
 * Or this far, where the kernel that runs here stamps with its own clock, which moves in steps of up to 10 ms, and
 * keeps all of it: ext4 (old ones keep seconds), XFS, btrfs, tmpfs, overlayfs, F2FS, ZFS, bcachefs.
 */
const TICK_MS = 50;
const TICKING = new Set([
  0xef53, 0x58465342, 0x9123683e, 0x01021994, 0x794c7630, 0xf2f52010, 0x2fc12fc1, 0xca451a4e,
]);

/**
 * Types of file systems (statfs(2)) whose change time is no such thing: images made elsewhere, with any times and
 * with inodes numbered from one (cramfs, erofs, iso9660, romfs, squashfs, UDF), and those that keep none (FAT, exFAT).
 * Of these the next image, or the next mount, can show other files as the same.
 */
const TIMELESS = new Set([
  0x28cd3d45, 0xe0f5e1e2, 0x9660, 0x7275, 0x73717368, 0x15013346, 0x4d44, 0x2011bab0,
]);

/** The types of file systems by their devices. */
const types = new Map<number, number>();

/** Whether a change after the moment `before` is certain to show in the times of what was looked at then. */
export function isTrustworthy(path: string, stat: Stats, before: number): boolean {
  const { dev, mtimeMs, ctimeMs } = stat;
  const age = before - Math.max(mtimeMs, ctimeMs);
  if (age <= TICK_MS) return false;
  let type = types.get(dev);
  if (type === undefined) types.set(dev, (type = statfsSync(path).type));
  if (TIMELESS.has(type)) return false;
  const isFine = TICKING.has(type) && ctimeMs % 1_000 !== 0;
  return isFine || age > GRANULARITY_MS;
}
