// How the properties of variants came to be: which step extended them, and with what. Only queries ask
// for it, so it is only recorded where the engine is told to.
import type { Order } from '../property/extend.ts';
import type { NestedProperty } from '../property/property.ts';
import type { AnyValues } from '../property/value.ts';
import type { Variant } from './variant.ts';

/** One extension of a variant's properties. */
export interface Extension {
  /** The step that did it, as in `mutator "defaults"`. */
  readonly by: string;
  readonly schema: NestedProperty;
  /** What was added: often another module's own values, the same object. */
  readonly values: AnyValues;
  readonly order: Order;
  /** The variant's values around it. */
  readonly before: AnyValues;
  readonly after: AnyValues;
}

export class Origins {
  readonly #extensions = new WeakMap<Variant, readonly Extension[]>();

  add(variant: Variant, extension: Extension): void {
    this.#extensions.set(variant, [...this.of(variant), extension]);
  }

  /** A part of a split variant has its history. */
  inherit(part: Variant, from: Variant): void {
    const extensions = this.#extensions.get(from);
    if (extensions !== undefined) this.#extensions.set(part, extensions);
  }

  /** In the order in which they were made. */
  of(variant: Variant): readonly Extension[] {
    return this.#extensions.get(variant) ?? [];
  }
}
