// Who depends on whom, the other way round: computed when something first asks, for the graph as it is
// then. And the order from dependers down that follows from it.
import type { DependencyEdge } from './handle.ts';
import type { Group, Variant } from './variant.ts';

export class Dependers {
  readonly #order: readonly Variant[];
  #edges: Map<Variant, DependencyEdge[]> | undefined;

  constructor(order: readonly Variant[]) {
    this.#order = order;
  }

  /** Edges that lead to a variant, by the order of the modules they come from. */
  of(variant: Variant): readonly DependencyEdge[] {
    this.#edges ??= this.#compute();
    return this.#edges.get(variant) ?? [];
  }

  #compute(): Map<Variant, DependencyEdge[]> {
    const edges = new Map<Variant, DependencyEdge[]>();
    for (const depender of this.#order) {
      for (const { module, tag } of depender.dependencies) {
        const known = edges.get(module);
        if (known === undefined) edges.set(module, [{ module: depender, tag }]);
        else known.push({ module: depender, tag });
      }
    }
    return edges;
  }
}

/** Dependers before their dependencies, otherwise as defined. The graph has no cycles. */
export function orderFromTop(groups: readonly Group[], dependers: Dependers): Variant[] {
  const order: Variant[] = [];
  const seen = new Set<Variant>();
  const stack: { readonly variant: Variant; next: number }[] = [];
  for (const group of groups) {
    for (const start of group.members) {
      if (start.kind !== 'variant' || seen.has(start)) continue;
      seen.add(start);
      stack.push({ variant: start, next: 0 });
      while (stack.length > 0) {
        const top = stack.at(-1)!;
        const edge = dependers.of(top.variant)[top.next++];
        if (edge === undefined) {
          order.push(top.variant);
          stack.pop();
          continue;
        }
        const depender = edge.module as Variant;
        if (seen.has(depender)) continue;
        seen.add(depender);
        stack.push({ variant: depender, next: 0 });
      }
    }
  }
  return order;
}
