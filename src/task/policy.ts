// What a build's policy means for its tasks: which must run, and which cannot be known by their keys.
import { changedByForce } from './forced.ts';
import type { Node } from './node.ts';
import type { Reason } from './reason.ts';
import type { BuildRequest } from './request.ts';
import { changedLock } from './verdict.ts';

const FORCED: Reason = { kind: 'forced' };

/**
 * Why a shallow node runs though its result is on record: the tasks below it that were made again for
 * reasons of their own, and came out otherwise. All it depends on has its result.
 */
export function followsReason({ dependencies }: Node): Reason {
  const is = (what: (node: Node) => boolean): Node[] | undefined => {
    const found = dependencies.filter(what);
    return found.length > 0 ? found : undefined;
  };
  const from =
    is(({ otherwise }) => otherwise === 'now') ??
    is(({ otherwise }) => otherwise === 'before') ??
    is(({ mustRun, shallow }) => mustRun || shallow) ??
    [];
  const names = from.flatMap(({ task, reason }) =>
    reason?.kind === 'follows' ? reason.tasks : [task.name],
  );
  return { kind: 'follows', tasks: [...new Set(names)] };
}

/** Marks nodes, which come dependencies first, before anything is looked up. Throws node's own errors. */
export function applyPolicy(
  nodes: Iterable<Node>,
  { policy, sink, cache }: Pick<BuildRequest, 'policy' | 'sink' | 'cache'>,
): void {
  const changed = changedByForce(cache.store);
  const suspicious = changed.size > 0 || (policy?.forced?.size ?? 0) > 0;
  for (const node of nodes) {
    if (policy?.ignoreCache === true || policy?.forced?.has(node.task) === true) {
      node.mustRun = true;
      node.reason = FORCED;
    }
    if (suspicious) {
      if (changed.has(node.key.key.hash)) node.otherwise = 'before';
      node.shallow = node.dependencies.some(
        ({ mustRun, shallow, otherwise }) => mustRun || shallow || otherwise !== undefined,
      );
    }
    const { unlocked } = node.key;
    if (unlocked === undefined) continue;
    // It is locked to what is on record, whatever happens below it.
    node.mustRun = false;
    node.shallow = false;
    sink({ type: 'warning', diagnostic: changedLock(node.task, unlocked) });
  }
}
