// Permission bits reduced to what they mean, so that a umask or a habit of the machine never shows in
// archives and digests. Knows nothing of owners.

/** Set-user-id, set-group-id and sticky. */
export const SPECIAL_BITS = 0o7000;

export interface CanonicalOptions {
  /** Keep set-id and sticky bits, and modes that deny others what an ordinary one grants (0600, 0750). */
  readonly keepSpecial?: boolean;
}

/** 0755 for directories and for files that anybody may execute, 0644 for other files. */
export function canonicalMode(
  type: 'file' | 'directory',
  mode: number,
  options: CanonicalOptions = {},
): number {
  const bits = mode & 0o7777;
  const ordinary = type === 'directory' || (bits & 0o111) !== 0 ? 0o755 : 0o644;
  if (options.keepSpecial !== true) return ordinary;
  const granted = ordinary & 0o055;
  return (bits & SPECIAL_BITS) === 0 && (bits & granted) === granted ? ordinary : bits;
}
