// Lets the launcher find, without starting Node, that there is nothing to do: a manifest that asks Ninja whether
// any file or directory is newer which the last run read, whether anything is gone that it made, and what the
// main manifest itself has to say. The launcher (bin/ashlar) also compares the key it gave to that run.
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { readIfExists, writeAtomic, writeIfChanged } from '../base/fs.ts';
import { ninjaEscape } from '../blueprint/api.ts';
import { escapePath, PIPE_VARIABLE } from '../blueprint/ninja/escape.ts';
import { readDepfile } from './depfile.ts';
import { readManifest } from './manifestfile.ts';
import { installedBundle } from './version.ts';

export interface NoopRecord {
  readonly buildDir: string;
  /** What the launcher says of arguments, environment and place: equal keys, equal runs. */
  readonly key: string;
  /** Ninja's targets; none for its default. */
  readonly targets: readonly string[];
  /** When the run began to look at files, in ms. */
  readonly startedAt: number;
  readonly ownLogic: boolean;
  /** Whether there is a main manifest. */
  readonly rules: boolean;
  /** Further files and directories that were read, and files that were made; relative to the source root. */
  readonly read?: readonly string[];
  readonly made?: readonly string[];
}

/** File systems stamp with a clock that lags behind by up to a tick. */
const TICK_MS = 20;

/** Written by a run that ended well. The working directory is the source root. */
export function recordNoop(record: NoopRecord): void {
  const { buildDir, key, startedAt, rules } = record;
  const directory = join(buildDir, '.ashlar');
  const { read, made } = filesOf(record);
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
    `default ${path(start!)} ${path(end!)}`,
    '',
  ].join('\n');
  writeIfChanged(manifest!, text);
  touch(start!, startedAt - TICK_MS);
  touch(end!, Date.now() + TICK_MS);
  const targets = record.targets.length === 0 ? [] : [start!, end!, ...record.targets];
  writeAtomic(
    join(directory, 'noop.key'),
    `${key}\n--\n${targets.map((one) => `${one}\n`).join('')}`,
  );
}

/** Before anything changes: what the last run found must not be believed if this one is cut short. */
export function forgetNoop(buildDir: string): void {
  rmSync(join(buildDir, '.ashlar/noop.key'), { force: true });
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

function filesOf({ buildDir, ownLogic, rules, read = [], made = [] }: NoopRecord): {
  read: Set<string>;
  made: Set<string>;
} {
  const all = { read: new Set(read), made: new Set(made) };
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

/** The key that the launcher gave, and which no other program need see. */
export function takeNoopKey(env: NodeJS.ProcessEnv): string | undefined {
  const key = env['ASHLAR_NOOP_KEY'];
  delete env['ASHLAR_NOOP_KEY'];
  return key === '' ? undefined : key;
}

/** Whether a main manifest names what is built by default: otherwise Ninja builds what nothing depends on. */
export function hasDefaults(manifest: string): boolean {
  return /^default /m.test(readFileSync(manifest, 'utf8'));
}
