// What `ashlar build` does in a tree of Blueprints files: the three stages, then Ninja over the main manifest.
// Knows nothing of packages; whoever does hands on what was read and made for them.
import { join } from 'node:path';
import { environmentError, exitStatus, type Diagnostic } from '../base/diagnostic.ts';
import { systemError } from '../base/fs.ts';
import { findNinja, runNinja, type Ninja } from './ninja.ts';
import { forgetNoop, hasDefaults, recordNoop } from './noop.ts';
import { readManifest } from './manifestfile.ts';
import { prepareManifest } from './stages.ts';
import type { BlueprintsTree } from './tree.ts';

export interface TreeBuild {
  readonly tree: BlueprintsTree;
  readonly env: NodeJS.ProcessEnv;
  /** For Ninja; none for its default. */
  readonly targets: readonly string[];
  /** Asked once the manifest is there, and what modules declare is known. */
  readonly beside?: ((own: boolean) => Promise<Beside>) | undefined;
  readonly jobs: number | undefined;
  readonly keepGoing: boolean;
  readonly dryRun: boolean;
  /** What the launcher gave for the next run with nothing to do; undefined if it must not be skipped. */
  readonly noopKey: string | undefined;
  readonly signal: AbortSignal;
  readonly print: (line: string) => void;
}

/** What is to be built that no rule makes. */
export interface Beside {
  /** Whether there is anything. */
  readonly any: boolean;
  /** The targets that are left for Ninja; undefined if it has nothing to do. */
  readonly targets: readonly string[] | undefined;
}

export interface TreeBuilt {
  readonly status: number;
  readonly diagnostics: readonly Diagnostic[];
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
  const manifest = join(buildDir, 'build.ninja');
  const { outputs, makes } = readManifest(manifest);
  const rules = outputs.size > 0;
  const beside = (await build.beside?.(ownLogic)) ?? { any: false, targets: build.targets };
  const wanted = beside.any ? makes : rules;
  if (beside.targets !== undefined && (wanted || beside.targets.length > 0)) {
    const ran = await runMain({ ...build, targets: beside.targets }, ninja.value, manifest);
    if (ran.status !== 0) return ran;
  } else if (!beside.any) print('there is nothing to build: no module makes anything');
  // Ninja cannot tell whether there is anything to do beside its rules.
  const complete = !build.dryRun && !signal.aborted && !beside.any;
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
