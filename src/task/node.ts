// A task on its way through one build, and the states it passes. Only schedule.ts moves it along.
import { ok, type Result } from '../base/diagnostic.ts';
import type { Cache } from '../cache/port.ts';
import type { Delivery } from './deliver.ts';
import { orderTasks } from './graph.ts';
import { computeKeys, type TaskKey } from './key.ts';
import { fromActionResult } from './result.ts';
import { dependenciesOf, type Task, type TaskResult } from './task.ts';

/** What a build is asked for: a task, and where its outputs go. */
export interface Target {
  readonly task: Task;
  readonly deliveries: readonly Delivery[];
}

/**
 * unwanted      nobody needs its result so far
 * wanted        somebody does; its key is to be looked up
 * substituting  the lookup missed; another way to the result is tried before what it needs is looked at
 * waiting       results that it needs are not there yet
 * ready         all are there; it waits for a place in its pool
 * running       its action is looked up, then it runs
 * delivering    its result is known; files are put where the user wants them
 * done          its result is known, and delivered where that was asked for
 * failed        it ran and failed, or could not be run
 * skipped       something it needs failed
 */
export type State =
  | 'unwanted'
  | 'wanted'
  | 'substituting'
  | 'waiting'
  | 'ready'
  | 'running'
  | 'delivering'
  | 'done'
  | 'failed'
  | 'skipped';

export interface Node {
  readonly task: Task;
  readonly key: TaskKey;
  readonly dependencies: readonly Node[];
  readonly deliveries: readonly Delivery[];
  state: State;
  result: TaskResult | undefined;
  /** The result on record turned out to be gone: do not look it up again. */
  mustRun: boolean;
  /** How often its blobs were found missing; a store that keeps losing them must not keep us busy. */
  losses: number;
  /** Its end was told. */
  ended: boolean;
  /** Nodes that wait for this one's result. */
  readonly waiters: Node[];
  /** Results that this node still waits for. */
  pending: number;
}

/** The nodes of all tasks below targets, dependencies first. */
export function makeNodes(targets: readonly Target[]): Result<Map<Task, Node>> {
  const ordered = orderTasks(targets.map(({ task }) => task));
  if (!ordered.ok) return ordered;
  const deliveries = new Map<Task, Delivery[]>();
  for (const target of targets) {
    deliveries.set(target.task, [...(deliveries.get(target.task) ?? []), ...target.deliveries]);
  }
  const keys = computeKeys(ordered.value);
  const nodes = new Map<Task, Node>();
  for (const task of ordered.value) {
    nodes.set(task, {
      task,
      key: keys.get(task)!,
      dependencies: dependenciesOf(task).map((dependency) => nodes.get(dependency)!),
      deliveries: deliveries.get(task) ?? [],
      state: 'unwanted',
      result: undefined,
      mustRun: false,
      losses: 0,
      ended: false,
      waiters: [],
      pending: 0,
    });
  }
  return ok(nodes);
}

/** Looks up the keys of a level of the graph in one question, and sets the results that are known. */
export async function lookUp(cache: Cache, level: readonly Node[]): Promise<void> {
  const asked = level.filter(({ mustRun }) => !mustRun);
  const found = await cache.results(asked.map(({ key }) => key.key.hash));
  for (const node of asked) {
    const stored = found.get(node.key.key.hash);
    if (stored !== undefined) node.result = fromActionResult(node.task, stored);
  }
}
