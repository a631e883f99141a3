// A package as it is installed, by its name: one that is defined, or one that is split off another. Knows
// nothing of archives.
import type { Definition } from '../definition.ts';
import { parseTarget, type Target } from '../variant.ts';

export interface Member {
  readonly definition: Definition;
  /** The package that is split off it; its own name for itself. */
  readonly name: string;
}

/** What `name` or `name:variant` means; a name alone is the default variant. */
export function findMember(all: readonly Definition[], spelled: string): Member | undefined {
  const target = parseTarget(spelled);
  if (!target.ok) return undefined;
  const { name, variant = null } = target.value;
  const definition =
    all.find((one) => one.name === name && one.variant === variant) ??
    ownersOf(all, { name, variant })[0];
  return definition && { definition, name };
}

/** The packages that one of this name is split off: the variants of one package. */
export function ownersOf(all: readonly Definition[], { name, variant }: Target): Definition[] {
  return all.filter(
    (one) =>
      (variant === undefined || variant === one.variant) &&
      one.module?.subpackages.some((sub) => sub.name === name) === true,
  );
}

/**
 * Members with all that has to be installed with them, each name once. `closureOf` gives what a package
 * itself requires, directly or not.
 */
export function withRequired(
  members: readonly Member[],
  all: readonly Definition[],
  closureOf: (definition: Definition) => readonly Definition[],
): Member[] {
  const found = new Map<string, Member>();
  const add = (member: Member): void => {
    const { definition, name } = member;
    if (found.has(name)) return;
    found.set(name, member);
    if (name === definition.name) {
      for (const one of closureOf(definition)) add({ definition: one, name: one.name });
      return;
    }
    const own = definition.module?.subpackages.find((one) => one.name === name);
    for (const required of own?.requires ?? []) {
      const needed = findMember(all, required);
      if (needed !== undefined) add(needed);
    }
  };
  for (const member of members) add(member);
  return [...found.values()];
}

/** The definitions that must be built for packages to be installed, apart from what these require themselves. */
export function definitionsFor(
  members: readonly Member[],
  all: readonly Definition[],
): Definition[] {
  const found = withRequired(members, all, () => []);
  return [...new Set(found.map(({ definition }) => definition))];
}
