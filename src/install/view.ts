// What a build sees of the packages it requires: the tree of a generation without a root around it, to
// be mounted where the root will be. Knows nothing of sandboxes.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Collector, failed, ok, type Diagnostic, type Result } from '../base/diagnostic.ts';
import { systemError } from '../base/fs.ts';
import { compose } from './compose.ts';
import { loadPackage } from './package.ts';
import { writeTree } from './tree.ts';

export interface FarmRequest {
  /** All packages to be seen, with the directory each is unpacked in now. */
  readonly packages: readonly { readonly id: string; readonly directory: string }[];
  /** Absolute path at which the farm will be mounted. */
  readonly prefix: string;
  readonly roles?: readonly string[] | undefined;
}

/**
 * Writes `bin lib etc include ashlar.target.wants active environment environment.export` and
 * `active.buildinfo.full.json` into a directory, which is made if need be and may already have a
 * `packages` in it. All links are relative and lead to `packages/<id>` in that directory: an empty
 * `packages` is made for the caller to fill or to mount on. Not flushed to disk: a build that is cut off
 * begins again. Errors are those of `loadPackage` and `compose`; on failure what was begun is left.
 */
export function buildFarm(request: FarmRequest, into: string): Result<void> {
  const errors = new Collector();
  const packages = request.packages.flatMap(
    ({ id, directory }) => errors.take(loadPackage(directory, id)) ?? [],
  );
  if (errors.failed) return failed(...errors.diagnostics);
  const tree = compose(packages, {
    prefix: request.prefix,
    roles: request.roles ?? [],
    packagesAt: 'packages',
  });
  if (!tree.ok) return failed(...tree.diagnostics.map(ofABuild));
  try {
    mkdirSync(join(into, 'packages'), { recursive: true });
    writeTree(tree.value, into, false);
    return ok(undefined);
  } catch (error) {
    return failed(systemError('write the view of the required packages', error, into));
  }
}

/** Said of packages that are required together, not of a change to a root. */
function ofABuild(problem: Diagnostic): Diagnostic {
  if (problem.code !== 'install/conflict') return problem;
  const hint =
    'what is required together must have no path in common; rename one, or require one only';
  return { ...problem, hint };
}
