// What can be reached from variants along dependencies, as data, as a list, and as a tree.
import { Edges, reach, type Direction } from '../../blueprint/query/walk.ts';
import { variantLabel, type ModuleGraph } from '../../blueprint/query/graph.ts';
import { edgeRow, variantRow, type EdgeRow, type VariantRow } from './row.ts';
import { columns, moduleCells } from './text.ts';

export interface ReachAnswer {
  /** The variants that were asked for. */
  readonly of: readonly VariantRow[];
  /** The others, nearest first. */
  readonly modules: readonly VariantRow[];
  readonly edges: readonly EdgeRow[];
}

export function reachAnswer(
  graph: ModuleGraph,
  starts: readonly number[],
  direction: Direction,
  depth: number,
): ReachAnswer {
  const edges = reach(new Edges(graph), starts, direction, depth);
  const ends = new Set(edges.map(({ from, to }) => (direction === 'down' ? to : from)));
  for (const start of starts) ends.delete(start);
  return {
    of: starts.map((index) => variantRow(graph, index)),
    modules: [...ends].map((index) => variantRow(graph, index)),
    edges: edges.map((edge) => edgeRow(graph, edge)),
  };
}

/** A line for each variant, with what it is needed for. */
export function listText({ modules, edges }: ReachAnswer, direction: Direction): string {
  const tags = new Map<string, Set<string>>();
  for (const { from, to, tag } of edges) {
    const end = direction === 'down' ? to : from;
    tags.set(end, (tags.get(end) ?? new Set()).add(tag));
  }
  return columns(
    modules.map((row) => [row.label, ...moduleCells(row), [...tags.get(row.label)!].join(', ')]),
  );
}

interface Frame {
  readonly variant: number;
  readonly tag: string;
  readonly depth: number;
}

/** Everything below the variants, indented. What stands above with all below it is not repeated. */
export function treeText(
  graph: ModuleGraph,
  starts: readonly number[],
  direction: Direction,
): string {
  const edges = new Edges(graph);
  const seen = new Set<number>();
  const rows: string[][] = [];
  const pending: Frame[] = starts.map((variant) => ({ variant, tag: '', depth: 0 })).toReversed();
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { variant, tag, depth } = next;
    const inner = edges.of(variant, direction);
    const again = seen.has(variant) && inner.length > 0;
    const name = `${'  '.repeat(depth)}${variantLabel(graph, variant)}`;
    const cells = moduleCells(variantRow(graph, variant));
    rows.push([name, ...cells, again ? `${tag} (see above)` : tag]);
    if (seen.has(variant)) continue;
    seen.add(variant);
    for (const edge of inner.toReversed()) {
      const end = direction === 'down' ? edge.to : edge.from;
      pending.push({ variant: end, tag: graph.tagNames[edge.tag]!, depth: depth + 1 });
    }
  }
  return columns(rows);
}
