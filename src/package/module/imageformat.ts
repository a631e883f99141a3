// What images can be written as, and how the files are called. Loads nothing that writes them.
import type { WrittenCodec } from '../../base/codec/compress.ts';

/** Archives of an image's files. */
export const IMAGE_CODECS: Readonly<Record<string, WrittenCodec>> = {
  tar: 'none',
  'tar.gz': 'gzip',
  'tar.xz': 'xz',
  'tar.zst': 'zstd',
};

/** All formats: `oci` is an image of containers. */
export const IMAGE_FORMATS: readonly string[] = [...Object.keys(IMAGE_CODECS), 'oci'];

export function imageFileName(image: string, format: string): string {
  return `${image}.${format === 'oci' ? 'oci.tar' : format}`;
}
