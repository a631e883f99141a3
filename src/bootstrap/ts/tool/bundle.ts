// Makes a program of TypeScript: one bundle by esbuild, with all it imports, a script that starts it, and the
// list of what was read. Everything is written only if it changed. Types are no concern of this step.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { BuildOptions, BuildResult, Message, Plugin } from 'esbuild';
import { buildError, type Diagnostic } from '../../../base/diagnostic.ts';
import { writeAtomic, writeIfChanged } from '../../../base/fs.ts';
import { shellWord } from '../../../base/shell.ts';
import { formatDepfile } from '../../../blueprint/ninja/depfile.ts';
import { declaredInputs } from './declared.ts';
import { entries, entry, installed, named } from './imports.ts';
import { placeAt } from './place.ts';

const many = { type: 'string', multiple: true, default: [] as string[] } as const;
const OPTIONS = {
  esbuild: { type: 'string' },
  node: { type: 'string' },
  output: { type: 'string', short: 'o' },
  depfile: { type: 'string', short: 'd' },
  name: { type: 'string' },
  outdir: { type: 'string' },
  ashlar: { type: 'string' },
  builder: { type: 'boolean', default: false },
  banner: { type: 'string' },
  launcher: { type: 'string' },
  declarations: { type: 'string' },
  alias: many,
  plugin: many,
  entry: many,
  data: many,
  define: many,
  also: many,
} as const;

function readArguments(argv: readonly string[]) {
  const { values, positionals } = parseArgs({
    args: [...argv],
    options: OPTIONS,
    allowPositionals: true,
  });
  return { ...values, main: positionals[0]! };
}
type Arguments = ReturnType<typeof readArguments>;

/** Code `ts/bundle`, for every message of esbuild. */
export async function bundle(argv: readonly string[]): Promise<readonly Diagnostic[]> {
  const args = readArguments(argv);
  const esbuild = createRequire(resolve('tsbuild'))(resolve(args.esbuild!)) as {
    build: (options: BuildOptions) => Promise<BuildResult<{ metafile: true; write: false }>>;
  };
  let result: BuildResult<{ metafile: true; write: false }>;
  try {
    result = await esbuild.build(optionsOf(args));
  } catch (error) {
    const errors = (error as { errors?: readonly Message[] }).errors;
    if (errors === undefined) throw error;
    return errors.map(toDiagnostic);
  }
  const written = new Set<string>();
  const write = (path: string, content: Uint8Array, mode = 0o644): void => {
    written.add(resolve(path));
    writeBytes(path, content, mode);
  };
  for (const { path, contents } of result.outputFiles) write(path, contents);
  const { outdir } = args;
  for (const [name, file] of pairs(args.data)) {
    write(join(outdir!, name), readFileSync(file), statSync(file).mode & 0o777);
  }
  for (const name of args.declarations === undefined ? [] : filesIn(args.declarations)) {
    write(join(outdir!, 'types', name), readFileSync(join(args.declarations!, name)));
  }
  if (outdir !== undefined) {
    removeOthers(outdir, written);
    const script =
      args.launcher === undefined ? launcher(args) : readFileSync(args.launcher, 'utf8');
    writeIfChanged(args.output!, script, { mode: 0o755 });
  }
  writeIfChanged(args.depfile!, formatDepfile(args.output!, readFiles(result)));
  return [];
}

function writeBytes(path: string, content: Uint8Array, mode: number): void {
  if (existsSync(path) && readFileSync(path).equals(content)) return;
  mkdirSync(dirname(path), { recursive: true });
  writeAtomic(path, content, { mode });
}

function optionsOf(args: Arguments): BuildOptions {
  const { outdir, name, main, also, output, banner, define } = args;
  const generated = args.builder || args.plugin.length > 0 || also.length > 0;
  const start = generated
    ? { stdin: { contents: startText(args), resolveDir: process.cwd(), loader: 'ts' as const } }
    : undefined;
  const entryName = args.entry.length > 0 ? 'main' : name!;
  const more = Object.fromEntries(pairs(args.entry).map(([key, file]) => [key, entry(file)]));
  return {
    ...(start === undefined
      ? {
          entryPoints: outdir === undefined ? [entry(main)] : { [entryName]: entry(main), ...more },
        }
      : start),
    ...(outdir === undefined
      ? { outfile: output! }
      : start === undefined
        ? { outdir }
        : { outfile: `${outdir}/${entryName}.js` }),
    absWorkingDir: process.cwd(),
    bundle: true,
    splitting: args.entry.length > 0,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    sourcemap: 'linked',
    sourcesContent: false,
    chunkNames: 'chunk/[name]-[hash]',
    legalComments: outdir === undefined ? 'none' : 'linked',
    define: Object.fromEntries(pairs(define)),
    banner: banner === undefined ? {} : { js: banner },
    // Options of some tsconfig.json on the way would be inputs that nothing declares.
    tsconfigRaw: '{}',
    metafile: true,
    write: false,
    logLevel: 'silent',
    plugins: pluginsOf(args),
  };
}

function pluginsOf({ alias, ashlar, builder }: Arguments): Plugin[] {
  const aliases = new Map(pairs(alias).map(([name, file]) => [name, resolve(file)]));
  const own = aliases.get('ashlar');
  return [
    entries,
    ...(builder ? [declaredInputs(own === undefined ? undefined : dirname(own))] : []),
    named(aliases),
    ...(ashlar === undefined ? [] : [installed(ashlar)]),
  ];
}

/** What a program begins with that has no single source to begin with. */
function startText({ main, plugin, also, builder }: Arguments): string {
  const quoted = (path: string): string => JSON.stringify(path);
  const source = quoted(entry(main));
  if (!builder) {
    return [...plugin.map(quoted), source, ...also.map((file) => quoted(entry(file)))]
      .map((one) => `import ${one};\n`)
      .join('');
  }
  // Loaded by the builder, so that it can say what fails on the way.
  const loads = [source, ...plugin.map(quoted)].map((one) => `() => import(${one})`);
  return [
    `import { runBuilder } from 'ashlar/bootstrap';`,
    `await runBuilder([${loads.join(', ')}]);`,
    '',
  ].join('\n');
}

function launcher({ name, node, output, outdir }: Arguments): string {
  const program = relative(dirname(resolve(output!)), resolve(outdir!, `${name}.js`));
  return `#!/bin/sh
# Starts ${name}. This file is generated and should not be edited.
self=$0
while [ -h "$self" ]; do
  link=$(readlink "$self")
  case $link in
    /*) self=$link ;;
    *) self=\${self%/*}/$link ;;
  esac
done
program="\${self%/*}/"${shellWord(program)}
case $PWD/$program in
  *\\\\*)
    # Node refuses modules with such a name; an open directory has another one.
    exec 9<"\${program%/*}/"
    program=/proc/self/fd/9/\${program##*/}
    set -- --preserve-symlinks --preserve-symlinks-main "$program" "$@"
    ;;
  *) set -- "$program" "$@" ;;
esac
exec ${shellWord(resolve(node!))} --enable-source-maps "$@"
`;
}

/** Names of all files below a directory, relative to it. */
function filesIn(directory: string): string[] {
  const base = resolve(directory);
  return readdirSync(base, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(base, join(entry.parentPath, entry.name)))
    .sort();
}

/** Chunks are named by their content: those of earlier bundles would stay for ever. */
function removeOthers(directory: string, keep: ReadonlySet<string>): void {
  for (const name of filesIn(directory)) {
    const path = resolve(directory, name);
    if (!keep.has(path)) rmSync(path);
  }
}

/** What was read: sources, and of packages what says which of their files are meant. */
function readFiles({ metafile }: BuildResult<{ metafile: true }>): string[] {
  const files = new Set<string>();
  for (const input of Object.keys(metafile.inputs)) {
    if (!existsSync(input)) continue;
    files.add(input);
    const inside = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];
    if (inside !== undefined && existsSync(`${inside}/package.json`)) {
      files.add(`${inside}/package.json`);
    }
  }
  return [...files].sort();
}

function pairs(texts: readonly string[]): [string, string][] {
  return texts.map((text) => {
    const equals = text.indexOf('=');
    return [text.slice(0, equals), text.slice(equals + 1)];
  });
}

function toDiagnostic({ text, location, notes }: Message): Diagnostic {
  const place = (where: Message['location']) => {
    if (where === null) return undefined;
    // esbuild counts bytes.
    const bytes = Buffer.from(where.lineText);
    const before = bytes.subarray(0, where.column).toString().length;
    const marked = bytes.subarray(where.column, where.column + where.length).toString().length;
    return placeAt(where.file, where.line, before + 1, Math.max(1, marked));
  };
  return buildError({
    code: 'ts/bundle',
    message: text,
    at: place(location),
    notes: notes.map((note) => ({ message: note.text, at: place(note.location) })),
  });
}
