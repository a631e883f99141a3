// Which signatures make a result trusted: k of the keys that are named, for the scopes that are accepted.
// Knows nothing of mirrors. Whoever is in doubt is refused, and told why.
import type { Sha256Hex } from '../../base/digest.ts';
import type { ActionResult } from '../../remote/message.ts';
import type { PublicKey } from './key.ts';
import { isValid, type Signature } from './signature.ts';

export interface TrustedKey extends PublicKey {
  /** What it may sign for; undefined: everything. */
  readonly scopes: readonly string[] | undefined;
  /** Milliseconds since 1970, from which on nothing of it is taken any more. */
  readonly expiresMs: number | undefined;
  readonly revoked: boolean;
}

export interface Requirement {
  /** How many different keys must have signed. 0: none. */
  readonly signatures: number;
  /** Names of keys that count; undefined: every trusted one. */
  readonly keys: readonly string[] | undefined;
  /** Scopes that are accepted; undefined: every one. */
  readonly scopes: readonly string[] | undefined;
  /** Milliseconds since 1970: what was signed before does not count. */
  readonly signedAfterMs: number | undefined;
}

/** A result signed later than now by more than this has a signer whose word is worth nothing. */
const CLOCK_SKEW_MS = 24 * 3_600_000;

/** Undefined when the result meets the requirement, else why not, to go after "is not trusted: ". */
export function judgeSignatures(
  key: Sha256Hex,
  result: ActionResult,
  signatures: readonly Signature[],
  requirement: Requirement,
  trusted: readonly TrustedKey[],
  nowMs: number,
): string | undefined {
  if (requirement.signatures === 0) return undefined;
  if (signatures.length === 0) return 'it is not signed';
  const signers = new Set<string>();
  const problems = new Set<string>();
  for (const signature of signatures) {
    const owner = trusted.find(({ id }) => id === signature.keyId);
    const problem =
      owner === undefined
        ? `it is signed with the unknown key ${signature.keyId.slice(0, 16)}…`
        : problemOf(key, result, signature, owner, requirement, nowMs);
    if (problem === undefined) signers.add(owner!.name);
    else problems.add(problem);
  }
  if (signers.size >= requirement.signatures) return undefined;
  const few =
    requirement.signatures === 1
      ? []
      : [`it has ${signers.size} of the ${requirement.signatures} signatures that it needs`];
  return [...few, ...problems].join('; ');
}

function problemOf(
  key: Sha256Hex,
  result: ActionResult,
  signature: Signature,
  owner: TrustedKey,
  { keys, scopes, signedAfterMs }: Requirement,
  nowMs: number,
): string | undefined {
  const { name } = owner;
  const scope = signature.scope === '' ? 'no scope' : `scope "${signature.scope}"`;
  const signedMs = signature.signedAt * 1000;
  // First whether it is theirs at all: what a forgery claims is not worth reading.
  if (!isValid(key, result, signature, owner)) return `the signature of ${name} is wrong`;
  if (owner.revoked) return `the key ${name} is revoked`;
  if (owner.expiresMs !== undefined && nowMs >= owner.expiresMs)
    return `the key ${name} is expired`;
  if (keys !== undefined && !keys.includes(name)) return `the key ${name} does not count here`;
  if (owner.scopes !== undefined && !owner.scopes.includes(signature.scope)) {
    return `the key ${name} signed for ${scope}, which it may not`;
  }
  if (scopes !== undefined && !scopes.includes(signature.scope)) {
    return `${name} signed for ${scope}, expected ${scopes.map((one) => `"${one}"`).join(' or ')}`;
  }
  if (signedAfterMs !== undefined && signedMs < signedAfterMs) {
    return `${name} signed it before ${new Date(signedAfterMs).toISOString().slice(0, 10)}`;
  }
  if (signedMs > nowMs + CLOCK_SKEW_MS) return `${name} signed it in the future`;
}
