// Where Node, esbuild and the TypeScript compiler are: a tree's own come first, then those that Ashlar was
// installed with. Knows nothing of how they are run.
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

type Tools = Readonly<Record<string, string | undefined>>;

/** Paths of Node, of the packages esbuild and typescript, and of the bundle that runs. */
export function findTools(source: string): Tools {
  const ashlar = dirname(realpathSync(process.argv[1]!));
  const installed = (name: string): string | undefined => {
    const found = findPackage(source, name) ?? findPackage(ashlar, name);
    return found === undefined ? undefined : inSource(source, found);
  };
  return {
    Node: process.execPath,
    Esbuild: installed('esbuild'),
    TypeScript: installed('typescript'),
    Ashlar: ashlar,
  };
}

/** The nearest `node_modules` at or above a directory that has the package. */
function findPackage(start: string, name: string): string | undefined {
  for (let directory = start; ; directory = dirname(directory)) {
    const found = join(directory, 'node_modules', name);
    if (existsSync(join(found, 'package.json'))) return found;
    if (dirname(directory) === directory) return undefined;
  }
}

/** What is in the tree is named relative to it: then the tree can be moved, and nothing is new. */
function inSource(source: string, path: string): string {
  const inner = relative(source, path);
  return inner.startsWith('..') ? path : inner;
}
