// Prefixes of local names in the manifest: `m.lib_arm.`, `s.docs.`. Characters that Ninja does not allow
// are replaced, so two modules may come to the same prefix: then the later one gets a suffix.
import { digestOf } from '../../base/digest.ts';
import { toNinjaName } from '../ninja/name.ts';

export class Prefixes {
  readonly #owners: Map<string, string>;
  #clashed = false;

  /** `taken` are prefixes of modules that are not part of this run. */
  constructor(taken: ReadonlyMap<string, string> = new Map()) {
    this.#owners = new Map(taken);
  }

  /** The prefix of a module's variant. `name` is unique in the tree. */
  ofModule(name: string, variant: string): string {
    return this.#claim(`m.${toNinjaName(`${name}_${variant}`)}`, moduleOwner(name, variant));
  }

  ofSingleton(name: string): string {
    return this.#claim(`s.${toNinjaName(name)}`, name);
  }

  /** Every prefix that was given without a suffix, and whose it is. */
  get owners(): ReadonlyMap<string, string> {
    return this.#owners;
  }

  /** Whether some prefix needed a suffix: who gets it depends on the order of the modules. */
  get clashed(): boolean {
    return this.#clashed;
  }

  #claim(wanted: string, owner: string): string {
    const claimed = this.#owners.get(wanted);
    if (claimed === undefined) this.#owners.set(wanted, owner);
    if (claimed === undefined || claimed === owner) return `${wanted}.`;
    this.#clashed = true;
    return `${wanted}-${digestOf(owner).hash.slice(0, 12)}.`;
  }
}

/** How an owner of a prefix is named. */
function moduleOwner(name: string, variant: string): string {
  return `${name}\0${variant}`;
}

/** The module of an owner; undefined for singletons. */
export function moduleOfOwner(owner: string): string | undefined {
  const end = owner.indexOf('\0');
  return end === -1 ? undefined : owner.slice(0, end);
}
