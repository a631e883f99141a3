// What a cache is to the task engine: results by key, blobs by digest. Siblings (local, http, reapi) and
// compositions implement it; the engine never asks which one it talks to.
import type { Digest, Sha256Hex } from '../base/digest.ts';
import type { ActionResult } from '../remote/message.ts';

export interface Cache {
  /** For messages: `local store`, a mirror's address. */
  readonly name: string;
  readonly writable: boolean;
  /** The results known for keys, in one question. What cannot be read counts as not there. */
  results(keys: readonly Sha256Hex[]): Promise<Map<Sha256Hex, ActionResult>>;
  /** Registers a result. All blobs that it names were put before. */
  putResult(key: Digest, result: ActionResult): Promise<void>;
  /** Which of the blobs are not there. */
  missing(digests: readonly Digest[]): Promise<Digest[]>;
  /** A blob's bytes, verified; undefined when it is not there. For what fits in memory. */
  readBlob(digest: Digest): Promise<Uint8Array | undefined>;
  putBlob(digest: Digest, content: Uint8Array): Promise<void>;
}
