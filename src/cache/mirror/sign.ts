// Makes the file of a result for a mirror, signed where there is a key. What others signed is kept: when
// they came to the same outputs their signatures and ours stand side by side. Knows nothing of transport.
import { environmentError, type Diagnostic } from '../../base/diagnostic.ts';
import type { Digest } from '../../base/digest.ts';
import { encodeActionResult } from '../../remote/encode.ts';
import type { ActionResult } from '../../remote/message.ts';
import { sealEntry } from '../entry.ts';
import type { PrivateKey } from '../trust/key.ts';
import { judgeSignatures, type TrustedKey } from '../trust/policy.ts';
import { addSignature, isValid, signResult } from '../trust/signature.ts';
import { sameAction, sameOutputs } from '../trust/statement.ts';
import { openResult, type Opened, type Source } from './judge.ts';

/**
 * The file to put. `present` is what the mirror has under the key. Undefined where that may stay.
 */
export type Sign = (
  key: Digest,
  result: ActionResult,
  present: Uint8Array | undefined,
  source: Source,
) => Uint8Array | undefined;

export interface Signer {
  readonly key: PrivateKey;
  readonly scope: string;
}

export interface SignOptions {
  readonly signer: Signer | undefined;
  readonly trusted: readonly TrustedKey[];
  readonly now: () => number;
  readonly onWarning: (diagnostic: Diagnostic) => void;
}

export function signBy({ signer, trusted, now, onWarning }: SignOptions): Sign {
  const seal = (key: Digest, result: ActionResult, message: Uint8Array): Uint8Array => {
    if (signer === undefined) return sealEntry(key.hash, message);
    const claim = { scope: signer.scope, signedAt: Math.floor(now() / 1000) };
    const signature = signResult(key.hash, result, signer.key, claim);
    return sealEntry(key.hash, addSignature(message, signature));
  };
  return (key, result, present, source) => {
    const there = present === undefined ? undefined : openResult(key.hash, present);
    const fresh = (): Uint8Array => seal(key, result, encodeActionResult(result));
    if (there === undefined || typeof there === 'string') return fresh();
    // Of a store that is a mirror: nobody takes it.
    if (there.result.local === true) return fresh();
    const same = sameOutputs(key.hash, there.result, result);
    if (same && signer === undefined) return undefined;
    if (same && sameAction(there.result, result)) {
      const signed = signer === undefined || isSignedBy(signer, key, there);
      return signed ? undefined : seal(key, there.result, there.message);
    }
    const { signatures } = there;
    const reason = judgeSignatures(
      key.hash,
      there.result,
      signatures,
      source.require,
      trusted,
      now(),
    );
    if (reason !== undefined) return fresh();
    // Theirs was first, and is as good. With signatures, somebody wants to know.
    if (signer !== undefined && !same) onWarning(differs(key, source.name));
    return undefined;
  };
}

function isSignedBy(
  { key: own, scope }: Signer,
  key: Digest,
  { result, signatures }: Opened,
): boolean {
  return signatures.some(
    (signature) =>
      signature.keyId === own.id &&
      signature.scope === scope &&
      isValid(key.hash, result, signature, own),
  );
}

function differs({ hash }: Digest, mirror: string): Diagnostic {
  return {
    ...environmentError({
      code: 'mirror/differs',
      message: `the mirror ${mirror} has another result under ac/${hash} than this build came to`,
      hint: 'the task is not deterministic; what is there stays',
    }),
    severity: 'warning',
  };
}
