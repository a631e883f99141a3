// Results that are of use with others only: which those are, and what follows where they are not on record.
import type { Cache, Mirrors } from '../cache/port.ts';
import { lookUp, type Node } from './node.ts';

/** What results are of use with, and what that is of use with, innermost first; without the nodes given. */
export function companionsOf(nodes: readonly Node[]): Node[] {
  const found = new Set<Node>();
  for (const { companions } of nodes) for (const { node } of companions) found.add(node);
  // Grows while it is gone through.
  for (const { companions } of found) for (const { node } of companions) found.add(node);
  return [...found].reverse();
}

/** Results on record that are of use only with others do not count where those are not on record. */
export async function lookUpHard(
  level: readonly Node[],
  cache: Cache,
  mirrors: Mirrors | undefined,
): Promise<void> {
  const found = level.filter(({ result }) => result !== undefined);
  const all = new Set(found.flatMap(hard));
  for (const node of all) for (const next of hard(node)) all.add(next);
  if (all.size === 0) return;
  await lookUp([...all], cache, mirrors);
  // Innermost first: a companion counts only where its own are there.
  for (const node of [...[...all].reverse(), ...found]) {
    if (hard(node).every(({ result }) => result !== undefined)) continue;
    node.result = undefined;
    node.remote = false;
  }
}

function hard({ companions }: Node): Node[] {
  return companions.flatMap((one) => (one.hard ? [one.node] : []));
}
