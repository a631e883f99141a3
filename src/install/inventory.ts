// What a root holds, for those who only look: takes no lock, because what it reads changes in one step.
import { definitionError, failed, ok, type Result } from '../base/diagnostic.ts';
import {
  currentGeneration,
  currentNumber,
  readGenerations,
  type Generation,
} from './generation.ts';
import type { PackageName } from './package.ts';
import { listPackages } from './repository.ts';
import { existingRoot, guarded, type Root } from './root.ts';

export interface InventoryEntry extends PackageName {
  readonly active: boolean;
  /** Numbers of the generations that use it. */
  readonly generations: readonly number[];
}

/** All packages of the repository, by name, then by version. Error code `install/no-root`. */
export function inventory(root: Root): Result<InventoryEntry[]> {
  const there = existingRoot(root);
  if (!there.ok) return there;
  return guarded(root, 'read', () => {
    const current = currentNumber(root);
    const generations = readGenerations(root);
    return ok(
      listPackages(root).map((parts) => {
        const users = generations.filter((each) => each.packages.includes(parts.id));
        const numbers = users.map(({ number }) => number);
        return {
          ...parts,
          active: current !== undefined && numbers.includes(current),
          generations: numbers,
        };
      }),
    );
  });
}

/** The active generation. Error codes `install/no-root` and `install/not-active`. */
export function activeGeneration(root: Root): Result<Generation> {
  const there = existingRoot(root);
  if (!there.ok) return there;
  return guarded(root, 'read', () => {
    const current = currentGeneration(root);
    if (current !== undefined) return ok(current);
    const number = currentNumber(root);
    return failed(
      definitionError({
        code: 'install/not-active',
        message:
          number === undefined
            ? `nothing is active in ${root.path}`
            : `generation ${number} of ${root.path} should be active, but is gone`,
        hint: 'activate packages with "ashlar activate"',
      }),
    );
  });
}

/** All generations, oldest number first, and which of them is current. Error code `install/no-root`. */
export function history(
  root: Root,
): Result<{ generations: Generation[]; current: number | undefined }> {
  const there = existingRoot(root);
  if (!there.ok) return there;
  return guarded(root, 'read', () =>
    ok({ generations: readGenerations(root), current: currentNumber(root) }),
  );
}
