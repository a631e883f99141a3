// Keeps build logic to what it declares: what it reads goes through a guard (../../declared.ts), and what reaches
// beyond the tree cannot be imported. A result that depended on anything else would go stale unseen.
import type { Plugin } from 'esbuild';

const BEYOND =
  /^(?:node:)?(?:child_process|cluster|dgram|dns|http|http2|https|net|tls|worker_threads)(?:\/|$)/;
const FILES = /^(?:node:)?fs(\/promises)?$/;

/**
 * `trusted` is the directory of Ashlar's own sources where a tree embeds them: these, and what they import
 * from elsewhere, may do as they like.
 */
export function declaredInputs(trusted: string | undefined): Plugin {
  const exempt = (importer: string): boolean =>
    trusted !== undefined &&
    (importer.startsWith(`${trusted}/`) || importer.includes('/node_modules/'));
  return {
    name: 'declared inputs',
    setup(build) {
      build.onResolve({ filter: BEYOND }, ({ path, importer }) => {
        if (exempt(importer)) return undefined;
        const text = `build logic cannot import ${path}: what it makes may depend on nothing but the tree`;
        return { errors: [{ text }] };
      });
      build.onResolve({ filter: FILES }, ({ path, importer, namespace }) => {
        if (namespace === 'declared' || exempt(importer)) return undefined;
        return { path: path.endsWith('/promises') ? 'promises' : 'fs', namespace: 'declared' };
      });
      build.onLoad({ filter: /.*/, namespace: 'declared' }, ({ path }) => ({
        contents: guardText(path === 'fs' ? 'node:fs' : 'node:fs/promises'),
        loader: 'js',
        resolveDir: process.cwd(),
      }));
    },
  };
}

/** All of the module, each function of it behind the guard. Explicit exports win over starred ones. */
function guardText(module: string): string {
  const names = GUARDED[module]!;
  return [
    `import * as files from ${JSON.stringify(module)};`,
    `import { guardFiles } from 'ashlar/bootstrap';`,
    `export * from ${JSON.stringify(module)};`,
    `const guarded = guardFiles(files);`,
    `export default guarded;`,
    `export const { ${names.join(', ')} } = guarded;`,
    '',
  ].join('\n');
}

const CALLS = [
  'access',
  'appendFile',
  'chmod',
  'copyFile',
  'cp',
  'lstat',
  'mkdir',
  'mkdtemp',
  'open',
  'opendir',
  'readdir',
  'readFile',
  'readlink',
  'realpath',
  'rename',
  'rm',
  'rmdir',
  'stat',
  'symlink',
  'truncate',
  'unlink',
  'utimes',
  'writeFile',
];

const GUARDED: Readonly<Record<string, readonly string[]>> = {
  'node:fs/promises': CALLS,
  'node:fs': [
    ...CALLS,
    ...CALLS.map((name) => `${name}Sync`),
    'createReadStream',
    'createWriteStream',
    'existsSync',
    'promises',
    'watch',
    'watchFile',
  ],
};
