// Bundles src/ into dist/: one entry per program, split so that each command loads only what it
// needs. Knows nothing of types (check.js has those). Third-party licences go beside the bundle. Nothing of
// dist/ is touched before all is built, and what the build before left stays until the next: programs that
// run meanwhile still find the chunks that they load late. What is in dist/ are scripts for src/cli/load.ts.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { bundleInGroups } from './chunks.js';
import { scriptOf } from './scripts.js';

const { version } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
const outdir = new URL('dist', import.meta.url).pathname;

const options = {
  write: false,
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
  entryNames: 'entry/[name]-[hash]',
  chunkNames: 'chunk/[name]-[hash]',
  metafile: true,
  define: {
    ASHLAR_VERSION: JSON.stringify(version),
    __dirname: 'ashlarDirname',
    'import.meta.dirname': 'ashlarDirname',
  },
  logLevel: 'warning',
};

// A bare --version loads nothing of these. Each of the others needs the first, and then some of what follows.
const bundled = await bundleInGroups(options, {
  apart: 'src/cli/main.ts',
  heads: [
    ['src/cli/application.ts'],
    ['src/cli/ids.ts'],
    ['src/cli/blueprint/generate.ts', 'src/index.ts'],
    ['src/cli/build.ts', 'src/cli/noop.ts', 'src/sandbox/bubblewrap.ts', 'src/sandbox/host.ts'],
  ],
});

/** What there will be in dist/: path to bytes. The entries come last, as they name the others. */
const contents = new Map();

// What build logic in TypeScript is checked against.
const tsc = new URL('bin/tsc', import.meta.resolve('typescript/package.json')).pathname;
const project = new URL('tsconfig.types.json', import.meta.url).pathname;
const types = mkdtempSync(join(tmpdir(), 'ashlar-types-'));
try {
  execFileSync(process.execPath, [tsc, '-p', project, '--outDir', types]);
  for (const file of filesBelow(types))
    contents.set(join('types', file), readFileSync(join(types, file)));
} finally {
  rmSync(types, { recursive: true });
}

// The one file that a dependency reads at run time, next to the chunk that holds it.
const zstd = createRequire(import.meta.url).resolve('@bokuweb/zstd-wasm');
contents.set('chunk/zstd.wasm', readFileSync(join(zstd, '../zstd.wasm')));

// What the launcher says of itself without starting Node.
contents.set('version', `ashlar ${version}\n`);

/** Those that are started; the others are imported. */
const PROGRAMS = ['main', 'minibp', 'tsbuild'];
const scripts = [];
/** What others call the entries: name to where it is, and what it exports. */
const entries = new Map();
for (const { path, text, contents: bytes } of bundled.outputFiles) {
  const inner = path.slice(outdir.length + 1);
  if (!inner.endsWith('.js')) {
    contents.set(inner, bytes);
    continue;
  }
  const { imports, exports, entryPoint } = bundled.metafile.outputs[`dist/${inner}`];
  const [entry] = Object.entries(options.entryPoints).find(([, at]) => at === entryPoint) ?? [];
  if (entry !== undefined) entries.set(entry, { path: inner, exports });
  const program = PROGRAMS.includes(entry);
  const early = imports.filter(({ kind }) => kind === 'import-statement');
  scripts.push([
    inner,
    scriptOf(inner, text, { program, imports: early.length, exports: exports.length }),
  ]);
}
const whole = createHash('sha256');
for (const [path, script] of scripts) {
  contents.set(path, script);
  whole.update(script);
}
const loader = await build({
  ...options,
  entryPoints: { load: 'src/cli/load.ts' },
  entryNames: '[name]',
  outExtension: { '.js': '.cjs' },
  splitting: false,
  format: 'cjs',
  sourcemap: false,
  define: {
    ASHLAR_BUILD: JSON.stringify(whole.digest('hex').slice(0, 16)),
    ASHLAR_ENTRIES: JSON.stringify(
      Object.fromEntries([...entries].map(([entry, { path }]) => [entry, path])),
    ),
  },
});
contents.set('load.cjs', loader.outputFiles[0].contents);
contents.set('main.cjs', `require('./load.cjs').load('main');\n`);
for (const [entry, { exports }] of entries) contents.set(`${entry}.js`, entryText(entry, exports));

replace();

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

/** A module for Node's own loader, and for those who import what it exports. */
function entryText(entry, exports) {
  const load = `createRequire(import.meta.url)('./load.cjs').load('${entry}')`;
  const head = `import { createRequire } from 'node:module';\n`;
  if (exports.length === 0) return `${head}await ${load};\n`;
  const names = exports.join(', ');
  return `${head}const { ${names} } = ${load};\nexport { ${names} };\n`;
}

/** All files of one build bear one time: that of dist/main.cjs tells which are of the build before. */
function replace() {
  const now = new Date();
  const before = statSync(join(outdir, 'main.cjs'), { throwIfNoEntry: false })?.mtimeMs;
  for (const [path, bytes] of contents) {
    const target = join(outdir, path);
    mkdirSync(dirname(target), { recursive: true });
    const written = `${target}.${process.pid}`;
    writeFileSync(written, bytes);
    utimesSync(written, now, now);
    renameSync(written, target);
  }
  for (const path of filesBelow(outdir)) {
    if (contents.has(path)) continue;
    const at = join(outdir, path);
    const stat = statSync(at, { throwIfNoEntry: false });
    // Another build may be at work, and its files newer than this one.
    if (stat !== undefined && stat.mtimeMs < now.getTime() && stat.mtimeMs !== before)
      rmSync(at, { force: true });
  }
}

function filesBelow(directory) {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1));
}
