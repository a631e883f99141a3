// Takes the entries of an archive, whatever its format, and makes them at a destination as the options
// say. Counts what it makes. Entries come one after the other, files with their content in parts.
import { closeSync } from 'node:fs';
import { showName, type ByteName } from '../bytename.ts';
import { canonicalMode, SPECIAL_BITS } from '../mode.ts';
import type { Refusal } from '../refusal.ts';
import { writeWhole } from '../stream.ts';
import type { Destination } from './destination.ts';
import { refuseEntry, type Meter } from './limits.ts';
import { entryPath, type NameRules } from './name.ts';
import type { UnpackOptions, Unpacked } from './options.ts';

/** An entry to be made. Names are byte strings as they stand in the archive. */
export interface UnpackEntry {
  readonly type: 'file' | 'directory' | 'symlink' | 'hardlink';
  readonly name: string;
  readonly mode: number;
  readonly size: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  readonly link: string;
}

interface OpenFile {
  readonly path: ByteName;
  readonly fd: number;
  readonly mode: number;
  readonly mtime: number;
}

/** What file systems of today can all hold: 1970 to 2242. */
const MTIME_MAX = 2 ** 33 - 1;

export class Unpacker implements Disposable {
  readonly #destination: Destination;
  readonly #meter: Meter;
  readonly #options: UnpackOptions;
  readonly #names: NameRules;
  #file: OpenFile | undefined;
  #files = 0;
  #directories = 0;
  #links = 0;
  #bytes = 0;

  constructor(destination: Destination, meter: Meter, options: UnpackOptions, depth: number) {
    this.#destination = destination;
    this.#meter = meter;
    this.#options = options;
    this.#names = { strip: options.strip ?? 0, depth, length: destination.pathMax };
  }

  get unpacked(): Unpacked {
    return {
      files: this.#files,
      directories: this.#directories,
      links: this.#links,
      bytes: this.#bytes,
    };
  }

  /** Makes an entry, unless stripping leaves nothing of its name. Content of such a file is dropped. */
  entry(entry: UnpackEntry): void {
    this.#meter.entry(() => showName(entry.name), entry.size);
    const path = entryPath(entry.name, this.#names);
    if (path === undefined) return;
    const mtime = Math.min(Math.max(entry.mtime, 0), MTIME_MAX);
    switch (entry.type) {
      case 'file': {
        const mode = this.#mode('file', entry);
        this.#file = { path, fd: this.#destination.openFile(path, mode), mode, mtime };
        this.#files++;
        return;
      }
      case 'directory':
        this.#destination.makeDirectory(path, { mode: this.#mode('directory', entry), mtime });
        this.#directories++;
        return;
      case 'symlink':
        this.#destination.symlink(path, entry.link, mtime);
        this.#links++;
        return;
      case 'hardlink':
        this.#hardLink(path, entry);
        return;
    }
  }

  content(chunk: Buffer, from: number, to: number): void {
    if (this.#file === undefined) return;
    const { fd, path } = this.#file;
    this.#bytes += to - from;
    try {
      writeWhole(fd, chunk, from, to);
    } catch (error) {
      throw this.#destination.failed(path, error);
    }
  }

  entryEnd(): void {
    if (this.#file === undefined) return;
    const { path, fd, mode, mtime } = this.#file;
    this.#file = undefined;
    this.#destination.closeFile(path, fd, mode, mtime);
  }

  /** Closes a file that was left in the middle. */
  [Symbol.dispose](): void {
    if (this.#file !== undefined) closeSync(this.#file.fd);
  }

  #hardLink(path: ByteName, entry: UnpackEntry): void {
    const shown = showName(entry.name);
    if (entry.link === '') throw refuseEntry(shown, 'archive/link', 'is a hard link to nothing');
    const refuse = (code: string, what: string): Refusal =>
      refuseEntry(shown, code, `is a hard link to "${showName(entry.link)}", which ${what}`);
    // The name of another entry of this archive, so the same rules hold for it.
    const target = entryPath(entry.link, this.#names, refuse);
    if (target === undefined) throw refuse('archive/link', 'is not unpacked');
    this.#destination.hardLink(path, target);
    this.#files++;
  }

  #mode(type: 'file' | 'directory', { name, mode }: UnpackEntry): number {
    const { modes = 'canonical', special = 'clear' } = this.#options;
    if (special === 'refuse' && (mode & SPECIAL_BITS) !== 0) {
      throw refuseEntry(
        showName(name),
        'archive/special-mode',
        `has the mode ${mode.toString(8).padStart(4, '0')}; set-id and sticky bits are not allowed here`,
      );
    }
    if (modes === 'canonical')
      return canonicalMode(type, mode, { keepSpecial: special === 'keep' });
    return special === 'keep' ? mode & 0o7777 : mode & 0o777;
  }
}
