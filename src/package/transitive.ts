// The closures of all packages of a tree, one after the other, sorted as their ids are. An id is made of
// the ids of a whole closure, so this is the one place where time grows faster than a tree: requires that
// others imply are dropped once and never walked again, and everything is numbers.
import type { Diagnostic } from '../base/diagnostic.ts';
import { resolve } from './closure.ts';
import type { Graph } from './graph.ts';
import { spell } from './variant.ts';

export interface SortedClosure {
  /**
   * Numbers of definitions, in the order of their ids. That is known before the ids are: a closure has a
   * name once, and in an id a name is followed by `--`, which no name contains.
   */
  readonly members: readonly number[];
  /** Two variants of one package are demanded (code `requires/conflict`). */
  readonly conflicts: readonly Diagnostic[];
}

/**
 * A function that gives the closure of a definition. Fastest when asked in `order` (what is required
 * first). The definitions below the one asked for must not be on a cycle.
 */
export function createClosures(
  graph: Graph,
  order: readonly number[],
): (node: number) => SortedClosure {
  const { definitions, edges } = graph;
  const size = definitions.length;
  const { rankOf, atRank } = rank(graph);
  const place = new Int32Array(size);
  order.forEach((node, i) => (place[node] = i));
  const names = numberNames(graph);
  // In which call a definition, or a name, was last seen: needs no clearing between calls.
  const seen = new Int32Array(size);
  const nameSeen = new Int32Array(size);
  let call = 0;
  /** What was seen in this call, in the order of arrival. */
  const reached = new Int32Array(size);
  /** Requires that no other require of the same definition implies. */
  const needed: (readonly number[] | undefined)[] = [];
  const requiresOf = (node: number): readonly number[] =>
    needed[node] ?? edges[node]!.map(({ to }) => to);

  return (node) => {
    call++;
    let count = 0;
    let twice = false;
    const add = (member: number): void => {
      seen[member] = call;
      twice ||= nameSeen[names[member]!] === call;
      nameSeen[names[member]!] = call;
      reached[count++] = member;
    };
    const kept: number[] = [];
    // What comes last in the order implies the most.
    const direct = [...requiresOf(node)].sort((a, b) => place[b]! - place[a]!);
    for (const to of direct) {
      if (seen[to] === call) continue;
      kept.push(to);
      let next = count;
      for (add(to); next < count; next++) {
        for (const below of requiresOf(reached[next]!)) {
          if (seen[below] !== call) add(below);
        }
      }
    }
    needed[node] = kept;
    if (!twice) return { members: sorted(reached.subarray(0, count)), conflicts: [] };
    const origin = { name: spell(definitions[node]!), demands: edges[node]! };
    const { members, conflicts } = resolve(graph, origin);
    return { members: sorted(members), conflicts };
  };

  function sorted(members: ArrayLike<number>): number[] {
    const ranks = new Int32Array(members.length);
    for (let i = 0; i < ranks.length; i++) ranks[i] = rankOf[members[i]!]!;
    ranks.sort();
    const nodes: number[] = [];
    for (let i = 0; i < ranks.length; i++) nodes.push(atRank[ranks[i]!]!);
    return nodes;
  }
}

/** Where each definition stands when all are sorted as ids are, and which one stands there. */
function rank({ definitions }: Graph): { rankOf: Int32Array; atRank: Int32Array } {
  const keys = definitions.map(({ name }) => `${name}--`);
  const atRank = Int32Array.from(keys.keys()).sort((a, b) => (keys[a]! < keys[b]! ? -1 : 1));
  const rankOf = new Int32Array(atRank.length);
  atRank.forEach((node, i) => (rankOf[node] = i));
  return { rankOf, atRank };
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
