// Prefixes of local names in the manifest: `m.lib_arm.`, `s.docs.`. Characters that Ninja does not allow
// are replaced, so two modules may come to the same prefix: then the later one gets a suffix.
import { digestOf } from '../../base/digest.ts';
import { toNinjaName } from '../ninja/name.ts';

export class Prefixes {
  readonly #owners = new Map<string, string>();

  /** The prefix of a module's variant. `name` is unique in the tree. */
  ofModule(name: string, variant: string): string {
    return this.#claim(`m.${toNinjaName(`${name}_${variant}`)}`, `${name}\0${variant}`);
  }

  ofSingleton(name: string): string {
    return this.#claim(`s.${toNinjaName(name)}`, name);
  }

  #claim(wanted: string, owner: string): string {
    const claimed = this.#owners.get(wanted);
    if (claimed === undefined) this.#owners.set(wanted, owner);
    if (claimed === undefined || claimed === owner) return `${wanted}.`;
    return `${wanted}-${digestOf(owner).hash.slice(0, 12)}.`;
  }
}
