// Edits of a text as replacements of ranges, for tools that change a few places and leave all other
// bytes alone. Knows nothing of the language.
import { definitionError, failed, ok, type Result } from '../../base/diagnostic.ts';

/** Replaces the text between two offsets (UTF-16 units, end exclusive); an insertion where they meet. */
export interface Patch {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * Adds a patch to patches that are in order and do not overlap, and keeps them so. A patch may begin
 * where another ends, but two insertions at one place have no order. Error code `patch/overlap`.
 */
export function addPatch(patches: readonly Patch[], patch: Patch): Result<readonly Patch[]> {
  const { start, end } = patch;
  if (start > end) throw new RangeError(`a patch from ${start} to ${end}`);
  const other = patches.find((known) => overlap(known, patch));
  if (other !== undefined) {
    return failed(
      definitionError({
        code: 'patch/overlap',
        message: `the change of ${start}-${end} overlaps with that of ${other.start}-${other.end}`,
      }),
    );
  }
  return ok([...patches, patch].sort((a, b) => a.start - b.start));
}

/** An insertion at the beginning of a replaced range counts as inside of it. */
function overlap(a: Patch, b: Patch): boolean {
  if (a.start === a.end) return a.start === b.start || (a.start > b.start && a.start < b.end);
  if (b.start === b.end) return overlap(b, a);
  return Math.max(a.start, b.start) < Math.min(a.end, b.end);
}

/** The text with all patches applied. */
export function applyPatches(text: string, patches: readonly Patch[]): string {
  let result = '';
  let from = 0;
  for (const { start, end, text: replacement } of patches) {
    result += text.slice(from, start) + replacement;
    from = end;
  }
  return result + text.slice(from);
}
