// A file that is still arriving: its bytes, their hashes, and the server's validator beside it so that
// a later run can go on where this one ended. One process writes one part; what a dead process left is
// taken over by renaming it, so two never write the same file.
import {
  closeSync,
  copyFileSync,
  fchmodSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { Diagnostic } from '../../base/diagnostic.ts';
import {
  errnoOf,
  readIfExists,
  removeTree,
  syncDirectory,
  systemError,
  temporaryBeside,
  writeAtomic,
} from '../../base/fs.ts';
import { Hasher, type Checksums } from './checksum.ts';
import { abandoned, scratchName } from './scratch.ts';

/** What lets a server tell whether its file is still the one a part was begun from. */
export interface Validator {
  /** SHA-256 of the URL: the URL itself may hold a password. */
  readonly url: string;
  /** A strong entity tag. */
  readonly etag: string;
}

/** The disk, not the server, is at fault: no other mirror would do better. */
export class DiskFailure extends Error {
  readonly diagnostic: Diagnostic;

  constructor(doing: string, error: unknown, path: string) {
    super(doing, { cause: error });
    this.diagnostic = systemError(doing, error, path);
  }
}

export class Part {
  /** The file's own path while it arrives. */
  readonly path: string;
  readonly #stem: string;
  readonly #checksums: Checksums;
  #fd: number;
  #hasher: Hasher;
  #size = 0;
  #validator: Validator | undefined;
  /** False once bytes of several answers lie behind each other: a mismatch may then be our own making. */
  #whole = true;
  #open = true;

  private constructor(stem: string, path: string, checksums: Checksums) {
    this.#stem = stem;
    this.path = path;
    this.#checksums = checksums;
    this.#hasher = new Hasher(checksums);
    this.#fd = openForAppend(path);
  }

  /**
   * Begins a part, with the bytes of an earlier one of that name where there are any. The caller holds
   * the lock for the name. Throws `DiskFailure`.
   */
  static claim(directory: string, name: string, checksums: Checksums): Part {
    const stem = join(directory, `${name}.part`);
    return onDisk('write', stem, () => {
      const path = scratchName(directory, `${name}.part`);
      takeOver([stem, ...abandoned(directory, `${name}.part`)], path);
      const part = new Part(stem, path, checksums);
      try {
        part.#readBack();
        return part;
      } catch (error) {
        closeSync(part.#fd);
        throw error;
      }
    });
  }

  #readBack(): void {
    const block = Buffer.allocUnsafe(1 << 18);
    for (;;) {
      const read = readSync(this.#fd, block, 0, block.length, this.#size);
      if (read === 0) break;
      this.#hasher.update(block.subarray(0, read));
      this.#size += read;
    }
    this.#validator = parseValidator(readIfExists(noteOf(this.path)));
    this.#whole = this.#size === 0;
  }

  get size(): number {
    return this.#size;
  }

  get whole(): boolean {
    return this.#whole;
  }

  get hasher(): Hasher {
    return this.#hasher;
  }

  get validator(): Validator | undefined {
    return this.#validator;
  }

  /** Throws away what has arrived, and remembers the validator of what comes next. */
  restart(validator?: Validator): void {
    onDisk('write', this.path, () => {
      ftruncateSync(this.#fd, 0);
      this.#hasher = new Hasher(this.#checksums);
      this.#size = 0;
      this.#whole = true;
      this.#validator = validator;
      if (validator === undefined) removeTree(noteOf(this.path));
      else writeAtomic(noteOf(this.path), JSON.stringify(validator));
    });
  }

  /** The bytes that follow come from another answer than those before. */
  resume(): void {
    this.#whole = false;
  }

  append(bytes: Uint8Array): void {
    onDisk('write', this.path, () => {
      for (let at = 0; at < bytes.length;) at += writeSync(this.#fd, bytes, at);
    });
    this.#hasher.update(bytes);
    this.#size += bytes.length;
  }

  /** The first bytes, to tell what kind of file came. */
  head(length: number): Buffer {
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, readSync(this.#fd, bytes, 0, length, 0));
  }

  /** Moves what has arrived to a path where a person can look at it, and goes on with nothing. */
  setAside(path: string): void {
    onDisk('write', path, () => {
      fchmodSync(this.#fd, 0o644);
      moveFile(this.path, path);
      const fresh = openForAppend(this.path);
      closeSync(this.#fd);
      this.#fd = fresh;
    });
    this.restart();
  }

  /** Makes the file visible under its name, whole and flushed, replacing what is there. Ends the part. */
  publish(destination: string): void {
    onDisk('write', destination, () => {
      fchmodSync(this.#fd, 0o644);
      fsyncSync(this.#fd);
      moveFile(this.path, destination);
      syncDirectory(dirname(destination));
    });
    this.discard();
  }

  /** Leaves the bytes for a later run to go on from. Harmless when the part has ended. */
  keep(): void {
    if (!this.#open) return;
    if (this.#size > 0) {
      try {
        renameSync(this.path, this.#stem);
        removeTree(noteOf(this.#stem));
        renameIfThere(noteOf(this.path), noteOf(this.#stem));
      } catch {
        // They would only have saved a download.
      }
    }
    this.discard();
  }

  /** Removes the file. Harmless when it has moved away. */
  discard(): void {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.#fd);
    removeTree(this.path);
    removeTree(noteOf(this.path));
  }
}

function openForAppend(path: string): number {
  const fd = openSync(path, 'a+', 0o600);
  // Under some umasks a later run could not open it again.
  fchmodSync(fd, 0o600);
  return fd;
}

function onDisk<T>(doing: string, path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof DiskFailure) throw error;
    throw new DiskFailure(doing, error, path);
  }
}

function noteOf(path: string): string {
  return `${path}.json`;
}

/** Renames the longest of several leftovers to a path and removes the others. */
function takeOver(leftovers: readonly string[], path: string): void {
  const found = leftovers
    .flatMap((leftover) => {
      const size = statSync(leftover, { throwIfNoEntry: false })?.size;
      return size === undefined ? [] : [{ leftover, size }];
    })
    .sort((a, b) => b.size - a.size);
  const [longest, ...others] = found;
  if (longest !== undefined && renameIfThere(longest.leftover, path)) {
    removeTree(noteOf(path));
    renameIfThere(noteOf(longest.leftover), noteOf(path));
  }
  for (const { leftover } of others) {
    removeTree(leftover);
    removeTree(noteOf(leftover));
  }
}

function renameIfThere(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    return false;
  }
}

function parseValidator(bytes: Buffer | undefined): Validator | undefined {
  if (bytes === undefined) return undefined;
  try {
    const { url, etag } = JSON.parse(bytes.toString('utf8')) as Partial<Validator>;
    return typeof url === 'string' && typeof etag === 'string' ? { url, etag } : undefined;
  } catch {
    return undefined;
  }
}

/** Renames; across file systems the copy takes a name of its own first, so that no one sees a part. */
function moveFile(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (errnoOf(error) !== 'EXDEV') throw error;
    const copy = temporaryBeside(to);
    try {
      copyFileSync(from, copy);
      const fd = openSync(copy, 'r');
      try {
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
      renameSync(copy, to);
    } finally {
      removeTree(copy);
    }
    removeTree(from);
  }
}
