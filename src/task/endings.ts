// How tasks end, and what that means for those that wait for them. Counts and tells it; knows nothing of how tasks
// come to their ends.
import { takeCourse } from '../base/course.ts';
import type { Outcome, TaskFailure } from './event.ts';
import type { Node } from './node.ts';
import { isStoreRemoved } from './removed.ts';
import type { BuildRequest } from './request.ts';
import type { Task } from './task.ts';
import { notCached, storeGone } from './verdict.ts';

export class Endings {
  readonly counts: Record<Outcome, number> = {
    ran: 0,
    restored: 0,
    current: 0,
    failed: 0,
    skipped: 0,
  };
  readonly failures: { task: Task; failure: TaskFailure }[] = [];
  /** The store was removed: nothing can go on, whatever else was asked for. */
  storeIsGone = false;
  readonly #request: BuildRequest;
  readonly #goesOn: (waiter: Node, ended: Node) => boolean;

  /** `goesOn` has what waited for a task that ended without a result do without it, and says whether it could. */
  constructor(request: BuildRequest, goesOn: (waiter: Node, ended: Node) => boolean) {
    this.#request = request;
    this.#goesOn = goesOn;
  }

  /** Notes and tells how a task ended, which began at a time in ms. */
  end(node: Node, outcome: Outcome, startedMs: number, failure?: TaskFailure): void {
    const now = Date.now();
    node.ended = true;
    this.counts[outcome]++;
    takeCourse(outcome);
    this.#request.sink({
      type: 'task-end',
      at: now,
      task: node.task.name,
      outcome,
      ms: now - startedMs,
      key: node.key.key.hash,
      ...(failure === undefined ? {} : { failure }),
    });
  }

  /** A task that failed, and with it all that wait for it. */
  fail(node: Node, failure: TaskFailure, startedMs: number): void {
    const { executor } = this.#request;
    // Told once: whatever fails from then on fails for it.
    if (this.storeIsGone) this.#skipOne(node);
    else {
      this.storeIsGone = isStoreRemoved(executor, failure);
      const cause = this.storeIsGone ? storeGone(executor.store.root) : failure;
      this.#failOne(node, cause, startedMs);
    }
    this.#skipWaiters(node);
  }

  /** A task that cannot run any more, and all that wait for it. */
  skip(node: Node): void {
    if (node.state === 'skipped' || node.state === 'failed') return;
    this.#skipOne(node);
    this.#skipWaiters(node);
  }

  /** One that is not to run. */
  leave(node: Node): void {
    node.state = 'skipped';
    this.end(node, 'skipped', Date.now());
  }

  #failOne(node: Node, failure: TaskFailure, startedMs: number): void {
    node.state = 'failed';
    this.failures.push({ task: node.task, failure });
    this.end(node, 'failed', startedMs, failure);
  }

  /** Iterative: a chain of dependents may be long. */
  #skipWaiters(node: Node): void {
    const queue = node.waiters.splice(0);
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      if (next.state !== 'waiting' || this.#goesOn(next, node)) continue;
      this.#skipOne(next);
      queue.push(...next.waiters.splice(0));
    }
  }

  /** Where nothing may run, what waits for a task that would have to is as much of an answer as that. */
  #skipOne(node: Node): void {
    if (this.#request.policy?.requireCached?.except(node.task) === false) {
      this.#failOne(node, notCached(node.task), Date.now());
    } else this.leave(node);
  }
}
