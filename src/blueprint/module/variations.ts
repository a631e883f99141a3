// Which variation of each mutator a variant is: `arch:arm, link:static`. Interned, so that equal ones
// are one object: there are few of them and hundreds of thousands of variants.

export interface Variation {
  readonly mutator: string;
  readonly variation: string;
}

export class Variations {
  /** Mutator → variation, in the order in which they were added. */
  readonly entries: ReadonlyMap<string, string>;
  readonly #table: VariationTable;
  readonly #extended = new Map<string, Map<string, Variations>>();

  constructor(entries: ReadonlyMap<string, string>, table: VariationTable) {
    this.entries = entries;
    this.#table = table;
  }

  get(mutator: string): string | undefined {
    return this.entries.get(mutator);
  }

  /** These with one more, or with another variation of a mutator that is there already. */
  with(mutator: string, variation: string): Variations {
    let ofMutator = this.#extended.get(mutator);
    if (ofMutator === undefined) this.#extended.set(mutator, (ofMutator = new Map()));
    let extended = ofMutator.get(variation);
    if (extended === undefined) {
      extended = this.#table.intern(new Map(this.entries).set(mutator, variation));
      ofMutator.set(variation, extended);
    }
    return extended;
  }

  /** These without a mutator's. */
  without(mutator: string): Variations {
    if (!this.entries.has(mutator)) return this;
    return this.#table.intern(new Map([...this.entries].filter(([name]) => name !== mutator)));
  }

  withAll(variations: readonly Variation[]): Variations {
    return variations.reduce<Variations>(
      (all, { mutator, variation }) => all.with(mutator, variation),
      this,
    );
  }

  /** Whether every variation here is also one of the others. */
  isSubsetOf(others: Variations): boolean {
    if (this === others) return true;
    for (const [mutator, variation] of this.entries) {
      if (others.get(mutator) !== variation) return false;
    }
    return true;
  }
}

/** All sets of variations of one graph. */
export class VariationTable {
  readonly #interned = new Map<string, Variations>();
  readonly none: Variations = this.intern(new Map());

  /** The one object for these variations, whatever order they come in. */
  intern(entries: ReadonlyMap<string, string>): Variations {
    const key = JSON.stringify([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
    let variations = this.#interned.get(key);
    if (variations === undefined) {
      variations = new Variations(entries, this);
      this.#interned.set(key, variations);
    }
    return variations;
  }
}
