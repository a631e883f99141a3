// What `ashlar build` does once the tasks are known: which of them are wanted, running them, and writing
// the files that lead to the archives. Prints through what it is given.
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Collector, exitStatus, type Diagnostic } from '../base/diagnostic.ts';
import { digestOf } from '../base/digest.ts';
import { tee, type Sink } from '../base/event.ts';
import { systemError } from '../base/fs.ts';
import { localCache } from '../cache/local.ts';
import type { Mirrors } from '../cache/port.ts';
import { isRemoved, storeRemoved } from '../cache/removed.ts';
import type { Store } from '../cache/store.ts';
import { openWorkspace } from '../cache/work.ts';
import { logPath } from '../package/pipeline/output.ts';
import type { TaskEvent } from '../task/event.ts';
import type { Target } from '../task/node.ts';
import type { Executor } from '../task/execute.ts';
import { createExplainer } from '../task/explain.ts';
import { Jobserver } from '../task/jobserver.ts';
import { Missed } from '../task/missed.ts';
import { plan } from '../task/plan.ts';
import { build, type BuildReport, type Policy } from '../task/schedule.ts';
import type { Task } from '../task/task.ts';
import { bootstrapsOf, bootstrapTarget, imageTarget, packageTargets } from './delivery.ts';
import { openMirrors } from './mirrors.ts';
import { openRecorder, type PackageFiles, type Recorder } from './noop.ts';
import { choosePolicy, type PolicyOptions } from './policy.ts';
import {
  openUserStore,
  prepare,
  withRequires,
  type Prepared,
  type PrepareRequest,
} from './prepare.ts';
import { makeOutputDirectory, printResults, writeResults } from './result.ts';
import { stageHooks } from './stage.ts';
import { workspaceOf } from './tree.ts';
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
  readonly files?: PackageFiles | undefined;
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
  let store: Store | undefined;
  try {
    store = openUserStore(command.env, out);
    if (store !== undefined) {
      report = await buildInStore(command, recorder?.output ?? output, store, out, recorder);
    }
  } catch (error) {
    const problem = systemError('go on with the build: cannot work on', error);
    out.add(store !== undefined && isRemoved(store, problem) ? storeRemoved(store.root) : problem);
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
    if (planned !== undefined) {
      for (const { name } of planned.needed) output.sink({ type: 'task-needed', task: name });
      output.print(planText(planned.needed));
    }
    return undefined;
  }
  const problem = await prepared.sandbox.unavailable();
  if (problem !== undefined) out.add(problem);
  if (out.failed || !makeOutputDirectory(prepared, out)) return undefined;
  const sample =
    command.verifySample > 0 ? sampler(command.verifySample, output, summarize) : undefined;
  const packages = prepared.open.tree.directory;
  const trace = command.trace
    ? (await import('./trace.ts')).tracer({ ...output, packages, cwd: command.cwd })
    : undefined;
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
  if (report === undefined || report.removed !== undefined) return report;
  if (!failedForStore(report)) await keepStore(prepared, output, store, out);
  if (report.interrupted || out.failed) return report;
  const written = writeResults(prepared, wanted, bootstraps, report, out);
  printResults({ cwd: command.cwd, print: output.print }, prepared, report);
  if (report.failures.length === 0) {
    recorder?.built(prepared, { store, targets, report, written });
  }
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

/** Whether a task failed because the store was removed, which was told then. */
function failedForStore({ failures }: BuildReport): boolean {
  return failures.some(({ failure }) =>
    failure.diagnostics.some(({ code }) => code === 'store/removed'),
  );
}

/** After the build, which needs nothing of the store any more. */
async function keepStore(
  { open }: Prepared,
  output: BuildOutput,
  store: Store,
  out: Collector,
): Promise<void> {
  const { storeLimit } = open.tree.settings;
  if (storeLimit === undefined || output.signal.aborted) return;
  const { keepWithin } = await import('../cache/care/limit.ts');
  for (const diagnostic of await keepWithin(store, storeLimit, output.signal)) {
    if (isRemoved(store, diagnostic)) out.add(storeRemoved(store.root));
    else output.sink({ type: 'warning', diagnostic });
  }
}

export interface Wanted {
  readonly targets: readonly Target[];
  readonly policy?: Policy | undefined;
  /** What is done with the results while the scratch directory is still there. */
  readonly after?: (report: BuildReport, executor: Executor) => Promise<void>;
}

/** Builds targets of a tree. Undefined after an error went to `out`, where that of a removed store goes as well. */
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
            substitute: (await import('./repository.ts')).packageRepository({
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
  if (report?.removed !== undefined) out.add(report.removed);
  const isKept = report !== undefined && report.removed === undefined;
  if (isKept && !report.interrupted) await after?.(report, executor);
  if (isKept && mirrors !== undefined && explainer.made.size > 0) {
    const { shareRecords } = await import('./records.ts');
    const { cwd } = command;
    await shareRecords({ ...output, mirrors, store, explainer, directory: tree.directory, cwd });
  }
  for (const diagnostic of (await mirrors?.close(output.signal)) ?? []) onWarning(diagnostic);
  return report;
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
