// Lists of sources: files, globs, and `:name` for what another module offers.
import { cleanPath, dependencyTag, joinPath, list, path, provider } from '../api.ts';
import type { BottomUpContext, GenerateContext, ListProperty, PathProperty } from '../api.ts';

/** Files that a module offers to others as sources, relative to the source root. */
export interface Files {
  readonly files: readonly string[];
}

export const filesProvider = provider<Files>('files');

/** A dependency on what a module offers as sources. */
export const sourceTag = dependencyTag('source');

export function sources(doc: string): ListProperty<PathProperty> {
  return list(path(), {
    doc: `${doc} Wildcards are allowed; \`:name\` stands for what a module offers.`,
  });
}

/** A path that a module of a directory names, relative to the source root: a file has one path, whoever names it. */
export function pathIn(directory: string, path: string): string {
  return cleanPath(path.startsWith('/') ? path : joinPath(directory, path));
}

/** Depends on the modules that lists of sources name. */
export function addSourceDependencies(
  context: BottomUpContext<unknown>,
  ...lists: readonly (readonly string[])[]
): void {
  for (const sources of lists) {
    for (const source of sources) {
      if (source.startsWith(':')) context.addDependency(sourceTag, source.slice(1));
    }
  }
}

/**
 * The files of a list of sources, relative to the source root, each once. Patterns that match nothing and modules
 * that offer nothing are reported at the property.
 */
export function expandSources(
  context: GenerateContext<unknown>,
  property: string,
  sources: readonly string[],
  excludes: readonly string[] = [],
): string[] {
  const { directory } = context;
  const excluded = excludes.map((one) => pathIn(directory, one));
  const found: string[] = [];
  for (const [index, source] of sources.entries()) {
    const at = `${property}[${index}]`;
    if (source.startsWith(':')) found.push(...offered(context, at, source.slice(1)));
    else if (!/[*?[]/.test(source)) {
      const file = pathIn(directory, source);
      if (!excluded.includes(file)) found.push(file);
    } else {
      const matches = context
        .propertyGlob(at, pathIn(directory, source), { excludes: excluded })
        ?.filter((match) => !match.endsWith('/'));
      if (matches === undefined) continue;
      if (matches.length === 0) {
        context.propertyError(at, `${JSON.stringify(source)} matches no files`);
      }
      found.push(...matches);
    }
  }
  return [...new Set(found)];
}

function offered(
  context: GenerateContext<unknown>,
  property: string,
  name: string,
): readonly string[] {
  const module = context.directDependency(name, sourceTag);
  // A missing module has been reported as a missing dependency.
  if (module === undefined) return [];
  const files = context.get(module, filesProvider);
  if (files === undefined) {
    context.propertyError(property, `${module.toString()} offers no files`);
    return [];
  }
  return files.files;
}

/** The files that a source stands for by itself, if it is a module's name or a plain path: `:name`, `a/b.c`. */
export function filesOf(context: GenerateContext<unknown>, source: string): readonly string[] {
  if (!source.startsWith(':')) return [pathIn(context.directory, source)];
  const module = context.directDependency(source.slice(1), sourceTag);
  return (module && context.get(module, filesProvider)?.files) ?? [];
}
