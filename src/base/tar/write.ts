// Spells tar headers: ustar, with a pax extended header before it where something does not fit or is not
// ASCII. The same entry always gives the same bytes. Knows nothing of files.
import type { ByteName } from '../bytename.ts';
import { bytesOfName } from '../bytename.ts';
import { BLOCK, formatHeader } from './header.ts';
import { formatOctal } from './number.ts';
import { formatPax } from './pax.ts';

export interface WriteEntry {
  readonly type: 'file' | 'directory' | 'symlink' | 'hardlink';
  /** Without a slash at the end. */
  readonly name: ByteName;
  readonly mode: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  /** Bytes of content that will follow; only for files. */
  readonly size?: number;
  /** Target of a symbolic link, or the name of the entry that a hard link repeats. */
  readonly link?: ByteName;
  /** 0 and '' unless given. */
  readonly uid?: number;
  readonly gid?: number;
  readonly uname?: string;
  readonly gname?: string;
  /** More records for the extended header: key (text) → value (bytes). */
  readonly pax?: ReadonlyMap<string, string>;
}

/** Two blocks of zeros, which end an archive. */
export const TAR_END: Buffer = Buffer.alloc(2 * BLOCK);

const TYPE_FLAGS = { file: '0', hardlink: '1', symlink: '2', directory: '5' } as const;

/** Everything that goes before an entry's content. */
export function tarHeader(entry: WriteEntry): Buffer {
  const name = entry.type === 'directory' ? `${entry.name}/` : entry.name;
  const { uid = 0, gid = 0, uname = '', gname = '', link = '', size = 0, mode, mtime } = entry;
  const spelled = spellName(name);
  const main = formatHeader({
    name: spelled?.name ?? name,
    prefix: spelled?.prefix ?? '',
    mode,
    uid,
    gid,
    size,
    mtime,
    type: TYPE_FLAGS[entry.type],
    link,
    uname,
    gname,
  });
  const records = extendedRecords(entry, name, spelled !== undefined);
  return records.length === 0 ? main : Buffer.concat([extendedHeader(records, mtime), main]);
}

/** Zeros that fill up the last block of a content of `size` bytes. */
export function paddingLength(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}

type PaxRecord = readonly [key: string, value: string];

function extendedRecords(entry: WriteEntry, name: string, nameFits: boolean): PaxRecord[] {
  const { uid = 0, gid = 0, uname = '', gname = '', link = '', size = 0, mtime } = entry;
  const records: [string, string][] = [];
  const fits = (value: number, length: number): boolean => formatOctal(value, length) !== undefined;
  if (!nameFits) records.push(['path', name]);
  if (link.length > 100 || !isAscii(link)) records.push(['linkpath', link]);
  if (!fits(size, 12)) records.push(['size', String(size)]);
  if (!fits(mtime, 12)) records.push(['mtime', String(mtime)]);
  if (!fits(uid, 8)) records.push(['uid', String(uid)]);
  if (!fits(gid, 8)) records.push(['gid', String(gid)]);
  if (uname.length > 31 || !isAscii(uname)) records.push(['uname', uname]);
  if (gname.length > 31 || !isAscii(gname)) records.push(['gname', gname]);
  records.push(...(entry.pax ?? []));
  records.sort(([a], [b]) => (a < b ? -1 : 1));
  // Values are UTF-8 unless this record, which must come first, says that they are bytes.
  const binary = records.some(([, value]) => !isUtf8(value));
  return binary ? [['hdrcharset', 'BINARY'], ...records] : records;
}

function extendedHeader(records: readonly PaxRecord[], mtime: number): Buffer {
  const content = formatPax(records);
  const header = formatHeader({
    // A name that readers without pax, which take it for a file, can live with.
    name: 'PaxHeader',
    prefix: '',
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: content.length,
    mtime,
    type: 'x',
    link: '',
    uname: '',
    gname: '',
  });
  return Buffer.concat([header, content, Buffer.alloc(paddingLength(content.length))]);
}

const NAME_LENGTH = 100;
const PREFIX_LENGTH = 155;

/** A name divided over ustar's two fields; undefined when it does not fit, or is not ASCII. */
function spellName(name: string): { name: string; prefix: string } | undefined {
  if (!isAscii(name)) return undefined;
  if (name.length <= NAME_LENGTH) return { name, prefix: '' };
  // The first slash that leaves a short enough rest; the slash itself is not stored.
  const slash = name.indexOf('/', name.length - NAME_LENGTH - 1);
  if (slash < 1 || slash > PREFIX_LENGTH || slash === name.length - 1) return undefined;
  return { name: name.slice(slash + 1), prefix: name.slice(0, slash) };
}

function isAscii(text: string): boolean {
  return /^[\0-\x7f]*$/.test(text);
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function isUtf8(value: string): boolean {
  try {
    utf8.decode(bytesOfName(value));
    return true;
  } catch {
    return false;
  }
}
