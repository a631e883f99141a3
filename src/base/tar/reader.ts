// Reads a tar stream fed in chunks of any size: v7, ustar, GNU long names and pax. Trusts nothing and
// decides nothing: names and links go on as they stand. What two readers could take differently is refused.
import { showName } from '../bytename.ts';
import { definitionError } from '../diagnostic.ts';
import { Refusal } from '../refusal.ts';
import { refuseEntry } from '../unpack/limits.ts';
import type { TarEntry, TarType } from './entry.ts';
import { BLOCK, parseHeader, type RawHeader } from './header.ts';
import { parsePax, type PaxRecords } from './pax.ts';

/** Called in the order of the archive; what they throw passes through. */
export interface TarHandler {
  entry(entry: TarEntry): void;
  /** Content of the last entry, a part at a time. The chunk may not be kept. */
  content(chunk: Buffer, from: number, to: number): void;
  /** All content of the last entry has come. Also called for entries without any. */
  entryEnd(): void;
}

/** Long names need some kilobytes; extended attributes may need more. */
const META_MAX = 1 << 20;

const TYPES: Readonly<Record<string, TarType>> = {
  '\0': 'file',
  '0': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'character-device',
  '4': 'block-device',
  '5': 'directory',
  '6': 'fifo',
  '7': 'file',
};

type MetaType = 'x' | 'X' | 'g' | 'L' | 'K';

/** Refuses by throwing a `Refusal`: `archive/not-tar`, `archive/truncated`, `archive/header`, … */
export class TarReader {
  readonly #handler: TarHandler;
  /** A header that came in parts. */
  readonly #block = Buffer.alloc(BLOCK);
  #filled = 0;
  /** Bytes of content still to come, and of padding after it. */
  #content = 0;
  #padding = 0;
  #meta: { readonly type: MetaType; readonly content: Buffer; filled: number } | undefined;
  /** What headers before the next entry said about it. */
  #pending = new Map<MetaType, Buffer>();
  #globalMtime: number | undefined;
  #started = false;
  #ended = false;
  #trailing = false;

  constructor(handler: TarHandler) {
    this.#handler = handler;
  }

  /** True when bytes other than zeros followed the end of the archive. */
  get trailing(): boolean {
    return this.#trailing;
  }

  push(chunk: Buffer): void {
    for (let at = 0; at < chunk.length;) {
      if (this.#ended) {
        this.#trailing ||= chunk.subarray(at).some((byte) => byte !== 0);
        return;
      }
      if (this.#content > 0) at = this.#takeContent(chunk, at);
      else if (this.#padding > 0) {
        const skipped = Math.min(this.#padding, chunk.length - at);
        this.#padding -= skipped;
        at += skipped;
      } else at = this.#takeHeader(chunk, at);
    }
  }

  /** The stream is over. */
  end(): void {
    if (this.#ended) return;
    if (!this.#started) throw notTar(this.#block.subarray(0, this.#filled));
    throw new Refusal(
      definitionError({
        code: 'archive/truncated',
        message: 'it ends without the mark that ends a tar archive',
        hint: 'fetch the file again, and compare its checksum with the one its publisher states',
      }),
    );
  }

  #takeContent(chunk: Buffer, at: number): number {
    const to = Math.min(chunk.length, at + this.#content);
    this.#content -= to - at;
    if (this.#meta === undefined) {
      this.#handler.content(chunk, at, to);
      if (this.#content === 0) this.#handler.entryEnd();
    } else {
      this.#meta.filled += chunk.copy(this.#meta.content, this.#meta.filled, at, to);
      if (this.#content === 0) this.#metaEnd(this.#meta.type, this.#meta.content);
    }
    return to;
  }

  #takeHeader(chunk: Buffer, at: number): number {
    if (this.#filled === 0 && chunk.length - at >= BLOCK) {
      this.#header(chunk, at);
      return at + BLOCK;
    }
    const taken = chunk.copy(this.#block, this.#filled, at, at + BLOCK - this.#filled);
    this.#filled += taken;
    if (this.#filled === BLOCK) {
      this.#filled = 0;
      this.#header(this.#block, 0);
    }
    return at + taken;
  }

  #header(block: Buffer, at: number): void {
    const header = parseHeader(block, at);
    if (header === 'zero') {
      if (this.#pending.size > 0) throw malformed('it ends after an extended header');
      this.#ended = true;
      return;
    }
    if (header === 'damaged') {
      if (!this.#started) throw notTar(block.subarray(at, at + BLOCK));
      throw malformed('the checksum of a header does not match');
    }
    this.#started = true;
    const { size, type } = header;
    if (isMeta(type)) {
      this.#metaStart(type, size);
    } else {
      const entry = this.#resolve(header);
      this.#pending.clear();
      this.#expect(entry.size);
      this.#handler.entry(entry);
      if (entry.size === 0) this.#handler.entryEnd();
    }
  }

  #expect(size: number): void {
    this.#content = size;
    this.#padding = (BLOCK - (size % BLOCK)) % BLOCK;
  }

  #metaStart(type: MetaType, size: number | undefined): void {
    if (size === undefined) throw malformed('an extended header has no valid size');
    if (size > META_MAX) {
      throw malformed(`an extended header has ${size} bytes; the limit is ${META_MAX}`);
    }
    if (this.#pending.has(type)) throw malformed('two extended headers stand before one entry');
    this.#meta = { type, content: Buffer.alloc(size), filled: 0 };
    this.#expect(size);
    if (size === 0) this.#metaEnd(type, this.#meta.content);
  }

  #metaEnd(type: MetaType, content: Buffer): void {
    this.#meta = undefined;
    if (type !== 'g') {
      this.#pending.set(type, content);
      return;
    }
    const records = parsePax(content);
    if (records === undefined) throw malformed('a global extended header is malformed');
    for (const key of ['path', 'linkpath', 'size']) {
      if (records.has(key))
        throw malformed(`a global extended header sets the ${key} of every entry`);
    }
    const mtime = records.get('mtime');
    if (mtime !== undefined) this.#globalMtime = mtime === '' ? undefined : parseMtime(mtime);
  }

  /** A header together with the extended ones before it. */
  #resolve(header: RawHeader): TarEntry {
    const pax = this.#paxRecords();
    const name = pax?.get('path') || this.#longName('L') || header.name;
    const link = pax?.get('linkpath') || this.#longName('K') || header.link;
    const refuse = (what: string): Refusal => refuseEntry(showName(name), 'archive/header', what);
    const size = this.#size(pax, header, refuse);
    const type = typeOf(header, name, pax, refuse);
    if (header.mode === undefined) throw refuse('has a mode that is no number');
    if (type !== 'file' && size > 0) {
      // Some writers put content here and some only its length: readers have to guess.
      throw refuse(`is a ${type} but states ${size} bytes of content`);
    }
    return {
      type,
      name,
      mode: header.mode & 0o7777,
      size,
      mtime: this.#mtime(pax, header, refuse),
      link: type === 'symlink' || type === 'hardlink' ? link : '',
    };
  }

  #paxRecords(): PaxRecords | undefined {
    const content = this.#pending.get('x') ?? this.#pending.get('X');
    if (content === undefined) return undefined;
    const records = parsePax(content);
    if (records === undefined) throw malformed('an extended header is malformed');
    return records;
  }

  #longName(type: 'L' | 'K'): string | undefined {
    const content = this.#pending.get(type);
    if (content === undefined) return undefined;
    const nul = content.indexOf(0);
    return content.toString('latin1', 0, nul === -1 ? content.length : nul);
  }

  #size(pax: PaxRecords | undefined, header: RawHeader, refuse: (what: string) => Refusal): number {
    const stated = pax?.get('size') || undefined;
    if (stated === undefined) {
      if (header.size === undefined) throw refuse('has a size that is no number in range');
      return header.size;
    }
    const size = /^[0-9]{1,16}$/.test(stated) ? Number(stated) : Number.NaN;
    if (!Number.isSafeInteger(size)) throw refuse('has a size that is no number in range');
    return size;
  }

  #mtime(
    pax: PaxRecords | undefined,
    header: RawHeader,
    refuse: (what: string) => Refusal,
  ): number {
    const stated = pax?.get('mtime');
    const mtime = stated ? parseMtime(stated) : (this.#globalMtime ?? header.mtime);
    // A time before 1970 that only base-256 can hold is as good as none.
    if (mtime === undefined && stated) throw refuse('has a time that is no number');
    return mtime ?? 0;
  }
}

function isMeta(type: string): type is MetaType {
  return type === 'x' || type === 'X' || type === 'g' || type === 'L' || type === 'K';
}

function typeOf(
  header: RawHeader,
  name: string,
  pax: PaxRecords | undefined,
  refuse: (what: string) => Refusal,
): TarType {
  if (header.type === 'S' || (pax !== undefined && isSparse(pax))) {
    throw refuse('is a sparse file, which only GNU tar can read; pack it again without --sparse');
  }
  if (header.type === 'M') throw refuse('is continued from another volume');
  const type = TYPES[header.type];
  if (type === undefined) throw refuse(`is of the unknown type "${showName(header.type)}"`);
  // v7 had no type for directories.
  return type === 'file' && name.endsWith('/') ? 'directory' : type;
}

function isSparse(pax: PaxRecords): boolean {
  for (const key of pax.keys()) if (key.startsWith('GNU.sparse.')) return true;
  return false;
}

function parseMtime(text: string): number | undefined {
  return /^-?[0-9]{1,15}(\.[0-9]*)?$/.test(text) ? Number(text) : undefined;
}

function malformed(what: string): Refusal {
  return new Refusal(
    definitionError({
      code: 'archive/header',
      message: `it is not a valid tar archive: ${what}`,
      hint: 'fetch the file again, and compare its checksum with the one its publisher states',
    }),
  );
}

/** Says what it looks like instead: mostly a page that a server sent in place of the file. */
function notTar(head: Buffer): Refusal {
  const start = head.subarray(0, 60).toString('latin1');
  const page = /^\s*<(?:!doctype|html|\?xml|head)/i.test(start);
  return new Refusal(
    definitionError({
      code: 'archive/not-tar',
      message:
        head.length === 0
          ? 'it is empty; expected a tar archive'
          : `it is not a tar archive; it begins with "${showName(start.split('\n')[0]!)}"`,
      hint: page
        ? 'the server answered with a page instead of the file: check the URL'
        : 'check that the URL leads to the archive itself',
    }),
  );
}
