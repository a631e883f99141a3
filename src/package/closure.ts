// What a package requires, and what that requires in turn, each package in one variant. Where a name is
// asked for alone and also in one certain variant, the certain one is taken (pkgpanda refused).
import { definitionError, type Diagnostic, type Note } from '../base/diagnostic.ts';
import type { Place } from '../base/span.ts';
import type { Edge, Graph } from './graph.ts';
import { describeVariant, spell } from './variant.ts';

export interface Closure {
  /** Numbers of definitions, each once, in no particular order. */
  readonly members: readonly number[];
  /** Two variants of one package are demanded (code `requires/conflict`). */
  readonly conflicts: readonly Diagnostic[];
}

/** A closure that can tell how it came about. */
export interface Resolution extends Closure {
  /** Default variants that yielded, and the variants taken instead. */
  readonly instead: ReadonlyMap<number, number>;
  /** The chain of requires that leads to a member, and the place of its last link. */
  explain(member: number): { readonly at: Place; readonly notes: readonly Note[] };
}

/** Where demands come from that no definition makes: the one whose closure it is, or a tree. */
export interface Origin {
  /** Begins a chain of requires in messages. */
  readonly name: string;
  readonly demands: readonly Edge[];
}

/**
 * Resolves all that an origin demands, directly and indirectly. Linear in the edges it reaches. `given`
 * are default variants for which another was taken already where this closure has to fit in.
 */
export function resolve(
  graph: Graph,
  origin: Origin,
  given: ReadonlyMap<number, number> = new Map(),
): Resolution {
  const reached = reach(graph, origin, given);
  const { yields, conflicts } = settle(graph, origin, reached);
  const instead = new Map([...given, ...yields]);
  const settled = yields.size === 0 ? reached : reach(graph, origin, instead);
  for (const [yielded, taken] of yields) {
    // The variant was only asked for by what went away with the default one.
    if (settled.get(taken)?.insisted !== true) {
      conflicts.push(conflict(graph, origin, reached, taken, yielded));
    }
  }
  return {
    members: [...settled.keys()],
    conflicts,
    instead,
    explain: (member) => ({
      at: settled.get(member)!.edge.at,
      notes: explain(graph, origin, settled, member),
    }),
  };
}

/** How a definition was first reached. */
interface Arrival {
  /** Undefined: by the origin itself. */
  readonly from: number | undefined;
  readonly edge: Edge;
  /** Something asks for this very variant. */
  insisted: boolean;
}

/** Breadth first, so that chains in messages are the shortest. `instead` replaces definitions. */
function reach(
  graph: Graph,
  origin: Origin,
  instead: ReadonlyMap<number, number>,
): Map<number, Arrival> {
  const reached = new Map<number, Arrival>();
  const visit = (edge: Edge, from: number | undefined): void => {
    const to = (edge.plain ? instead.get(edge.to) : undefined) ?? edge.to;
    const insisted = !edge.plain;
    const earlier = reached.get(to);
    if (earlier === undefined) reached.set(to, { from, edge, insisted });
    else earlier.insisted ||= insisted;
  };
  for (const edge of origin.demands) visit(edge, undefined);
  // A map iterates over what is added meanwhile: it is the queue.
  for (const node of reached.keys()) {
    for (const edge of graph.edges[node]!) visit(edge, node);
  }
  return reached;
}

interface Settlement {
  /** Default variant → the variant taken instead. */
  readonly yields: ReadonlyMap<number, number>;
  readonly conflicts: Diagnostic[];
}

function settle(graph: Graph, origin: Origin, reached: ReadonlyMap<number, Arrival>): Settlement {
  const byName = new Map<string, number[]>();
  for (const node of reached.keys()) {
    const { name } = graph.definitions[node]!;
    const same = byName.get(name);
    if (same === undefined) byName.set(name, [node]);
    else same.push(node);
  }
  const yields = new Map<number, number>();
  const conflicts: Diagnostic[] = [];
  for (const nodes of byName.values()) {
    if (nodes.length === 1) continue;
    const insisted = nodes.filter((node) => reached.get(node)!.insisted);
    const yielding = nodes.find((node) => !reached.get(node)!.insisted);
    const [first, second] = insisted;
    if (second !== undefined) conflicts.push(conflict(graph, origin, reached, first!, second));
    // Only the default variant is ever asked for without insisting.
    else yields.set(yielding!, first!);
  }
  return { yields, conflicts };
}

function conflict(
  graph: Graph,
  origin: Origin,
  reached: ReadonlyMap<number, Arrival>,
  a: number,
  b: number,
): Diagnostic {
  const { name, variant } = graph.definitions[a]!;
  const other = graph.definitions[b]!.variant;
  return definitionError({
    code: 'requires/conflict',
    message: `${origin.name} needs ${name} both in ${describeVariant(variant)} and in ${describeVariant(other)}`,
    at: chain(reached, a)[0]!.edge.at,
    notes: [...explain(graph, origin, reached, a), ...explain(graph, origin, reached, b)],
    hint: `a package can be there in one variant only; let all of these require the same`,
  });
}

/** The arrivals that lead from the origin to a definition. */
function chain(reached: ReadonlyMap<number, Arrival>, to: number): Arrival[] {
  const arrivals: Arrival[] = [];
  for (let node: number | undefined = to; node !== undefined;) {
    const arrival: Arrival = reached.get(node)!;
    arrivals.push(arrival);
    node = arrival.from;
  }
  return arrivals.reverse();
}

/** A chain of requires as notes: the whole of it, then every link at its place. */
function explain(
  graph: Graph,
  origin: Origin,
  reached: ReadonlyMap<number, Arrival>,
  to: number,
): Note[] {
  const arrivals = chain(reached, to);
  const names = [origin.name, ...arrivals.map(({ edge }) => spell(graph.definitions[edge.to]!))];
  return [
    { message: names.join(' → ') },
    ...arrivals.map(({ edge }, i) => ({
      message: `${names[i]!} requires ${names[i + 1]!}`,
      at: edge.at,
    })),
  ];
}
