// Tells compressions apart by the first bytes, never by a file's name. Knows nothing of what is inside.

export type Codec = 'none' | 'gzip' | 'bzip2' | 'xz' | 'zstd';

/** Bytes of a stream's head that `identifyCodec` needs to be sure. */
export const MAGIC_LENGTH = 12;

/** What a stream begins with: a codec, or the name of a format that is known but not read. */
export type Identified =
  | { readonly codec: Codec }
  | { readonly unsupported: string; readonly hint: string };

const UNSUPPORTED: readonly (readonly [magic: string, name: string, hint: string])[] = [
  ['4c5a4950', 'lzip', 'use the .tar.xz or .tar.gz that most projects publish beside it'],
  ['377abcaf271c', '7-Zip', 'use a tar or zip archive'],
  ['04224d18', 'lz4', 'compress it again with zstd'],
  ['1f9d', 'compress (.Z)', 'compress it again with gzip'],
  ['5d0000', 'lzma (.lzma)', 'compress it again with xz'],
  ['504b0304', 'zip', 'a zip archive is read under a name that ends in .zip'],
  ['504b0506', 'zip', 'a zip archive is read under a name that ends in .zip'],
  ['526172211a07', 'RAR', 'use a tar or zip archive'],
];

/** Identifies by at least `MAGIC_LENGTH` bytes, or all that there are. What nothing matches is `none`. */
export function identifyCodec(head: Uint8Array): Identified {
  const hex = Buffer.from(head.subarray(0, MAGIC_LENGTH)).toString('hex');
  if (hex.startsWith('1f8b08')) return { codec: 'gzip' };
  if (hex.startsWith('fd377a585a00')) return { codec: 'xz' };
  // Three letters would be a plausible file name at the head of a tar archive: ask for a block's magic too.
  if (/^425a683[1-9](?:314159265359|177245385090)/.test(hex)) return { codec: 'bzip2' };
  // A Zstandard frame, or a skippable one before it.
  if (hex.startsWith('28b52ffd') || /^5.2a4d18/.test(hex)) return { codec: 'zstd' };
  for (const [magic, unsupported, hint] of UNSUPPORTED) {
    if (hex.startsWith(magic)) return { unsupported, hint };
  }
  return { codec: 'none' };
}
