// What a tar archive holds, apart from how its headers spell it.

export type TarType =
  | 'file'
  | 'directory'
  | 'symlink'
  | 'hardlink'
  | 'fifo'
  | 'character-device'
  | 'block-device';

export interface TarEntry {
  readonly type: TarType;
  /** Bytes as they stand in the archive, not checked in any way. */
  readonly name: string;
  /** Permission, set-id and sticky bits. */
  readonly mode: number;
  /** Bytes of content; 0 for all but files. */
  readonly size: number;
  /** Seconds since 1970, possibly with a fraction, possibly negative. */
  readonly mtime: number;
  /** Target of a link, '' for other entries. Not checked in any way. */
  readonly link: string;
}
