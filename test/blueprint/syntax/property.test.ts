// What holds for every file: printing keeps the tree and the comments, formatting comes to rest.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { format } from '../../../src/blueprint/syntax/format.ts';
import { parse } from '../../../src/blueprint/syntax/parse.ts';
import { print } from '../../../src/blueprint/syntax/print.ts';
import { sortLists } from '../../../src/blueprint/syntax/sort.ts';
import type { File } from '../../../src/blueprint/syntax/tree.ts';
import { blueprints } from './arbitrary.ts';

const runs = { numRuns: 800 };

function parsed(text: string): File {
  const { file, diagnostics } = parse({ file: 'Blueprints', text });
  expect(diagnostics.map(({ message }) => message)).toEqual([]);
  return file;
}

/** A tree without its places. A select with nothing but a default is printed as its value. */
function bare(node: unknown): unknown {
  if (typeof node === 'bigint') return `${node}n`;
  if (Array.isArray(node)) return node.map(bare);
  if (typeof node !== 'object' || node === null) return node;
  const { kind, cases, operands } = node as {
    kind?: string;
    cases?: { patterns: { kind: string }[]; value: { kind: string } }[];
    operands?: unknown[];
  };
  if (
    kind === 'select' &&
    cases?.length === 1 &&
    cases[0]!.patterns.length === 1 &&
    cases[0]!.patterns[0]!.kind === 'default'
  ) {
    return bare(cases[0]!.value);
  }
  if (kind === 'operator') {
    const flat = operands!.map(bare).flatMap((operand) => {
      const inner = operand as { kind: string; operands: unknown[] };
      return inner.kind === 'operator' ? inner.operands : [operand];
    });
    return { kind, operands: flat };
  }
  return Object.fromEntries(
    Object.entries(node).flatMap(([key, value]) => (PLACES.has(key) ? [] : [[key, bare(value)]])),
  );
}

const PLACES = new Set([
  'source',
  'start',
  'end',
  'line',
  'open',
  'openLine',
  'close',
  'closeLine',
  'colon',
  'colonLine',
  'equals',
  'equalsLine',
  'written',
]);

/** Comments by their lines, without outer blanks. */
function comments({ comments: groups }: File): string[] {
  return groups
    .flatMap((group) =>
      group.comments.map(({ text }) =>
        text
          .split('\n')
          .map((line) => line.trim())
          .join('\n'),
      ),
    )
    .sort();
}

test('printing keeps the tree', () => {
  fc.assert(
    fc.property(blueprints, (text) => {
      const file = parsed(text);
      expect(bare(parsed(print(file)).definitions)).toEqual(bare(file.definitions));
    }),
    runs,
  );
});

test('printing keeps every comment', () => {
  fc.assert(
    fc.property(blueprints, (text) => {
      const file = parsed(text);
      expect(comments(parsed(print(file)))).toEqual(comments(file));
    }),
    runs,
  );
});

test('formatting what is formatted changes nothing', () => {
  fc.assert(
    fc.property(blueprints, fc.boolean(), (text, sort) => {
      const once = format({ file: 'Blueprints', text }, { sort });
      if (!once.ok) {
        expect(sort).toBe(true);
        expect(once.diagnostics[0]!.code).toBe('blueprint/unsortable');
        return;
      }
      expect(format({ file: 'Blueprints', text: once.value }, { sort })).toEqual(once);
      expect(once.value.endsWith('\n')).toBe(true);
      expect(once.value.endsWith('\n\n')).toBe(false);
    }),
    runs,
  );
});

test('sorting keeps elements and comments', () => {
  fc.assert(
    fc.property(blueprints, (text) => {
      const file = parsed(text);
      const sorted = sortLists(file);
      if (!sorted.ok) return;
      const again = parsed(print(sorted.value));
      expect(comments(again)).toEqual(comments(file));
      const letters = (tree: File) => [...JSON.stringify(bare(tree.definitions))].sort().join('');
      expect(letters(again)).toBe(letters(file));
    }),
    runs,
  );
});

test('offsets are exact: the text between start and end of a node parses to the node', () => {
  fc.assert(
    fc.property(blueprints, (text) => {
      const file = parsed(text);
      for (const definition of file.definitions) {
        const again = parsed(text.slice(definition.start, definition.end));
        expect(bare(again.definitions)).toEqual(bare([definition]));
        expect(text.slice(0, definition.start).split('\n')).toHaveLength(definition.line);
      }
    }),
    runs,
  );
});
