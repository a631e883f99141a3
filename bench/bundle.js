// Bundles a part of the program that has no command of its own; to be imported, or run by node.
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

const project = resolve(import.meta.dirname, '..');

/** Path of the bundle of a file of this directory. */
export async function bundle(entry, directory) {
  const outfile = join(directory, `${entry.replaceAll('/', '-')}.mjs`);
  await build({
    entryPoints: [join(project, 'bench', entry)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    banner: {
      js: "import { createRequire as r } from 'node:module'; const require = r(import.meta.url);",
    },
    logLevel: 'error',
  });
  return outfile;
}
