// What of the packages a manifest needs: only variables, rules and pools that its statements reach are
// written. One tracker per manifest; it evaluates each of them once.
import { NinjaError } from './name.ts';
import { variablesOf } from './text.ts';
import type {
  NinjaText,
  Owner,
  PackagePool,
  PackageRule,
  PackageVariable,
  Pool,
  PoolDefinition,
  Rule,
  RuleDefinition,
  Variable,
} from './entity.ts';
import type { BuildStatement } from './statement.ts';

export class LiveEntities {
  readonly variables = new Map<PackageVariable, NinjaText>();
  readonly rules = new Map<PackageRule, RuleDefinition>();
  readonly pools = new Map<PackagePool, PoolDefinition>();
  readonly packages = new Set<Owner>();
  /** Whether some path holds a `|`, which is written by way of a variable. */
  pipe = false;
  readonly #config: unknown;
  readonly #open: PackageVariable[] = [];

  constructor(config: unknown) {
    this.#config = config;
  }

  /** Takes in what a statement needs; undefined parts of rules are evaluated now. Throws what they throw. */
  addStatement(statement: BuildStatement): RuleDefinition | undefined {
    const definition = this.addRule(statement.rule);
    this.#addPaths(statement.outputs);
    this.#addPaths(statement.implicitOutputs);
    this.#addPaths(statement.inputs);
    this.#addPaths(statement.implicits);
    this.#addPaths(statement.orderOnly);
    this.#addPaths(statement.validations);
    for (const [, text] of statement.variables) this.addText(text);
    for (const [variable, text] of statement.args) {
      this.addVariable(variable);
      this.addText(text);
    }
    return definition;
  }

  #addPaths(texts: readonly NinjaText[]): void {
    for (let i = 0; i < texts.length; i++) {
      const text = texts[i]!;
      if (typeof text === 'string') {
        if (!this.pipe && text.includes('|')) this.pipe = true;
      } else {
        if (!this.pipe && text.pieces.some((piece) => piece.includes('|'))) this.pipe = true;
        this.addText(text);
      }
    }
  }

  addText(text: NinjaText): void {
    for (const variable of variablesOf(text)) this.addVariable(variable);
  }

  /** The definition of a rule, undefined for Ninja's own. */
  addRule(rule: Rule): RuleDefinition | undefined {
    if (rule.kind === 'builtin rule') return undefined;
    if (rule.kind === 'local rule') {
      this.addDefinition(rule.definition);
      return rule.definition;
    }
    let definition = this.rules.get(rule);
    if (definition === undefined) {
      definition = rule.definition(this.#config);
      this.rules.set(rule, definition);
      this.packages.add(rule.owner);
      this.addDefinition(definition);
    }
    return definition;
  }

  addDefinition({ pool, variables, commandDeps, commandOrderOnly }: RuleDefinition): void {
    if (pool !== undefined) this.addPool(pool);
    for (const [, text] of variables) this.addText(text);
    this.#addPaths(commandDeps);
    this.#addPaths(commandOrderOnly);
  }

  addPool(pool: Pool): void {
    if (pool.kind === 'builtin pool' || this.pools.has(pool)) return;
    this.pools.set(pool, pool.definition(this.#config));
    this.packages.add(pool.owner);
  }

  /** Forgets what was being evaluated when an error was thrown. */
  abandon(): void {
    this.#open.length = 0;
  }

  addVariable(variable: Variable): void {
    if (variable.kind === 'local variable') return this.addText(variable.value);
    if (variable.kind === 'argument' || this.variables.has(variable)) return;
    if (this.#open.includes(variable)) {
      const chain = [...this.#open.slice(this.#open.indexOf(variable)), variable];
      const names = chain.map(({ owner, name }) => `${owner.path}.${name}`);
      throw new NinjaError(`detected a dependency cycle of variables: ${names.join(' -> ')}`);
    }
    this.#open.push(variable);
    const value = variable.value(this.#config);
    this.addText(value);
    this.#open.pop();
    this.variables.set(variable, value);
    this.packages.add(variable.owner);
  }
}

/** The text with every variable replaced by its value, as Ninja would read it. Throws NinjaError. */
export function evaluateText(text: NinjaText, live: LiveEntities): string {
  if (typeof text === 'string') return text;
  let result = text.pieces[0]!.replaceAll('$$', '$');
  for (const [index, variable] of text.variables.entries()) {
    if (variable.kind === 'argument') {
      throw new NinjaError(`the argument ${variable.name} has no value here`);
    }
    live.addVariable(variable);
    const value =
      variable.kind === 'local variable' ? variable.value : live.variables.get(variable)!;
    result += evaluateText(value, live) + text.pieces[index + 1]!.replaceAll('$$', '$');
  }
  return result;
}
