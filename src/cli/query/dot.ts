// Answers as graphs for Graphviz.
import type { EdgeRow, ModuleRow } from './row.ts';

/** A node for each label, an edge for each pair, labelled with its tags. */
export function dotText(
  nodes: readonly (ModuleRow & { readonly label: string })[],
  edges: readonly EdgeRow[],
): string {
  const lines = nodes.map(({ label, type }) => `  ${quoted(label)} [tooltip=${quoted(type)}];`);
  const tags = new Map<string, Set<string>>();
  for (const { from, to, tag } of edges) {
    const pair = `${quoted(from)} -> ${quoted(to)}`;
    tags.set(pair, (tags.get(pair) ?? new Set()).add(tag));
  }
  for (const [pair, its] of tags) lines.push(`  ${pair} [label=${quoted([...its].join(', '))}];`);
  return ['digraph modules {', '  rankdir=LR;', '  node [shape=box];', ...lines, '}', ''].join(
    '\n',
  );
}

/** A string of the DOT language: in it only quotes and backslashes have a meaning. */
function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}
