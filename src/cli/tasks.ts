// The tasks that a command is about: those of packages named, or single ones by their whole name. Shared
// by the commands that ask about tasks instead of building them.
import { definitionError, didYouMean, type Collector } from '../base/diagnostic.ts';
import type { Store } from '../cache/store.ts';
import { orderTasks } from '../task/graph.ts';
import { computeKeys, type KeysOf } from '../task/key.ts';
import { dependenciesOf, type Task } from '../task/task.ts';
import { prepare, type Prepared, type PrepareRequest } from './prepare.ts';

export interface OpenTasks {
  readonly prepared: Prepared;
  /** What was asked about, in the order in which it would run. */
  readonly asked: readonly Task[];
  /** Of these the ones that nothing else of them needs: what a build would be asked for. */
  readonly last: readonly Task[];
  /** All tasks below, dependencies first. */
  readonly ordered: readonly Task[];
  readonly keyOf: KeysOf;
}

/**
 * Makes the tasks that `TARGET`s mean: a package, a variant of one, an image, or a task by its name
 * (`zlib:compile`). Undefined after errors went to `out`: those of `prepare`, and `target/unknown-task`.
 */
export async function openTasks(
  request: PrepareRequest,
  store: Store,
  signal: AbortSignal,
  out: Collector,
): Promise<OpenTasks | undefined> {
  const { targets } = request;
  const names = targets.map((target) => target.split(':')[0]!);
  const prepared = await prepare({ ...request, targets: [...new Set(names)] }, store, signal, out);
  if (prepared === undefined) return undefined;
  const all = [
    ...prepared.selection.definitions.flatMap(
      (definition) => prepared.pipelines.get(definition)!.tasks,
    ),
    ...prepared.images.values(),
  ];
  const asked = targets.length === 0 ? all : narrow(targets, all, out);
  if (out.failed) return undefined;
  const ordered = out.take(orderTasks(asked));
  if (ordered === undefined) return undefined;
  const keys = computeKeys(ordered);
  const wanted = new Set(asked);
  const needed = new Set(asked.flatMap((task) => dependenciesOf(task)));
  return {
    prepared,
    asked: ordered.filter((task) => wanted.has(task)),
    last: asked.filter((task) => !needed.has(task)),
    ordered,
    keyOf: (task) => keys.get(task)!,
  };
}

function narrow(targets: readonly string[], all: readonly Task[], out: Collector): Task[] {
  const wanted = new Set<Task>();
  for (const target of targets) {
    const found = all.filter(({ name }) => isMeant(name, target));
    for (const task of found) wanted.add(task);
    if (found.length > 0) continue;
    const head = target.split(':')[0]!;
    const near = all
      .filter(({ name }) => name.startsWith(`${head}:`))
      .map(({ name }) => name)
      .sort();
    const known = `tasks of ${head} are ${near.join(', ')}`;
    const meant = didYouMean(target, near);
    out.add(
      definitionError({
        code: 'target/unknown-task',
        message: `there is no task or variant ${target}`,
        hint: meant === undefined ? known : `${meant} (${known})`,
      }),
    );
  }
  return all.filter((task) => wanted.has(task));
}

/** `zlib`: every task of every variant; `zlib:default`: of the one without a name; `zlib:build`: itself. */
function isMeant(name: string, target: string): boolean {
  if (name === target || name.startsWith(`${target}:`)) return true;
  const [head = '', ...rest] = target.split(':');
  if (rest[0] !== 'default') return false;
  const plain = [head, ...rest.slice(1)].join(':');
  return name === plain || (name.startsWith(`${plain}:`) && name.split(':').length === 2);
}
