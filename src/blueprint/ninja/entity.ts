// What a manifest is made of: variables, rules and pools, as definitions that belong to a package of
// build logic, to one module, or to Ninja itself. Plain data; names in the manifest are given
// elsewhere, per manifest.
import type { Declaration } from './declared.ts';

/** `pieces[0] variables[0] pieces[1] …`: one piece more than variables. A literal dollar is `$$` in a piece. */
export interface VariableText {
  readonly pieces: readonly string[];
  readonly variables: readonly Variable[];
}

export type NinjaText = string | VariableText;

/** Where a package's entity comes from: its package, by path (`ashlar/cc`) and by last part (`cc`). */
export interface Owner {
  readonly path: string;
  readonly shortName: string;
  /** Files whose change makes the generator run again, if the manifest uses anything of the package. */
  readonly fileDependencies: readonly string[];
}

export type Variable = PackageVariable | LocalVariable | ArgumentVariable;

export interface PackageVariable {
  readonly kind: 'package variable';
  readonly owner: Owner;
  readonly name: string;
  /** The value, parsed where the package was defined. Called once per manifest that needs it. */
  readonly value: (config: unknown) => NinjaText;
}

export interface LocalVariable {
  readonly kind: 'local variable';
  readonly name: string;
  readonly fullName: string;
  readonly value: NinjaText;
}

/** An argument of a rule, or `in` or `out`: set on each build statement. */
export interface ArgumentVariable {
  readonly kind: 'argument';
  readonly name: string;
}

export type Rule = PackageRule | LocalRule | BuiltinRule;

interface RuleFields {
  readonly name: string;
  readonly arguments: readonly string[];
  /** The variable that an argument's name means inside the rule: an argument may hide a package's variable. */
  readonly argument: (name: string) => Variable;
}

export interface PackageRule extends RuleFields {
  readonly kind: 'package rule';
  readonly owner: Owner;
  /** Called once per manifest that needs it. */
  readonly definition: (config: unknown) => RuleDefinition;
  /** Undefined where it follows from the configuration. */
  readonly dependencyFile: DependencyFile | undefined;
  readonly declared: Declaration;
}

export interface LocalRule extends RuleFields {
  readonly kind: 'local rule';
  readonly fullName: string;
  readonly definition: RuleDefinition;
  readonly dependencyFile: DependencyFile;
}

export interface BuiltinRule extends RuleFields {
  readonly kind: 'builtin rule';
}

/** What a rule says of dependencies that its command finds. */
export interface DependencyFile {
  readonly deps: 'gcc' | 'msvc' | undefined;
  /** Whether it names a file in which they are. */
  readonly depfile: boolean;
}

export interface RuleDefinition {
  readonly comment: string;
  readonly pool: Pool | undefined;
  /** Sorted by name. */
  readonly variables: readonly (readonly [string, NinjaText])[];
  /** Dependencies that every statement of the rule gets. */
  readonly commandDeps: readonly NinjaText[];
  readonly commandOrderOnly: readonly NinjaText[];
}

export type Pool = PackagePool | BuiltinPool;

export interface PackagePool {
  readonly kind: 'package pool';
  readonly owner: Owner;
  readonly name: string;
  readonly definition: (config: unknown) => PoolDefinition;
}

export interface BuiltinPool {
  readonly kind: 'builtin pool';
  readonly name: string;
}

export interface PoolDefinition {
  readonly depth: number;
  readonly comment: string;
}

const noArgument = (name: string): never => {
  throw new Error(`builtin rules have no argument ${name}`);
};

/** Ninja's own rule that runs nothing. */
export const phonyRule: BuiltinRule = {
  kind: 'builtin rule',
  name: 'phony',
  arguments: [],
  argument: noArgument,
};

/** Ninja's own pool that runs one command at a time, with the terminal to itself. */
export const consolePool: BuiltinPool = { kind: 'builtin pool', name: 'console' };
