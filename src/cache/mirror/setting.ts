// What a user says about sharing results, once it is read: which mirrors, whom to trust, how to sign. Plain
// data; knows nothing of files that say so.
import type { Requirement, TrustedKey } from '../trust/policy.ts';

export interface MirrorSetting {
  /** A directory or a URL, as written; directories are absolute. May hold a password: never to be shown. */
  readonly address: string;
  readonly write: boolean;
  /** What the signatures of its results have to be; undefined: what `require` of the settings says. */
  readonly require: Requirement | undefined;
}

export interface SharedState {
  /** In the order of asking. */
  readonly mirrors: readonly MirrorSetting[];
  readonly trusted: readonly TrustedKey[];
  readonly require: Requirement | undefined;
  /** Name of the key that signs what is made here, where this machine has it. */
  readonly signKey: string | undefined;
  /** What is signed here is good for this. Empty: not said. */
  readonly signScope: string;
}

export const NOTHING_SHARED: SharedState = {
  mirrors: [],
  trusted: [],
  require: undefined,
  signKey: undefined,
  signScope: '',
};

export const ANY: Requirement = {
  signatures: 0,
  keys: undefined,
  scopes: undefined,
  signedAfterMs: undefined,
};

/** What holds for a mirror: its own word, else that of the tree, else one signature where keys are named. */
export function requirementFor(setting: MirrorSetting, shared: SharedState): Requirement {
  const fallback = shared.trusted.length === 0 ? ANY : { ...ANY, signatures: 1 };
  return setting.require ?? shared.require ?? fallback;
}
