// A package of build logic: the variables, rules and pools that its module types use, under names of
// its own. Definitions only: what they become in a manifest belongs to that manifest, so one package
// can serve any number of engines in one process.
import { Declaration } from './declared.ts';
import { checkName, checkParameters, checkTextParam, NinjaError, shownKind } from './name.ts';
import { parseText, within } from './text.ts';
import type { Owner, PackagePool, PackageRule, PackageVariable, PoolDefinition } from './entity.ts';
import {
  checkArguments,
  checkRule,
  dependencyFileOf,
  parseRule,
  type RuleParameters,
} from './rule.ts';
import { ruleScope, Scope } from './scope.ts';

/** A value, or how it follows from the configuration that the engine was given. */
export type Computed<TConfig, T> = T | ((config: TConfig) => T);

export class PackageContext implements Owner {
  /** Unique, like `ashlar/cc`. */
  readonly path: string;
  readonly shortName: string;
  readonly scope: Scope = new Scope();
  readonly #fileDependencies: string[] = [];

  constructor(path: string) {
    this.path = path;
    this.shortName = path.slice(path.lastIndexOf('/') + 1);
    checkName(this.shortName);
    if (this.shortName === '') throw new NinjaError(`a package needs a name: ${path}`);
  }

  /**
   * Defines a variable. Capitalised names can be used by packages that import this one, as
   * `${alias.Name}`. A function is called when a manifest needs the value, and may throw to say why
   * there is none.
   */
  variable<TConfig>(name: string, value: Computed<TConfig, string>): PackageVariable {
    checkName(name);
    const what = `variable ${this.path}.${name}`;
    if (typeof value !== 'function' && typeof value !== 'string') {
      throw new NinjaError(`${what}: expected a text, found ${shownKind(value)}`);
    }
    const declared = new Declaration();
    const variable: PackageVariable = {
      kind: 'package variable',
      owner: this,
      name,
      value: (config) => {
        const text = typeof value === 'function' ? value(config as TConfig) : value;
        return declared.run(() =>
          within(`error parsing ${what}`, () => parseText(text, this.scope)),
        );
      },
    };
    this.scope.addVariable(variable);
    return variable;
  }

  /** Defines a pool: at most `depth` commands of its rules run at once; any number with 0. */
  pool<TConfig>(
    name: string,
    definition: Computed<TConfig, { readonly depth: number; readonly comment?: string }>,
  ): PackagePool {
    checkName(name);
    const what = `pool ${this.path}.${name}`;
    if (typeof definition !== 'function') poolDefinition(definition, what);
    const declared = new Declaration();
    const pool: PackagePool = {
      kind: 'package pool',
      owner: this,
      name,
      definition: (config): PoolDefinition => {
        const found = typeof definition === 'function' ? definition(config as TConfig) : definition;
        return declared.run(() => poolDefinition(found, what));
      },
    };
    this.scope.addPool(pool);
    return pool;
  }

  /** Defines a rule. `argumentNames` are variables that each build statement may set. */
  rule<TConfig>(
    name: string,
    parameters: Computed<TConfig, RuleParameters>,
    ...argumentNames: readonly string[]
  ): PackageRule {
    checkName(name);
    checkArguments(argumentNames);
    const what = `rule ${this.path}.${name}`;
    const known = typeof parameters === 'function' ? undefined : parameters;
    if (known !== undefined) within(`error parsing ${what}`, () => checkRule(known));
    const declared = new Declaration();
    let scope: Scope | undefined;
    const rule: PackageRule = {
      kind: 'package rule',
      owner: this,
      name,
      arguments: argumentNames,
      // Made when first used: by then the package's variables, which it may hide, are all defined.
      argument: (argument) => (scope ??= ruleScope(this.scope, argumentNames)).variable(argument),
      definition: (config) => {
        const found = typeof parameters === 'function' ? parameters(config as TConfig) : parameters;
        return declared.run(() =>
          within(`error parsing ${what}`, () => parseRule(found, argumentNames, this.scope)),
        );
      },
      dependencyFile: known && dependencyFileOf(known),
      declared,
    };
    this.scope.addRule(rule);
    return rule;
  }

  /** Makes another package's rules, pools and capitalised variables usable here, the latter as `${alias.Name}`. */
  import(other: PackageContext, alias: string = other.shortName): this {
    this.scope.addImport(alias, other.scope);
    return this;
  }

  /** Files whose change makes the generator run again, if the manifest uses anything of this package. */
  addFileDependencies(...paths: readonly string[]): void {
    this.#fileDependencies.push(...paths);
  }

  get fileDependencies(): readonly string[] {
    return this.#fileDependencies;
  }
}

function poolDefinition(
  given: { readonly depth: number; readonly comment?: string },
  what: string,
): PoolDefinition {
  checkParameters(what, given, ['depth', 'comment']);
  const { depth, comment = '' } = given;
  within(what, () => checkTextParam('Comment', given.comment));
  if (Number.isSafeInteger(depth) && depth >= 0) return { depth, comment };
  throw new NinjaError(`${what} has the depth ${String(depth)}, which is no number of commands`);
}

/** Starts a package of build logic. The path must be unique among the packages that meet in a manifest. */
export function packageContext(path: string): PackageContext {
  return new PackageContext(path);
}
