import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatDiagnostic } from '../../src/base/diagnostic.ts';
import { treeOrder } from '../../src/package/order.ts';
import { at, graphOf, names, type Requires } from './synthetic.ts';

function ordered(requires: Requires, roots = Object.keys(requires)) {
  const graph = graphOf(requires);
  const { order, diagnostics } = treeOrder(
    graph,
    roots.map((root) => at(graph, root)),
  );
  return { names: names(graph, order), diagnostics };
}

test('depth first in sorted order, named variants before the default one', () => {
  expect(
    ordered({ z: ['m', 'b'], b: [], m: ['a'], a: [], v: [], 'v:x': [], 'v:w': ['z'] }).names,
  ).toEqual(['a', 'b', 'm', 'z', 'v:w', 'v:x', 'v']);
});

test('only what the roots reach is there', () => {
  expect(ordered({ a: ['b'], b: [], c: [] }, ['a']).names).toEqual(['b', 'a']);
});

test('a cycle is told as a chain, with the place of every link', () => {
  const { diagnostics } = ordered({ a: ['b'], b: ['c'], c: ['d', 'b'], d: [] });
  expect(diagnostics.map(formatDiagnostic)).toEqual([
    [
      'c/buildinfo.json:1:18: error: b requires itself: b → c → b',
      '  1 | {"requires":["d","b"]}',
      '    |                  ~~~',
      '  b/buildinfo.json:1:14: note: b requires c',
      '  hint: take one of these requires out',
    ].join('\n'),
  ]);
});

test('a package that requires itself is a cycle', () => {
  expect(ordered({ a: ['a'] }).diagnostics[0]!.message).toBe('a requires itself: a → a');
});

test('a cycle in one variant only leaves the other alone', () => {
  const { diagnostics } = ordered({ a: ['b:x'], b: [], 'b:x': ['a'] });
  expect(diagnostics.map(({ message }) => message)).toEqual(['a requires itself: a → b:x → a']);
  expect(ordered({ a: ['b:x'], b: [], 'b:x': ['a'] }, ['b']).diagnostics).toEqual([]);
});

test('a cycle of ten thousand is found, and told whole', () => {
  const size = 10_000;
  const ring = Array.from({ length: size }, (_, i) => [`p${i}`, [`p${(i + 1) % size}`]] as const);
  const { diagnostics } = ordered(Object.fromEntries(ring));
  expect(diagnostics).toHaveLength(1);
  expect(diagnostics[0]!.notes).toHaveLength(size - 1);
});

test('a knot of cycles is not told in all its ways', () => {
  const all = Array.from({ length: 300 }, (_, i) => `p${i}`);
  const { diagnostics, names } = ordered(Object.fromEntries(all.map((name) => [name, all])));
  expect(names).toHaveLength(300);
  expect(diagnostics.length).toBeGreaterThan(0);
  expect(diagnostics.length).toBeLessThanOrEqual(10);
});

test('what is required comes first, whatever the tree', () => {
  const dag = fc.array(fc.array(fc.nat(), { maxLength: 4 }), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(dag, (rows) => {
      const requires = Object.fromEntries(
        rows.map((row, i) => [`p${i}`, i === 0 ? [] : row.map((n) => `p${n % i}`)]),
      );
      const { names, diagnostics } = ordered(requires);
      expect(diagnostics).toEqual([]);
      expect(names).toHaveLength(rows.length);
      for (const [name, list] of Object.entries(requires)) {
        for (const one of list) expect(names.indexOf(one)).toBeLessThan(names.indexOf(name));
      }
    }),
    { numRuns: 200 },
  );
});
