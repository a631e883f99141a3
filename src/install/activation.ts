// What a change of the active set came to: plain data for whoever tells it.
import type { Diagnostic } from '../base/diagnostic.ts';
import type { Generation } from './generation.ts';
import type { PackageId } from './id.ts';

/** What a change of the active set came to. */
export interface Activation {
  /** Number of the generation that is now current. */
  readonly generation: number;
  /** False when the root was like this already. */
  readonly changed: boolean;
  /** Sorted ids of the active set, and how it differs from the one before. */
  readonly packages: readonly PackageId[];
  readonly added: readonly PackageId[];
  readonly removed: readonly PackageId[];
  /** What went wrong after the change was made; it stands nevertheless. */
  readonly warnings: readonly Diagnostic[];
}

/** The difference that a change from one generation to another makes; ids are sorted. */
export function outcome(
  before: Generation | undefined,
  generation: number,
  packages: readonly PackageId[],
  warnings: readonly Diagnostic[],
): Activation {
  const old = new Set(before?.packages);
  const now = new Set(packages);
  return {
    generation,
    changed: generation !== before?.number,
    packages,
    added: packages.filter((id) => !old.has(id)),
    removed: [...old].filter((id) => !now.has(id)),
    warnings,
  };
}
