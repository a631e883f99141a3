// Values in a file, sealed by a checksum: what cannot be read as it was written counts as not there.
import { deserialize, serialize } from 'node:v8';
import { crc32 } from 'node:zlib';
import { readIfExists, writeAtomic } from '../../base/fs.ts';

const SEAL_LENGTH = 4;

/** The value; undefined where there is no such file, or it is damaged. */
export function readSealed(path: string): unknown {
  try {
    const bytes = readIfExists(path);
    if (bytes === undefined || bytes.length < SEAL_LENGTH) return undefined;
    const body = bytes.subarray(SEAL_LENGTH);
    return bytes.readUInt32LE(0) === crc32(body) ? deserialize(body) : undefined;
  } catch {
    return undefined;
  }
}

/** Puts a value in the file, at once. Throws node's own errors. */
export function writeSealed(path: string, value: unknown): void {
  const body = serialize(value);
  const head = Buffer.alloc(SEAL_LENGTH);
  head.writeUInt32LE(crc32(body));
  writeAtomic(path, Buffer.concat([head, body]));
}
