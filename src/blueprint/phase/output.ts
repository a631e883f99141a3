// Writes a large file only if it changes: pieces are compared with the file that is there, and only from
// the first difference on is a new one written beside it, to take its place at the end. Pieces may be
// named by where they are in the old file; where nothing moved they are not even read.
import { chmodSync, closeSync, openSync, readSync, renameSync, statSync, writeSync } from 'node:fs';
import { errnoOf, removeTree, temporaryBeside } from '../../base/fs.ts';

/** Small: what lies outside of the heap counts when V8 decides whether to collect, which is a tenth of a run after one change. */
const CHUNK = 1 << 18;

/** Throws node's own errors. Must be ended with `finish` or `abandon`. */
export class ChangedFile {
  readonly #path: string;
  readonly #old: number | undefined;
  readonly #oldSize: number;
  /** While nothing differs, a part of the old file; afterwards what is still to be written. */
  readonly #chunk = Buffer.allocUnsafe(CHUNK);
  #used = 0;
  #windowStart = 0;
  #position = 0;
  #temporary: string | undefined;
  #new: number | undefined;

  constructor(path: string) {
    this.#path = path;
    this.#old = openIfExists(path);
    this.#oldSize = this.#old === undefined ? 0 : statSync(path).size;
  }

  /** Bytes so far. */
  get position(): number {
    return this.#position;
  }

  write(piece: Uint8Array): void {
    if (this.#new === undefined && !this.#isSame(piece)) this.#begin();
    if (this.#new !== undefined) this.#append(piece);
    this.#position += piece.length;
  }

  /** Writes what is at a place of the old file. */
  copy(start: number, length: number): void {
    if (length === 0) return;
    if (this.#new === undefined && start === this.#position && start + length <= this.#oldSize) {
      this.#position += length;
      return;
    }
    const buffer = Buffer.allocUnsafe(Math.min(length, CHUNK));
    for (let done = 0; done < length;) {
      const read = readSync(this.#old!, buffer, 0, Math.min(CHUNK, length - done), start + done);
      if (read === 0) throw new Error(`${this.#path} became shorter while it was read`);
      // What moved may still say what stood there.
      this.write(buffer.subarray(0, read));
      done += read;
    }
  }

  /** Puts the new file in place of the old one, if it differs. Returns whether it did. */
  finish(): boolean {
    if (this.#new === undefined && this.#position === this.#oldSize && this.#old !== undefined) {
      this.#close();
      return false;
    }
    if (this.#new === undefined) this.#begin();
    this.#flush();
    const temporary = this.#temporary!;
    this.#close();
    chmodSync(temporary, 0o644);
    renameSync(temporary, this.#path);
    return true;
  }

  /** Leaves the old file as it is. */
  abandon(): void {
    const temporary = this.#temporary;
    this.#close();
    if (temporary !== undefined) removeTree(temporary);
  }

  #isSame(piece: Uint8Array): boolean {
    if (this.#old === undefined || this.#position + piece.length > this.#oldSize) return false;
    for (let done = 0; done < piece.length;) {
      const at = this.#position + done;
      if (at < this.#windowStart || at >= this.#windowStart + this.#used) {
        this.#windowStart = at;
        this.#used = readSync(this.#old, this.#chunk, 0, CHUNK, at);
        if (this.#used === 0) return false;
      }
      const from = at - this.#windowStart;
      const length = Math.min(piece.length - done, this.#used - from);
      if (this.#chunk.compare(piece, done, done + length, from, from + length) !== 0) return false;
      done += length;
    }
    return true;
  }

  /** From here on the new file differs: what was the same so far is copied. */
  #begin(): void {
    this.#temporary = temporaryBeside(this.#path);
    this.#new = openSync(this.#temporary, 'wx', 0o600);
    const same = this.#position;
    this.#position = 0;
    this.#used = 0;
    if (same > 0) this.copy(0, same);
  }

  #append(piece: Uint8Array): void {
    if (piece.length > CHUNK - this.#used) this.#flush();
    if (piece.length > CHUNK) {
      writeAll(this.#new!, piece);
      return;
    }
    this.#chunk.set(piece, this.#used);
    this.#used += piece.length;
  }

  #flush(): void {
    if (this.#used > 0) writeAll(this.#new!, this.#chunk.subarray(0, this.#used));
    this.#used = 0;
  }

  #close(): void {
    if (this.#new !== undefined) closeSync(this.#new);
    if (this.#old !== undefined) closeSync(this.#old);
    this.#new = undefined;
    this.#temporary = undefined;
  }
}

function openIfExists(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
}
