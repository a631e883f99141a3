// Bundles src/ into dist/: one ESM entry per program, split so that each command loads only what it
// needs. Knows nothing of types (check.js has those). Third-party licences go beside the bundle.
import { readFileSync, rmSync } from 'node:fs';
import { build } from 'esbuild';

const { version } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
const outdir = new URL('dist', import.meta.url).pathname;

rmSync(outdir, { recursive: true, force: true });
await build({
  absWorkingDir: new URL('.', import.meta.url).pathname,
  entryPoints: { main: 'src/cli/main.ts', index: 'src/index.ts' },
  outdir,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  sourcemap: 'linked',
  sourcesContent: false,
  minifySyntax: true,
  legalComments: 'linked',
  chunkNames: 'chunk/[name]-[hash]',
  define: { ASHLAR_VERSION: JSON.stringify(version) },
  // CommonJS dependencies call require() for node's own modules; ESM has none of its own.
  banner: {
    js: "import { createRequire as ashlarRequire } from 'node:module'; const require = ashlarRequire(import.meta.url);",
  },
  logLevel: 'warning',
});
