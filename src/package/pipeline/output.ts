// Where the archives of a tree and the files that lead to them go: pkgpanda's `cache` directory, which can
// be served as a repository as it is.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { writeIfChanged } from '../../base/fs.ts';
import { formatJson } from '../../base/jsontext.ts';
import { plainName, type PackageVariant } from '../variant.ts';

/** The directory of everything generated below a packages directory. */
export function outputDirectory(packages: string): string {
  return join(packages, 'cache');
}

/** Where the archives of a package are. */
export function archivesPath(packages: string, name: string): string {
  return join(outputDirectory(packages), 'packages', name);
}

/** A package as it is archived: its name, and its whole id. */
export interface Archived {
  readonly name: string;
  readonly id: string;
}

export function archivePath(packages: string, { name, id }: Archived): string {
  return join(archivesPath(packages, name), `${id}.tar.xz`);
}

/** What people want of a tree beside the packages that repositories hand out. */
export function deployDirectory(packages: string): string {
  return join(packages, 'out');
}

/** The directory that holds what was deployed of a package, and nothing else. */
export function deployedPath(packages: string, one: PackageVariant): string {
  return join(deployDirectory(packages), 'packages', plainName(one));
}

/** Where the files of an image are. */
export function imagePath(packages: string, image: string): string {
  return join(deployDirectory(packages), 'images', image);
}

/** `latest`, or `<variant>.latest`: holds the id that a package was last built with. */
export function latestPath(packages: string, { name, variant }: PackageVariant): string {
  const file = variant === null ? 'latest' : `${variant}.latest`;
  return join(archivesPath(packages, name), file);
}

/** The log of the last run of a task of a package. */
export function logPath(packages: string, taskName: string): string {
  const [name = taskName, ...rest] = taskName.split(':');
  return join(outputDirectory(packages), 'log', name, `${rest.join('.').replaceAll('/', '_')}.log`);
}

/** Names the ids that a package was built with, without a line end; returns the files. Throws node's own errors. */
export function writeLatest(
  packages: string,
  variant: string | null,
  archives: readonly Archived[],
): string[] {
  return archives.map(({ name, id }) => {
    const file = latestPath(packages, { name, variant });
    writeIfChanged(file, id);
    return file;
  });
}

/** `complete/<variant.>complete.latest.json`: all ids of a tree, and its bootstrap. Returns the file. Throws node's own errors. */
export function writeComplete(
  packages: string,
  variant: string | null,
  complete: { readonly bootstrap: string | null; readonly packages: readonly string[] },
): string {
  const directory = join(outputDirectory(packages), 'complete');
  mkdirSync(directory, { recursive: true });
  const name = variant === null ? 'complete.latest.json' : `${variant}.complete.latest.json`;
  const file = join(directory, name);
  const text = formatJson(
    new Map<string, string | null | readonly string[]>([
      ['bootstrap', complete.bootstrap],
      ['packages', [...complete.packages].sort()],
    ]),
  );
  writeIfChanged(file, text);
  return file;
}

/** The files of a bootstrap. */
export function bootstrapPaths(packages: string, id: string): { archive: string; active: string } {
  const directory = join(outputDirectory(packages), 'bootstrap');
  return {
    archive: join(directory, `${id}.bootstrap.tar.xz`),
    active: join(directory, `${id}.active.json`),
  };
}

/** Names the bootstrap that a tree was last built with, without a line end; returns the file. Throws node's own errors. */
export function writeBootstrapLatest(packages: string, variant: string | null, id: string): string {
  const name = variant === null ? 'bootstrap.latest' : `${variant}.bootstrap.latest`;
  const file = join(outputDirectory(packages), 'bootstrap', name);
  writeIfChanged(file, id);
  return file;
}
