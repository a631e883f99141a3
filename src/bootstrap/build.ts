// What `ashlar build` does in a tree of Blueprints files: the three stages, then Ninja over the main manifest.
// Knows nothing of packages; whoever does hands on what was read and made for them.
import { environmentError, exitStatus, type Diagnostic } from '../base/diagnostic.ts';
import { systemError } from '../base/fs.ts';
import { findNinja, NOTHING_TO_DO, runNinja, type Ninja } from './ninja.ts';
import { forgetNoop, hasDefaults, recordNoop } from './noop.ts';
import { readManifest } from './manifestfile.ts';
import type { Declared } from '../package/module/declared.ts';
import { readDeclared } from './packages.ts';
import { mainManifest, prepareManifest } from './stages.ts';
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
}

export interface TreeBuilt {
  readonly status: number;
  readonly diagnostics: readonly Diagnostic[];
  /** What is still to be made by tasks; undefined where nothing is. */
  readonly rest?: Rest | undefined;
}

export interface Rest {
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

async function run(build: TreeBuild): Promise<TreeBuilt> {
  const { tree, env, print, signal, noopKey } = build;
  const { buildDir } = tree;
  const startedAt = Date.now();
  process.chdir(tree.root);
  forgetNoop(buildDir);
  const ninja = findNinja(env);
  if (!ninja.ok) return failedWith(ninja.diagnostics);
  const runTests = Boolean(env['RUN_TESTS']);
  const request = { tree, ninja: ninja.value, env, runTests, signal, print };
  const prepared = await prepareManifest(request);
  if (!prepared.ok) return failedWith(prepared.diagnostics);
  const { status, ownLogic } = prepared.value;
  if (status !== 0) return { status, diagnostics: [] };
  if (env['SKIP_NINJA']) return { status: 0, diagnostics: [] };
  const manifest = mainManifest(tree);
  const { outputs } = readManifest(manifest);
  const rules = outputs.size > 0;
  const declared = readDeclared(manifest);
  const hasTasks = declared.packages.length + declared.images.length > 0 || build.hasPackages;
  const isRule = (target: string): boolean => !hasTasks || outputs.has(target);
  const ofRules = build.targets.filter(isRule);
  const rest = build.targets.filter((target) => !isRule(target));
  if (ofRules.length > 0 || (rules && build.targets.length === 0)) {
    // Where tasks follow, it is they who say how much there was to do.
    const quiet = (line: string): void => (line === NOTHING_TO_DO ? undefined : print(line));
    const ofNinja = { ...build, targets: ofRules, print: hasTasks ? quiet : print };
    const ran = await runMain(ofNinja, ninja.value, manifest);
    if (ran.status !== 0) return ran;
  } else if (!hasTasks) print('there is nothing to build: no module makes anything');
  if (hasTasks) {
    const wanted = rest.length > 0 || build.targets.length === 0;
    return { status: 0, diagnostics: [], ...(wanted ? { rest: { declared, targets: rest } } : {}) };
  }
  const complete = !build.dryRun && !signal.aborted;
  if (noopKey !== undefined && complete && (!rules || hasDefaults(manifest))) {
    const { targets } = build;
    recordNoop({ buildDir, key: noopKey, targets, startedAt, ownLogic, rules });
  }
  return { status: 0, diagnostics: [] };
}

async function runMain(build: TreeBuild, ninja: Ninja, manifest: string): Promise<TreeBuilt> {
  const { env, jobs, keepGoing, dryRun, targets, signal, tree, print } = build;
  const argv = [
    '-f',
    manifest,
    ...(jobs === undefined ? [] : [`-j${jobs}`]),
    ...(keepGoing ? ['-k0'] : []),
    ...(dryRun ? ['-n'] : []),
    ...targets,
  ];
  const status = await runNinja(ninja, argv, { cwd: tree.root, env, signal, print });
  if (status !== 127) return { status: status === 0 ? 0 : 1, diagnostics: [] };
  const message = `cannot run ${ninja.program}`;
  return failedWith([environmentError({ code: 'ninja/missing', message })]);
}

function failedWith(diagnostics: readonly Diagnostic[]): TreeBuilt {
  return { status: exitStatus(diagnostics), diagnostics };
}
