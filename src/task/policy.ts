// What a build's policy means for its tasks: which must run, and which cannot be known by their keys.
import { changedByForce } from './forced.ts';
import type { Node } from './node.ts';
import type { Reason } from './reason.ts';
import type { BuildRequest } from './request.ts';
import { changedLock } from './verdict.ts';

export const FORCED: Reason = { kind: 'forced' };

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
      node.shallow = node.dependencies.some(
        ({ key, mustRun, shallow }) => mustRun || shallow || changed.has(key.key.hash),
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
