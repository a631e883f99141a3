// What a build would do, without doing it: lookups only, from the targets down, a level at a time.
import { ok, type Result } from '../base/diagnostic.ts';
import type { LocalCache } from '../cache/local.ts';
import type { Mirrors } from '../cache/port.ts';
import { lookUp, makeNodes, type Target } from './node.ts';
import { applyPolicy } from './policy.ts';
import type { Policy } from './request.ts';
import type { Task } from './task.ts';

/** The tasks that a build would run or fetch, in the order of the graph, without doing anything. */
export async function plan(request: {
  readonly targets: readonly Target[];
  readonly cache: LocalCache;
  readonly mirrors?: Mirrors | undefined;
  readonly policy?: Policy | undefined;
}): Promise<Result<{ readonly needed: readonly Task[]; readonly known: readonly Task[] }>> {
  const nodes = makeNodes(request.targets);
  if (!nodes.ok) return nodes;
  applyPolicy(nodes.value.values(), { ...request, sink: () => undefined });
  const frontier = request.targets.map(({ task }) => nodes.value.get(task)!);
  for (const node of frontier) node.state = 'wanted';
  while (frontier.length > 0) {
    const level = frontier.splice(0);
    await lookUp(level, request.cache, request.mirrors);
    for (const node of level) {
      node.state = node.result === undefined ? 'waiting' : 'done';
      if (node.result !== undefined) continue;
      for (const dependency of node.dependencies) {
        if (dependency.state !== 'unwanted') continue;
        dependency.state = 'wanted';
        frontier.push(dependency);
      }
    }
  }
  const all = [...nodes.value.values()];
  return ok({
    needed: all.filter(({ state }) => state === 'waiting').map(({ task }) => task),
    known: all.filter(({ state }) => state === 'done').map(({ task }) => task),
  });
}
