// The names that packages' entities get in one manifest: `g.cc.compile`, with the package's whole path
// where two live packages share their last part.
import { NinjaError, toNinjaName } from './name.ts';
import type { Owner, Pool, Rule, Variable } from './entity.ts';

/** Package → the part of its entities' names between `g.` and the last dot. */
export interface PackageNames {
  get(owner: Owner): string | undefined;
}

/**
 * Names while it is not yet known which packages there will be: the short ones, but for those of which
 * it is known that several packages share them.
 */
export class ProvisionalNames implements PackageNames {
  readonly #shared: ReadonlySet<string>;

  constructor(shared: ReadonlySet<string>) {
    this.#shared = shared;
  }

  get(owner: Owner): string {
    return this.#shared.has(owner.shortName) ? longName(owner) : owner.shortName;
  }
}

/** Short names that several of the packages have. */
export function sharedNames(packages: Iterable<Owner>): Set<string> {
  const seen = new Set<string>();
  const shared = new Set<string>();
  for (const { shortName } of packages) (seen.has(shortName) ? shared : seen).add(shortName);
  return shared;
}

function longName({ path }: Owner): string {
  return toNinjaName(path.replaceAll('/', '.'));
}

/** Throws Error for packages whose paths come to the same name: they cannot be told apart. */
export function checkPackages(packages: Iterable<Owner>, names: PackageNames): void {
  const owners = new Map<string, Owner>();
  for (const owner of packages) {
    const name = names.get(owner)!;
    const other = owners.get(name);
    if (other !== undefined) {
      throw new NinjaError(`packages ${other.path} and ${owner.path} have the same name in Ninja`);
    }
    owners.set(name, owner);
  }
}

export function variableName(variable: Variable, names: PackageNames): string {
  switch (variable.kind) {
    case 'argument':
      return variable.name;
    case 'local variable':
      return variable.fullName;
    case 'package variable':
      return globalName(variable, names);
  }
}

export function ruleName(rule: Rule, names: PackageNames): string {
  switch (rule.kind) {
    case 'builtin rule':
      return rule.name;
    case 'local rule':
      return rule.fullName;
    case 'package rule':
      return globalName(rule, names);
  }
}

export function poolName(pool: Pool, names: PackageNames): string {
  return pool.kind === 'builtin pool' ? pool.name : globalName(pool, names);
}

function globalName(entity: { owner: Owner; name: string }, names: PackageNames): string {
  const name = names.get(entity.owner);
  if (name === undefined) throw new Error(`${entity.owner.path} was not seen to be live`);
  return `g.${name}.${entity.name}`;
}
