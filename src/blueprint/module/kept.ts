// A module that is kept as an earlier run left it: with its variants and what they provided, without its file being read.
// It knows nothing else. Who asks for more is told so, and the run in which that happens is worth nothing.
import { LogicError } from './exception.ts';
import { isRepeated, type AnyProvider } from './provider.ts';

type Entries = ReadonlyMap<string, string>;

/** A graph, as far as this goes: the numbers of the passes that mutators run in. */
interface Passes {
  readonly mutatorNumbers: ReadonlyMap<string, number>;
}

/** A variant, as far as this goes. */
interface Shape {
  readonly variant: string;
  readonly variations: { readonly entries: Entries };
}

/** A variant as it was in the end. */
export interface KeptVariant {
  readonly variant: string;
  /** In the order in which mutators gave them. */
  readonly variations: Entries;
}

/** What is remembered of a module. */
export interface KeptRecord {
  readonly variants: readonly KeptVariant[];
  /** What each variant provided, by the provider's name. */
  readonly values: () => readonly ReadonlyMap<string, unknown>[];
}

export class KeptModule {
  readonly #record: KeptRecord;
  readonly #asked: (what: string) => void;
  #values: readonly ReadonlyMap<string, unknown>[] | undefined;

  /** `asked` is told what was asked of it that nobody knows. */
  constructor(record: KeptRecord, asked: (what: string) => void) {
    this.#record = record;
    this.#asked = asked;
  }

  /** For what is not known of it. */
  unknown(what: string): never {
    this.#asked(what);
    throw new LogicError(`${what} is not known in this run`);
  }

  /**
   * The variations into which a variant was split by a mutator, in order. Undefined stands for none: of a part without a
   * name, or, as the only one, of a variant that was not split. `number` is that of the pass in which it splits.
   */
  partsOf(
    passes: Passes,
    { variations }: Shape,
    mutator: string,
    number: number,
  ): readonly (string | undefined)[] {
    const names = new Set<string | undefined>();
    for (const index of this.#below(passes, variations.entries, number)) {
      names.add(this.#record.variants[index]!.variations.get(mutator));
    }
    return [...names];
  }

  /** What one of its variants provided, or what they inherited who came of it. */
  valueOf(
    passes: Passes,
    { variations, finishedMutator }: Shape & { readonly finishedMutator: number },
    { name }: AnyProvider,
  ): unknown {
    if (isRepeated(name)) this.unknown(`provider ${name}`);
    this.#values ??= this.#record.values();
    const [first] = this.#below(passes, variations.entries, finishedMutator + 1);
    return this.#values[first!]!.get(name);
  }

  /** Whether a module with these variants is what it was. */
  has(variants: readonly Shape[]): boolean {
    const before = this.#record.variants;
    return (
      variants.length === before.length &&
      before.every(({ variant, variations }, index) => {
        const now = variants[index]!;
        return now.variant === variant && hasAll(now.variations.entries, variations);
      })
    );
  }

  /** Indexes of those that came of a variant, which the passes before the one with this number have made. */
  #below(passes: Passes, entries: Entries, number: number): number[] {
    const found: number[] = [];
    for (const [index, one] of this.#record.variants.entries()) {
      let fits = hasAll(one.variations, entries);
      for (const mutator of one.variations.keys()) {
        const isMade = splitNumber(passes, mutator) < number;
        if (isMade && !entries.has(mutator)) fits = false;
      }
      if (fits) found.push(index);
    }
    if (found.length === 0) this.unknown('a variant');
    return found;
  }
}

/** Whether all entries of the second are in the first. */
function hasAll(all: Entries, some: Entries): boolean {
  for (const [mutator, variation] of some) if (all.get(mutator) !== variation) return false;
  return true;
}

/** The number of the pass in which a mutator splits. */
function splitNumber({ mutatorNumbers }: Passes, mutator: string): number {
  return mutatorNumbers.get(`${mutator}_split`) ?? mutatorNumbers.get(mutator) ?? Infinity;
}
