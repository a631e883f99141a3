// What `ashlar build` does once the tasks are known: which of them are wanted, running them, and writing
// the files that lead to the archives. Prints through what it is given.
import { availableParallelism } from 'node:os';
import { basename, join, relative } from 'node:path';
import type { NoopFiles } from '../bootstrap/noopfiles.ts';
import { Collector, exitStatus, type Diagnostic } from '../base/diagnostic.ts';
import { digestOf } from '../base/digest.ts';
import { tee, type Sink } from '../base/event.ts';
import { systemError } from '../base/fs.ts';
import { tagDirectory } from '../base/cachetag.ts';
import { makeDirectories } from '../base/mkdir.ts';
import { localCache } from '../cache/local.ts';
import type { Mirrors } from '../cache/port.ts';
import type { Store } from '../cache/store.ts';
import { openWorkspace } from '../cache/work.ts';
import type { Definition } from '../package/definition.ts';
import { ACTIVE, BOOTSTRAP, bootstrapTask } from '../package/pipeline/bootstrap.ts';
import {
  archivePath,
  bootstrapPaths,
  deployedPath,
  imagePath,
  logPath,
  outputDirectory,
  writeBootstrapLatest,
  writeComplete,
  writeLatest,
} from '../package/pipeline/output.ts';
import type { Pipeline } from '../package/pipeline/pipeline.ts';
import { bootstrapId } from '../package/set.ts';
import { compareVariants, spell } from '../package/variant.ts';
import type { TaskEvent } from '../task/event.ts';
import type { Target } from '../task/node.ts';
import type { Executor } from '../task/execute.ts';
import { createExplainer } from '../task/explain.ts';
import { Jobserver } from '../task/jobserver.ts';
import { Missed } from '../task/missed.ts';
import { plan } from '../task/plan.ts';
import { build, type BuildReport, type Policy } from '../task/schedule.ts';
import type { Task } from '../task/task.ts';
import { openMirrors } from './mirrors.ts';
import { openRecorder, type Recorder } from './noop.ts';
import { choosePolicy, type PolicyOptions } from './policy.ts';
import {
  openUserStore,
  prepare,
  withRequires,
  type Prepared,
  type PrepareRequest,
} from './prepare.ts';
import { packageRepository } from './repository.ts';
import { stageHooks } from './stage.ts';
import { workspaceOf } from './tree.ts';
import { tracer } from './trace.ts';
import { sampler, type Verified } from './verification.ts';

export interface BuildCommand extends PrepareRequest {
  readonly jobs: number | undefined;
  readonly keepGoing: boolean;
  readonly keepFailed: boolean;
  readonly dryRun: boolean;
  readonly bootstrap: boolean;
  readonly repositoryUrl: string | undefined;
  readonly policy: PolicyOptions;
  /** Percent of the tasks that ran which are run a second time, to see whether they make the same. */
  readonly verifySample: number;
  /** Record the trees of tasks in git repositories. */
  readonly trace: boolean;
  /** Whether the next build is to be skipped if nothing changes. */
  readonly noop: boolean;
}

export interface BuildOutput {
  readonly sink: Sink<TaskEvent>;
  /** Result lines, for standard output. */
  readonly print: (text: string) => void;
  /** Lines about the build as a whole, after its summary. */
  readonly note: (text: string) => void;
  readonly signal: AbortSignal;
}

export interface BuildAnswer {
  /** What is still to be told: failures of tasks were, when they happened. */
  readonly diagnostics: readonly Diagnostic[];
  readonly status: number;
  /** What the build depends on and made; undefined where it must not be skipped the next time. */
  readonly files?: NoopFiles | undefined;
}

/** Downloads at once: more than processors, because they mostly wait. */
const DOWNLOADS = 6;
const RESTORES = 8;
/** Records that are fetched from mirrors to explain why tasks run: a build must not wait long for them. */
const RECORDS = 300;

/** Runs the command. What tasks report goes to the sink. */
export async function runBuild(command: BuildCommand, output: BuildOutput): Promise<BuildAnswer> {
  const out = new Collector();
  let report: BuildReport | undefined;
  const recorder = command.noop ? openRecorder(command, output) : undefined;
  try {
    const store = openUserStore(command.env, out);
    if (store !== undefined) {
      report = await buildInStore(command, recorder?.output ?? output, store, out, recorder);
    }
  } catch (error) {
    out.add(systemError('go on with the build: cannot work on', error));
  }
  const failures = (report?.failures ?? []).flatMap(({ failure }) => failure.diagnostics);
  return {
    diagnostics: out.diagnostics,
    status: exitStatus([...out.diagnostics, ...failures]),
    // Warnings are told each time.
    files: out.diagnostics.length > 0 ? undefined : recorder?.files(),
  };
}

async function buildInStore(
  command: BuildCommand,
  output: BuildOutput,
  store: Store,
  out: Collector,
  recorder: Recorder | undefined,
): Promise<BuildReport | undefined> {
  const prepared = await prepare(command, store, output.signal, out);
  if (prepared === undefined) return undefined;
  const wanted = withRequires(prepared.selection.built, prepared.identities);
  const bootstraps = command.bootstrap ? bootstrapsOf(prepared) : [];
  const targets = [
    ...wanted.flatMap((one) => packageTargets(prepared, one)),
    ...[...prepared.images].map(([{ name }, task]) => imageTarget(prepared, name, task)),
    ...bootstraps.map((one) => bootstrapTarget(prepared, one)),
  ];
  const policy = out.take(choosePolicy(command.policy, targets));
  if (out.failed) return undefined;
  if (command.dryRun) {
    const mirrors = await mirrorsFor(command, output, store, prepared, out);
    const planned = out.take(await plan({ targets, cache: localCache(store), mirrors, policy }));
    await mirrors?.close(output.signal);
    if (planned !== undefined) output.print(planText(planned.needed));
    return undefined;
  }
  const problem = await prepared.sandbox.unavailable();
  if (problem !== undefined) out.add(problem);
  if (out.failed || !makeOutputDirectory(prepared, out)) return undefined;
  const sample =
    command.verifySample > 0 ? sampler(command.verifySample, output, summarize) : undefined;
  const packages = prepared.open.tree.directory;
  const trace = command.trace ? tracer({ ...output, packages, cwd: command.cwd }) : undefined;
  const report = await runTargets(
    command,
    { ...output, sink: tee(output.sink, ...[sample, trace].flatMap((one) => one?.event ?? [])) },
    store,
    prepared,
    {
      targets,
      policy,
      after: async (built, executor) => {
        out.add(...((await sample?.verify(built, executor)) ?? []));
        out.add(...((await trace?.record(built, executor)) ?? []));
      },
    },
    out,
  );
  await keepStore(prepared, output, store);
  if (report === undefined || report.interrupted) return report;
  const written = writeResults(prepared, wanted, bootstraps, report, out);
  printResults(command, output, prepared, report);
  if (report.failures.length === 0) recorder?.built(prepared, targets, written);
  return report;
}

/** The mirrors of the tree. A run on trial sends nothing; what else is not sent, the tasks say. */
function mirrorsFor(
  command: BuildCommand,
  { sink }: BuildOutput,
  store: Store,
  { open }: Prepared,
  out: Collector,
): Promise<Mirrors | undefined> {
  const request = {
    ...command,
    shared: open.tree.settings.sharedState,
    store,
    mayWrite: !command.dryRun,
    mayUseNetwork: !command.offline,
    onWarning: (diagnostic: Diagnostic): void => sink({ type: 'warning', diagnostic }),
  };
  return openMirrors(request, out);
}

/** After the build, which needs nothing of the store any more. */
async function keepStore({ open }: Prepared, output: BuildOutput, store: Store): Promise<void> {
  const { storeLimit } = open.tree.settings;
  if (storeLimit === undefined || output.signal.aborted) return;
  const { keepWithin } = await import('../cache/care/limit.ts');
  for (const diagnostic of await keepWithin(store, storeLimit, output.signal)) {
    output.sink({ type: 'warning', diagnostic });
  }
}

export interface Wanted {
  readonly targets: readonly Target[];
  readonly policy?: Policy | undefined;
  /** What is done with the results while the scratch directory is still there. */
  readonly after?: (report: BuildReport, executor: Executor) => Promise<void>;
}

/** Builds targets of a tree. Undefined after an error went to `out`. */
export async function runTargets(
  command: BuildCommand,
  output: BuildOutput,
  store: Store,
  prepared: Prepared,
  { targets, policy, after }: Wanted,
  out: Collector,
): Promise<BuildReport | undefined> {
  const { tree } = prepared.open;
  await using workspace = await openWorkspace(store);
  const url = command.offline ? undefined : (command.repositoryUrl ?? tree.settings.repositoryUrl);
  const onWarning = (diagnostic: Diagnostic): void => output.sink({ type: 'warning', diagnostic });
  const mirrors = await mirrorsFor(command, output, store, prepared, out);
  if (out.failed) return undefined;
  const missed = new Missed(RECORDS);
  const explainer = createExplainer({
    store,
    directory: tree.directory,
    ...(mirrors === undefined
      ? {}
      : { find: missed.find, bring: () => missed.fetch(mirrors, store, output.signal) }),
  });
  const jobs = command.jobs ?? availableParallelism();
  using jobserver = out.take(Jobserver.open(jobs, join(store.root, 'sandbox')));
  if (jobserver === undefined) return undefined;
  const executor: Executor = {
    store,
    workspace,
    sandbox: prepared.sandbox,
    hooks: stageHooks(output.signal),
    logPath: (task) => logPath(tree.directory, task.name),
    keepFailed: command.keepFailed,
    jobserver,
  };
  const report = out.take(
    await build({
      targets,
      cache: localCache(store),
      executor,
      limits: {
        cpu: jobs,
        download: DOWNLOADS,
        restore: RESTORES,
      },
      keepGoing: command.keepGoing,
      sink: output.sink,
      signal: output.signal,
      workspace: workspaceOf(tree.directory),
      explainer,
      mirrors,
      policy,
      placed: join(store.root, 'placed', digestOf(tree.directory).hash),
      ...(url === undefined
        ? {}
        : {
            substitute: packageRepository({
              ...command,
              ...prepared,
              url,
              store,
              workspace,
              onWarning,
            }),
          }),
    }),
  );
  if (report?.interrupted === false) await after?.(report, executor);
  if (mirrors !== undefined && explainer.made.size > 0) {
    const { shareRecords } = await import('./records.ts');
    const { cwd } = command;
    await shareRecords({ ...output, mirrors, store, explainer, directory: tree.directory, cwd });
  }
  for (const diagnostic of (await mirrors?.close(output.signal)) ?? []) onWarning(diagnostic);
  return report;
}

/** What is built of a package: its archives, and what it deploys beside them. */
function packageTargets({ open, pipelines }: Prepared, definition: Definition): Target[] {
  const { archives, deployed } = pipelines.get(definition)!;
  const { directory } = open.tree;
  return [
    ...archives.map(({ name, id, task, output }) => ({
      task,
      deliveries: [{ output, path: archivePath(directory, { name, id }) }],
    })),
    ...deployed.map((task) => deployedTarget(directory, definition, task, deployed.length)),
  ];
}

/** One directory of deployed files is the package's own; several lie in it, by the names of the outputs. */
function deployedTarget(
  directory: string,
  definition: Definition,
  task: Task,
  count: number,
): Target {
  const base = deployedPath(directory, definition);
  const outputs = Object.entries(task.outputs);
  const alone = count === 1 && outputs.length === 1 && outputs[0]![1].kind === 'tree';
  const deliveries = outputs.map(([output, { at, kind }]) => {
    const path = alone ? base : join(base, kind === 'tree' ? output : basename(at));
    return { output, path };
  });
  return { task, deliveries };
}

function imageTarget({ open }: Prepared, name: string, task: Task): Target {
  const directory = imagePath(open.tree.directory, name);
  const deliveries = Object.entries(task.outputs).map(([output, { at }]) => ({
    output,
    path: join(directory, basename(at)),
  }));
  return { task, deliveries };
}

/** Whether all that a build asks for of a package is there. */
function isReady({ archives, deployed }: Pipeline, { results }: BuildReport): boolean {
  return [...archives.map(({ task }) => task), ...deployed].every((task) => results.has(task));
}

interface Bootstrap {
  readonly variant: string | null;
  readonly id: string;
  readonly task: Task;
}

function bootstrapsOf({ open, selection, pipelines }: Prepared): Bootstrap[] {
  const { root } = open.tree.settings;
  return [...selection.trees].map(([variant, set]) => {
    const members = set.bootstrap.map((definition) => pipelines.get(definition)!);
    const id = bootstrapId(members.map(({ identity }) => identity.id));
    return { variant, id, task: bootstrapTask(id, variant, root, members) };
  });
}

function bootstrapTarget({ open }: Prepared, { id, task }: Bootstrap): Target {
  const { archive, active } = bootstrapPaths(open.tree.directory, id);
  return {
    task,
    deliveries: [
      { output: BOOTSTRAP, path: archive },
      { output: ACTIVE, path: active },
    ],
  };
}

/** Found out before hours of work, not after. */
function makeOutputDirectory({ open }: Prepared, out: Collector): boolean {
  const directory = outputDirectory(open.tree.directory);
  try {
    makeDirectories(join(directory, 'packages'));
    tagDirectory(directory);
    return true;
  } catch (error) {
    out.add(systemError('make the directory for results', error, directory));
    return false;
  }
}

/** Writes what leads to the archives, and tells the files. Only what succeeded is written. */
function writeResults(
  { open, selection, pipelines }: Prepared,
  wanted: readonly Definition[],
  bootstraps: readonly Bootstrap[],
  report: BuildReport,
  out: Collector,
): string[] {
  const written: string[] = [];
  const { results } = report;
  const packages = open.tree.directory;
  const ready = (definition: Definition): boolean => isReady(pipelines.get(definition)!, report);
  try {
    for (const definition of wanted.filter(ready)) {
      const { identity, archives } = pipelines.get(definition)!;
      written.push(...writeLatest(packages, identity, archives));
    }
    for (const [variant, set] of selection.trees) {
      const bootstrap = bootstraps.find((one) => one.variant === variant);
      const done = bootstrap === undefined || results.has(bootstrap.task);
      if (!done || !set.members.every(ready)) continue;
      if (bootstrap !== undefined) {
        written.push(writeBootstrapLatest(packages, variant, bootstrap.id));
      }
      const complete = writeComplete(packages, variant, {
        bootstrap: bootstrap?.id ?? null,
        packages: set.members.flatMap((definition) =>
          pipelines.get(definition)!.archives.map(({ id }) => id),
        ),
      });
      written.push(complete);
    }
  } catch (error) {
    out.add(systemError('write', error));
  }
  return written;
}

/** Names the files of what was asked for by name. */
function printResults(
  { cwd }: BuildCommand,
  { print }: BuildOutput,
  { open, selection, pipelines, images }: Prepared,
  report: BuildReport,
): void {
  const { directory } = open.tree;
  const rows: (readonly [name: string, path: string])[] = [];
  for (const definition of [...(selection.asked ?? [])].sort(compareVariants)) {
    const pipeline = pipelines.get(definition)!;
    if (!isReady(pipeline, report)) continue;
    const { archives } = pipeline;
    const own = archives.find(({ name }) => name === definition.name);
    if (own !== undefined) rows.push([spell(definition), archivePath(directory, own)]);
    else if (pipeline.deployed.length > 0) {
      rows.push([spell(definition), deployedPath(directory, definition)]);
    }
  }
  for (const [{ name }, task] of images) {
    if (!report.results.has(task)) continue;
    for (const { at } of Object.values(task.outputs)) {
      rows.push([name, join(imagePath(directory, name), basename(at))]);
    }
  }
  const width = rows.reduce((most, [name]) => Math.max(most, name.length), 0);
  for (const [name, path] of rows) {
    const shown = relative(cwd, path);
    print(`${name.padEnd(width)}  ${shown.startsWith('../..') ? path : shown}\n`);
  }
}

function planText(needed: readonly Task[]): string {
  if (needed.length === 0) return 'nothing would run\n';
  const names = needed.map(({ name }) => `${name}\n`).join('');
  return `${names}${needed.length} ${needed.length === 1 ? 'task' : 'tasks'} would run\n`;
}

/** Loaded for what is not reproducible only. */
async function summarize(verified: Verified): Promise<string> {
  return (await import('./verifytext.ts')).differenceSummary(verified);
}
