// Names of a part of the tree: what is asked for and is not there may be in the rest.
import type { Diagnostic } from '../../base/diagnostic.ts';
import { GlobalNames } from '../module/names.ts';
import type { Group } from '../module/variant.ts';

export class PartNames extends GlobalNames {
  readonly #asked: (name: string) => void;

  /** `asked` is told each name that is missed or taken. */
  constructor(asked: (name: string) => void) {
    super();
    this.#asked = asked;
  }

  override add(group: Group): Diagnostic | undefined {
    this.#asked(group.name);
    return super.add(group);
  }

  override find(name: string): Group | undefined {
    const found = super.find(name);
    if (found === undefined) this.#asked(name);
    return found;
  }
}
