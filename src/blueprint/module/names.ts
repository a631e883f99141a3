// Which module a name means. The simple rule is one name space for the whole tree; directories with
// name spaces of their own are in namespaces.ts.
import { definitionError, didYouMean, type Diagnostic } from '../../base/diagnostic.ts';
import type { AnyValues } from '../property/value.ts';
import { namedSpan } from './place.ts';
import type { Group } from './variant.ts';

export interface Names {
  /** Takes in a new module with its values, or says why its name cannot be. */
  add(group: Group, values?: AnyValues): Diagnostic | undefined;
  /** The module that a name means for another module. */
  find(name: string, from: Group): Group | undefined;
  /** Gives a module another name, or says why not. */
  rename(group: Group, name: string): Diagnostic | undefined;
  /** A name that no other module of the tree has, for the manifest. */
  uniqueName(group: Group): string;
  /** Names that could have been meant, the likeliest first, for suggestions. */
  candidates(from: Group, wanted?: string): Iterable<string>;
}

/** One name space for all modules. */
export class GlobalNames implements Names {
  readonly #groups = new Map<string, Group>();

  add(group: Group): Diagnostic | undefined {
    const other = this.#groups.get(group.name);
    if (other !== undefined) return alreadyDefined(group, other);
    this.#groups.set(group.name, group);
    return undefined;
  }

  find(name: string): Group | undefined {
    return this.#groups.get(name);
  }

  rename(group: Group, name: string): Diagnostic | undefined {
    const other = this.#groups.get(name);
    if (other !== undefined) return renameConflict(group, name, other);
    this.#groups.delete(group.name);
    this.#groups.set(name, group);
    return undefined;
  }

  uniqueName(group: Group): string {
    return group.name;
  }

  candidates(): Iterable<string> {
    return this.#groups.keys();
  }
}

export function alreadyDefined(group: Group, other: Group): Diagnostic {
  return definitionError({
    code: 'module/duplicate',
    message: `module ${JSON.stringify(group.name)} already defined`,
    at: group.place,
    notes: [{ message: 'previous definition here', at: other.place }],
  });
}

export function renameConflict(group: Group, name: string, other: Group): Diagnostic {
  const [from, to] = [JSON.stringify(group.name), JSON.stringify(name)];
  return definitionError({
    code: 'module/rename',
    message: `renaming module ${from} to ${to} conflicts with existing module`,
    at: group.place,
    notes: [{ message: 'existing module defined here', at: other.place }],
  });
}

/** A dependency on a module that is not there. */
export function missingModule(
  from: Group,
  name: string,
  names: Names,
  verb = 'depends on',
): Diagnostic {
  const [first] = names.candidates(from, name);
  // The same name elsewhere is nearer than any other name.
  const elsewhere = first?.endsWith(`:${name}`) === true ? first : undefined;
  const hint =
    elsewhere === undefined
      ? didYouMean(name, names.candidates(from))
      : `there is "${elsewhere}" in another name space`;
  const named = namedSpan(from, name);
  return definitionError({
    code: 'module/undefined',
    message: `${JSON.stringify(from.name)} ${verb} undefined module ${JSON.stringify(name)}`,
    at: from.place,
    ...(named === undefined ? {} : { notes: [{ message: 'named here', at: named }] }),
    ...(hint === undefined ? {} : { hint }),
  });
}
