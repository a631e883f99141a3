// Drives a graph of tasks from the targets down: what is known is not looked below, what is missing runs
// as soon as its inputs are there, with a limit per pool. One loop moves every node through its states
// (node.ts); work itself is lent by execute.ts, gather.ts and deliver.ts.
import { failed, ok, type Result } from '../base/diagnostic.ts';
import { systemError } from '../base/fs.ts';
import { lock } from '../base/lock.ts';
import type { ActionResult } from '../remote/message.ts';
import { deliver } from './deliver.ts';
import { Deliveries } from './deliveries.ts';
import { Endings } from './endings.ts';
import { execute, openLayers } from './execute.ts';
import { companionsOf, lookUpHard } from './companion.ts';
import { noteChange } from './forced.ts';
import { gather, Inquiry } from './gather.ts';
import { actionDigest, type KeysOf, type TaskKey } from './key.ts';
import type { Layers } from './layer.ts';
import { lookUp, makeNodes, type Node } from './node.ts';
import { Places, QUEUES, type Queue } from './places.ts';
import { applyPolicy, followsReason } from './policy.ts';
import { Register } from './register.ts';
import type { BuildReport, BuildRequest } from './request.ts';
import { fromActionResult } from './result.ts';
import { readBy, type Task, type TaskResult } from './task.ts';
import { isTwin, leaveTwin } from './twin.ts';
import { keepsLosing, missingLock, notCached } from './verdict.ts';
import { workspacePaths } from './workspace.ts';

export type { BuildReport, BuildRequest, Explainer, Policy, Substitute } from './request.ts';

/** Builds targets. The result fails only for a graph that is wrong; what tasks do is in the report. */
export async function build(request: BuildRequest): Promise<Result<BuildReport>> {
  const nodes = makeNodes(request.targets);
  if (!nodes.ok) return nodes;
  const leaks = workspacePaths(nodes.value.values(), request.workspace ?? []);
  if (leaks.length > 0) return failed(...leaks);
  const run = new Run(request, nodes.value);
  return ok(await run.toEnd());
}

/** A result may have to make room once while it is needed, and once more; then something is wrong. */
const MAX_LOSSES = 2;

class Run {
  readonly #request: BuildRequest;
  readonly #nodes: ReadonlyMap<Task, Node>;
  readonly #register: Register;
  readonly #inquiry: Inquiry | undefined;
  readonly #frontier: Node[] = [];
  readonly #places: Places<Node>;
  readonly #deliveries: Deliveries;
  readonly #endings: Endings;
  readonly #startedMs = Date.now();
  readonly #keyOf: KeysOf = (task) => this.#nodes.get(task)!.key;
  readonly #resultOf = (task: Task): TaskResult => this.#nodes.get(task)!.result!;
  #layers: Promise<Layers> | undefined;
  #wake: () => void = () => undefined;

  constructor(request: BuildRequest, nodes: ReadonlyMap<Task, Node>) {
    this.#request = request;
    this.#endings = new Endings(
      request,
      (waiter, ended) => waiter.twin === ended && this.#goAlone(waiter),
    );
    this.#nodes = nodes;
    this.#places = new Places(request.limits);
    this.#deliveries = new Deliveries(request.cache, request.placed);
    this.#register = new Register(request);
    this.#inquiry = request.mirrors === undefined ? undefined : new Inquiry(request.mirrors);
  }

  async toEnd(): Promise<BuildReport> {
    const { sink, signal, targets } = this.#request;
    sink({ type: 'build-start', at: this.#startedMs, tasks: this.#nodes.size });
    applyPolicy(this.#nodes.values(), this.#request);
    for (const { task } of targets) this.#want(this.#nodes.get(task)!);
    for (;;) {
      while (this.#frontier.length > 0) await this.#lookUpFrontier();
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#startReady();
      if (this.#deliveries.waiting && !this.#stopping) {
        await this.#deliverSome();
        // Whatever else goes on gets its turn.
        await new Promise((resolve) => setImmediate(resolve));
        continue;
      }
      if (!this.#places.busy && this.#frontier.length === 0) break;
      if (this.#frontier.length === 0) await woken;
    }
    const removed = await this.#register.flush(await this.#layers, this.#deliveries);
    const interrupted = signal.aborted;
    const ms = Date.now() - this.#startedMs;
    sink({
      type: 'build-end',
      at: Date.now(),
      ms,
      counts: { ...this.#endings.counts },
      interrupted,
    });
    const results = new Map<Task, TaskResult>();
    for (const { task, state, result } of this.#nodes.values()) {
      if (state === 'done' && result !== undefined) results.set(task, result);
    }
    const [keyOf, counts, failures] = [this.#keyOf, this.#endings.counts, this.#endings.failures];
    const report = { results, keyOf, counts, failures, interrupted };
    // Where a task failed for it, it was told.
    return this.#endings.storeIsGone ? report : { ...report, removed };
  }

  get #stopping(): boolean {
    if (this.#request.signal.aborted) return true;
    const { keepGoing, policy } = this.#request;
    if (this.#endings.storeIsGone) return true;
    // All that would run is to be listed.
    return this.#endings.failures.length > 0 && !keepGoing && policy?.requireCached === undefined;
  }

  #want(node: Node): void {
    if (node.state !== 'unwanted') return;
    node.state = 'wanted';
    this.#frontier.push(node);
  }

  async #lookUpFrontier(): Promise<void> {
    const level = this.#frontier.splice(0);
    const { cache, mirrors, policy, substitute, explainer } = this.#request;
    for (const node of level) this.#findPlaced(node);
    await lookUp(level, cache, mirrors);
    await lookUpHard(level, cache, mirrors);
    const missed = level.filter(({ result, shallow }) => result === undefined && !shallow);
    await explainer?.prepare?.(
      missed.map(({ task }) => task),
      this.#keyOf,
    );
    for (const node of level) {
      if (node.state === 'done') continue;
      if (node.result !== undefined) this.#resultKnown(node);
      else if (node.task.locked !== undefined)
        this.#endings.fail(node, missingLock(node.task), Date.now());
      else if (isTwin(node)) this.#awaitTwin(node, node.twin);
      else if (!node.mustRun && !node.shallow && substitute?.offers(node.task) === true) {
        node.state = 'substituting';
        this.#places.wait('download', node);
      } else if (policy?.restoreOnly === true) this.#leave(node);
      else this.#miss(node);
    }
  }

  /** What lies untouched where it is wanted, or was there, is known without its record. */
  #findPlaced(node: Node): void {
    if (node.deliveries.length === 0 || node.result !== undefined) return;
    if (node.mustRun || node.shallow || node.companions.length > 0) return;
    const found = this.#deliveries.find(node);
    if (found === undefined) return;
    node.result = found.result;
    node.lookedUp = true;
    if (!found.current) return;
    node.state = 'done';
    this.#endings.end(node, 'current', Date.now());
    this.#release(node);
  }

  /** What has the same key is made once. */
  #awaitTwin(node: Node, twin: Node): void {
    node.state = 'waiting';
    this.#want(twin);
    if (twin.state !== 'failed' && twin.state !== 'skipped') this.#waitFor(node, [twin]);
    else if (!this.#goAlone(node)) this.#endings.skip(node);
  }

  /** What another task with the same key failed in is tried here, where it may come out otherwise. */
  #goAlone(node: Node): boolean {
    if (this.#stopping || !leaveTwin(node)) return false;
    this.#miss(node);
    return true;
  }

  /** A node whose result has to be made: its dependencies' results are needed now. */
  #miss(node: Node): void {
    node.state = 'waiting';
    // Of what follows from forced tasks only the action tells whether it has to run.
    if (!node.shallow) this.#tell(node);
    for (const dependency of node.dependencies) {
      this.#want(dependency);
      if (dependency.state === 'failed' || dependency.state === 'skipped') {
        this.#endings.skip(node);
        return;
      }
    }
    this.#waitFor(node, node.dependencies);
  }

  #tell(node: Node): void {
    if (node.told) return;
    node.told = true;
    const { cache, explainer, sink } = this.#request;
    // Where nothing is on record, it would have to run anyway.
    if (node.shallow && cache.result(node.key.key.hash) !== undefined) {
      node.reason ??= followsReason(node);
    }
    const why = node.reason ?? explainer?.why(node.task, this.#keyOf);
    sink({ type: 'task-needed', task: node.task.name, ...(why && { why }) });
  }

  /** Nothing may run: what it would have needed is put in place as far as it is on record. */
  #leave(node: Node): void {
    this.#endings.leave(node);
    for (const dependency of node.dependencies) this.#want(dependency);
  }

  #waitFor(node: Node, others: readonly Node[]): void {
    for (const other of others) {
      if (other.result !== undefined) continue;
      other.waiters.push(node);
      node.pending++;
    }
    if (node.pending === 0) this.#allKnown(node);
  }

  /** All results that a node needs are known; what they are of use with is needed, too. */
  #allKnown(node: Node): void {
    if (isTwin(node) && node.twin.result !== undefined) {
      node.result = node.twin.result;
      node.remote = node.twin.remote;
      this.#resultKnown(node);
      return;
    }
    const unknown = companionsOf(this.#readBy(node)).filter(({ result }) => result === undefined);
    if (unknown.length > 0) {
      for (const companion of unknown) this.#want(companion);
      this.#waitFor(node, unknown);
    } else if (this.#request.mirrors === undefined) this.#enqueue(node, node.task.pool);
    else {
      node.state = 'preparing';
      this.#places.wait('restore', node);
    }
  }

  #readBy(node: Node): Node[] {
    return readBy(node.task).map((task) => this.#nodes.get(task)!);
  }

  #enqueue(node: Node, queue: Queue): void {
    node.state = queue === 'restore' ? 'delivering' : 'ready';
    this.#places.wait(queue, node);
  }

  #startReady(): void {
    for (const queue of QUEUES) {
      while (!this.#stopping) {
        const node = this.#places.next(queue);
        if (node === undefined) break;
        void this.#work(node, queue).then(() => {
          this.#places.leave(queue);
          this.#wake();
        });
      }
    }
  }

  /** One piece of work on a node. What the machine refuses meanwhile is a failure of the task. */
  async #work(node: Node, queue: Queue): Promise<void> {
    const startedMs = Date.now();
    try {
      if (node.state === 'substituting') await this.#trySubstitute(node, startedMs);
      else if (node.state === 'preparing') await this.#prepare(node, startedMs);
      else if (node.state === 'delivering') await this.#deliver(node, startedMs);
      else await this.#make(node, queue, startedMs);
    } catch (error) {
      const doing = node.state === 'delivering' ? 'deliver the output of' : 'finish';
      const diagnostic = systemError(`${doing} ${node.task.name}: cannot work on`, error);
      this.#endings.fail(node, { diagnostics: [diagnostic], tail: [] }, startedMs);
    }
  }

  async #trySubstitute(node: Node, startedMs: number): Promise<void> {
    const { substitute, signal, sink } = this.#request;
    const { task } = node;
    sink({ type: 'task-start', at: startedMs, task: task.name, pool: 'download' });
    const progress = (done: number, total: number | undefined): void =>
      sink({ type: 'task-progress', task: task.name, done, total });
    const result = await substitute!.fetch(task, { signal, progress });
    if (result !== undefined) {
      this.#register.put(node, [node.key], result, 'restored');
      this.#finish(node, result, 'restored', startedMs);
    } else if (this.#request.policy?.restoreOnly === true) this.#leave(node);
    else this.#miss(node);
  }

  /** With mirrors: somebody may have done it to the same inputs; if not, the inputs are brought here. */
  async #prepare(node: Node, startedMs: number): Promise<void> {
    if (!this.#hasInputs(node)) return;
    if (!node.mustRun) {
      const action = actionDigest(node.task, this.#resultOf);
      if (this.#adopt(node, action, startedMs)) return;
      const found = await this.#inquiry!.ask(action.key.hash);
      if (found !== undefined && this.#take(node, found.result, startedMs, true)) return;
    }
    const read = this.#readBy(node);
    for (const needed of [...companionsOf(read), ...read]) {
      if (await this.#gather(needed)) continue;
      this.#lost(needed, node);
      return;
    }
    if (this.#hasInputs(node)) this.#enqueue(node, node.task.pool);
  }

  /** Results may get lost while a node waits for its place; then it waits for them again. */
  #hasInputs(node: Node): boolean {
    const unknown = node.dependencies.filter(({ result }) => result === undefined);
    if (unknown.length === 0) return true;
    node.state = 'waiting';
    this.#waitFor(node, unknown);
    return false;
  }

  /** Brings what a result names into the store, once however many need it. */
  #gather(node: Node): Promise<boolean> {
    if (!node.remote) return Promise.resolve(true);
    node.gathering ??= this.#gatherOnce(node);
    return node.gathering;
  }

  async #gatherOnce(node: Node): Promise<boolean> {
    const { sink, signal, cache, mirrors } = this.#request;
    const { name: task } = node.task;
    const result = node.result!;
    const startedMs = Date.now();
    sink({ type: 'task-start', at: startedMs, task, pool: 'restore' });
    const progress = (done: number, total: number | undefined): void =>
      sink({ type: 'task-progress', task, done, total });
    if (!(await gather(cache.store, mirrors!, result, { signal, progress }))) return false;
    node.remote = false;
    this.#register.put(node, [node.key], result, 'restored');
    if (!node.ended) this.#endings.end(node, 'restored', startedMs);
    return true;
  }

  /** The result is known: those who wait may go on, and it is delivered where that was asked for. */
  #resultKnown(node: Node): void {
    this.#release(node);
    const restoring = this.#request.policy?.restoreOnly === true && node.remote;
    if (node.deliveries.length === 0 && !restoring) node.state = 'done';
    else if (!node.remote && this.#deliveries.add(node)) node.state = 'delivering';
    else this.#enqueue(node, 'restore');
  }

  #release(node: Node): void {
    for (const waiter of node.waiters.splice(0)) {
      waiter.pending--;
      if (waiter.pending === 0 && waiter.state === 'waiting') this.#allKnown(waiter);
    }
  }

  async #make(node: Node, pool: Queue, startedMs: number): Promise<void> {
    if (!this.#hasInputs(node)) return;
    const { policy, cache, signal, sink } = this.#request;
    const { task, key } = node;
    const action = actionDigest(task, this.#resultOf);
    if (!node.mustRun && this.#adopt(node, action, startedMs)) return;
    this.#tell(node);
    if (policy?.requireCached?.except(task) === false) {
      this.#endings.fail(node, notCached(task), startedMs);
      return;
    }
    node.state = 'running';
    sink({ type: 'task-start', at: startedMs, task: task.name, pool });
    // One process makes a result, others wait for it and then find it.
    const held = await lock(`${cache.store.root}\0${key.key.hash}`, signal, () =>
      sink({ type: 'task-waiting', at: Date.now(), task: task.name }),
    );
    if (held === undefined) return;
    try {
      if (node.mustRun || node.shallow || !this.#adopt(node, key, startedMs)) {
        await this.#makeAlone(node, action, startedMs);
      }
    } finally {
      // Others may only look once the result is on the disk; nobody here has to wait for that.
      void cache.registered().then(held.release, held.release);
    }
  }

  async #makeAlone(node: Node, action: TaskKey, startedMs: number): Promise<void> {
    const { signal, sink, executor } = this.#request;
    const { task, key } = node;
    this.#layers ??= openLayers(executor);
    const layers = await this.#layers;
    const execution = await execute(
      task,
      { ...executor, layers },
      {
        resultOf: this.#resultOf,
        signal,
        progress: (done, total) => sink({ type: 'task-progress', task: task.name, done, total }),
      },
    );
    switch (execution.kind) {
      case 'done':
        noteChange(this.#request.cache, node, execution.result);
        this.#register.put(node, [key, action], execution.result, 'ran');
        this.#finish(node, execution.result, 'ran', startedMs);
        break;
      case 'failed':
        this.#endings.fail(node, execution.failure, startedMs);
        break;
      case 'missing':
        this.#lost(this.#nodes.get(execution.task)!, node);
        break;
      case 'unkept':
        this.#unkept(this.#nodes.get(execution.task)!, node);
        break;
      case 'aborted':
        node.state = 'waiting';
        break;
    }
  }

  /** Takes a result that is on record here under a key, if there is one. */
  #adopt(node: Node, { key }: TaskKey, startedMs: number): boolean {
    const stored = this.#request.cache.result(key.hash);
    return stored !== undefined && this.#take(node, stored, startedMs, false);
  }

  #take(node: Node, stored: ActionResult, startedMs: number, remote: boolean): boolean {
    const result = fromActionResult(node.task, stored);
    if (result === undefined) return false;
    node.remote = remote;
    // On record here only once what it names is here.
    if (!remote) this.#register.put(node, [node.key], result, 'restored');
    this.#finish(node, result, 'restored', startedMs);
    return true;
  }

  #finish(node: Node, result: TaskResult, outcome: 'ran' | 'restored', startedMs: number): void {
    node.result = result;
    node.lookedUp = true;
    // What follows from a forced task and turned out to be on record is no news.
    if (!node.shallow || node.told) this.#endings.end(node, outcome, startedMs);
    this.#resultKnown(node);
  }

  /** What can be put in place without a closer look. */
  async #deliverSome(): Promise<void> {
    const startedMs = Date.now();
    for (const [node, outcome] of await this.#deliveries.some()) {
      // Somebody found a part of it missing meanwhile.
      if (node.state !== 'delivering') continue;
      if (outcome === 'missing') this.#lost(node);
      else if (outcome === 'closer') this.#enqueue(node, 'restore');
      else this.#delivered(node, 'restored', startedMs);
    }
  }

  async #deliver(node: Node, startedMs: number): Promise<void> {
    const { store } = this.#request.cache;
    const { remote } = node;
    if (!(await this.#gather(node))) {
      this.#lost(node);
      return;
    }
    if (remote && this.#deliveries.add(node)) return;
    let placed = 0;
    for (const delivery of node.deliveries) {
      const delivered = await deliver(store, node.result!.outputs[delivery.output]!, delivery);
      if (typeof delivered === 'object') {
        this.#endings.fail(node, { diagnostics: [delivered], tail: [] }, startedMs);
        return;
      }
      if (delivered === 'missing') {
        this.#lost(node);
        return;
      }
      if (delivered === 'restored') placed++;
    }
    this.#delivered(node, placed > 0 ? 'restored' : 'current', startedMs);
  }

  #delivered(node: Node, outcome: 'restored' | 'current', startedMs: number): void {
    this.#deliveries.done(node);
    node.state = 'done';
    if (!node.ended) this.#endings.end(node, outcome, startedMs);
  }

  /** A result on record whose blobs are gone: mirrors may have them, else it is made again. */
  #lost(node: Node, waiter?: Node): void {
    this.#deliveries.forget(node);
    if (node.result !== undefined && !node.remote && this.#request.mirrors !== undefined) {
      node.remote = true;
      node.gathering = undefined;
      if (waiter === undefined) this.#enqueue(node, 'restore');
      else this.#allKnown(waiter);
      return;
    }
    this.#request.cache.forget(node.key.key.hash);
    node.reason ??= { kind: 'gone' };
    this.#again(node, waiter);
  }

  /** A task goes on from a layer that is not here: the task that left it runs again. */
  #unkept(node: Node, waiter: Node): void {
    node.reason = { kind: 'unkept', by: waiter.task.name };
    this.#again(node, waiter);
  }

  /** Makes a node's result once more, then goes on with who needs it. */
  #again(node: Node, waiter?: Node): void {
    node.losses++;
    if (node.losses > MAX_LOSSES) {
      this.#endings.fail(node, keepsLosing(node.task, this.#request.cache.store.root), Date.now());
      if (waiter !== undefined) this.#endings.skip(waiter);
      return;
    }
    if (waiter !== undefined) waiter.state = 'waiting';
    if (node.result !== undefined) {
      node.result = undefined;
      node.remote = false;
      node.gathering = undefined;
      node.mustRun = true;
      node.told = false;
      node.state = 'wanted';
      this.#frontier.push(node);
    }
    if (waiter !== undefined) this.#waitFor(waiter, [node]);
  }
}
