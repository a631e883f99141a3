// Variables of a file and what it inherits. Knows nothing of files or of how values are computed. A
// child copies what it sees at its creation, so what a parent file sets later stays out.
import type { List, Literal, MapLiteral, Operator, Select, Assignment } from './tree.ts';

/**
 * What evaluation leaves: no variables. An operator is left only where an operand is a select; its
 * operands then are values in the order written.
 */
export type Value =
  | Exclude<Literal, List | MapLiteral>
  | List<Value>
  | MapLiteral<Value>
  | ScopedSelect
  | Operator<Value>;

/** A select that is decided later, with the scope in which its branches are to be evaluated. */
export interface ScopedSelect extends Select {
  readonly scope: Scope;
}

export interface Binding {
  readonly name: string;
  value: Value;
  /** The first assignment; undefined for a name bound by a select pattern, or set by a program. */
  readonly assignment: Assignment | undefined;
  /** Whether a value was computed from it; then `+=` would change what that saw. */
  referenced: boolean;
}

export class Scope {
  readonly #own = new Map<string, Binding>();
  readonly #inherited: Map<string, Binding>;

  constructor(parent?: Scope) {
    this.#inherited = parent === undefined ? new Map() : parent.#visible();
  }

  #visible(): Map<string, Binding> {
    return new Map([...this.#inherited, ...this.#own]);
  }

  /** The binding of a name, and whether it is this scope's own. */
  get(name: string): { readonly binding: Binding; readonly local: boolean } | undefined {
    const own = this.#own.get(name);
    if (own !== undefined) return { binding: own, local: true };
    const binding = this.#inherited.get(name);
    return binding === undefined ? undefined : { binding, local: false };
  }

  /** Sets a name in this scope, whatever it was. Whether that is allowed is the evaluator's to say. */
  set(name: string, value: Value, assignment?: Assignment): void {
    this.#own.set(name, { name, value, assignment, referenced: false });
  }

  /** Forgets a name, also an inherited one. */
  remove(name: string): void {
    this.#own.delete(name);
    this.#inherited.delete(name);
  }

  /** All names that can be used here, sorted. */
  names(): string[] {
    return [...new Set([...this.#inherited.keys(), ...this.#own.keys()])].sort();
  }

  /** Every binding of this scope itself, in the order of the assignments. */
  own(): Binding[] {
    return [...this.#own.values()];
  }
}
