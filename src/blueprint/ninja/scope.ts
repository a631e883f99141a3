// Which variables, rules and pools a name means at some place: of a package, of a rule, of one module.
// Names are unique per scope and hide those further out; other packages' are reached by their alias.
import { NinjaError } from './name.ts';
import type { Pool, Rule, Variable } from './entity.ts';
import type { VariableLookup } from './text.ts';

export class Scope implements VariableLookup {
  /** The scope around; of a module's scope it is that of the package a statement is made for. */
  parent: Scope | undefined;
  readonly #variables = new Map<string, Variable>();
  readonly #rules = new Map<string, Rule>();
  readonly #pools = new Map<string, Pool>();
  readonly #imports = new Map<string, Scope>();

  constructor(parent?: Scope) {
    this.parent = parent;
  }

  variable(name: string): Variable {
    if (name.includes('.')) return this.#importedVariable(name);
    const found = this.find(name);
    if (found === undefined) throw new NinjaError(`undefined variable ${JSON.stringify(name)}`);
    return found;
  }

  /** The variable of a name without package, or undefined. */
  find(name: string): Variable | undefined {
    return this.#variables.get(name) ?? this.parent?.find(name);
  }

  #importedVariable(name: string): Variable {
    const [alias = '', inner = '', ...more] = name.split('.');
    const quoted = JSON.stringify(name);
    if (inner === '' && more.length === 0) {
      throw new NinjaError(`variable name ${quoted} ends with a '.'`);
    }
    if (more.length > 0) {
      throw new NinjaError(`variable name ${quoted} contains multiple '.' characters`);
    }
    if (!/^\p{Lu}/u.test(inner)) {
      throw new NinjaError(`cannot refer to unexported name ${quoted}`);
    }
    const imported = this.#imported(alias);
    if (imported === undefined) {
      throw new NinjaError(
        `unknown imported package ${JSON.stringify(alias)} (missing call to blueprint.Import()?)`,
      );
    }
    const found = imported.#variables.get(inner);
    if (found === undefined) {
      throw new NinjaError(
        `package ${JSON.stringify(alias)} does not contain variable ${JSON.stringify(inner)}`,
      );
    }
    return found;
  }

  #imported(alias: string): Scope | undefined {
    const found = this.#imports.get(alias);
    return found ?? (this.parent === undefined ? undefined : this.parent.#imported(alias));
  }

  /** Whether a rule is this scope's, an outer one's or an imported package's. Ninja's own always are. */
  seesRule(rule: Rule): boolean {
    if (rule.kind === 'builtin rule' || this.#rules.get(rule.name) === rule) return true;
    for (const imported of this.#imports.values()) {
      if (imported.#rules.get(rule.name) === rule) return true;
    }
    return this.parent?.seesRule(rule) === true;
  }

  seesPool(pool: Pool): boolean {
    if (pool.kind === 'builtin pool' || this.#pools.get(pool.name) === pool) return true;
    for (const imported of this.#imports.values()) {
      if (imported.#pools.get(pool.name) === pool) return true;
    }
    return this.parent?.seesPool(pool) === true;
  }

  addVariable(variable: Variable): void {
    add('variable', this.#variables, variable.name, variable);
  }

  addRule(rule: Rule): void {
    add('rule', this.#rules, rule.name, rule);
  }

  addPool(pool: Pool): void {
    add('pool', this.#pools, pool.name, pool);
  }

  addImport(alias: string, scope: Scope): void {
    add('import', this.#imports, alias, scope);
  }
}

function add<T>(what: string, into: Map<string, T>, name: string, value: T): void {
  if (into.has(name)) {
    throw new NinjaError(`${what} ${JSON.stringify(name)} is already defined in this scope`);
  }
  into.set(name, value);
}

/** The scope of a rule's own text: its arguments and `in` and `out`, inside the scope it was defined in. */
export function ruleScope(parent: Scope, argumentNames: readonly string[]): Scope {
  const scope = new Scope(parent);
  for (const name of ['in', 'out']) scope.addVariable({ kind: 'argument', name });
  for (const name of argumentNames) {
    // An argument that is named like a visible variable overrides that one on the statement.
    if (parent.find(name) === undefined) scope.addVariable({ kind: 'argument', name });
  }
  return scope;
}
