// What `ashlar build` does once the tasks are known: which of them are wanted, running them, and writing
// the files that lead to the archives. Prints through what it is given.
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { Collector, exitStatus, type Diagnostic } from '../base/diagnostic.ts';
import type { Sink } from '../base/event.ts';
import { systemError } from '../base/fs.ts';
import { makeDirectories } from '../base/mkdir.ts';
import { localCache } from '../cache/local.ts';
import type { Store } from '../cache/store.ts';
import { openWorkspace } from '../cache/work.ts';
import type { Definition } from '../package/definition.ts';
import { ARCHIVE } from '../package/pipeline/archive.ts';
import { ACTIVE, BOOTSTRAP, bootstrapTask } from '../package/pipeline/bootstrap.ts';
import {
  archivePath,
  bootstrapPaths,
  logPath,
  outputDirectory,
  writeBootstrapLatest,
  writeComplete,
  writeLatest,
} from '../package/pipeline/output.ts';
import { bootstrapId } from '../package/set.ts';
import { compareVariants, spell } from '../package/variant.ts';
import type { TaskEvent } from '../task/event.ts';
import type { Target } from '../task/node.ts';
import { plan } from '../task/plan.ts';
import { build, type BuildReport } from '../task/schedule.ts';
import type { Task } from '../task/task.ts';
import { openMirrors } from './mirrors.ts';
import {
  openUserStore,
  prepare,
  withRequires,
  type Prepared,
  type PrepareRequest,
} from './prepare.ts';
import { packageRepository } from './repository.ts';
import { stageHooks } from './stage.ts';

export interface BuildCommand extends PrepareRequest {
  readonly jobs: number | undefined;
  readonly keepGoing: boolean;
  readonly keepFailed: boolean;
  readonly dryRun: boolean;
  readonly bootstrap: boolean;
  readonly repositoryUrl: string | undefined;
}

export interface BuildOutput {
  readonly sink: Sink<TaskEvent>;
  /** Result lines, for standard output. */
  readonly print: (text: string) => void;
  readonly signal: AbortSignal;
}

export interface BuildAnswer {
  /** What is still to be told: failures of tasks were, when they happened. */
  readonly diagnostics: readonly Diagnostic[];
  readonly status: number;
}

/** Downloads at once: more than processors, because they mostly wait. */
const DOWNLOADS = 6;
const RESTORES = 8;

/** Runs the command. What tasks report goes to the sink. */
export async function runBuild(command: BuildCommand, output: BuildOutput): Promise<BuildAnswer> {
  const out = new Collector();
  let report: BuildReport | undefined;
  try {
    const store = openUserStore(command.env, out);
    if (store !== undefined) report = await buildInStore(command, output, store, out);
  } catch (error) {
    out.add(systemError('go on with the build: cannot work on', error));
  }
  const failures = (report?.failures ?? []).flatMap(({ failure }) => failure.diagnostics);
  return {
    diagnostics: out.diagnostics,
    status: exitStatus([...out.diagnostics, ...failures]),
  };
}

async function buildInStore(
  command: BuildCommand,
  output: BuildOutput,
  store: Store,
  out: Collector,
): Promise<BuildReport | undefined> {
  const prepared = await prepare(command, store, output.signal, out);
  if (prepared === undefined) return undefined;
  const wanted = withRequires(prepared.selection.definitions, prepared.identities);
  const bootstraps = command.bootstrap ? bootstrapsOf(prepared) : [];
  const targets = [
    ...wanted.map((one) => packageTarget(prepared, one)),
    ...bootstraps.map((one) => bootstrapTarget(prepared, one)),
  ];
  if (command.dryRun) {
    const planned = out.take(await plan({ targets, cache: localCache(store) }));
    if (planned !== undefined) output.print(planText(planned.needed));
    return undefined;
  }
  const problem = await prepared.sandbox.unavailable();
  if (problem !== undefined) out.add(problem);
  if (out.failed || !makeOutputDirectory(prepared, out)) return undefined;
  const report = await runTargets(command, output, store, prepared, targets, out);
  await keepStore(prepared, output, store);
  if (report === undefined || report.interrupted) return report;
  writeResults(prepared, wanted, bootstraps, report, out);
  printArchives(command, output, prepared, report);
  return report;
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

async function runTargets(
  command: BuildCommand,
  output: BuildOutput,
  store: Store,
  prepared: Prepared,
  targets: readonly Target[],
  out: Collector,
): Promise<BuildReport | undefined> {
  const { tree } = prepared.open;
  await using workspace = await openWorkspace(store);
  const url = command.offline ? undefined : (command.repositoryUrl ?? tree.settings.repositoryUrl);
  const onWarning = (diagnostic: Diagnostic): void => output.sink({ type: 'warning', diagnostic });
  const mirrors = await openMirrors(
    {
      ...command,
      shared: tree.settings.sharedState,
      store,
      mayWrite: prepared.sandbox.hermetic,
      mayUseNetwork: !command.offline,
      onWarning,
    },
    out,
  );
  if (out.failed) return undefined;
  const report = out.take(
    await build({
      targets,
      cache: localCache(store),
      executor: {
        store,
        workspace,
        sandbox: prepared.sandbox,
        hooks: stageHooks(output.signal),
        logPath: (task) => logPath(tree.directory, task.name),
        keepFailed: command.keepFailed,
      },
      limits: {
        cpu: command.jobs ?? availableParallelism(),
        download: DOWNLOADS,
        restore: RESTORES,
      },
      keepGoing: command.keepGoing,
      sink: output.sink,
      signal: output.signal,
      mirrors,
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
  for (const diagnostic of (await mirrors?.close(output.signal)) ?? []) onWarning(diagnostic);
  return report;
}

function packageTarget({ open, pipelines }: Prepared, definition: Definition): Target {
  const { archive, identity } = pipelines.get(definition)!;
  const path = archivePath(open.tree.directory, identity);
  return { task: archive, deliveries: [{ output: ARCHIVE, path }] };
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
    return true;
  } catch (error) {
    out.add(systemError('make the directory for results', error, directory));
    return false;
  }
}

/** Writes what leads to the archives. Only what succeeded is written. */
function writeResults(
  { open, selection, pipelines }: Prepared,
  wanted: readonly Definition[],
  bootstraps: readonly Bootstrap[],
  { results }: BuildReport,
  out: Collector,
): void {
  const packages = open.tree.directory;
  const ready = (definition: Definition): boolean =>
    results.has(pipelines.get(definition)!.archive);
  try {
    for (const definition of wanted.filter(ready)) {
      writeLatest(packages, pipelines.get(definition)!.identity);
    }
    for (const [variant, set] of selection.trees) {
      const bootstrap = bootstraps.find((one) => one.variant === variant);
      const done = bootstrap === undefined || results.has(bootstrap.task);
      if (!done || !set.members.every(ready)) continue;
      if (bootstrap !== undefined) writeBootstrapLatest(packages, variant, bootstrap.id);
      writeComplete(packages, variant, {
        bootstrap: bootstrap?.id ?? null,
        packages: set.members.map((definition) => pipelines.get(definition)!.identity.id),
      });
    }
  } catch (error) {
    out.add(systemError('write', error));
  }
}

/** Names the archives of what was asked for by name. */
function printArchives(
  { cwd }: BuildCommand,
  { print }: BuildOutput,
  { open, selection, pipelines }: Prepared,
  { results }: BuildReport,
): void {
  const named = (selection.asked ?? [])
    .filter((definition) => results.has(pipelines.get(definition)!.archive))
    .sort(compareVariants);
  const width = named.reduce((most, definition) => Math.max(most, spell(definition).length), 0);
  for (const definition of named) {
    const path = archivePath(open.tree.directory, pipelines.get(definition)!.identity);
    const shown = relative(cwd, path);
    print(`${spell(definition).padEnd(width)}  ${shown.startsWith('../..') ? path : shown}\n`);
  }
}

function planText(needed: readonly Task[]): string {
  if (needed.length === 0) return 'nothing would run\n';
  const names = needed.map(({ name }) => `${name}\n`).join('');
  return `${names}${needed.length} ${needed.length === 1 ? 'task' : 'tasks'} would run\n`;
}
