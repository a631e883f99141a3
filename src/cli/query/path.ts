// A way from one module to another, as data and as text.
import type { ModuleGraph } from '../../blueprint/query/graph.ts';
import { Edges, shortestPath } from '../../blueprint/query/walk.ts';
import { edgeRow, variantRow, type EdgeRow, type VariantRow } from './row.ts';
import { columns, moduleCells } from './text.ts';

export interface PathAnswer {
  /** From the start to the end; none where there is no way. */
  readonly modules: readonly VariantRow[];
  readonly edges: readonly EdgeRow[];
  /** Whether there is a way from the end to the start. */
  readonly backwards: boolean;
}

export function pathAnswer(
  graph: ModuleGraph,
  starts: readonly number[],
  ends: readonly number[],
): PathAnswer {
  const edges = new Edges(graph);
  const path = shortestPath(edges, starts, ends);
  if (path === undefined) {
    const backwards = shortestPath(edges, ends, starts) !== undefined;
    return { modules: [], edges: [], backwards };
  }
  const variants = [path.start, ...path.edges.map(({ to }) => to)];
  return {
    modules: variants.map((index) => variantRow(graph, index)),
    edges: path.edges.map((edge) => edgeRow(graph, edge)),
    backwards: false,
  };
}

export function pathText(
  { modules, edges, backwards }: PathAnswer,
  from: string,
  to: string,
): string {
  if (modules.length === 0) {
    const other = backwards ? `; ${to} depends on ${from}` : '';
    return `${from} does not depend on ${to}${other}\n`;
  }
  return columns(
    modules.map((row, i) => [row.label, ...moduleCells(row), i === 0 ? '' : edges[i - 1]!.tag]),
  );
}
