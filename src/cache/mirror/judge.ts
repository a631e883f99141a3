// What is made of a result's file that a mirror gave: the result, or why it is not taken. The file must be
// whole, and signed as that mirror's requirement says. Knows nothing of transport.
import { environmentError, type Diagnostic } from '../../base/diagnostic.ts';
import type { Sha256Hex } from '../../base/digest.ts';
import { decodeActionResult } from '../../remote/decode.ts';
import { MalformedMessage, type ActionResult } from '../../remote/message.ts';
import { openEntry } from '../entry.ts';
import { judgeSignatures, type Requirement, type TrustedKey } from '../trust/policy.ts';
import { readSignatures, type Signature } from '../trust/signature.ts';

/** A file of a result that is whole. */
export interface Opened {
  /** As it stands in the file, signatures included. */
  readonly message: Uint8Array;
  readonly result: ActionResult;
  readonly signatures: readonly Signature[];
}

/** Opens a file; what is wrong with it in words. Never throws: the bytes may come from anybody. */
export function openResult(key: Sha256Hex, entry: Uint8Array): Opened | string {
  const message = openEntry(key, entry);
  if (message === undefined) return 'it is cut off, altered, or of another key';
  try {
    return { message, result: decodeActionResult(message), signatures: readSignatures(message) };
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error;
    return error.message;
  }
}

/** A place that results come from: its name, and what their signatures have to be. */
export interface Source {
  readonly name: string;
  readonly require: Requirement;
}

export type Judged =
  | { readonly result: ActionResult }
  /** It is good for the machine that made it only: as if it were not there. */
  | 'local'
  /** `damaged`: the mirror is at fault, not who wrote the result. */
  | { readonly refused: Diagnostic; readonly damaged: boolean };

/** Never throws. */
export type Judge = (key: Sha256Hex, entry: Uint8Array, source: Source) => Judged;

export function judgeBy(trusted: readonly TrustedKey[], now: () => number): Judge {
  return (key, entry, { name, require }) => {
    const opened = openResult(key, entry);
    if (typeof opened === 'string') {
      return refused(true, {
        code: 'mirror/damaged-result',
        message: `the mirror ${name} has a damaged result under ac/${key}: ${opened}`,
        hint: 'it is not used; remove that file there',
      });
    }
    const { result, signatures } = opened;
    if (result.local === true) return 'local';
    const reason = judgeSignatures(key, result, signatures, require, trusted, now());
    if (reason === undefined) return { result };
    return refused(false, {
      code: 'mirror/untrusted-result',
      message: `the result ac/${key} of the mirror ${name} is not trusted: ${reason}`,
      hint: 'it is not used; "require" in ashlar.json says what is',
    });
  };
}

function refused(damaged: boolean, fields: Parameters<typeof environmentError>[0]): Judged {
  return { refused: { ...environmentError(fields), severity: 'warning' }, damaged };
}
