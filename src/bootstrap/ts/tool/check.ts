// Checks the types of one module, and writes declarations for those that import it. The compiler runs on the
// module's own sources only: what it uses is seen through its declarations (a project reference), so a change
// that does not show there ends here. An imported source that is not declared is an error of the compiler.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { buildError, environmentError, type Diagnostic } from '../../../base/diagnostic.ts';
import { digestOf } from '../../../base/digest.ts';
import { writeIfChanged } from '../../../base/fs.ts';
import { isSpan } from '../../../base/span.ts';
import { formatDepfile } from '../../../blueprint/ninja/depfile.ts';
import { placeAt, shown, wordLength } from './place.ts';

const many = { type: 'string', multiple: true, default: [] as string[] } as const;
const OPTIONS = {
  typescript: { type: 'string' },
  output: { type: 'string', short: 'o' },
  depfile: { type: 'string', short: 'd' },
  config: { type: 'string' },
  types: { type: 'string' },
  extends: { type: 'string' },
  use: many,
  alias: many,
  ashlar: { type: 'string' },
  /** Only makes commands of trees at different places different. */
  root: { type: 'string' },
} as const;

/** The compiler takes a backslash for a slash: then the tree must have another name. */
const ROOT = process.cwd().includes('\\') ? '/proc/self/cwd' : process.cwd();

function absolute(path: string): string {
  return resolve(ROOT, path);
}

/** What the compiler names, relative to the working directory if it is below. */
function inTree(path: string): string {
  const below = path.indexOf(`${ROOT}/`);
  return ROOT === '/proc/self/cwd' && below !== -1
    ? path.slice(below + ROOT.length + 1)
    : shown(path);
}

/** Code `ts/check` for what the compiler says, `ts/compiler` where it cannot be run. */
export function check(argv: readonly string[]): Promise<readonly Diagnostic[]> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    options: OPTIONS,
    allowPositionals: true,
  });
  const config = absolute(values.config!);
  const types = absolute(values.types!);
  const scratch = `${dirname(config)}/declarations`;
  const aliases = new Map(values.alias.map(splitPair));
  if (values.ashlar !== undefined) {
    for (const name of ['ashlar', 'ashlar/bootstrap']) {
      if (!aliases.has(name)) aliases.set(name, join(values.ashlar, TYPES[name]!));
    }
  }
  rmSync(scratch, { recursive: true, force: true });
  // Others refer to this file when this module is not checked again: a tree that was moved must hold together.
  const near = (path: string): string => {
    const inner = relative(dirname(config), absolute(path));
    return inner.startsWith('.') ? inner : `./${inner}`;
  };
  writeIfChanged(
    config,
    `${JSON.stringify(
      {
        ...(values.extends === undefined ? {} : { extends: near(values.extends) }),
        compilerOptions: {
          ...(values.extends === undefined ? DEFAULTS : {}),
          // Where types of the machine are found must not depend on where the build directory is.
          ...typeRoots([ROOT, ...(values.ashlar === undefined ? [] : [values.ashlar])]),
          ...ALWAYS,
          rootDir: near(ROOT),
          outDir: near(types),
          tsBuildInfoFile: './declarations/info',
          paths: Object.fromEntries([...aliases].map(([name, file]) => [name, [near(file)]])),
        },
        files: positionals.map(near),
        // What a tsconfig includes that this one extends is not this module's.
        include: [],
        references: values.use.map((path) => ({ path: near(path) })),
      },
      undefined,
      2,
    )}\n`,
  );
  const compiler = join(values.typescript!, 'bin/tsc');
  const words = ['-p', config, '--outDir', scratch, '--pretty', 'false', '--listFiles'];
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [compiler, ...words], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (error !== undefined) throw error;
  const problems = readProblems(stdout);
  if (status !== 0) {
    if (problems.length > 0) return Promise.resolve(problems);
    const message = `the TypeScript compiler failed: ${(stderr || stdout).trim().split('\n')[0]}`;
    return Promise.resolve([environmentError({ code: 'ts/compiler', message })]);
  }
  const digest = takeOver(scratch, types);
  const read = stdout.split('\n').filter((line) => line !== '' && existsSync(line));
  const own = read.filter((file) => !file.startsWith(`${scratch}/`)).map(inTree);
  writeIfChanged(values.depfile!, formatDepfile(values.output!, own));
  writeIfChanged(values.output!, `${digest}\n`);
  rmSync(scratch, { recursive: true, force: true });
  return Promise.resolve([]);
}

const TYPES: Readonly<Record<string, string>> = {
  ashlar: 'index.d.ts',
  'ashlar/bootstrap': 'bootstrap/builder.d.ts',
};

/** For trees that say nothing else: what esbuild makes of a module, and as strict as can be. */
const DEFAULTS = {
  target: 'es2023',
  lib: ['es2023'],
  module: 'esnext',
  moduleResolution: 'bundler',
  moduleDetection: 'force',
  strict: true,
  noUncheckedIndexedAccess: true,
  noImplicitOverride: true,
  noFallthroughCasesInSwitch: true,
  isolatedModules: true,
  resolveJsonModule: true,
  skipLibCheck: true,
};

const ALWAYS = {
  composite: true,
  declaration: true,
  declarationMap: false,
  emitDeclarationOnly: true,
  noEmit: false,
  noEmitOnError: true,
  allowImportingTsExtensions: true,
};

/** Every `node_modules/@types` at or above some directories; of Node's types, if there are any. */
function typeRoots(starts: readonly string[]): { typeRoots: string[]; types: string[] } {
  const roots: string[] = [];
  for (const start of starts) {
    for (let directory = start; ; directory = dirname(directory)) {
      const root = join(directory, 'node_modules/@types');
      if (existsSync(root)) roots.push(root);
      if (dirname(directory) === directory) break;
    }
  }
  const types = roots.some((root) => existsSync(join(root, 'node'))) ? ['node'] : [];
  return { typeRoots: roots, types };
}

/** Moves declarations to where others read them, those that changed. Returns what says that any did. */
function takeOver(scratch: string, types: string): string {
  if (!existsSync(scratch)) return digestOf('').hash;
  const base = realpathSync(scratch);
  const declared = readdirSync(base, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.d\.[cm]?ts$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(base.length + 1))
    .sort();
  const texts = declared.map((file): string => {
    const text = readFileSync(join(base, file), 'utf8');
    writeIfChanged(join(types, file), text);
    return `${file}\n${text}`;
  });
  return digestOf(texts.join('\0')).hash;
}

function splitPair(pair: string): [string, string] {
  const equals = pair.indexOf('=');
  return [pair.slice(0, equals), pair.slice(equals + 1)];
}

/** `file(line,column): error TS1: message`, with further lines indented; or the message alone. */
function readProblems(output: string): Diagnostic[] {
  const problems: { fields: Parameters<typeof buildError>[0]; notes: { message: string }[] }[] = [];
  for (const line of output.split('\n')) {
    const placed = /^(.+)\((\d+),(\d+)\): error (TS\d+): (.*)$/.exec(line);
    const bare = placed === null ? /^error (TS\d+): (.*)$/.exec(line) : null;
    if (placed !== null) {
      const [, file, row, column, code, message] = placed;
      const at = placeAt(inTree(file!), Number(row), Number(column));
      const place = isSpan(at)
        ? { ...at, end: at.start + wordLength(at.source.text, at.start) }
        : at;
      const notes: { message: string }[] = [];
      const fields = { code: 'ts/check', message: `${message} (${code})`, at: place, notes };
      problems.push({ fields, notes });
    } else if (bare !== null) {
      const fields = { code: 'ts/check', message: `${bare[2]} (${bare[1]})` };
      problems.push({ fields, notes: [] });
    } else if (/^\s+\S/.test(line)) problems.at(-1)?.notes.push({ message: line.trim() });
  }
  return problems.map(({ fields }) => buildError(fields));
}
