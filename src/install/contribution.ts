// Which directories of an unpacked package go into the farm, and the listing of them. The only place
// that reads packages' trees; it follows a link only at their top, and never out of the package.
import { readdirSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Collector, definitionError, type Diagnostic, type Result } from '../base/diagnostic.ts';
import type { Contribution, Entry, EntryKind, List } from './farm.ts';
import { decodeName, encodePath } from './name.ts';
import type { Package } from './package.ts';

/** Directory of the farm that holds the units to be started: those of the original's name go there too. */
export const WANTS = 'ashlar.target.wants';

/** Directories of the farm, each with the directories of packages that make it up. */
const SOURCES: readonly (readonly [string, readonly string[]])[] = [
  ['bin', ['bin']],
  ['etc', ['etc']],
  ['include', ['include']],
  ['lib', ['lib']],
  [WANTS, ['dcos.target.wants', WANTS]],
];

export const FARM_DIRECTORIES: readonly string[] = SOURCES.map(([into]) => into);

/** Directories of the farm that are there only when a package's pkginfo.json offers its own. */
export const FURTHER_DIRECTORIES: readonly string[] = ['libexec', 'sbin', 'share'];

/** Units that belong to the host's own set-up. */
const RESERVED_UNITS = new Set([
  'ashlar.target',
  'ashlar-setup.service',
  'dcos.target',
  'dcos-download.service',
  'dcos-setup.service',
]);

/**
 * What packages lay into the farm of a host with these roles: `bin`, and `bin_ROLE` for each role, and so
 * on. Error codes `package/not-a-directory`, `package/leaves-itself`, `install/reserved-unit`. Throws
 * node's own errors.
 */
export function contributionsOf(
  packages: readonly Package[],
  roles: readonly string[],
): Result<Contribution[]> {
  const errors = new Collector();
  const found: Contribution[] = [];
  const suffixes = ['', ...new Set(roles)].map((role) => (role === '' ? '' : `_${role}`));
  for (const pack of packages) {
    const further = FURTHER_DIRECTORIES.filter((name) => pack.info.directories.includes(name));
    const all = [...SOURCES, ...further.map((name) => [name, [name]] as const)];
    for (const [into, sources] of all) {
      for (const from of suffixes.flatMap((suffix) => sources.map((name) => name + suffix))) {
        const problem = inspect(pack, from);
        if (problem === 'absent') continue;
        if (problem !== 'directory') errors.add(problem);
        else {
          found.push({ package: pack.id, from, into });
          if (into === WANTS) errors.add(...reservedUnits(pack, from));
        }
      }
    }
  }
  return errors.finish(found);
}

function inspect(pack: Package, from: string): 'absent' | 'directory' | Diagnostic {
  const path = join(pack.directory, from);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return 'absent';
  if (!found.isDirectory()) {
    return definitionError({
      code: 'package/not-a-directory',
      message: `${from} of ${pack.id} is a file; it has to be a directory`,
      at: { file: path },
    });
  }
  if (`${realpathSync(path)}/`.startsWith(`${realpathSync(pack.directory)}/`)) return 'directory';
  return definitionError({
    code: 'package/leaves-itself',
    message: `${from} of ${pack.id} is a link that leads out of the package`,
    at: { file: path },
  });
}

function reservedUnits(pack: Package, from: string): Diagnostic[] {
  return listDirectory(join(pack.directory, from)).flatMap(({ name }) => {
    if (!RESERVED_UNITS.has(name)) return [];
    return [
      definitionError({
        code: 'install/reserved-unit',
        message: `${pack.id} has a unit named ${name}, which belongs to the host's own set-up`,
        at: { file: join(pack.directory, from, name) },
      }),
    ];
  });
}

/** A listing of these packages' directories as they lie on disk. It throws node's own errors. */
export function listingOf(packages: readonly Package[]): List {
  const directories = new Map(packages.map(({ id, directory }) => [id, directory]));
  return (id, path) => listDirectory(join(directories.get(id)!, path));
}

function listDirectory(path: string): Entry[] {
  const at = encodePath(path);
  const entries = readdirSync(at, { withFileTypes: true });
  if (!entries.some(({ name }) => name.includes('\ufffd'))) {
    return entries.map((entry) => ({ name: entry.name, kind: kindOf(entry) }));
  }
  return readdirSync(at, { withFileTypes: true, encoding: 'buffer' }).map((entry) => ({
    name: decodeName(entry.name),
    kind: kindOf(entry),
  }));
}

function kindOf(entry: { isDirectory(): boolean; isSymbolicLink(): boolean }): EntryKind {
  if (entry.isDirectory()) return 'directory';
  return entry.isSymbolicLink() ? 'link' : 'file';
}
