// The dependencies between some modules, whatever their variants.
import { listAt } from '../../blueprint/phase/column.ts';
import { variantsOf, type ModuleGraph } from '../../blueprint/query/graph.ts';
import type { EdgeRow } from './row.ts';

/** Each dependency once, by the modules' names. */
export function edgesAmong(graph: ModuleGraph, modules: readonly number[]): EdgeRow[] {
  const {
    variants,
    modules: { name },
    tagNames,
  } = graph;
  const among = new Set(modules);
  const found = new Map<string, EdgeRow>();
  for (const from of modules) {
    for (const variant of variantsOf(graph, from)) {
      const first = variants.dependencies.start[variant]!;
      for (const [i, target] of listAt(variants.dependencies, variant).entries()) {
        const to = variants.module[target]!;
        if (to === from || !among.has(to)) continue;
        const tag = variants.tags[first + i]!;
        const edge = { from: name[from]!, to: name[to]!, tag: tagNames[tag]! };
        found.set(`${from} ${to} ${tag}`, edge);
      }
    }
  }
  return [...found.values()];
}
