// What one module, or singleton, adds to the manifest: its own variables and rules, and statements.
// Texts are parsed at once, so that a mistake is thrown where it was made.
import type { LocalRule, LocalVariable } from '../ninja/entity.ts';
import { checkName, NinjaError, shownKind } from '../ninja/name.ts';
import { PackageContext } from '../ninja/package.ts';
import { checkArguments, dependencyFileOf, parseRule, type RuleParameters } from '../ninja/rule.ts';
import { ruleScope, Scope } from '../ninja/scope.ts';
import { parseStatement, type BuildParameters, type BuildStatement } from '../ninja/statement.ts';
import { parseText, variablesOf } from '../ninja/text.ts';
import type { NinjaText } from '../ninja/entity.ts';
import type { Actions } from './variant.ts';

const NONE: readonly never[] = [];

export class ActionBuilder {
  readonly #prefix: () => string;
  #variables: readonly LocalVariable[] = NONE;
  #rules: readonly LocalRule[] = NONE;
  #statements: BuildStatement[] | undefined;
  /** Made with the first definition: most modules have none. */
  #local: Scope | undefined;

  /** `prefix` is what names of local definitions begin with, up to and with the last dot. */
  constructor(prefix: () => string) {
    this.#prefix = prefix;
  }

  variable(scope: PackageContext, name: string, value: string): LocalVariable {
    checkLocalName('variable', name);
    const local = this.#localScope(scope);
    const variable: LocalVariable = {
      kind: 'local variable',
      name,
      fullName: this.#prefix() + name,
      value: parseText(value, local),
    };
    local.addVariable(variable);
    this.#variables = [...this.#variables, variable];
    return variable;
  }

  rule(
    scope: PackageContext,
    name: string,
    parameters: RuleParameters,
    argumentNames: readonly string[],
  ): LocalRule {
    checkLocalName('rule', name);
    checkArguments(argumentNames);
    const local = this.#localScope(scope);
    const inner = ruleScope(local, argumentNames);
    const rule: LocalRule = {
      kind: 'local rule',
      name,
      fullName: this.#prefix() + name,
      arguments: argumentNames,
      argument: (argument) => inner.variable(argument),
      definition: parseRule(parameters, argumentNames, local),
      dependencyFile: dependencyFileOf(parameters),
    };
    local.addRule(rule);
    this.#rules = [...this.#rules, rule];
    return rule;
  }

  build(scope: PackageContext, parameters: BuildParameters): void {
    checkScope(scope);
    const local = this.#local === undefined ? scope.scope : this.#localScope(scope);
    (this.#statements ??= []).push(parseStatement(parameters, local));
  }

  #localScope(scope: PackageContext): Scope {
    checkScope(scope);
    this.#local ??= new Scope();
    this.#local.parent = scope.scope;
    return this.#local;
  }

  /** The scope of texts that are neither the module's nor a statement's. */
  textScope(scope: PackageContext): Scope {
    return this.#localScope(scope);
  }

  /** The statements, and the definitions that they use; undefined where there is nothing to write. */
  finish(): Actions | undefined {
    const statements = this.#statements;
    if (statements === undefined) return undefined;
    const [variables, rules] = [this.#variables, this.#rules];
    if (variables.length === 0 && rules.length === 0) return { variables, rules, statements };
    const used = new Used(statements);
    return {
      variables: variables.filter((variable) => used.has(variable)),
      rules: rules.filter((rule) => used.has(rule)),
      statements,
    };
  }
}

/** It is easily left out, or forgotten to be the first. */
function checkScope(scope: unknown): void {
  if (scope instanceof PackageContext) return;
  throw new NinjaError(`expected a package context, found ${shownKind(scope)}`);
}

function checkLocalName(what: string, name: string): void {
  checkName(name);
  if (name.includes('.')) {
    throw new NinjaError(`local ${what} name ${JSON.stringify(name)} contains '.'`);
  }
}

/** Local definitions that statements reach. */
class Used {
  readonly #used = new Set<LocalVariable | LocalRule>();

  constructor(statements: readonly BuildStatement[]) {
    for (const statement of statements) {
      if (statement.rule.kind === 'local rule') this.#addRule(statement.rule);
      for (const list of [
        statement.outputs,
        statement.implicitOutputs,
        statement.inputs,
        statement.implicits,
        statement.orderOnly,
        statement.validations,
      ]) {
        for (const text of list) this.#addText(text);
      }
      for (const [, text] of statement.variables) this.#addText(text);
      for (const [, text] of statement.args) this.#addText(text);
    }
  }

  has(definition: LocalVariable | LocalRule): boolean {
    return this.#used.has(definition);
  }

  #addRule(rule: LocalRule): void {
    if (this.#used.has(rule)) return;
    this.#used.add(rule);
    const { variables, commandDeps, commandOrderOnly } = rule.definition;
    for (const [, text] of variables) this.#addText(text);
    for (const text of [...commandDeps, ...commandOrderOnly]) this.#addText(text);
  }

  #addText(text: NinjaText): void {
    for (const variable of variablesOf(text)) {
      if (variable.kind !== 'local variable' || this.#used.has(variable)) continue;
      this.#used.add(variable);
      this.#addText(variable.value);
    }
  }
}
