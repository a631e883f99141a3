// Makes the whole tree of a generation, or of a build's view, out of packages: compatibility, farm,
// environment, active set. It reads packages and writes nothing.
import { byCodePoint } from '../base/digest.ts';
import {
  Collector,
  definitionError,
  failed,
  ok,
  type Diagnostic,
  type Result,
} from '../base/diagnostic.ts';
import { systemError } from '../base/fs.ts';
import { activeBuildinfo } from './buildinfo.ts';
import { firstOfEachName, validateCompatible } from './compatible.ts';
import { contributionsOf, FARM_DIRECTORIES, listingOf } from './contribution.ts';
import { environmentExport, environmentText, parsePrefix } from './environment.ts';
import { planFarm, type Conflict, type Provider } from './farm.ts';
import type { Package } from './package.ts';
import type { Tree } from './tree.ts';

export interface Composition {
  /** Absolute path at which programs will find the root: goes into the environment's texts. */
  readonly prefix: string;
  readonly roles: readonly string[];
  /** The way from the top of the tree to the directory of packages: `packages`, `../../packages`. */
  readonly packagesAt: string;
}

/** Names at the top of a generation beside the farm's directories. */
export const TOP_ENTRIES: readonly string[] = [
  'active',
  'active.buildinfo.full.json',
  'environment',
  'environment.export',
];

/**
 * Composes the tree of a set of packages. All that is wrong with the set is told at once: the codes of
 * `validateCompatible`, `contributionsOf` and `parsePrefix`, and `install/conflict`.
 */
export function compose(packages: readonly Package[], options: Composition): Result<Tree> {
  const errors = new Collector();
  const sorted = [...packages].sort((a, b) => byCodePoint(a.id, b.id));
  const prefix = errors.take(parsePrefix(options.prefix)) ?? '';
  errors.take(validateCompatible(sorted));
  try {
    const distinct = firstOfEachName(sorted);
    const contributions = errors.take(contributionsOf(distinct, options.roles)) ?? [];
    const plan = planFarm(FARM_DIRECTORIES, contributions, listingOf(sorted));
    errors.add(...conflictErrors(plan.conflicts));
    if (errors.failed) return failed(...errors.diagnostics);
    return ok({
      directories: [...plan.directories, 'active'],
      links: [
        ...plan.links.map(({ path, package: id, target }) => ({
          path,
          target: `${upFrom(path)}${options.packagesAt}/${id}/${target}`,
        })),
        ...sorted.map(({ name, id }) => ({
          path: `active/${name}`,
          target: `../${options.packagesAt}/${id}`,
        })),
      ],
      files: [
        { path: 'environment', text: environmentText(sorted, prefix) },
        { path: 'environment.export', text: environmentExport(sorted, prefix) },
        { path: 'active.buildinfo.full.json', text: activeBuildinfo(sorted) },
      ],
    });
  } catch (error) {
    return failed(...errors.diagnostics, systemError('list the packages', error));
  }
}

/** `../` for each directory that a path lies in. */
function upFrom(path: string): string {
  return '../'.repeat(path.split('/').length - 1);
}

/** One error for each set of packages that clash, with all paths they clash at. */
function conflictErrors(conflicts: readonly Conflict[]): Diagnostic[] {
  const groups = new Map<string, Conflict[]>();
  for (const conflict of conflicts) {
    const who = providersOf(conflict).join(' and ');
    groups.set(who, [...(groups.get(who) ?? []), conflict]);
  }
  return [...groups].map(([who, [first, ...more]]) => {
    const alone = more.length === 0;
    const conflicts = [first!, ...more];
    return definitionError({
      code: 'install/conflict',
      message: `${who} ${verb(first!)} ${alone ? describeConflict(first!) : `the same ${conflicts.length} paths`}`,
      notes: alone ? [] : conflicts.map((each) => ({ message: describeConflict(each) })),
      hint: 'nothing was changed; a path can come from one package only',
    });
  });
}

function providersOf({ providers }: Conflict): string[] {
  return [...new Set(providers.map((provider) => provider.package))];
}

function verb(conflict: Conflict): string {
  const count = providersOf(conflict).length;
  if (count === 1) return 'provides twice';
  return count === 2 ? 'both provide' : 'all provide';
}

/** `bin/a`; with who provides what as what where that is not just files of the same path. */
function describeConflict({ path, providers }: Conflict): string {
  const plain = providers.every((provider) => provider.kind === 'file' && provider.path === path);
  return plain ? path : `${path} (${providers.map(describeProvider).join(', ')})`;
}

function describeProvider({ package: id, path, kind }: Provider): string {
  return `${kind} ${path} of ${id}`;
}
