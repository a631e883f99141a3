// The bytes that a signature of a result is over: its key, the action that ran, and all outputs. Not the
// log, the times and the machine: those differ when another builder confirms the same outputs.
import { canonicalJson, sameDigest, type Digest, type Sha256Hex } from '../../base/digest.ts';
import type { ActionResult } from '../../remote/message.ts';

/** So that the bytes can be taken for nothing else that the key may sign. */
const DOMAIN = 'ashlar result signature 1\n';

export interface Claim {
  /** What the result is good for, in the signer's words: `release`, say. Empty: not said. */
  readonly scope: string;
  /** Seconds since 1970. */
  readonly signedAt: number;
}

/** Whether two results of one key say the same, apart from which action gave it. */
export function sameOutputs(key: Sha256Hex, a: ActionResult, b: ActionResult): boolean {
  const spelled = [a, b].map((result) => canonicalJson({ ...content(key, result), action: '' }));
  return spelled[0] === spelled[1];
}

/** Whether they also name the same action, or both none: then one may sign what the other says. */
export function sameAction({ action: a }: ActionResult, { action: b }: ActionResult): boolean {
  return a === undefined || b === undefined ? a === b : sameDigest(a, b);
}

/** The signed bytes. */
export function statement(key: Sha256Hex, result: ActionResult, claim: Claim): Buffer {
  return Buffer.from(
    DOMAIN + canonicalJson({ ...content(key, result), scope: claim.scope, signed: claim.signedAt }),
    'utf8',
  );
}

type Content = {
  readonly [name: string]: string | number | undefined | readonly (readonly (string | boolean)[])[];
};

function content(key: Sha256Hex, { action, exitCode, files, directories }: ActionResult): Content {
  return {
    key,
    action: action === undefined ? undefined : spell(action),
    exit: exitCode,
    files: files.map(({ path, digest, executable }) => [path, spell(digest), executable]),
    directories: directories.map(({ path, tree, root }) => [path, spell(tree), spell(root)]),
  };
}

function spell({ hash, size }: Digest): string {
  return `${hash}/${size}`;
}
