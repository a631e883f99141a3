import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { resolve } from '../../src/package/closure.ts';
import type { Graph } from '../../src/package/graph.ts';
import { treeOrder } from '../../src/package/order.ts';
import { createClosures } from '../../src/package/transitive.ts';
import { spell } from '../../src/package/variant.ts';
import { at, graphOf, names, type Requires } from './synthetic.ts';

function closure(requires: Requires, of: string) {
  const graph = graphOf(requires);
  const { members, conflicts } = resolve(graph, {
    name: of,
    demands: graph.edges[at(graph, of)]!,
  });
  return {
    names: names(graph, members).sort(),
    conflicts: conflicts.map(({ message, notes = [] }) => [
      message,
      ...notes.map((note) => note.message),
    ]),
  };
}

test('all that is required, directly or not', () => {
  const tree = { p: ['a', 'b'], a: ['d'], b: ['d', 'c:x'], 'c:x': [], c: [], d: [] };
  expect(closure(tree, 'p')).toEqual({ names: ['a', 'b', 'c:x', 'd'], conflicts: [] });
});

describe('one package in two variants', () => {
  const c = { c: ['only-default'], 'c:x': [], 'c:y': [], 'only-default': [] };

  test('two certain ones are a conflict, told with both chains', () => {
    const tree = { ...c, p: ['a', 'b'], a: ['m'], m: ['c:x'], b: ['c:y'] };
    expect(closure(tree, 'p').conflicts).toEqual([
      [
        'p needs c both in variant "y" and in variant "x"',
        'p → b → c:y',
        'p requires b',
        'b requires c:y',
        'p → a → m → c:x',
        'p requires a',
        'a requires m',
        'm requires c:x',
      ],
    ]);
  });

  test('a name alone yields to a certain variant, and takes its own requires with it', () => {
    const tree = { ...c, p: ['a', 'b'], a: ['c'], b: ['c:x'] };
    expect(closure(tree, 'p')).toEqual({ names: ['a', 'b', 'c:x'], conflicts: [] });
  });

  test('it also yields where the package itself names it', () => {
    expect(closure({ ...c, p: ['b', 'c'], b: ['c:x'] }, 'p').names).toEqual(['b', 'c:x']);
    expect(closure({ ...c, p: ['b', 'c:x'], b: ['c'] }, 'p').names).toEqual(['b', 'c:x']);
  });

  test('the default variant asked for as such does not yield', () => {
    const tree = { ...c, p: ['a', 'b'], a: ['c!'], b: ['c:x'] };
    expect(closure(tree, 'p').conflicts[0]![0]).toBe(
      'p needs c both in the default variant and in variant "x"',
    );
  });

  test('it does not yield to two', () => {
    const tree = { ...c, p: ['a', 'b', 'd'], a: ['c'], b: ['c:x'], d: ['c:y'] };
    expect(closure(tree, 'p').conflicts).toHaveLength(1);
  });

  test('it does not yield to what only it asks for', () => {
    const tree = { p: ['c'], c: ['a'], a: ['c:x'], 'c:x': [] };
    expect(closure(tree, 'p').conflicts[0]).toEqual([
      'p needs c both in variant "x" and in the default variant',
      'p → c → a → c:x',
      'p requires c',
      'c requires a',
      'a requires c:x',
      'p → c',
      'p requires c',
    ]);
  });

  test('a package may be built with another variant of itself', () => {
    const tree = { p: ['a'], a: ['p:x'], 'p:x': [] };
    expect(closure(tree, 'p')).toEqual({ names: ['a', 'p:x'], conflicts: [] });
  });
});

/** A random tree without cycles: packages of up to three variants, requiring only packages before them. */
const anyTree = fc
  .array(
    fc.record({
      variants: fc.subarray(['', ':x', ':y'], { minLength: 1 }),
      requires: fc.array(fc.tuple(fc.nat(), fc.constantFrom('', '', '', ':x', ':y', '!')), {
        maxLength: 4,
      }),
    }),
    { minLength: 1, maxLength: 14 },
  )
  .map((packages) => {
    const tree: Record<string, string[]> = {};
    packages.forEach(({ variants, requires }, i) => {
      const list = new Map<number, string>();
      for (const [n, wanted] of requires) {
        const there = packages[n % Math.max(1, i)]!.variants;
        const exists = there.includes(wanted === '!' ? '' : wanted);
        if (i > 0 && exists) list.set(n % i, `p${n % i}${wanted}`);
      }
      for (const variant of variants) tree[`p${i}${variant}`] = [...list.values()];
    });
    return tree;
  });

/** The same by the words of the rule, slowly. */
function expected(
  graph: Graph,
  node: number,
): { readonly members: Set<number>; readonly yielded: boolean } | 'conflict' {
  const reach = (instead: ReadonlyMap<number, number>) => {
    const insisted = new Set<number>();
    const seen = new Set<number>();
    const visit = (from: number): void => {
      for (const edge of graph.edges[from]!) {
        const to = (edge.plain ? instead.get(edge.to) : undefined) ?? edge.to;
        if (!edge.plain) insisted.add(to);
        if (seen.has(to)) continue;
        seen.add(to);
        visit(to);
      }
    };
    visit(node);
    return { seen, insisted };
  };
  const { seen, insisted } = reach(new Map());
  const instead = new Map<number, number>();
  for (const a of seen) {
    for (const b of seen) {
      if (a === b || graph.definitions[a]!.name !== graph.definitions[b]!.name) continue;
      if (insisted.has(a) && insisted.has(b)) return 'conflict';
      if (!insisted.has(a)) instead.set(a, b);
    }
  }
  const settled = reach(instead);
  if ([...instead.values()].some((taken) => !settled.insisted.has(taken))) return 'conflict';
  return { members: settled.seen, yielded: instead.size > 0 };
}

test('closures computed one after the other are those of the rule, asked once or twice', () => {
  let conflicts = 0;
  let yields = 0;
  fc.assert(
    fc.property(anyTree, (tree) => {
      const graph = graphOf(tree);
      const { order } = treeOrder(graph, [...graph.definitions.keys()]);
      const closures = createClosures(graph, order);
      for (const node of [...order, ...order]) {
        const wanted = expected(graph, node);
        const found = closures(node);
        expect(found.conflicts.length > 0).toBe(wanted === 'conflict');
        if (wanted === 'conflict') conflicts++;
        else {
          if (wanted.yielded) yields++;
          expect(new Set(found.members)).toEqual(wanted.members);
        }
        expect(new Set(found.members).size).toBe(found.members.length);
      }
    }),
    { numRuns: 500, seed: 7 },
  );
  expect(conflicts).toBeGreaterThan(100);
  expect(yields).toBeGreaterThan(100);
});

test('every package of a dense tree requires all before it, and that is not slow', () => {
  const size = 600;
  const tree = Array.from(
    { length: size },
    (_, i) => [`p${i}`, Array.from({ length: i }, (_, j) => `p${j}`)] as const,
  );
  const graph = graphOf(Object.fromEntries(tree));
  const { order } = treeOrder(graph, [...graph.definitions.keys()]);
  const closures = createClosures(graph, order);
  expect(order.reduce((sum, node) => sum + closures(node).members.length, 0)).toBe(
    (size * (size - 1)) / 2,
  );
  expect(spell(graph.definitions[order[0]!]!)).toBe('p0');
});
