// Runs tasks a second time, with everything different that must not matter, and compares what they leave
// with their results. Nothing is registered: the result on record stays what it is.
import { mkdtempSync, mkdirSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sha256Hex } from '../base/digest.ts';
import { errnoOf, removeTree } from '../base/fs.ts';
import { openStore } from '../cache/store.ts';
import type { Workspace } from '../cache/work.ts';
import type { TaskFailure } from './event.ts';
import { execute, openLayers, type Execution, type Executor } from './execute.ts';
import type { Layers } from './layer.ts';
import { outputDifferences, type OutputDifference } from './outputs.ts';
import type { Task, TaskResult } from './task.ts';
import { vary, type Variation } from './variation.ts';

export type Verdict =
  | { readonly kind: 'same' }
  | { readonly kind: 'different'; readonly differences: readonly OutputDifference[] }
  /** The second run failed: something that must not matter does. */
  | { readonly kind: 'failed'; readonly failure: TaskFailure }
  | { readonly kind: 'skipped'; readonly why: string };

export interface Verifier extends Disposable {
  readonly variation: Pick<Variation, 'varied' | 'kept'>;
  /** Runs a task again and compares. `resultOf` gives the results of the task and of what it depends on. */
  verify(
    task: Task,
    resultOf: (task: Task) => TaskResult | undefined,
    signal: AbortSignal,
  ): Promise<Verdict>;
}

/** Opens a scratch directory at another place than builds have theirs; it goes away with the verifier. */
export function openVerifier(executor: Executor): Verifier {
  const scratch = mkdtempSync(join(scratchParent(), 'ashlar-verify-'));
  const variation = vary(executor.sandbox, scratch);
  const workspace = workspaceIn(scratch);
  const second: Executor = {
    ...executor,
    workspace,
    sandbox: variation.sandbox,
    logPath: (task) => `${executor.logPath(task)}.verify`,
    keepFailed: false,
  };
  let layers: Promise<Layers> | undefined;
  /** Tasks of this verification, as they ran again. */
  const again = new Map<Task, Execution | NoResult>();

  const rerun = async (
    task: Task,
    resultOf: (task: Task) => TaskResult | undefined,
    signal: AbortSignal,
  ): Promise<Execution | NoResult> => {
    const before = again.get(task);
    if (before !== undefined) return before;
    // What goes on from a work directory has to go on from one that was made again, too.
    const bases = new Map<Task, TaskResult>();
    for (const { layer } of task.directories) {
      if (layer?.on === undefined) continue;
      const made = await rerun(layer.on, resultOf, signal);
      if (made instanceof NoResult) return made;
      if (made.kind !== 'done') return new NoResult(layer.on.name);
      bases.set(layer.on, made.result);
    }
    layers ??= scratchLayers(scratch, second);
    const execution = await execute(
      variation.task(task),
      { ...second, layers: await layers },
      {
        resultOf: (dependency) => {
          const result = bases.get(dependency) ?? resultOf(dependency);
          if (result === undefined) throw new NoResult(dependency.name);
          return result;
        },
        signal,
        progress: () => undefined,
      },
    ).catch((error: unknown) => {
      if (error instanceof NoResult) return error;
      throw error;
    });
    again.set(task, execution);
    return execution;
  };

  return {
    variation,
    verify: async (task, resultOf, signal) => {
      const first = resultOf(task);
      if (first === undefined) return { kind: 'skipped', why: 'it has no result' };
      if (task.network) {
        return { kind: 'skipped', why: 'its result is pinned, and needs the network' };
      }
      const execution = await rerun(task, resultOf, signal);
      if (execution instanceof NoResult) {
        return { kind: 'skipped', why: `the result of ${execution.message} is not to be had` };
      }
      switch (execution.kind) {
        case 'done': {
          if (Object.keys(task.outputs).length === 0) return { kind: 'skipped', why: NO_OUTPUT };
          const differences = outputDifferences(executor.store, first, execution.result);
          return differences.length === 0 ? { kind: 'same' } : { kind: 'different', differences };
        }
        case 'failed':
          return { kind: 'failed', failure: execution.failure };
        case 'missing':
        case 'unkept':
          return { kind: 'skipped', why: `the result of ${execution.task.name} is not here` };
        case 'aborted':
          return { kind: 'skipped', why: 'it was interrupted' };
      }
    },
    [Symbol.dispose]: () => removeTree(scratch),
  };
}

const NO_OUTPUT = 'it leaves a work directory only: what goes on from that is compared';

/** Layers of their own, which go away with the scratch directory. */
async function scratchLayers(scratch: string, executor: Executor): Promise<Layers> {
  const store = openStore(join(scratch, 'layers'));
  if (!store.ok) throw new Error(store.diagnostics[0]?.message);
  return openLayers({ ...executor, store: store.value });
}

class NoResult extends Error {}

/** In memory, where there is room: there, the order in which files were made is the order they are listed in. */
function scratchParent(): string {
  const memory = '/dev/shm';
  try {
    const { bavail, bsize } = statfsSync(memory);
    if (bavail * bsize > ROOM) return memory;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
  }
  return tmpdir();
}

const ROOM = 4 * 2 ** 30;

function workspaceIn(path: string): Workspace {
  let count = 0;
  return {
    path,
    directory: (name) => {
      const made = join(
        path,
        `again-${count++}-${name.replace(/[^A-Za-z0-9._-]/g, '_').slice(-40)}`,
      );
      mkdirSync(made);
      return made;
    },
    [Symbol.asyncDispose]: () => {
      removeTree(path);
      return Promise.resolve();
    },
  };
}

/** Whether a task is in a sample of so many percent. Decided by its key, so that it is the same everywhere. */
export function inSample(key: Sha256Hex, percent: number): boolean {
  return Number.parseInt(key.slice(0, 8), 16) < (percent / 100) * 2 ** 32;
}
