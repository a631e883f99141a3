// Commit names: which texts pkgpanda took for one, and which git does. Knows nothing of repositories.
import { definitionError, failed, ok, type Result } from '../../base/diagnostic.ts';

/**
 * pkgpanda's check of a git source's `ref`: 40 characters that Python reads as a non-zero hexadecimal
 * number. That admits `0x…`, spaces around, underscores within and signs, so ids exist for such refs
 * although no commit can have that name.
 */
export function isSha(text: string): boolean {
  if ([...text].length !== 40) return false;
  const number = text.replace(/^[\s\u001c-\u001f\u0085]+|[\s\u001c-\u001f\u0085]+$/gu, '');
  const form = /^[+-]?(?:0[xX]_?)?[0-9a-fA-F\p{Nd}](?:_?[0-9a-fA-F\p{Nd}])*$/u;
  return form.test(number) && /[1-9a-fA-F\u0080-\u{10ffff}]/u.test(number.replace(/0[xX]/, ''));
}

/** A commit's full name, lower-cased. Error: `source/bad-ref`. */
export function parseCommit(ref: string): Result<string> {
  if (/^[0-9a-fA-F]{40}$/.test(ref) && !/^0+$/.test(ref)) return ok(ref.toLowerCase());
  return failed(
    definitionError({
      code: 'source/bad-ref',
      message: `${JSON.stringify(ref.slice(0, 80))} is not a commit: "ref" takes its full name, 40 hexadecimal digits`,
      hint: 'put the branch or tag into "ref_origin"; git rev-parse NAME^{commit} prints the commit',
    }),
  );
}
