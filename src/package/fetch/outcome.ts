// What comes of one attempt to get a file's bytes.

export type Outcome =
  /** All bytes came, by the server's account. `encoding` is set when it compressed them for transport. */
  | { readonly kind: 'complete'; readonly encoding: string | undefined }
  /** Worth trying again: after `waitMs` if the server said so, at once when only the range was wrong. */
  | {
      readonly kind: 'again';
      readonly reason: string;
      readonly waitMs?: number | undefined;
      readonly atOnce?: boolean;
    }
  | { readonly kind: 'refused'; readonly missing: boolean; readonly reason: string }
  | { readonly kind: 'aborted' };

export function again(reason: string, atOnce = false): Outcome {
  return { kind: 'again', reason, atOnce };
}

export function refused(reason: string): Outcome {
  return { kind: 'refused', missing: false, reason };
}
