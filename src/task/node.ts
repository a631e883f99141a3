// A task on its way through one build, and the states it passes. Only schedule.ts moves it along.
import { failed, ok, type Result } from '../base/diagnostic.ts';
import type { Sha256Hex } from '../base/digest.ts';
import type { Cache, Mirrors } from '../cache/port.ts';
import type { Delivery } from './deliver.ts';
import { orderTasks } from './graph.ts';
import { sharedPaths } from './owner.ts';
import { computeKeys, type TaskKey } from './key.ts';
import type { Reason } from './reason.ts';
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
 * preparing     all are known; its action is looked up on mirrors, else what it reads is brought here
 * ready         it waits for a place in its pool
 * running       its action is looked up, then it runs
 * delivering    its result is known; it is brought here, and put where the user wants it
 * done          its result is known, and delivered where that was asked for
 * failed        it ran and failed, or could not or must not be run
 * skipped       something it needs failed, or nothing is to be run
 */
export type State =
  | 'unwanted'
  | 'wanted'
  | 'substituting'
  | 'waiting'
  | 'preparing'
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
  /** A node before this one with the same key, and so with the same result. Undefined once that one came to nothing. */
  twin: Node | undefined;
  /** Nodes of `Task.companions`. */
  readonly companions: readonly { readonly node: Node; readonly hard: boolean }[];
  readonly deliveries: readonly Delivery[];
  state: State;
  result: TaskResult | undefined;
  /** Its key was looked up: where there is no result, none is on record. */
  lookedUp: boolean;
  /** Whatever is on record does not count: make it. */
  mustRun: boolean;
  /** What it depends on was made again, maybe into something else: only its inputs' contents tell. */
  shallow: boolean;
  /** When its result was made again and came out otherwise than the one on record, in this build or before. */
  otherwise: 'now' | 'before' | undefined;
  /** Why it runs, where that is known without looking for a cause. */
  reason: Reason | undefined;
  /** That it is needed was told. */
  told: boolean;
  /** Its result is known from a mirror, what it names may not be here. */
  remote: boolean;
  /** Brings what the result names into the store; false when it is not to be had. */
  gathering: Promise<boolean> | undefined;
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
  const conflicts = sharedPaths(targets);
  if (conflicts.length > 0) return failed(...conflicts);
  const deliveries = new Map<Task, readonly Delivery[]>();
  for (const target of targets) {
    const before = deliveries.get(target.task);
    const all = before === undefined ? target.deliveries : [...before, ...target.deliveries];
    deliveries.set(target.task, all);
  }
  const keys = computeKeys(ordered.value);
  const nodes = new Map<Task, Node>();
  const first = new Map<Sha256Hex, Node>();
  for (const task of ordered.value) {
    const key = keys.get(task)!;
    const twin = first.get(key.key.hash);
    const node: Node = {
      task,
      key,
      twin,
      dependencies: dependenciesOf(task).map((dependency) => nodes.get(dependency)!),
      companions: (task.companions ?? []).map((one) => ({
        node: nodes.get(one.task)!,
        hard: one.hard,
      })),
      deliveries: deliveries.get(task) ?? [],
      state: 'unwanted',
      result: undefined,
      lookedUp: false,
      mustRun: false,
      shallow: false,
      otherwise: undefined,
      reason: undefined,
      told: false,
      remote: false,
      gathering: undefined,
      losses: 0,
      ended: false,
      waiters: [],
      pending: 0,
    };
    nodes.set(task, node);
    if (twin === undefined) first.set(key.key.hash, node);
  }
  return ok(nodes);
}

/**
 * Looks up the keys of a level of the graph, in one question to the cache and one to the mirrors about what
 * it lacks, and sets the results that are known.
 */
export async function lookUp(
  level: readonly Node[],
  cache: Cache,
  mirrors: Mirrors | undefined,
): Promise<void> {
  const asked = level.filter((node) => !node.lookedUp && !node.mustRun && !node.shallow);
  if (asked.length === 0) return;
  const found = await cache.results(asked.map(({ key }) => key.key.hash));
  const missed: Node[] = [];
  for (const node of asked) {
    node.lookedUp = true;
    const stored = found.get(node.key.key.hash);
    if (stored !== undefined) node.result = fromActionResult(node.task, stored);
    if (node.result === undefined) missed.push(node);
  }
  if (mirrors === undefined || missed.length === 0) return;
  const elsewhere = await mirrors.results(missed.map(({ key }) => key.key.hash));
  for (const node of missed) {
    const stored = elsewhere.get(node.key.key.hash)?.result;
    if (stored !== undefined) node.result = fromActionResult(node.task, stored);
    node.remote = node.result !== undefined;
  }
}
