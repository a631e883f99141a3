// The order in which a tree is built: what is required before what requires it, otherwise sorted, so the
// same on every machine. Iterative, as chains of requires may be as long as a tree has packages.
import { definitionError, type Diagnostic } from '../base/diagnostic.ts';
import type { Edge, Graph } from './graph.ts';
import { spell } from './variant.ts';

export interface Order {
  /** Numbers of definitions, each once, what it requires before it. */
  readonly order: readonly number[];
  /** One for each cycle found (code `requires/cycle`), up to a limit. */
  readonly diagnostics: readonly Diagnostic[];
}

/** More cycles than these tell nobody anything. */
const MAX_CYCLES = 10;

interface Frame {
  readonly node: number;
  /** The next require to follow. */
  next: number;
}

/** Orders the roots and all that they require. The order of the roots themselves does not matter. */
export function treeOrder(graph: Graph, roots: readonly number[]): Order {
  const order: number[] = [];
  const diagnostics: Diagnostic[] = [];
  const state = new Uint8Array(graph.definitions.length);
  const inCycle = new Uint8Array(graph.definitions.length);
  // Definitions are numbered in the order in which roots are taken.
  for (const root of [...new Set(roots)].sort((a, b) => a - b)) {
    if (state[root] !== UNSEEN) continue;
    const path: Frame[] = [{ node: root, next: 0 }];
    state[root] = OPEN;
    for (let top = path[0]; top !== undefined; top = path.at(-1)) {
      const edge = edgeAt(graph, top.node, top.next++);
      if (edge === undefined) {
        state[top.node] = DONE;
        order.push(top.node);
        path.pop();
      } else if (state[edge.to] === UNSEEN) {
        state[edge.to] = OPEN;
        path.push({ node: edge.to, next: 0 });
      } else if (state[edge.to] === OPEN && inCycle[edge.to] === 0) {
        // A cycle through one that was reported already is another view of the same knot.
        if (diagnostics.length < MAX_CYCLES) diagnostics.push(cycle(graph, path, edge, inCycle));
      }
    }
  }
  return { order, diagnostics };
}

const UNSEEN = 0;
const OPEN = 1;
const DONE = 2;

/** Of all that must be built before a definition. */
function edgeAt({ edges, buildEdges }: Graph, node: number, index: number): Edge | undefined {
  const own = edges[node]!;
  return index < own.length ? own[index] : buildEdges[node]![index - own.length];
}

/** The path from where the cycle begins, and the edge that closes it. */
function cycle(
  graph: Graph,
  path: readonly Frame[],
  closing: Edge,
  inCycle: Uint8Array,
): Diagnostic {
  const start = path.findLastIndex(({ node }) => node === closing.to);
  const nodes = path.slice(start).map(({ node }) => node);
  for (const node of nodes) inCycle[node] = 1;
  const names = [...nodes, closing.to].map((node) => spell(graph.definitions[node]!));
  const edges = path.slice(start, -1).map(({ node, next }) => edgeAt(graph, node, next - 1)!);
  return definitionError({
    code: 'requires/cycle',
    message: `${names[0]!} requires itself: ${names.join(' → ')}`,
    at: closing.at,
    notes: edges.map(({ to, at }, i) => ({
      message: `${names[i]!} requires ${spell(graph.definitions[to]!)}`,
      at,
    })),
    hint: 'take one of these requires out',
  });
}
