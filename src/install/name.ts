// File names as strings, whatever their bytes: a name that is not UTF-8 becomes a string with lone
// surrogates (U+DC80 to U+DCFF stand for bytes), which no valid name has, and turns back into its bytes.

/** The string for a file name's bytes. Different names give different strings. */
export function decodeName(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  if (!text.includes('\ufffd') || Buffer.from(text).equals(bytes)) return text;
  return [...bytes].map((byte) => String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte)).join('');
}

/** The path to give to the file system for a path made of such names. */
export function encodePath(path: string): string | Buffer {
  if (!/[\udc80-\udcff]/u.test(path)) return path;
  return Buffer.concat(
    Array.from(path, (char) => {
      const code = char.codePointAt(0)!;
      return code >= 0xdc80 && code <= 0xdcff ? Buffer.of(code - 0xdc00) : Buffer.from(char);
    }),
  );
}
