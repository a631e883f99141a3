// Bundles src/ into dist/: one ESM entry per program, split so that each command loads only what it
// needs. Knows nothing of types (check.js has those). Third-party licences go beside the bundle.
import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { build } from 'esbuild';

const { version } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
const outdir = new URL('dist', import.meta.url).pathname;

rmSync(outdir, { recursive: true, force: true });
await build({
  absWorkingDir: new URL('.', import.meta.url).pathname,
  entryPoints: {
    main: 'src/cli/main.ts',
    index: 'src/index.ts',
    syntax: 'src/blueprint/syntax/index.ts',
    minibp: 'src/bootstrap/minibp.ts',
    builder: 'src/bootstrap/builder.ts',
    tsbuild: 'src/bootstrap/ts/tool/main.ts',
  },
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
  define: { ASHLAR_VERSION: JSON.stringify(version), __dirname: 'ashlarDirname' },
  // CommonJS dependencies call require() for node's own modules, and look for files beside themselves;
  // ESM knows neither by these names.
  banner: {
    js: "import { createRequire as ashlarRequire } from 'node:module'; const require = ashlarRequire(import.meta.url); const ashlarDirname = import.meta.dirname;",
  },
  logLevel: 'warning',
});

// What build logic in TypeScript is checked against.
const tsc = new URL('bin/tsc', import.meta.resolve('typescript/package.json')).pathname;
const project = new URL('tsconfig.types.json', import.meta.url).pathname;
execFileSync(process.execPath, [tsc, '-p', project]);

// The one file that a dependency reads at run time, next to the chunk that holds it.
const zstd = createRequire(import.meta.url).resolve('@bokuweb/zstd-wasm');
copyFileSync(join(zstd, '../zstd.wasm'), join(outdir, 'chunk/zstd.wasm'));

// `--template`: writes build.ninja.in anew, which lists the sources that Blueprints names.
if (process.argv.includes('--template')) {
  const root = new URL('.', import.meta.url).pathname;
  const made = join(outdir, 'template/build.ninja.in');
  const flags = ['-m', 'build.ninja.in', '--bootstrap', './bootstrap.bash', '-b', 'out'];
  const argv = [join(outdir, 'minibp.js'), ...flags, '-o', made, 'Blueprints'];
  execFileSync(process.execPath, argv, { cwd: root, stdio: 'inherit' });
  copyFileSync(made, join(root, 'build.ninja.in'));
  rmSync(join(outdir, 'template'), { recursive: true });
}
