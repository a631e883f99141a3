// Variables of a file and what it inherits. Knows nothing of files or of how values are computed. A
// child copies what it sees at its creation, so what a parent file sets later stays out.
import { byCodePoint } from '../../base/digest.ts';
import { printExpression } from './print.ts';
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
  /** Levels of lists and maps in the value. */
  depth: number;
}

export class Scope {
  readonly #own = new Map<string, Binding>();
  readonly #inherited: Map<string, Binding>;

  /**
   * True where a file that should have set variables has errors. Then nothing is said of variables that
   * are not set: that would be told twice.
   */
  incomplete: boolean;

  constructor(parent?: Scope) {
    this.incomplete = parent?.incomplete ?? false;
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
  set(name: string, value: Value, assignment?: Assignment, depth = 0): void {
    this.#own.set(name, { name, value, assignment, referenced: false, depth });
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

  /** The bindings that are this scope's own, sorted by name. */
  own(): Binding[] {
    return [...this.#own.values()].sort((a, b) => byCodePoint(a.name, b.name));
  }

  /** All variables as assignments, sorted by name: for whoever looks into a scope. */
  toString(): string {
    return this.names()
      .map((name) => `${name} = ${printExpression(this.get(name)!.binding.value)}\n`)
      .join('');
  }
}
