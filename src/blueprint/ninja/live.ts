// What of the packages a manifest needs: only variables, rules and pools that its statements reach are
// written. One tracker per manifest; it evaluates each of them once, and can tell which of them one
// module's statements name.
import { NinjaError } from './name.ts';
import { variablesOf } from './text.ts';
import type {
  DependencyFile,
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
import { checkDependencyFile, type BuildStatement } from './statement.ts';

export type PackageEntity = PackageVariable | PackageRule | PackagePool;

/** An entity of a package that is live: its value or definition, and what that names in turn. */
export interface LiveEntity<TEntity = PackageEntity, TDefinition = unknown> {
  readonly entity: TEntity;
  /** Counts entities from 0, in the order in which they were found. */
  readonly id: number;
  readonly definition: TDefinition;
  readonly uses: readonly number[];
}

export type LiveVariable = LiveEntity<PackageVariable, NinjaText>;
export type LiveRule = LiveEntity<PackageRule, RuleDefinition>;
export type LivePool = LiveEntity<PackagePool, PoolDefinition>;

/** The id that stands for the variable by way of which `|` is written. */
export const PIPE_ID = -1;
/** The id that stands for a Ninja which knows `dyndep`. */
export const DYNDEP_ID = -2;

const NOTHING: readonly number[] = [];

export class LiveEntities {
  readonly #config: unknown;
  readonly #variables = new Map<PackageVariable, LiveVariable>();
  readonly #rules = new Map<PackageRule, LiveRule>();
  readonly #pools = new Map<PackagePool, LivePool>();
  readonly #packages = new Set<Owner>();
  readonly #open: PackageVariable[] = [];
  #used: number[] = [];
  #count = 0;
  #pipe = false;

  constructor(config: unknown) {
    this.#config = config;
  }

  get variables(): Iterable<LiveVariable> {
    return this.#variables.values();
  }

  get rules(): Iterable<LiveRule> {
    return this.#rules.values();
  }

  get pools(): Iterable<LivePool> {
    return this.#pools.values();
  }

  get packages(): ReadonlySet<Owner> {
    return this.#packages;
  }

  /** Whether some path holds a `|`, which is written by way of a variable. */
  get pipe(): boolean {
    return this.#pipe;
  }

  /** Ids of the entities that were named since the last call, each once, in ascending order. */
  takeUsed(): readonly number[] {
    const used = this.#used;
    // Never the list that goes on being filled.
    if (used.length === 0) return NOTHING;
    this.#used = [];
    if (used.length > 1) used.sort((a, b) => a - b);
    return used;
  }

  #use(id: number): void {
    if (!this.#used.includes(id)) this.#used.push(id);
  }

  /** Takes in what a statement names. Returns its rule's definition; throws what evaluating throws. */
  addStatement(statement: BuildStatement): RuleDefinition | undefined {
    const { rule } = statement;
    const definition = this.addRule(rule);
    if (rule.kind === 'package rule' && rule.dependencyFile === undefined) {
      const [its, own] = [definition!.variables, statement.variables].map(dependencyFileIn);
      rule.declared.run(() => checkDependencyFile(rule.name, its!, own!));
    }
    if (!statement.plain) {
      this.#addPaths(statement.outputs);
      this.#addPaths(statement.implicitOutputs);
      this.#addPaths(statement.inputs);
      this.#addPaths(statement.implicits);
      this.#addPaths(statement.orderOnly);
      this.#addPaths(statement.validations);
    }
    for (const [name, text] of statement.variables) {
      this.addText(text);
      if (name === 'dyndep') this.#addDyndep(text, statement, definition);
    }
    for (const [variable, text] of statement.args) {
      this.addVariable(variable);
      this.addText(text);
    }
    return definition;
  }

  #addDyndep(
    text: NinjaText,
    { inputs, implicits, orderOnly }: BuildStatement,
    definition: RuleDefinition | undefined,
  ): void {
    this.#use(DYNDEP_ID);
    const { commandDeps = [], commandOrderOnly = [] } = definition ?? {};
    const wanted = this.evaluate(text);
    for (const list of [inputs, implicits, orderOnly, commandDeps, commandOrderOnly]) {
      if (list.some((input) => this.evaluate(input) === wanted)) return;
    }
    throw new NinjaError(`the Dyndep param is ${wanted}, which is no input of the statement`);
  }

  #addPaths(texts: readonly NinjaText[]): void {
    for (let i = 0; i < texts.length; i++) {
      const text = texts[i]!;
      const pipe =
        typeof text === 'string'
          ? text.includes('|')
          : text.pieces.some((piece) => piece.includes('|'));
      if (pipe) {
        this.#pipe = true;
        this.#use(PIPE_ID);
      }
      if (typeof text !== 'string') this.addText(text);
    }
  }

  addText(text: NinjaText): void {
    if (typeof text === 'string') return;
    for (const variable of text.variables) this.addVariable(variable);
  }

  /** The definition of a rule, undefined for Ninja's own. */
  addRule(rule: Rule): RuleDefinition | undefined {
    if (rule.kind === 'builtin rule') return undefined;
    if (rule.kind === 'local rule') {
      this.addDefinition(rule.definition);
      return rule.definition;
    }
    const found = this.#rules.get(rule) ?? this.#enter(this.#rules, rule, this.#evaluateRule(rule));
    this.#use(found.id);
    return found.definition;
  }

  #evaluateRule(rule: PackageRule): Evaluated<RuleDefinition> {
    const definition = rule.definition(this.#config);
    return { definition, uses: this.#usesOf(() => this.addDefinition(definition)) };
  }

  /** Takes in what a rule's texts name. */
  addDefinition({ pool, variables, commandDeps, commandOrderOnly }: RuleDefinition): void {
    if (pool !== undefined) this.#addPool(pool);
    for (const [name, text] of variables) {
      this.addText(text);
      if (name === 'dyndep') this.#use(DYNDEP_ID);
    }
    this.#addPaths(commandDeps);
    this.#addPaths(commandOrderOnly);
  }

  #addPool(pool: Pool): void {
    if (pool.kind === 'builtin pool') return;
    const found =
      this.#pools.get(pool) ??
      this.#enter(this.#pools, pool, { definition: pool.definition(this.#config), uses: [] });
    this.#use(found.id);
  }

  addVariable(variable: Variable): void {
    if (variable.kind === 'local variable') this.addText(variable.value);
    else if (variable.kind === 'package variable') this.#use(this.#live(variable).id);
  }

  #live(variable: PackageVariable): LiveVariable {
    const found = this.#variables.get(variable);
    if (found !== undefined) return found;
    if (this.#open.includes(variable)) {
      const chain = [...this.#open.slice(this.#open.indexOf(variable)), variable];
      this.#open.length = 0;
      const names = chain.map(({ owner, name }) => `${owner.path}.${name}`);
      throw new NinjaError(`detected a dependency cycle of variables: ${names.join(' -> ')}`);
    }
    this.#open.push(variable);
    try {
      const definition = variable.value(this.#config);
      const uses = this.#usesOf(() => this.addText(definition));
      return this.#enter(this.#variables, variable, { definition, uses });
    } finally {
      this.#open.pop();
    }
  }

  /** What a step names, apart from what was named before it. */
  #usesOf(step: () => void): readonly number[] {
    const outer = this.#used;
    this.#used = [];
    try {
      step();
      return this.#used;
    } finally {
      this.#used = outer;
    }
  }

  #enter<TEntity extends PackageEntity, TDefinition>(
    into: Map<TEntity, LiveEntity<TEntity, TDefinition>>,
    entity: TEntity,
    { definition, uses }: Evaluated<TDefinition>,
  ): LiveEntity<TEntity, TDefinition> {
    const live = { entity, id: this.#count++, definition, uses };
    into.set(entity, live);
    this.#packages.add(entity.owner);
    return live;
  }

  /** The text with every variable replaced by its value, as Ninja would read it. Throws NinjaError. */
  evaluate(text: NinjaText): string {
    if (typeof text === 'string') return text;
    let result = text.pieces[0]!.replaceAll('$$', '$');
    for (const [index, variable] of text.variables.entries()) {
      if (variable.kind === 'argument') {
        throw new NinjaError(`the argument ${variable.name} has no value here`);
      }
      const value =
        variable.kind === 'local variable' ? variable.value : this.#live(variable).definition;
      result += this.evaluate(value) + text.pieces[index + 1]!.replaceAll('$$', '$');
    }
    return result;
  }
}

interface Evaluated<TDefinition> {
  readonly definition: TDefinition;
  readonly uses: readonly number[];
}

/** What Ninja's own variables say of dependencies that a command finds. */
function dependencyFileIn(variables: RuleDefinition['variables']): DependencyFile {
  const deps = variables.find(([name]) => name === 'deps')?.[1];
  return {
    deps: deps === 'gcc' || deps === 'msvc' ? deps : undefined,
    depfile: variables.some(([name]) => name === 'depfile'),
  };
}

/** Package variables that a value names. */
export function packageVariablesOf(text: NinjaText): PackageVariable[] {
  return variablesOf(text).filter((variable) => variable.kind === 'package variable');
}
