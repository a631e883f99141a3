// pax extended headers: records of the form "<length> <key>=<value>\n". Keys are text, values bytes.
// Knows the shape of records, not what they mean.
import { nameOfText } from '../bytename.ts';

/** Values of records by key; later records win. Values are byte strings. */
export type PaxRecords = ReadonlyMap<string, string>;

/** Parses a whole extended header. Undefined where it is malformed. */
export function parsePax(content: Buffer): PaxRecords | undefined {
  const records = new Map<string, string>();
  for (let at = 0; at < content.length;) {
    const space = content.indexOf(0x20, at);
    // A record's length has at most as many digits as the largest header.
    if (space === -1 || space - at > 10) return undefined;
    const digits = content.toString('latin1', at, space);
    if (!/^[1-9][0-9]*$/.test(digits)) return undefined;
    const end = at + Number(digits);
    if (end > content.length || content[end - 1] !== 0x0a || end <= space + 1) return undefined;
    const equals = content.indexOf(0x3d, space + 1);
    if (equals === -1 || equals >= end) return undefined;
    const key = content.toString('utf8', space + 1, equals);
    records.set(key, content.toString('latin1', equals + 1, end - 1));
    at = end;
  }
  return records;
}

/** The bytes of records, in the order given. Values are byte strings, keys text. */
export function formatPax(records: Iterable<readonly [key: string, value: string]>): Buffer {
  const parts: Buffer[] = [];
  for (const [key, value] of records) {
    const rest = ` ${nameOfText(key)}=${value}\n`;
    // The length counts its own digits.
    let length = rest.length + String(rest.length).length;
    length = rest.length + String(length).length;
    parts.push(Buffer.from(`${length}${rest}`, 'latin1'));
  }
  return Buffer.concat(parts);
}
