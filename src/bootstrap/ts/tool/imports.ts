// How names are imported: packages of the tree by the names that their modules give them, and Ashlar itself. And
// how files are named that a bundle begins with.
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Plugin } from 'esbuild';

const ENTRY = 'entry:';

/** A file that a bundle begins with, for `entries` to resolve: esbuild takes absolute paths with a star for patterns. */
export function entry(file: string): string {
  return ENTRY + encodeURIComponent(resolve(file)).replaceAll('*', '%2A');
}

export const entries: Plugin = {
  name: 'entries',
  setup(build) {
    build.onResolve({ filter: /^entry:/ }, ({ path, kind, importer }) =>
      kind === 'entry-point' || importer === '<stdin>'
        ? { path: decodeURIComponent(path.slice(ENTRY.length)) }
        : undefined,
    );
  },
};

/** Packages of the tree: a name stands for a source. */
export function named(aliases: ReadonlyMap<string, string>): Plugin {
  return {
    name: 'packages of the tree',
    setup(build) {
      build.onResolve({ filter: /^[^./]/ }, ({ path }) => {
        const source = aliases.get(path);
        return source === undefined ? undefined : { path: source };
      });
    },
  };
}

const ENTRIES: Readonly<Record<string, string>> = {
  ashlar: 'index.js',
  'ashlar/bootstrap': 'builder.js',
  'ashlar/syntax': 'syntax.js',
};

/** Ashlar as it is installed: it stays outside of the bundle, so that there is one of it. */
export function installed(directory: string): Plugin {
  return {
    name: 'ashlar',
    setup(build) {
      build.onResolve({ filter: /^ashlar(\/|$)/ }, ({ path }) => {
        const entry = ENTRIES[path];
        if (entry === undefined) {
          const known = Object.keys(ENTRIES).join(', ');
          return { errors: [{ text: `there is no ${path}; what can be imported is ${known}` }] };
        }
        return { path: pathToFileURL(join(directory, entry)).href, external: true };
      });
    },
  };
}
