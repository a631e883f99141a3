// Bytes of a file to the text that the parser takes. Never fails: what is not UTF-8 stays visible, so
// that the parser can report it where it stands.
import { isUtf8 } from 'node:buffer';
import type { Source } from '../../base/span.ts';
import { fromBytes } from './quote.ts';

/**
 * Decodes a file. A byte that is not UTF-8 becomes a lone surrogate U+DC80 to U+DCFF, which the parser
 * reports. `file` is the name that messages give it.
 */
export function decodeSource(file: string, bytes: Buffer): Source {
  return { file, text: isUtf8(bytes) ? bytes.toString('utf8') : fromBytes(bytes) };
}
