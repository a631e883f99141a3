// Drives a graph of tasks from the targets down: what is known is not looked below, what is missing runs
// as soon as its inputs are there, with a limit per pool. One loop moves every node through its states
// (node.ts); work itself is lent by execute.ts and deliver.ts.
import { environmentError, ok, type Diagnostic, type Result } from '../base/diagnostic.ts';
import type { Sink } from '../base/event.ts';
import { systemError } from '../base/fs.ts';
import { lock } from '../base/lock.ts';
import type { LocalCache } from '../cache/local.ts';
import type { Mirrors } from '../cache/port.ts';
import { putBytes } from '../cache/store.ts';
import { deliverFile } from './deliver.ts';
import type { Outcome, TaskEvent, TaskFailure } from './event.ts';
import { execute, openLayers, type Executor } from './execute.ts';
import { actionDigest, type KeysOf, type TaskKey } from './key.ts';
import type { Layers } from './layer.ts';
import type { Reason } from './reason.ts';
import { lookUp, makeNodes, type Node, type Target } from './node.ts';
import { fromActionResult, toActionResult } from './result.ts';
import type { Pool, Task, TaskResult } from './task.ts';

export interface BuildRequest {
  readonly targets: readonly Target[];
  readonly cache: LocalCache;
  readonly executor: Executor;
  /** How many of each may be at work at once. */
  readonly limits: Readonly<Record<Pool | 'restore', number>>;
  /** After a failure, still run what does not need the failed task. */
  readonly keepGoing: boolean;
  readonly sink: Sink<TaskEvent>;
  readonly signal: AbortSignal;
  /** Another way to results that the cache lacks: a repository of finished packages, say. */
  readonly substitute?: Substitute | undefined;
  readonly mirrors?: Mirrors | undefined;
  /** Lent by explain: why tasks run, and a memory of what was made. */
  readonly explainer?: Explainer | undefined;
}

export interface Explainer {
  /**
   * Why a task that nobody forced has no result under its key. Called once for each that will run, before
   * those that it depends on: what it depends on may be why.
   */
  why(task: Task, keyOf: KeysOf): Reason;
  /** A result of the task is on record under its key now, because it ran or was found elsewhere. */
  remember(task: Task, key: TaskKey, outcome: 'ran' | 'restored'): void;
}

export interface Substitute {
  offers(task: Task): boolean;
  /** The result, its blobs in the store; undefined when it is not to be had. Warnings go to the sink. */
  fetch(
    task: Task,
    context: {
      readonly signal: AbortSignal;
      readonly progress: (done: number, total: number | undefined) => void;
    },
  ): Promise<TaskResult | undefined>;
}

export interface BuildReport {
  readonly results: ReadonlyMap<Task, TaskResult>;
  readonly counts: Readonly<Record<Outcome, number>>;
  /** Tasks that failed, with why. Skipped ones are not here. */
  readonly failures: readonly { readonly task: Task; readonly failure: TaskFailure }[];
  readonly interrupted: boolean;
}

/** Builds targets. The result fails only for a graph that is wrong; what tasks do is in the report. */
export async function build(request: BuildRequest): Promise<Result<BuildReport>> {
  const nodes = makeNodes(request.targets);
  if (!nodes.ok) return nodes;
  const run = new Run(request, nodes.value);
  return ok(await run.toEnd());
}

class Run {
  readonly #request: BuildRequest;
  readonly #nodes: ReadonlyMap<Task, Node>;
  readonly #frontier: Node[] = [];
  readonly #ready: Record<Pool | 'restore', Node[]> = { cpu: [], download: [], restore: [] };
  readonly #atWork: Record<Pool | 'restore', number> = { cpu: 0, download: 0, restore: 0 };
  readonly #counts: Record<Outcome, number> = {
    ran: 0,
    restored: 0,
    current: 0,
    failed: 0,
    skipped: 0,
  };
  readonly #failures: { task: Task; failure: TaskFailure }[] = [];
  readonly #startedMs = Date.now();
  #layers: Layers | undefined;
  readonly #keyOf: KeysOf = (task) => this.#nodes.get(task)!.key;
  #running = 0;
  #wake: () => void = () => undefined;

  constructor(request: BuildRequest, nodes: ReadonlyMap<Task, Node>) {
    this.#request = request;
    this.#nodes = nodes;
  }

  async toEnd(): Promise<BuildReport> {
    const { sink, cache, signal } = this.#request;
    sink({ type: 'build-start', at: this.#startedMs, tasks: this.#nodes.size });
    for (const { task } of this.#request.targets) this.#want(this.#nodes.get(task)!);
    for (;;) {
      while (this.#frontier.length > 0) await this.#lookUpFrontier();
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#startReady();
      if (this.#running === 0 && this.#frontier.length === 0) break;
      if (this.#frontier.length === 0) await woken;
    }
    await this.#flush(cache);
    const interrupted = signal.aborted;
    sink({
      type: 'build-end',
      at: Date.now(),
      ms: Date.now() - this.#startedMs,
      counts: { ...this.#counts },
      interrupted,
    });
    const results = new Map<Task, TaskResult>();
    for (const { task, state, result } of this.#nodes.values()) {
      if (state === 'done' && result !== undefined) results.set(task, result);
    }
    return { results, counts: this.#counts, failures: this.#failures, interrupted };
  }

  async #flush(cache: LocalCache): Promise<void> {
    try {
      await cache.flush();
      this.#layers?.seal();
    } catch (error) {
      const diagnostic = systemError('register results in the store', error);
      this.#request.sink({ type: 'warning', diagnostic: { ...diagnostic, severity: 'warning' } });
    }
  }

  get #stopping(): boolean {
    if (this.#request.signal.aborted) return true;
    return this.#failures.length > 0 && !this.#request.keepGoing;
  }

  #want(node: Node): void {
    if (node.state !== 'unwanted') return;
    node.state = 'wanted';
    this.#frontier.push(node);
  }

  async #lookUpFrontier(): Promise<void> {
    const level = this.#frontier.splice(0);
    await lookUp(this.#request.cache, level);
    for (const node of level) {
      if (node.result !== undefined) this.#resultKnown(node);
      else if (!node.mustRun && this.#request.substitute?.offers(node.task) === true) {
        node.state = 'substituting';
        this.#ready.download.push(node);
      } else this.#miss(node);
    }
  }

  /** A node whose result has to be made: its dependencies' results are needed now. */
  #miss(node: Node): void {
    node.state = 'waiting';
    const why = this.#request.explainer?.why(node.task, this.#keyOf);
    this.#request.sink({ type: 'task-needed', task: node.task.name, ...(why && { why }) });
    for (const dependency of node.dependencies) {
      this.#want(dependency);
      if (dependency.state === 'failed' || dependency.state === 'skipped') {
        this.#skip(node);
        return;
      }
    }
    this.#waitFor(node, node.dependencies);
  }

  #waitFor(node: Node, dependencies: readonly Node[]): void {
    for (const dependency of dependencies) {
      if (dependency.result !== undefined) continue;
      dependency.waiters.push(node);
      node.pending++;
    }
    if (node.pending === 0) this.#enqueue(node, node.task.pool);
  }

  #enqueue(node: Node, pool: Pool | 'restore'): void {
    node.state = pool === 'restore' ? 'delivering' : 'ready';
    this.#ready[pool].push(node);
  }

  #startReady(): void {
    for (const pool of ['restore', 'download', 'cpu'] as const) {
      const queue = this.#ready[pool];
      while (
        queue.length > 0 &&
        this.#atWork[pool] < this.#request.limits[pool] &&
        !this.#stopping
      ) {
        const node = queue.shift()!;
        this.#atWork[pool]++;
        this.#running++;
        void this.#work(node, pool).then(() => {
          this.#atWork[pool]--;
          this.#running--;
          this.#wake();
        });
      }
    }
  }

  #work(node: Node, pool: Pool | 'restore'): Promise<void> {
    if (pool === 'restore') return Promise.resolve(this.#deliver(node));
    return node.state === 'substituting' ? this.#trySubstitute(node) : this.#make(node, pool);
  }

  async #trySubstitute(node: Node): Promise<void> {
    const { substitute, signal, sink } = this.#request;
    const startedMs = Date.now();
    const { task } = node;
    sink({ type: 'task-start', at: startedMs, task: task.name, pool: 'download' });
    const progress = (done: number, total: number | undefined): void =>
      sink({ type: 'task-progress', task: task.name, done, total });
    const result = await substitute!.fetch(task, { signal, progress });
    if (result === undefined) this.#miss(node);
    else {
      this.#register(node, [node.key], result);
      this.#finish(node, result, 'restored', startedMs);
    }
  }

  /** The result is known: those who wait may go on, and it is delivered where that was asked for. */
  #resultKnown(node: Node): void {
    for (const waiter of node.waiters.splice(0)) {
      waiter.pending--;
      if (waiter.pending === 0 && waiter.state === 'waiting')
        this.#enqueue(waiter, waiter.task.pool);
    }
    if (node.deliveries.length > 0) this.#enqueue(node, 'restore');
    else node.state = 'done';
  }

  async #make(node: Node, pool: Pool): Promise<void> {
    node.state = 'running';
    const startedMs = Date.now();
    const name = node.task.name;
    this.#request.sink({ type: 'task-start', at: startedMs, task: name, pool });
    try {
      await this.#makeLocked(node, startedMs);
    } catch (error) {
      const diagnostic = systemError(`finish ${name}: cannot work on`, error);
      this.#fail(node, { diagnostics: [diagnostic], tail: [] }, startedMs);
    }
  }

  async #makeLocked(node: Node, startedMs: number): Promise<void> {
    const { cache, signal, sink } = this.#request;
    const { task, key } = node;
    const action = actionDigest(task, (dependency) => this.#nodes.get(dependency)!.result!);
    if (!node.mustRun && this.#adopt(node, action, startedMs)) return;

    // One process makes a result, others wait for it and then find it.
    const held = await lock(`${cache.store.root}\0${key.key.hash}`, signal, () =>
      sink({ type: 'task-waiting', at: Date.now(), task: task.name }),
    );
    if (held === undefined) return;
    try {
      await this.#makeAlone(node, action, startedMs);
    } finally {
      // Others may only look once the result is on the disk; nobody here has to wait for that.
      void cache.flush().then(held.release, held.release);
    }
  }

  async #makeAlone(node: Node, action: TaskKey, startedMs: number): Promise<void> {
    const { signal, sink, executor } = this.#request;
    const { task, key } = node;
    if (!node.mustRun && this.#adopt(node, key, startedMs)) return;

    const layers = (this.#layers ??= await openLayers(executor));
    const execution = await execute(
      task,
      { ...executor, layers },
      {
        resultOf: (dependency) => this.#nodes.get(dependency)!.result!,
        signal,
        progress: (done, total) => sink({ type: 'task-progress', task: task.name, done, total }),
      },
    );
    switch (execution.kind) {
      case 'done':
        this.#register(node, [key, action], execution.result);
        this.#finish(node, execution.result, 'ran', startedMs);
        break;
      case 'failed':
        this.#fail(node, execution.failure, startedMs);
        break;
      case 'missing':
      case 'unkept':
        this.#lost(this.#nodes.get(execution.task)!, node);
        break;
      case 'aborted':
        node.state = 'waiting';
        break;
    }
  }

  /** Takes a result that is on record under a key, if there is one. */
  #adopt(node: Node, { key }: TaskKey, startedMs: number): boolean {
    const stored = this.#request.cache.result(key.hash);
    const result = stored === undefined ? undefined : fromActionResult(node.task, stored);
    if (result === undefined) return false;
    this.#register(node, [node.key], result);
    this.#finish(node, result, 'restored', startedMs);
    return true;
  }

  #register(node: Node, keys: readonly TaskKey[], result: TaskResult): void {
    const { cache } = this.#request;
    const stored = toActionResult(node.task, result);
    for (const { key, blobs } of keys) {
      for (const blob of blobs) putBytes(cache.store, blob);
      void cache.putResult(key, stored);
    }
  }

  #finish(node: Node, result: TaskResult, outcome: 'ran' | 'restored', startedMs: number): void {
    node.result = result;
    this.#request.explainer?.remember(node.task, node.key, outcome);
    this.#end(node, outcome, startedMs);
    this.#resultKnown(node);
  }

  #deliver(node: Node): void {
    const { store } = this.#request.cache;
    const startedMs = Date.now();
    let placed = 0;
    try {
      for (const { output, path } of node.deliveries) {
        const value = node.result!.outputs[output]!;
        if (value.kind !== 'file') throw new Error(`${node.task.name}: ${output} is no file`);
        const outcome = deliverFile(store, value.digest, value.executable, path);
        if (outcome === 'missing') {
          this.#lost(node);
          return;
        }
        if (outcome === 'restored') placed++;
      }
    } catch (error) {
      const diagnostic = systemError(`deliver the output of ${node.task.name} to`, error);
      this.#fail(node, { diagnostics: [diagnostic], tail: [] }, startedMs);
      return;
    }
    node.state = 'done';
    if (!node.ended) this.#end(node, placed > 0 ? 'restored' : 'current', startedMs);
  }

  /** A result on record whose blobs are gone: forget it and make it again, then go on with who needs it. */
  #lost(node: Node, waiter?: Node): void {
    this.#request.cache.forget(node.key.key.hash);
    node.losses++;
    if (node.losses > 2) {
      const diagnostic: Diagnostic = environmentError({
        code: 'store/losing',
        message: `the store lost the result of ${node.task.name} again right after it was made`,
        hint: `check the disk below ${this.#request.cache.store.root}`,
      });
      this.#fail(node, { diagnostics: [diagnostic], tail: [] }, Date.now());
      if (waiter !== undefined) this.#skip(waiter);
      return;
    }
    if (waiter !== undefined) waiter.state = 'waiting';
    if (node.result !== undefined) {
      node.result = undefined;
      node.mustRun = true;
      node.state = 'wanted';
      this.#frontier.push(node);
    }
    if (waiter !== undefined) this.#waitFor(waiter, [node]);
  }

  #fail(node: Node, failure: TaskFailure, startedMs: number): void {
    node.state = 'failed';
    this.#failures.push({ task: node.task, failure });
    this.#end(node, 'failed', startedMs, failure);
    this.#skipWaiters(node);
  }

  #skip(node: Node): void {
    if (node.state === 'skipped' || node.state === 'failed') return;
    node.state = 'skipped';
    this.#end(node, 'skipped', Date.now());
    this.#skipWaiters(node);
  }

  /** Iterative: a chain of dependents may be long. */
  #skipWaiters(node: Node): void {
    const queue = node.waiters.splice(0);
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      if (next.state !== 'waiting') continue;
      next.state = 'skipped';
      this.#end(next, 'skipped', Date.now());
      queue.push(...next.waiters.splice(0));
    }
  }

  #end(node: Node, outcome: Outcome, startedMs: number, failure?: TaskFailure): void {
    const now = Date.now();
    node.ended = true;
    this.#counts[outcome]++;
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
}
