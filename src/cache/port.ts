// What a cache is to the task engine: results by key, blobs by digest. Siblings (local, http, reapi) and
// compositions implement it; the engine never asks which one it talks to.
import type { Diagnostic } from '../base/diagnostic.ts';
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

/** A result that a mirror has, and which mirror that is. */
export interface Found {
  readonly result: ActionResult;
  readonly mirror: string;
}

/** Other places that have results, behind the local store. Nothing here ever fails a build. */
export interface Mirrors {
  /** Results that are known and trusted, first mirror first, in one question to each. */
  results(keys: readonly Sha256Hex[]): Promise<Map<Sha256Hex, Found>>;
  /**
   * The same for what only explanations read: whoever wrote it, as nothing is made of it. What is damaged counts as
   * not there.
   */
  notes(keys: readonly Sha256Hex[]): Promise<Map<Sha256Hex, Found>>;
  /**
   * Brings blobs into the local store, verified; those that are there already are not asked for. Gives
   * back the ones that no mirror has.
   */
  fetch(
    digests: readonly Digest[],
    context: {
      readonly signal: AbortSignal;
      /** Bytes. */
      readonly progress?: (done: number, total: number | undefined) => void;
    },
  ): Promise<Digest[]>;
  /**
   * Sends a result to every mirror that may be written to, in the background: the blobs named, then all
   * blobs that the result names, then the result. All of them are in the local store.
   */
  offer(key: Digest, blobs: readonly Digest[], result: ActionResult): void;
  /** The same for what `notes` finds: it takes the place of what is there, and is not signed. */
  offerNote(key: Digest, blobs: readonly Digest[], result: ActionResult): void;
  /** Waits for what is under way; warnings tell what did not arrive and which mirrors were given up. */
  close(signal: AbortSignal): Promise<readonly Diagnostic[]>;
}
