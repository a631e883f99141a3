// The definitions in one package folder: what its buildinfo files say, one for each variant, and what
// else of the folder counts. Knows nothing of other packages. A broken file leaves the others usable.
import { Collector, definitionError, type Diagnostic } from '../base/diagnostic.ts';
import { isId, nameProblem } from '../install/id.ts';
import { readBuildinfo, type Buildinfo } from './buildinfo.ts';
import type { ModuleDefinition } from './module/definition.ts';
import { limited, pathIn, readDefinition, type NamedPath } from './file.ts';
import { findVariants, variantFile, type PackageVariant } from './variant.ts';

/** One variant of a package, as its folder defines it. */
export interface Definition extends PackageVariant {
  /** The package folder, absolute. */
  readonly directory: string;
  readonly file: NamedPath;
  /** Whether the folder has an entry `extra`. */
  readonly hasExtra: boolean;
  /** Undefined when the file could not be read at all, and for packages that are modules. */
  readonly buildinfo: Buildinfo | undefined;
  /** For packages that modules of Blueprints files declare. */
  readonly module?: ModuleDefinition | undefined;
  /** What is wrong with it, and what deserves a warning. With an error among them it must not be built. */
  readonly diagnostics: readonly Diagnostic[];
}

/** A package folder, and the names in it. */
export interface PackageFolder extends NamedPath {
  readonly name: string;
  readonly entries: readonly string[];
}

export const BUILDINFO = 'buildinfo.json';

/** True for a folder that defines a package. */
export function isPackageFolder(entries: readonly string[]): boolean {
  return entries.some((entry) => entry.endsWith(BUILDINFO));
}

/**
 * Reads all variants of a package. File names that name none are reported to `out`. `mirrors` are the
 * names that `mirror://` may use; any when undefined. `read` gives a file's bytes, or throws node's own error.
 */
export function readDefinitions(
  folder: PackageFolder,
  mirrors: readonly string[] | undefined,
  out: Collector,
  read?: (path: string) => Buffer,
): Definition[] {
  const { name, path: directory, entries } = folder;
  const shown = (file: string): string => pathIn(folder, file).shown;
  const hasExtra = entries.includes('extra');
  return findVariants(entries, BUILDINFO, shown, out).map((variant) => {
    const file = pathIn(folder, variantFile(variant, BUILDINFO));
    const found = new Collector();
    checkName(name, file, found);
    const object = readDefinition(file, found, read);
    const buildinfo = object && readBuildinfo(object, { name, variant, directory, mirrors }, found);
    const diagnostics = limited(found.diagnostics);
    return { name, variant, directory, file, hasExtra, buildinfo, diagnostics };
  });
}

/** Names that fit the alphabet can still be unable to form an id. */
function checkName(name: string, file: NamedPath, out: Collector): void {
  const at = { file: file.shown };
  const problem = nameProblem(name, at);
  if (problem !== undefined) out.add(problem);
  else if (!isId(`${name}--0`) || name.endsWith('-')) {
    out.add(
      definitionError({
        code: 'id/name',
        message: `"${name}" cannot be the name of a package: with it no package id can be told apart`,
        at,
        hint: 'rename the folder; a name does not contain "--" and does not end in "-"',
      }),
    );
  }
}
