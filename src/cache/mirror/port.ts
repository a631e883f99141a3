// One place beside the local store that has results: what a directory and an HTTP server have in common.
// Knows nothing of trust, of other mirrors, or of when to give one up; it says what happened.
import type { Digest, Sha256Hex } from '../../base/digest.ts';
import type { ByteStream } from '../../base/stream.ts';

/** Every call may reject with MirrorFault; anything else that is thrown is a bug. */
export interface Mirror extends AsyncDisposable {
  /** For messages: the address without its secrets. */
  readonly name: string;
  /** The bytes of a result's file; undefined when it is not there. */
  entry(key: Sha256Hex, signal: AbortSignal): Promise<Uint8Array | undefined>;
  /** A blob as it comes, to be checked by the caller; undefined when it is not there. */
  read(digest: Digest, signal: AbortSignal): Promise<ByteStream | undefined>;
  has(digest: Digest, signal: AbortSignal): Promise<boolean>;
  /** `file` holds the blob. */
  putBlob(digest: Digest, file: string, signal: AbortSignal): Promise<void>;
  /** Registers a result, or replaces it. All that it names was put before. */
  putEntry(key: Sha256Hex, entry: Uint8Array, signal: AbortSignal): Promise<void>;
}

/**
 * How a mirror failed. `passing`: trying again may help. `lasting`: it will not; there is no use in asking
 * this mirror anything more. `unwritable`: it may be read, but takes nothing. `busy`: it asks to be left
 * alone for so long.
 */
export type FaultKind = 'passing' | 'lasting' | 'unwritable' | 'busy';

export class MirrorFault extends Error {
  readonly kind: FaultKind;
  /** Milliseconds that it asked for, with `busy`. */
  readonly waitMs: number;

  /** `message` goes after the mirror's name: "it stopped sending". */
  constructor(kind: FaultKind, message: string, waitMs = 0) {
    super(message);
    this.name = 'MirrorFault';
    this.kind = kind;
    this.waitMs = waitMs;
  }
}
