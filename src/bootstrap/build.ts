// What `ashlar build` does in a tree of Blueprints files: the three stages, then Ninja over the main manifest.
// Where modules declare packages too, these are made in turn with what Ninja makes.
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { environmentError, exitStatus, type Diagnostic } from '../base/diagnostic.ts';
import { tagDirectory } from '../base/cachetag.ts';
import { errnoOf, systemError } from '../base/fs.ts';
import { makeDirectories } from '../base/mkdir.ts';
import { forgetStale } from './consumed.ts';
import { findNinja, NOTHING_TO_DO, runNinja, type Ninja } from './ninja.ts';
import { forgetNoop, hasDefaults, recordNoop } from './noop.ts';
import type { Looked, NoopFiles, NoopUse } from './noopfiles.ts';
import { readManifest, type ManifestPaths } from './manifestfile.ts';
import type { Declared } from '../package/module/declared.ts';
import { readDeclared } from './packages.ts';
import { mainManifest, prepareManifest } from './stages.ts';
import { planTurns } from './turns.ts';
import { partOf, workPackages } from './work.ts';
import type { BlueprintsTree } from './tree.ts';

export interface TreeBuild {
  readonly tree: BlueprintsTree;
  readonly env: NodeJS.ProcessEnv;
  /** None for all. What the main manifest makes is for Ninja, the rest for who runs tasks. */
  readonly targets: readonly string[];
  readonly jobs: number | undefined;
  readonly keepGoing: boolean;
  readonly dryRun: boolean;
  /** Whether there are packages beside those that modules declare. */
  readonly hasPackages: boolean;
  /** What the launcher gave for the next run with nothing to do; undefined if it must not be skipped. */
  readonly noopKey: string | undefined;
  readonly signal: AbortSignal;
  readonly print: (line: string) => void;
  /** Makes packages and images; resolves after telling what went wrong. */
  readonly runTasks: (tasks: TaskWork) => Promise<TasksDone>;
}

export interface TasksDone {
  /** The exit status. */
  readonly status: number;
  /** What it was made of and to; undefined where the next run must not be skipped. */
  readonly files: NoopFiles | undefined;
}

export interface TreeBuilt {
  readonly status: number;
  readonly diagnostics: readonly Diagnostic[];
  /** What is known for the next run to be skipped, of a tree with packages. */
  readonly known?: KnownBuilt | undefined;
}

export interface KnownBuilt {
  /** What was written down of the files of packages. */
  readonly looked: Looked;
  /** Whether the run before this had ended well, and left what it made. */
  readonly wasBuilt: boolean;
  /** All that rules make, if everything was asked for: else more may be there than that. As Ninja spells it. */
  readonly ruleOutputs: ReadonlySet<string>;
}

export interface TaskWork {
  readonly declared: Declared;
  /** None for all. */
  readonly targets: readonly string[];
}

/**
 * Builds a tree. Error codes: those of generating, `ninja/…`, `fs/…`; other programs say themselves what is
 * wrong, and the status tells of it. Changes the working directory to the source root.
 */
export async function buildTree(build: TreeBuild): Promise<TreeBuilt> {
  try {
    return await run(build);
  } catch (error) {
    const diagnostics = [systemError('go on with the build: cannot work on', error)];
    return { status: exitStatus(diagnostics), diagnostics };
  }
}

/** So that no pattern of the tree takes results for sources. Not where both are in one directory. */
function markBuildDirectory({ root, buildDir }: BlueprintsTree): void {
  const at = resolve(root, buildDir);
  if (root === at || root.startsWith(`${at}/`)) return;
  makeDirectories(at);
  tagDirectory(at);
}

async function run(build: TreeBuild): Promise<TreeBuilt> {
  const { tree, env, print, signal, noopKey } = build;
  const { buildDir } = tree;
  const startedAt = Date.now();
  process.chdir(tree.root);
  const names = await unlessImpossible(() => readdirSync('.'));
  const wasBuilt = forgetNoop(buildDir);
  const ninja = findNinja(env);
  if (!ninja.ok) return failedWith(ninja.diagnostics);
  const runTests = Boolean(env['RUN_TESTS']);
  const request = { tree, ninja: ninja.value, env, runTests, signal, print };
  markBuildDirectory(tree);
  const prepared = await prepareManifest(request);
  if (!prepared.ok) return failedWith(prepared.diagnostics);
  const { status, ownLogic } = prepared.value;
  if (status !== 0) return { status, diagnostics: [] };
  if (env['SKIP_NINJA']) return { status: 0, diagnostics: [] };
  const manifest = mainManifest(tree);
  const { outputs, edges } = readManifest(manifest);
  const rules = outputs.size > 0;
  const declared = readDeclared(manifest);
  const hasTasks = declared.packages.length + declared.images.length > 0 || build.hasPackages;
  const recordable = noopKey !== undefined && !build.dryRun;
  const defaults = rules && !hasDefaults(manifest) ? [...outputs] : [];
  const facts = { buildDir, key: noopKey ?? '', startedAt, ownLogic, rules, defaults, names };
  if (hasTasks) {
    const ran = await runTurns(build, ninja.value, manifest, { outputs, edges, declared });
    const { status, files, targets } = ran;
    if (!recordable || status !== 0 || files === undefined || signal.aborted) return ran;
    const looked = await unlessImpossible(() => recordNoop({ ...facts, targets, files }));
    const ruleOutputs = build.targets.length === 0 ? outputs : new Set<string>();
    return { ...ran, known: looked && { looked, wasBuilt, ruleOutputs } };
  }
  if (rules || build.targets.length > 0) {
    const ran = await runMain(build, ninja.value, manifest);
    if (ran.status !== 0) return ran;
  } else print('there is nothing to build: no module makes anything');
  if (recordable && !signal.aborted) {
    await recordNoop({ ...facts, targets: build.targets.length === 0 ? undefined : build.targets });
  }
  return { status: 0, diagnostics: [] };
}

/** What only saves time: undefined where the system refuses it. */
async function unlessImpossible<T>(action: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await action();
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}

interface TurnsBuilt extends TreeBuilt {
  /** What Ninja was asked for; undefined for its default. */
  readonly targets?: readonly string[] | undefined;
  readonly files?: NoopFiles | undefined;
}

/** Ninja and tasks in turns, as few as there can be: each may need what the other makes. */
async function runTurns(
  build: TreeBuild,
  ninja: Ninja,
  manifest: string,
  { outputs, edges, declared }: Pick<ManifestPaths, 'outputs' | 'edges'> & { declared: Declared },
): Promise<TurnsBuilt> {
  const { targets } = build;
  const all = targets.length === 0;
  const packages = workPackages(declared, build.hasPackages);
  const asked = targets.filter((target) => outputs.has(target));
  const made = packages.flatMap(({ makes }) => makes.map((directory) => `${directory}/`));
  const isMade = (path: string): boolean => made.some((directory) => path.startsWith(directory));
  const work = all ? { edges, packages } : partOf({ edges, packages }, targets, asked);
  const planned = planTurns(work);
  if (!planned.ok) return failedWith(planned.diagnostics);
  // Where tasks follow, it is they who say how much there was to do.
  const quiet = (line: string): void => (line === NOTHING_TO_DO ? undefined : build.print(line));
  const tasksFollow = planned.value.some(({ kind }) => kind !== 'rules');
  const built = new Set<string>();
  const done: (NoopFiles | undefined)[] = [];
  for (const turn of planned.value) {
    if (turn.kind === 'rules') {
      const wanted = turn.outputs ?? asked;
      if (outputs.size === 0 || (wanted.length === 0 && !all)) continue;
      if (!build.dryRun) forgetStale(build.tree.buildDir, edges, isMade);
      const main = { ...build, targets: wanted, print: quiet, silentWhenIdle: tasksFollow };
      const ran = await runMain(main, ninja, manifest);
      if (ran.status !== 0) return ran;
      for (const output of wanted) built.add(output);
    } else {
      const rest = targets.filter((target) => !outputs.has(target));
      const needed = work.packages.map(({ name }) => name);
      const names = turn.names ?? (all ? [] : [...new Set([...rest, ...needed])]);
      if (names.length === 0 && !all) continue;
      const { status, files } = await build.runTasks({ declared, targets: names });
      if (status !== 0) return { status, diagnostics: [] };
      done.push(files);
    }
  }
  return {
    status: 0,
    diagnostics: [],
    targets: all ? undefined : [...built],
    files: joined(done),
  };
}

/** Undefined where one of them is; without any, nothing was looked at. */
function joined(parts: readonly (NoopFiles | undefined)[]): NoopFiles | undefined {
  const all = {
    read: new Set<string>(),
    extended: new Set<string>(),
    made: new Set<string>(),
    uses: [] as NoopUse[],
    said: [] as string[],
  };
  for (const part of parts) {
    if (part === undefined) return undefined;
    for (const path of part.read) all.read.add(path);
    for (const path of part.extended) all.extended.add(path);
    for (const path of part.made) all.made.add(path);
    all.uses.push(...part.uses);
    all.said.push(...part.said);
  }
  return all;
}

async function runMain(
  build: TreeBuild & { readonly silentWhenIdle?: boolean },
  ninja: Ninja,
  manifest: string,
): Promise<TreeBuilt> {
  const { env, jobs, keepGoing, dryRun, targets, signal, tree, print, silentWhenIdle } = build;
  const argv = [
    '-f',
    manifest,
    ...(jobs === undefined ? [] : [`-j${jobs}`]),
    ...(keepGoing ? ['-k0'] : []),
    ...(dryRun ? ['-n'] : []),
    ...targets,
  ];
  const status = await runNinja(ninja, argv, {
    cwd: tree.root,
    env,
    signal,
    print,
    silentWhenIdle: silentWhenIdle === true,
  });
  if (status !== 127) return { status: status === 0 ? 0 : 1, diagnostics: [] };
  const message = `cannot run ${ninja.program}`;
  return failedWith([environmentError({ code: 'ninja/missing', message })]);
}

function failedWith(diagnostics: readonly Diagnostic[]): TreeBuilt {
  return { status: exitStatus(diagnostics), diagnostics };
}
