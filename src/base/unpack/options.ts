// What a caller may choose when something is unpacked, the same for every archive format.
import type { Digest } from '../digest.ts';
import type { Limits } from './limits.ts';
import type { LinkRule } from './link.ts';

export interface UnpackOptions {
  /** Leading path components to take off, as `tar --strip-components`; 0 unless given. */
  readonly strip?: number;
  /** Where symbolic links may lead; `inside` unless given. */
  readonly links?: LinkRule;
  /** `keep` the archive's permission bits, or reduce them to 0755 and 0644 (`canonical`, the default). */
  readonly modes?: 'keep' | 'canonical';
  /** Set-user-id, set-group-id and sticky bits: `clear` (the default), `refuse`, or `keep`. */
  readonly special?: 'clear' | 'refuse' | 'keep';
  /** What happens to a name that comes twice: `refuse` (the default), or the later entry wins (`replace`). */
  readonly duplicates?: 'refuse' | 'replace';
  /** `SOURCE_LIMITS` unless given. */
  readonly limits?: Limits;
  /** Of the archive as it lies there, compressed: checked before anything appears at the destination. */
  readonly digest?: Digest;
  /** What messages call the archive; its path unless given. */
  readonly label?: string;
  readonly signal?: AbortSignal | undefined;
}

export interface Unpacked {
  readonly files: number;
  readonly directories: number;
  readonly links: number;
  /** Bytes of all files. */
  readonly bytes: number;
}
