// The names that packages' entities get in one manifest: `g.cc.compile`, with the package's whole path
// where two live packages share their last part.
import { toNinjaName } from './name.ts';
import type { Owner, Pool, Rule, Variable } from './entity.ts';

/** Package → the part of its entities' names between `g.` and the last dot. */
export type PackageNames = ReadonlyMap<Owner, string>;

/** Gives each package a name of its own. The result does not depend on the order of the packages. */
export function namePackages(packages: Iterable<Owner>): PackageNames {
  const sorted = [...packages].sort((a, b) => (a.path < b.path ? -1 : 1));
  const sharing = new Map<string, number>();
  for (const { shortName } of sorted) sharing.set(shortName, (sharing.get(shortName) ?? 0) + 1);
  const names = new Map<Owner, string>();
  const taken = new Set<string>();
  for (const owner of sorted) {
    const wanted =
      sharing.get(owner.shortName) === 1
        ? owner.shortName
        : toNinjaName(owner.path.replaceAll('/', '.'));
    let name = wanted;
    for (let n = 2; taken.has(name); n++) name = `${wanted}-${n}`;
    taken.add(name);
    names.set(owner, name);
  }
  return names;
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

/** Throws for packages that were not found live: then the manifest would lack what it refers to. */
function globalName(entity: { owner: Owner; name: string }, names: PackageNames): string {
  const name = names.get(entity.owner);
  if (name === undefined) throw new Error(`${entity.owner.path} was not seen to be live`);
  return `g.${name}.${entity.name}`;
}
