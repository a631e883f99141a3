// The files of the tree that a package is made of: what they are counts, and where in the package's folder.
import { posix } from 'node:path';
import { Collector, type Diagnostic, type Result } from '../../base/diagnostic.ts';
import type { Digest, Sha256Hex } from '../../base/digest.ts';
import { errnoOf, systemError } from '../../base/fs.ts';
import type { PackageDeclaration } from './declaration.ts';
import { placeOf } from './place.ts';

export interface ModuleFiles {
  /** Source → path below it → digest. */
  readonly sources: ReadonlyMap<string, ReadonlyMap<string, Sha256Hex>>;
  /** Of each patch, in order. */
  readonly patches: readonly Sha256Hex[];
}

/** Where a file of a module lies below its source: as it does below the module's own folder. */
export function pathInSource(directory: string, file: string): string {
  const below = directory === '.' ? '' : `${directory}/`;
  return file.startsWith(below) ? file.slice(below.length) : posix.basename(file);
}

/** A file of the tree that cannot be read, `fs/*`. Throws what is no system error. */
export function unreadable(file: string, error: unknown): Diagnostic {
  const problem = systemError('read', error, file);
  if (errnoOf(error) !== 'EISDIR') return problem;
  return { ...problem, hint: `a pattern takes the files in it: "${posix.basename(file)}/**/*"` };
}

/** `directory` is the tree, absolute. Errors `fs/*`, at the property that names the file. */
export function moduleFiles(
  declaration: PackageDeclaration,
  directory: string,
  digestOf: (path: string) => Digest,
): Result<ModuleFiles> {
  const out = new Collector();
  const hash = (file: string, property: string): Sha256Hex | undefined => {
    try {
      return digestOf(posix.join(directory, file)).hash;
    } catch (error) {
      out.add({ ...unreadable(file, error), at: placeOf(declaration, property) });
      return undefined;
    }
  };
  const sources = new Map<string, ReadonlyMap<string, Sha256Hex>>();
  for (const [name, files] of declaration.files) {
    const hashes = new Map<string, Sha256Hex>();
    for (const file of files) {
      const found = hash(file, `sources.${name}.files`);
      if (found !== undefined) hashes.set(pathInSource(declaration.directory, file), found);
    }
    sources.set(name, hashes);
  }
  const patches = declaration.values.patches.flatMap(
    (patch) => hash(posix.join(declaration.directory, patch), 'patches') ?? [],
  );
  return out.finish({ sources, patches });
}
