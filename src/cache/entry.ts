// How a result lies on disk: the bytes that REAPI gives it, and a checksum over them and their key. The
// checksum is a field that other readers of the message skip. Without it a bit that flipped, a file that
// was cut between two fields, or one under another name would be a different result, not a broken one.
import { createHash } from 'node:crypto';
import type { Sha256Hex } from '../base/digest.ts';

/** Tag of field 1000 (length-delimited), and the length of what follows. */
const MARK = Buffer.from([0xc2, 0x3e, 0x20]);
const CHECKSUM_LENGTH = 32;

function checksum(key: Sha256Hex, message: Uint8Array): Buffer {
  return createHash('sha256').update(key).update(message).digest();
}

/** The content of a result's file. */
export function sealEntry(key: Sha256Hex, message: Uint8Array): Uint8Array {
  return Buffer.concat([message, MARK, checksum(key, message)]);
}

/** The message in a result's file; undefined when it is not what was written for this key. */
export function openEntry(key: Sha256Hex, content: Uint8Array): Uint8Array | undefined {
  const end = content.length - MARK.length - CHECKSUM_LENGTH;
  if (end < 0) return undefined;
  const message = content.subarray(0, end);
  const whole = sealEntry(key, message);
  return Buffer.compare(whole, content) === 0 ? message : undefined;
}
