// Names what a file looks like from its first bytes, for messages about a download that is not what it
// should be. A guess for people, never a decision.

const MAGIC: readonly (readonly [string, string])[] = [
  ['\x1f\x8b', 'gzip data'],
  ['\xfd7zXZ\0', 'xz data'],
  ['BZh', 'bzip2 data'],
  ['\x28\xb5\x2f\xfd', 'zstd data'],
  ['PK\x03\x04', 'a zip archive'],
  ['version https://git-lfs.github.com/spec/', 'a Git LFS pointer'],
];

/** How many bytes `looksLike` wants to see. */
export const HEAD_BYTES = 512;

/** What a file that begins like this looks like, with an article. */
export function looksLike(head: Buffer): string {
  if (head.length === 0) return 'an empty file';
  const text = head.toString('latin1');
  if (/^\s*(<!--.*?-->\s*)*<(!doctype html|html|head|body|title|meta|script)\b/is.test(text)) {
    return 'an HTML page (a login or an error page?)';
  }
  if (/^\s*<\?xml/i.test(text)) return 'an XML document (an error message?)';
  const known = MAGIC.find(([magic]) => text.startsWith(magic));
  if (known !== undefined) return known[1];
  if (/^\s*[[{]/.test(text) && isText(text)) return 'JSON (an error message?)';
  return isText(text) ? 'text' : 'binary data';
}

function isText(text: string): boolean {
  return !/[\x00-\x08\x0e-\x1f\x7f]/.test(text);
}
