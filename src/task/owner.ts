// Who owns which path outside the store: one output each, and none inside another's.
import { definitionError, type Diagnostic } from '../base/diagnostic.ts';
import type { Delivery } from './deliver.ts';
import { isInside } from './graph.ts';
import type { Task } from './task.ts';

interface Claim {
  readonly owner: string;
  readonly path: string;
}

type Claims = readonly { readonly task: Task; readonly deliveries: readonly Delivery[] }[];

/** `output/owner` for each path that two outputs would be put at, or that lies inside another output's. */
export function sharedPaths(targets: Claims): Diagnostic[] {
  return areApart(targets) ? [] : conflicts(targets);
}

/** Whether no two claims meet: nearly always so, and known without sorting them. False: they may. */
function areApart(targets: Claims): boolean {
  const owned = new Set<string>();
  for (const { deliveries } of targets) {
    for (const { path } of deliveries) {
      if (owned.has(path)) return false;
      owned.add(path);
    }
  }
  const clear = new Set<string>();
  for (const path of owned) {
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
      const directory = path.slice(0, at);
      // With all that it lies in: most outputs go into few directories.
      if (clear.has(directory)) break;
      if (owned.has(directory)) return false;
      clear.add(directory);
    }
  }
  return !owned.has('/') || owned.size === 1;
}

function conflicts(targets: Claims): Diagnostic[] {
  const claims = new Map<string, Claim>();
  for (const { task, deliveries } of targets) {
    for (const { output, path } of deliveries) {
      const claim = { owner: `${output} of ${task.name}`, path };
      // One target asked for twice is no conflict.
      claims.set(`${path}\0${claim.owner}`, claim);
    }
  }
  // What lies inside a path follows right after it.
  const sorted = [...claims.values()]
    .map((claim) => ({ claim, key: `${claim.path}/` }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  const problems: Diagnostic[] = [];
  let outer: Claim | undefined;
  for (const { claim } of sorted) {
    if (outer !== undefined && isInside(claim.path, outer.path))
      problems.push(conflict(claim, outer));
    else outer = claim;
  }
  return problems;
}

function conflict(inner: Claim, outer: Claim): Diagnostic {
  const message =
    inner.path === outer.path
      ? `both ${outer.owner} and ${inner.owner} would be put at ${inner.path}`
      : `${inner.owner} would be put at ${inner.path}, inside ${outer.path}, which is ${outer.owner}`;
  return definitionError({
    code: 'output/owner',
    message,
    hint: 'an output owns its place; give each another one',
  });
}
