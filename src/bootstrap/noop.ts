// Lets the launcher find, without starting Node, that there is nothing to do: a manifest that asks Ninja whether
// any file or directory is newer which the last run read, whether anything is gone that it made, and what the
// main manifest itself has to say. The launcher (bin/ashlar) also compares the key it gave to that run, and
// what packages were made of and to with `stat`.
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { CACHE_TAG } from '../base/cachetag.ts';
import { readIfExists, writeAtomic, writeIfChanged } from '../base/fs.ts';
import { escapePath, ninjaEscape, PIPE_VARIABLE } from '../blueprint/ninja/escape.ts';
import { readDepfile } from './depfile.ts';
import { readManifest } from './manifestfile.ts';
import {
  removeNoopFiles,
  TICK_MS,
  writeNoopFiles,
  type Looked,
  type NoopFiles,
} from './noopfiles.ts';
import { installedBundle } from './version.ts';

export interface NoopRecord {
  readonly buildDir: string;
  /** What the launcher says of arguments, environment and place: equal keys, equal runs. */
  readonly key: string;
  /** Ninja's targets; undefined for its default. */
  readonly targets: readonly string[] | undefined;
  /** When the run began to look at files, in ms. */
  readonly startedAt: number;
  readonly ownLogic: boolean;
  /** Whether there is a main manifest. */
  readonly rules: boolean;
  /** What it makes by default where it does not say so itself. */
  readonly defaults: readonly string[];
  /** Of packages: what they were made of and to. */
  readonly files?: NoopFiles | undefined;
  /** The names in the source root when the run began; undefined where nobody may list it. */
  readonly names: readonly string[] | undefined;
}

/**
 * Written by a run that ended well. The working directory is the source root. Returns what it wrote down of the files
 * of packages; undefined without. Throws node's own errors.
 */
export async function recordNoop(record: NoopRecord): Promise<Looked | undefined> {
  const { buildDir, startedAt, rules } = record;
  const directory = join(buildDir, '.ashlar');
  const { read, made } = filesOf(record);
  const files = record.files && takeOver(read, record.files, record);
  const [start, end, manifest] = ['start', 'end', 'ninja'].map((name) =>
    join(directory, `noop.${name}`),
  );
  const text = [
    '# This file is generated and should not be edited. It asks whether there is nothing to do.',
    'ninja_required_version = 1.7.0',
    `builddir = ${ninjaEscape(buildDir)}`,
    `${PIPE_VARIABLE} = |`,
    'rule ashlar',
    '  command = false',
    '  generator = 1',
    statement(start!, read),
    statement(end!, made),
    ...(rules ? [`subninja ${path(join(buildDir, 'build.ninja'))}`] : []),
    `default ${[start!, end!, ...record.defaults].map(path).join(' ')}`,
    '',
  ].join('\n');
  writeIfChanged(manifest!, text);
  touch(start!, startedAt - TICK_MS);
  touch(end!, Date.now() + TICK_MS);
  const targets = record.targets === undefined ? [] : [start!, end!, ...record.targets];
  return writeKey(directory, process.cwd(), { ...record, files, ninja: targets });
}

/**
 * Of what Ninja would be asked about, takes what `stat` tells more of: not outputs, which are looked at as such. That
 * the run itself added to a directory says nothing.
 */
function takeOver(
  read: Set<string>,
  files: NoopFiles,
  { buildDir, names }: Pick<NoopRecord, 'buildDir' | 'names'>,
): NoopFiles {
  const built = resolve(buildDir);
  const isMade = (file: string): boolean =>
    file === built || file.startsWith(`${built}/`) || files.made.has(file);
  // What appeared in it, patterns may not have seen; none sees a directory that is tagged.
  const now = readdirSync('.');
  const isExtended =
    names?.every((name) => now.includes(name)) === true &&
    now.every(
      (name) =>
        names.includes(name) || (isMade(resolve(name)) && existsSync(join(name, CACHE_TAG))),
    );
  const taken = new Set(files.read);
  for (const path of read) {
    const file = resolve(path);
    if (isMade(file) && !files.made.has(file)) continue;
    if (files.extended.has(file) && !isExtended) continue;
    if (!isMade(file) && !files.extended.has(file)) taken.add(file);
    read.delete(path);
  }
  return { ...files, read: taken };
}

/**
 * As `recordNoop`, for a directory of packages without Blueprints files: there Ninja is not asked. Returns what it
 * wrote down; undefined where it did not.
 */
export async function recordPackagesNoop(
  packages: string,
  record: { readonly key: string; readonly startedAt: number; readonly files: NoopFiles },
): Promise<Looked | undefined> {
  const directory = packagesNoopDirectory(packages);
  mkdirSync(directory, { recursive: true });
  return writeKey(directory, packages, { ...record, ninja: [] });
}

async function writeKey(
  directory: string,
  base: string,
  {
    key,
    ninja,
    startedAt,
    files,
  }: Pick<NoopRecord, 'key' | 'startedAt' | 'files'> & { readonly ninja: readonly string[] },
): Promise<Looked | undefined> {
  let looked: Looked | undefined;
  if (files === undefined) removeNoopFiles(directory);
  else {
    looked = await writeNoopFiles(directory, base, startedAt, files);
    if (looked === undefined) return undefined;
  }
  const separator = files === undefined ? '--' : '-- files';
  writeAtomic(join(directory, 'noop.key'), `${[key, separator, ...ninja].join('\n')}\n`);
  return looked;
}

/** Where the record of packages is that do not belong to a tree of Blueprints files. */
export function packagesNoopDirectory(packages: string): string {
  return join(packages, 'cache/.ashlar');
}

/**
 * Before anything changes: what the last run found must not be believed if this one is cut short. Returns whether it had
 * left a record.
 */
export function forgetNoop(buildDir: string): boolean {
  return forgetKey(join(buildDir, '.ashlar'));
}

/** Likewise, of packages without Blueprints files. */
export function forgetPackagesNoop(packages: string): boolean {
  return forgetKey(packagesNoopDirectory(packages));
}

function forgetKey(directory: string): boolean {
  const key = join(directory, 'noop.key');
  const was = existsSync(key);
  rmSync(key, { force: true });
  return was;
}

function statement(output: string, inputs: Iterable<string>): string {
  const lines = [...inputs].map((input) => ` $\n    ${path(input)}`);
  return `build ${path(output)}: ashlar${lines.join('')}`;
}

function path(text: string): string {
  return escapePath(ninjaEscape(text));
}

function touch(file: string, ms: number): void {
  closeSync(openSync(file, 'a'));
  utimesSync(file, ms / 1000, ms / 1000);
}

function filesOf({ buildDir, ownLogic, rules }: NoopRecord): {
  read: Set<string>;
  made: Set<string>;
} {
  const all = { read: new Set<string>(), made: new Set<string>() };
  const below = (...parts: readonly string[]): string => join(buildDir, ...parts);
  const manifests = ownLogic ? ['.minibootstrap/build.ninja', '.bootstrap/build.ninja'] : [];
  if (rules) all.made.add(below('build.ninja'));
  for (const manifest of manifests) {
    const paths = readManifest(below(manifest));
    for (const output of paths.outputs) all.made.add(output);
    for (const input of paths.inputs) all.read.add(input);
    all.made.add(below(manifest));
  }
  const companions = ['.minibootstrap/.ashlar/build.ninja.in', '.ashlar/build.ninja'];
  if (ownLogic) companions.push('.bootstrap/.ashlar/build.ninja');
  const depfiles = companions.flatMap((one) => [below(`${one}.files.d`), below(`${one}.globs.d`)]);
  if (ownLogic) depfiles.push(below('build.ninja.d'), ...depfilesBelow(below('.bootstrap')));
  for (const depfile of depfiles) {
    const text = readIfExists(depfile)?.toString('utf8');
    if (text === undefined) continue;
    all.made.add(depfile);
    for (const dependency of readDepfile(text)) all.read.add(dependency);
  }
  for (const name of ['main.js', 'minibp.js', 'builder.js', 'tsbuild.js']) {
    all.read.add(join(installedBundle(), name));
  }
  all.read.add(process.execPath);
  // Phony targets are no files; what was made is not a source as well.
  for (const file of all.made) {
    all.read.delete(file);
    if (!existsSync(file)) all.made.delete(file);
  }
  return all;
}

/** Of modules: what their bundles and checks read. */
function depfilesBelow(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.d'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => existsSync(file.slice(0, -2)) || dirname(file) !== directory);
}

/** Whether a main manifest names what is built by default: otherwise Ninja builds what nothing depends on. */
export function hasDefaults(manifest: string): boolean {
  return /^default /m.test(readFileSync(manifest, 'utf8'));
}
