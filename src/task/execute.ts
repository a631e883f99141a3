// Runs one task: stage its inputs, run its script in a sandbox or its step here, take its outputs into
// the store. Knows nothing of keys, of the graph or of other tasks.
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { buildError, type Diagnostic } from '../base/diagnostic.ts';
import { removeTree, systemError } from '../base/fs.ts';
import { lock } from '../base/lock.ts';
import { fileOf } from '../base/span.ts';
import { shellLine } from '../base/shell.ts';
import { storeRemoved } from '../cache/removed.ts';
import { moveIntoStore, putBytes, type Store } from '../cache/store.ts';
import { storeTree } from '../cache/tree.ts';
import type { Workspace } from '../cache/work.ts';
import type { Sandbox, SandboxCommand, SandboxExit } from '../sandbox/port.ts';
import type { TaskFailure } from './event.ts';
import { isInside } from './graph.ts';
import { commandOf } from './key.ts';
import { takesPart, type Jobserver } from './jobserver.ts';
import { isKept, Layers } from './layer.ts';
import { readLayers } from './layering.ts';
import { openLog, type TaskLog } from './log.ts';
import { lacksInputs } from './removed.ts';
import { stage, type Stage, type StageHooks } from './stage.ts';
import type { OutputValue, Task, TaskResult } from './task.ts';
import { unmount, unmountedHint } from './unmounted.ts';

export interface Executor {
  readonly store: Store;
  readonly workspace: Workspace;
  readonly sandbox: Sandbox;
  readonly hooks: StageHooks;
  /** Where a task's log goes. */
  readonly logPath: (task: Task) => string;
  /** Set by the scheduler, which opens them once for all tasks. */
  readonly layers?: Layers;
  /** Processors for all that is not a download, and for what runs in parallel inside; any number unless given. */
  readonly jobserver?: Jobserver;
  /** Keep the tree of a failed task and say how to enter it. */
  readonly keepFailed: boolean;
}

export type Execution =
  | { readonly kind: 'done'; readonly result: TaskResult }
  | { readonly kind: 'failed'; readonly failure: TaskFailure }
  /** A dependency's result is no longer in the store. */
  | { readonly kind: 'missing'; readonly task: Task }
  /** A layer to go on from is not on this machine, or had to make room while the task ran. */
  | { readonly kind: 'unkept'; readonly task: Task }
  | { readonly kind: 'aborted' };

export interface ExecuteOptions {
  readonly resultOf: (task: Task) => TaskResult;
  readonly signal: AbortSignal;
  readonly progress: (done: number, total: number | undefined) => void;
}

const TAIL_LINES = 20;

/** Runs a task to its end. What the machine refuses (a full disk, no permission) is a failure of the task. */
export async function execute(
  task: Task,
  executor: Executor,
  options: ExecuteOptions,
): Promise<Execution> {
  const handsOn =
    !executor.sandbox.hermetic && task.directories.some(({ layer }) => layer !== undefined);
  // Configured trees hold their own path: where none can be mounted, all are worked on in one place.
  const held =
    handsOn && task.work.kind === 'script'
      ? await lock(`host tree\0${executor.store.root}`, options.signal)
      : 'free';
  if (held === undefined) return { kind: 'aborted' };
  try {
    const directory = held === 'free' ? ownDirectory(task, executor) : treesDirectory(executor);
    return await executeBelow(directory, task, executor, options);
  } finally {
    if (held !== 'free') await held.release();
  }
}

async function executeBelow(
  directory: string,
  task: Task,
  executor: Executor,
  options: ExecuteOptions,
): Promise<Execution> {
  let keep = false;
  try {
    using log = openLog(executor.logPath(task));
    const execution = await executeIn(directory, task, executor, options, log);
    keep = executor.keepFailed && execution.kind === 'failed';
    return execution;
  } catch (error) {
    const doing = `run ${task.name}: cannot work on`;
    return { kind: 'failed', failure: { diagnostics: [systemError(doing, error)], tail: [] } };
  } finally {
    if (!keep) removeTree(directory);
  }
}

function ownDirectory(task: Task, { store, workspace, keepFailed }: Executor): string {
  return keepFailed ? keptDirectory(store, task) : workspace.directory(task.name);
}

/** The place of trees that tasks hand on, without what a killed process or a failed task left in it. */
function treesDirectory({ store }: Executor): string {
  const directory = join(store.root, 'trees');
  removeTree(directory);
  mkdirSync(directory, { mode: 0o700 });
  return directory;
}

/** Outside the workspace, which goes away with this process. */
function keptDirectory(store: Store, task: Task): string {
  const parent = join(store.root, 'kept');
  mkdirSync(parent, { recursive: true });
  return mkdtempSync(join(parent, `${task.name.replace(/[^A-Za-z0-9._-]/g, '_')}-`));
}

async function executeIn(
  directory: string,
  task: Task,
  executor: Executor,
  options: ExecuteOptions,
  log: TaskLog,
): Promise<Execution> {
  const startedMs = Date.now();
  const fail = (diagnostics: readonly Diagnostic[]): Execution => ({
    kind: 'failed',
    failure: {
      diagnostics,
      tail: log.tail(TAIL_LINES),
      log: log.path,
      ...(task.reproduce === undefined ? {} : { reproduce: task.reproduce }),
    },
  });

  const layers = executor.layers ?? (await openLayers(executor));
  const inSandbox = task.work.kind === 'script';
  const staged = await stage(task, {
    store: executor.store,
    directory,
    hooks: executor.hooks,
    unmounted: inSandbox && !executor.sandbox.hermetic,
    layers,
    // What a step reads and writes it does on this machine's own paths.
    stack: inSandbox && layers.stacked,
    resultOf: options.resultOf,
  });
  if ('missing' in staged) return { kind: 'missing', task: staged.missing };
  if ('unkept' in staged) return { kind: 'unkept', task: staged.unkept };
  if (!staged.ok) return fail(staged.diagnostics);
  if (options.signal.aborted) return { kind: 'aborted' };

  const problems = await run(task, staged.value, executor, options, log);
  if (options.signal.aborted) return { kind: 'aborted' };
  // Whatever it said: it may have looked at what was not there any more.
  const lost = staged.value.layered.find(({ used }) => used !== undefined && !isKept(used));
  if (lost !== undefined) return { kind: 'unkept', task: baseOf(task, lost.at) };
  if (problems.length > 0) return fail(problems);

  const kept = await readLayers(task, staged.value, layers, join(directory, 'copies'));
  if (!kept.ok) return fail(kept.diagnostics);
  const collected = collect(task, kept.value.locate, executor.store);
  if (!('outputs' in collected)) return fail(collected.problems);
  const keptLayers = kept.value.keep();
  const bytes = readFileSync(log.path);
  return {
    kind: 'done',
    result: {
      outputs: collected.outputs,
      ...(keptLayers === undefined ? {} : { layers: keptLayers }),
      ...(bytes.length === 0 ? {} : { log: putBytes(executor.store, bytes) }),
      startedMs,
      completedMs: Date.now(),
    },
  };
}

function baseOf(task: Task, at: string): Task {
  return task.directories.find((directory) => directory.at === at)!.layer!.on!;
}

/** The layers of the executor's store, as far as its sandbox can use them. Throws node's own errors. */
export async function openLayers({ store, sandbox, workspace }: Executor): Promise<Layers> {
  return new Layers(store, (await sandbox.overlays?.(workspace.path)) ?? false);
}

async function run(
  task: Task,
  staged: Stage,
  executor: Executor,
  options: ExecuteOptions,
  log: TaskLog,
): Promise<readonly Diagnostic[]> {
  using _processor =
    task.pool === 'cpu' ? await executor.jobserver?.take(options.signal) : undefined;
  return task.work.kind === 'script'
    ? await runScript(task, staged, executor, options, log)
    : await runStep(task, staged, options, log);
}

async function runScript(
  task: Task,
  staged: Stage,
  executor: Executor,
  options: ExecuteOptions,
  log: TaskLog,
): Promise<readonly Diagnostic[]> {
  if (task.work.kind !== 'script') throw new Error(`${task.name} has no script`);
  const { hermetic } = executor.sandbox;
  const unmounted = hermetic ? undefined : unmount(task, staged.locate);
  const { work, variables, volatile } = unmounted ?? task;
  const command: SandboxCommand = {
    argv: commandOf(work),
    env: { ...variables, ...volatile },
    located: unmounted !== undefined,
    workdir: task.work.workdir,
    mounts: staged.mounts,
    image: task.work.image,
    network: task.network,
    limits: task.limits,
    lent: takesPart(task) ? executor.jobserver?.lent : undefined,
    onOutput: (chunk) => log.write(chunk),
    signal: options.signal,
  };
  const exit = await executor.sandbox.run(command);
  const problem = verdict(task, exit, log.tail(TAIL_LINES), hermetic);
  if (problem === undefined) return [];
  // Where nothing is mounted, the script may have removed them itself.
  if (hermetic && lacksInputs(task, staged.locate)) return [storeRemoved(executor.store.root)];
  if (!executor.keepFailed || exit.kind !== 'exited') return [problem];
  const line = shellLine(executor.sandbox.commandLine(command));
  return [{ ...problem, notes: [{ message: `its tree is kept; enter it with: ${line}` }] }];
}

function verdict(
  task: Task,
  exit: SandboxExit,
  tail: readonly string[],
  hermetic: boolean,
): Diagnostic | undefined {
  switch (exit.kind) {
    case 'exited': {
      if (exit.status === 0) return undefined;
      const readOnly = tail.some((line) => READ_ONLY_SOURCE.test(line));
      const hint = readOnly ? READ_ONLY_HINT : hermetic ? undefined : unmountedHint(task, tail);
      return buildError({
        code: 'task/failed',
        message: `${task.name} failed with exit status ${exit.status}${signalOf(exit.status)}`,
        hint,
      });
    }
    case 'timeout':
      return buildError({
        code: 'task/timeout',
        message: `${task.name} took longer than its limit of ${(task.limits.timeoutMs ?? 0) / 1000} s`,
      });
    case 'aborted':
      return buildError({ code: 'task/aborted', message: `${task.name} was interrupted` });
    case 'broken':
      return exit.diagnostic;
  }
}

/** Shells add 128 to the number of the signal that ended what they ran. */
function signalOf(status: number): string {
  const found = Object.entries(constants.signals).find(([, number]) => number + 128 === status);
  return found === undefined ? '' : ` (${found[0]})`;
}

/** What programs say of a relative path, or of one below the sources; other places stay read-only anyhow. */
const READ_ONLY_SOURCE = /(?<![\s'"‘]\/(?!pkg\/src\b)[^\s'"’]*['"’]?): Read-only file system/;

const READ_ONLY_HINT =
  'sources are read-only: build outside /pkg/src, or set "src_writable": true in buildinfo.json';

async function runStep(
  task: Task,
  staged: Stage,
  options: ExecuteOptions,
  log: TaskLog,
): Promise<readonly Diagnostic[]> {
  if (task.work.kind !== 'step') throw new Error(`${task.name} has no step`);
  const ran = await task.work.run({
    locate: staged.locate,
    log: (text) => log.write(text),
    progress: options.progress,
    signal: options.signal,
  });
  return ran.ok ? [] : ran.diagnostics.map((one) => withoutStaged(one, staged));
}

/** A place in directories that are gone when it is read tells nothing. */
function withoutStaged(diagnostic: Diagnostic, { mounts }: Stage): Diagnostic {
  const { at, ...rest } = diagnostic;
  const isStaged = at !== undefined && mounts.some(({ source }) => isInside(fileOf(at), source));
  return isStaged ? rest : diagnostic;
}

/** Takes the declared outputs into the store. One that is not there fails the task, whatever it said. */
function collect(
  task: Task,
  locate: (inside: string) => string,
  store: Store,
): { outputs: Record<string, OutputValue> } | { problems: Diagnostic[] } {
  const outputs: Record<string, OutputValue> = {};
  const problems: Diagnostic[] = [];
  for (const [name, { at, kind }] of Object.entries(task.outputs)) {
    const path = locate(at);
    const stat = existsSync(path) ? lstatSync(path) : undefined;
    if (kind === 'file' ? stat?.isFile() !== true : stat?.isDirectory() !== true) {
      problems.push(
        buildError({
          code: 'task/no-output',
          message: `${task.name} ended well, but left no ${kind === 'file' ? 'file' : 'directory'} ${at}`,
        }),
      );
    } else if (kind === 'file') {
      const executable = (stat!.mode & 0o111) !== 0;
      outputs[name] = { kind, digest: moveIntoStore(store, path, executable), executable };
    } else {
      const stored = storeTree(store, path);
      if (stored.ok) outputs[name] = { kind, ...stored.value };
      else problems.push(...stored.diagnostics);
    }
  }
  return problems.length > 0 ? { problems } : { outputs };
}
