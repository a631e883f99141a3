// Installation: brings packages into a root's repository, and on request makes them active. Knows
// nothing of archive formats or of the network: how to unpack and to fetch is handed in.
import { join } from 'node:path';
import { Collector, definitionError, failed, ok, type Result } from '../base/diagnostic.ts';
import { activateLocked, makeDirectories, type ActivateOptions } from './activate.ts';
import type { Activation } from './activation.ts';
import { currentGeneration } from './generation.ts';
import { nameOf, type PackageId } from './id.ts';
import { addPackage, clearPackageLeftovers, hasPackage } from './repository.ts';
import { changing, guarded, interrupted, type Root } from './root.ts';
import { packageUrl, type FetchFile, type PackageSource, type Unpack } from './source.ts';

export interface InstallOptions extends ActivateOptions {
  readonly unpack: Unpack;
  readonly fetchFile: FetchFile;
  /** Where packages given by id alone come from. */
  readonly repositoryUrl?: string | undefined;
  /** Also make them active: each takes the place of an active package of the same name. */
  readonly activate?: boolean | undefined;
  /** Called as each package is there. */
  readonly onPackage?: ((id: PackageId, what: 'added' | 'present') => void) | undefined;
}

export interface Installation {
  readonly added: readonly PackageId[];
  /** Those that the repository had already: packages never change, so they are not looked at again. */
  readonly present: readonly PackageId[];
  readonly activation: Activation | undefined;
}

/**
 * Adds packages to the root's repository. Each is added whole or not at all, and those that can be had
 * are added even when others cannot; nothing is activated unless all are there. Error codes:
 * `install/no-repository`, those of `loadPackage` and `activate`, and what `unpack` and `fetchFile` say.
 */
export async function install(
  root: Root,
  sources: readonly PackageSource[],
  options: InstallOptions,
): Promise<Result<Installation>> {
  return changing<Installation>(root, options, async () => {
    const errors = new Collector();
    const wanted = unique(sources);
    for (const source of wanted) errors.take(obtainable(root, source, options));
    if (errors.failed) return failed(...errors.diagnostics);
    const prepared = guarded(root, 'install in', () => {
      makeDirectories(root);
      clearPackageLeftovers(root);
      return ok(undefined);
    });
    if (!prepared.ok) return prepared;
    const added: PackageId[] = [];
    const present: PackageId[] = [];
    for (const source of wanted) {
      if (stopped(options)) return failed(interrupted());
      const there = hasPackage(root, source.id);
      const result = there ? ok(undefined) : await add(root, source, options);
      // Whatever it says then, it failed because it was stopped.
      if (!result.ok && stopped(options)) return failed(interrupted());
      errors.take(result);
      if (!result.ok) continue;
      (there ? present : added).push(source.id);
      options.onPackage?.(source.id, there ? 'present' : 'added');
    }
    if (errors.failed) return failed(...errors.diagnostics);
    if (options.activate !== true) return ok({ added, present, activation: undefined });
    const set = replacing(currentGeneration(root)?.packages ?? [], [...added, ...present]);
    const activation = activateLocked(root, set, options);
    return activation.ok ? ok({ added, present, activation: activation.value }) : activation;
  });
}

function stopped({ signal }: InstallOptions): boolean {
  return signal?.aborted === true;
}

/** The active set with these in it, each in the place of the one that has its name. */
function replacing(active: readonly PackageId[], ids: readonly PackageId[]): PackageId[] {
  const names = new Set(ids.map(nameOf));
  return [...active.filter((id) => !names.has(nameOf(id))), ...ids];
}

/** An archive is preferred to an id alone. */
function unique(sources: readonly PackageSource[]): PackageSource[] {
  const byId = new Map<PackageId, PackageSource>();
  for (const source of sources) {
    if (byId.get(source.id)?.archive === undefined) byId.set(source.id, source);
  }
  return [...byId.values()];
}

/** Told before anything is touched: an id alone says nothing of where to get the package. */
function obtainable(root: Root, source: PackageSource, options: InstallOptions): Result<void> {
  const known = source.archive !== undefined || options.repositoryUrl !== undefined;
  if (known || hasPackage(root, source.id)) return ok(undefined);
  return failed(
    definitionError({
      code: 'install/no-repository',
      message: `${source.id} is not in ${root.packages}, and no repository was given to get it from`,
      hint: 'give --repository-url, or the package as a file',
    }),
  );
}

async function add(
  root: Root,
  source: PackageSource,
  options: InstallOptions,
): Promise<Result<void>> {
  const { id, archive } = source;
  if (archive !== undefined) {
    return addPackage(root, id, archive, (directory) => options.unpack(archive, directory));
  }
  const url = packageUrl(options.repositoryUrl ?? '', { id, name: nameOf(id) });
  return addPackage(root, id, url, async (directory, scratch) => {
    const fetched = join(scratch, `${id}.tar.xz`);
    const result = await options.fetchFile(url, fetched);
    return result.ok ? options.unpack(fetched, directory) : result;
  });
}
