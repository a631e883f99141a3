// Modules, variants and edges of answers as plain data, the same for all ways of printing.
import { variantLabel, type ModuleGraph } from '../../blueprint/query/graph.ts';
import type { Edge } from '../../blueprint/query/walk.ts';

export interface ModuleRow {
  readonly name: string;
  readonly type: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The module that created it. */
  readonly createdBy?: string;
}

export interface VariantRow extends ModuleRow {
  /** `name@variant`: how a query names it. */
  readonly label: string;
  readonly variant: string;
}

export interface EdgeRow {
  readonly from: string;
  readonly to: string;
  readonly tag: string;
}

export function moduleRow({ modules }: ModuleGraph, index: number): ModuleRow {
  const creator = modules.creator[index]!;
  return {
    name: modules.name[index]!,
    type: modules.type[index]!,
    file: modules.file[index]!,
    line: modules.line[index]!,
    column: modules.column[index]!,
    ...(creator === -1 ? {} : { createdBy: modules.name[creator]! }),
  };
}

export function variantRow(graph: ModuleGraph, index: number): VariantRow {
  const { module, name } = graph.variants;
  const row = moduleRow(graph, module[index]!);
  return { label: variantLabel(graph, index), variant: name[index]!, ...row };
}

export function edgeRow(graph: ModuleGraph, { from, to, tag }: Edge): EdgeRow {
  return {
    from: variantLabel(graph, from),
    to: variantLabel(graph, to),
    tag: graph.tagNames[tag]!,
  };
}
