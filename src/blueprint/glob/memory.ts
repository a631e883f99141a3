// A source tree in memory, for tests of build logic. Knows nothing of the machine's files; there is
// nothing outside the tree.
import type { FileSystem } from './filesystem.ts';
import { baseOf, cleanPath, directoryOf, joinPath } from './path.ts';

/**
 * Files in memory: path → content. A key `from -> to` is a symbolic link, its content is not used.
 * Directories exist as far as files need them.
 */
export function memoryFiles(files: Readonly<Record<string, string>>): FileSystem {
  const contents = new Map<string, string>();
  const links = new Map<string, string>();
  const directories = new Map<string, Set<string>>([
    ['.', new Set()],
    ['/', new Set()],
  ]);
  for (const [key, content] of Object.entries(files)) {
    const [from, to] = key.split(' -> ');
    const path = cleanPath(from!);
    if (to === undefined) contents.set(path, content);
    else links.set(path, to);
    addToParents(directories, path);
  }
  const resolve = (path: string): string => resolveLinks(cleanPath(path), links) ?? '';
  return {
    kindOf(path) {
      const real = resolve(path);
      if (directories.has(real)) return 'directory';
      if (contents.has(real)) return 'file';
      return links.has(cleanPath(path)) ? 'link' : undefined;
    },
    isLink: (path) => links.has(cleanPath(path)),
    identityOf: resolve,
    list(path) {
      const directory = resolve(path);
      const names = [...(directories.get(directory) ?? [])];
      return names.map((name) => {
        const entry = joinPath(directory, name);
        if (links.has(entry)) return { name, kind: 'link' };
        return { name, kind: directories.has(entry) ? 'directory' : 'file' };
      });
    },
    read: (path) => contents.get(resolve(path)),
  };
}

function addToParents(directories: Map<string, Set<string>>, path: string): void {
  for (let child = path; child !== '.' && child !== '/'; child = directoryOf(child)) {
    const parent = directoryOf(child);
    const names = directories.get(parent) ?? new Set();
    directories.set(parent, names.add(baseOf(child)));
  }
}

const MAX_LINKS = 40;

/** The path without links, or undefined when they go round in circles. */
function resolveLinks(path: string, links: ReadonlyMap<string, string>): string | undefined {
  let resolved = path;
  for (let followed = 0; followed <= MAX_LINKS; followed++) {
    const link = prefixes(resolved).find((prefix) => links.has(prefix));
    if (link === undefined) return resolved;
    const target = links.get(link)!;
    const from = target.startsWith('/') ? target : joinPath(directoryOf(link), target);
    resolved = cleanPath(from + resolved.slice(link.length));
  }
  return undefined;
}

function prefixes(path: string): string[] {
  const found: string[] = [];
  for (let at = path.indexOf('/', 1); at !== -1; at = path.indexOf('/', at + 1)) {
    found.push(path.slice(0, at));
  }
  return [...found, path];
}
