// Follows dependencies in a module graph, both ways. Everything comes in a definite order: that of the
// edges, or of the modules' names where edges are turned round.
import { invertLists, listAt, type ListColumn } from '../phase/column.ts';
import type { ModuleGraph } from './graph.ts';

export type Direction = 'down' | 'up';

/** A dependency: `to` is what is depended on, whichever way it is followed. */
export interface Edge {
  readonly from: number;
  readonly to: number;
  readonly tag: number;
}

/** The edges of a graph by either end. */
export class Edges {
  readonly #graph: ModuleGraph;
  #inverted: ListColumn | undefined;

  constructor(graph: ModuleGraph) {
    this.#graph = graph;
  }

  of(variant: number, direction: Direction): Edge[] {
    return direction === 'down' ? this.#dependencies(variant) : this.#dependers(variant);
  }

  #dependencies(from: number): Edge[] {
    const { dependencies, tags } = this.#graph.variants;
    const first = dependencies.start[from]!;
    return [...listAt(dependencies, from)].map((to, i) => ({ from, to, tag: tags[first + i]! }));
  }

  #dependers(to: number): Edge[] {
    const { variants } = this.#graph;
    this.#inverted ??= invertLists(variants.dependencies, variants.name.length);
    const from = new Set(listAt(this.#inverted, to));
    return [...from].flatMap((one) => this.#dependencies(one).filter((edge) => edge.to === to));
  }
}

/** Edges that lead on from variants: only the first step, or as far as they go. Nearest first. */
export function reach(
  edges: Edges,
  starts: readonly number[],
  direction: Direction,
  depth: number,
): Edge[] {
  const found: Edge[] = [];
  const seen = new Set(starts);
  let level = [...starts];
  for (let step = 0; step < depth && level.length > 0; step++) {
    const next: number[] = [];
    for (const variant of level) {
      for (const edge of edges.of(variant, direction)) {
        found.push(edge);
        const end = direction === 'down' ? edge.to : edge.from;
        if (seen.has(end)) continue;
        seen.add(end);
        next.push(end);
      }
    }
    level = next;
  }
  return found;
}

/** A shortest way along dependencies from one of the starts to one of the ends; undefined for none. */
export function shortestPath(
  edges: Edges,
  starts: readonly number[],
  ends: readonly number[],
): { readonly start: number; readonly edges: readonly Edge[] } | undefined {
  const goals = new Set(ends);
  const arrived = new Map<number, Edge | undefined>();
  for (const start of starts) arrived.set(start, undefined);
  // The set grows while it is gone through.
  for (const [variant] of arrived) {
    if (goals.has(variant)) return wayTo(variant, arrived);
    for (const edge of edges.of(variant, 'down')) {
      if (!arrived.has(edge.to)) arrived.set(edge.to, edge);
    }
  }
  return undefined;
}

function wayTo(
  end: number,
  arrived: ReadonlyMap<number, Edge | undefined>,
): { start: number; edges: Edge[] } {
  const way: Edge[] = [];
  let at = end;
  for (let edge = arrived.get(at); edge !== undefined; edge = arrived.get(at)) {
    way.unshift(edge);
    at = edge.from;
  }
  return { start: at, edges: way };
}
