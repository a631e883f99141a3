// File names as POSIX has them: bytes. Held as strings whose every character is one byte (latin1), so
// that they compare, split and hash as fast as text, and names that are not UTF-8 survive unchanged.
import { printable } from './diagnostic.ts';

declare const byteNameBrand: unique symbol;

/** A path or a component of one; each UTF-16 unit is one byte. Not text: show it with `showName`. */
export type ByteName = string & { readonly [byteNameBrand]: true };

export function nameOfBytes(bytes: Uint8Array): ByteName {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1') as ByteName;
}

export function nameOfText(text: string): ByteName {
  return Buffer.from(text, 'utf8').toString('latin1') as ByteName;
}

export function bytesOfName(name: string): Buffer {
  return Buffer.from(name, 'latin1');
}

const ASCII = /^[\0-\x7f]*$/;

/** What node's fs functions take for a name: text where both spellings agree, else the bytes. */
export function fsPath(name: string): string | Buffer {
  return ASCII.test(name) ? name : bytesOfName(name);
}

const SHOWN = 300;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A name for messages: control characters escaped, bytes that are not UTF-8 as `\xff`, long ones cut. */
export function showName(name: string): string {
  const shown = name.length > SHOWN ? `${name.slice(0, SHOWN)}...` : name;
  try {
    return printable(utf8.decode(bytesOfName(shown)));
  } catch {
    const escaped = shown.replace(
      /[\x80-\xff]/g,
      (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
    );
    return printable(escaped);
  }
}
