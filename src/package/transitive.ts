// The closures of all packages of a tree, one after the other. A package id is made of the ids of the
// whole closure, so this is where time would grow with the square of a tree's depth times its edges:
// requires that others imply are dropped once and never walked again.
import { resolve, type Closure } from './closure.ts';
import type { Graph } from './graph.ts';
import { spell } from './variant.ts';

/**
 * A function that gives the closure of a definition. Fastest when asked in `order` (what is required
 * first). The definitions below the one asked for must not be on a cycle.
 */
export function createClosures(graph: Graph, order: readonly number[]): (node: number) => Closure {
  const { definitions, edges } = graph;
  const rank = new Int32Array(definitions.length);
  order.forEach((node, i) => (rank[node] = i));
  const names = numberNames(graph);
  // In which call a definition was last seen: needs no clearing between calls.
  const seen = new Int32Array(definitions.length);
  const nameSeen = new Int32Array(definitions.length);
  let call = 0;
  /** Requires that no other require of the same definition implies. */
  const needed: (readonly number[] | undefined)[] = [];

  return (node) => {
    call++;
    const members: number[] = [];
    let twice = false;
    const add = (member: number): void => {
      seen[member] = call;
      twice ||= nameSeen[names[member]!] === call;
      nameSeen[names[member]!] = call;
      members.push(member);
    };
    const kept: number[] = [];
    // What comes last in the order implies the most.
    const direct =
      needed[node] ?? edges[node]!.map(({ to }) => to).sort((a, b) => rank[b]! - rank[a]!);
    for (const to of direct) {
      if (seen[to] === call) continue;
      kept.push(to);
      let next = members.length;
      add(to);
      for (; next < members.length; next++) {
        for (const below of needed[members[next]!] ?? edges[members[next]!]!.map(({ to }) => to)) {
          if (seen[below] !== call) add(below);
        }
      }
    }
    needed[node] = kept;
    if (!twice) return { members, conflicts: [] };
    return resolve(graph, { name: spell(definitions[node]!), demands: edges[node]! });
  };
}

/** For each definition the number of its package. */
function numberNames({ definitions }: Graph): Int32Array {
  const numbers = new Int32Array(definitions.length);
  definitions.forEach(({ name }, i) => {
    // Variants of a package stand side by side.
    numbers[i] = i > 0 && definitions[i - 1]!.name === name ? numbers[i - 1]! : i;
  });
  return numbers;
}
