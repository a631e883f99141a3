// What may be written where, and that no text is too broken to be asked about.
import { expect, test } from 'vitest';
import { hostile } from '../../../fuzz/syntax.ts';
import { decodeSource } from '../../../src/blueprint/syntax/source.ts';
import { usedCatalogue } from '../../../src/cli/lsp/catalogue.ts';
import { completionsAt } from '../../../src/cli/lsp/completion.ts';
import { cursorAt } from '../../../src/cli/lsp/cursor.ts';
import { definitionsAt, referencesAt } from '../../../src/cli/lsp/definition.ts';
import { hoverAt } from '../../../src/cli/lsp/hover.ts';
import { outlineOf } from '../../../src/cli/lsp/outline.ts';
import { toOffset, toPosition } from '../../../src/cli/lsp/range.ts';
import { Workspace } from '../../../src/cli/lsp/workspace.ts';
import { cases } from '../../blueprint/syntax/golden.ts';

test.each([
  ['|', 'definition', undefined, []],
  ['cc_|', 'definition', undefined, []],
  ['x = |', 'value', undefined, []],
  ['x = ["a"] +\n  |', 'value', undefined, []],
  ['x = [|', 'value', undefined, []],
  ['x = 1\ncc|', 'definition', undefined, []],
  ['m { |', 'property', 'm', []],
  ['m { na|me: "x" }', 'property', 'm', []],
  ['m { name: |', 'value', 'm', ['name']],
  ['m { name: "|', 'string', 'm', ['name']],
  ['m { deps: ["a", "b|', 'string', 'm', ['deps']],
  ['m { deps: ["a", |', 'value', 'm', ['deps']],
  ['m { a: { b: { |', 'property', 'm', ['a', 'b']],
  ['m { a: { b: 1 }, |', 'property', 'm', []],
  ['m { a: [{ |', 'property', 'm', ['a']],
  ['m ( name = |', 'value', 'm', ['name']],
  ['m ( |', 'property', 'm', []],
  ['m { a: select(f(), { "x": |', 'value', 'm', ['a']],
  ['m { a: select(|', 'value', 'm', ['a']],
  ['m { a: select(f(), { "x": 1 }), |', 'property', 'm', []],
  ['m { a: 1 } n { |', 'property', 'n', []],
])('%s', (marked, where, type, path) => {
  const offset = marked.indexOf('|');
  const cursor = cursorAt({ file: 'f', text: marked.replace('|', '') }, offset);
  expect(cursor).toMatchObject({ where, path });
  expect(cursor!.type).toBe(type);
});

test('the word that is typed is known', () => {
  const text = 'm { deps: ["li" ] }';
  expect(cursorAt({ file: 'f', text }, text.indexOf('"li') + 3)).toMatchObject({ start: 12 });
  expect(cursorAt({ file: 'f', text: 'cc_li' }, 5)).toMatchObject({ start: 0 });
});

test.each(['// a|', '/* a|', '/* a| */', 'x = 1 // |'])('%s is no place to complete', (marked) => {
  const offset = marked.indexOf('|');
  expect(cursorAt({ file: 'f', text: marked.replace('|', '') }, offset)).toBeUndefined();
});

test('positions and offsets are each other, in UTF-16 units', () => {
  const source = { file: 'f', text: 'é😀a\r\n\nb' };
  for (let offset = 0; offset <= source.text.length; offset++) {
    expect(toOffset(source, toPosition(source, offset))).toBe(offset);
  }
  expect(toPosition(source, 3)).toEqual({ line: 0, character: 3 });
  expect(toOffset(source, { line: 9, character: 9 })).toBe(source.text.length);
  expect(toOffset(source, { line: 1, character: 9 })).toBe(6);
});

test('every question has an answer for every text at every place', () => {
  const corpus = cases('2025').map(({ input }) => input);
  for (let seed = 0; seed < 400; seed++) {
    const workspace = new Workspace();
    const catalogue = usedCatalogue(workspace);
    const { text } = decodeSource('/a/Blueprints', hostile(seed, corpus));
    const document = workspace.set('/a/Blueprints', text);
    workspace.set('/a/b/Blueprints', text);
    outlineOf(document.file);
    workspace.analysis(document);
    for (let offset = 0; offset <= text.length; offset += 1 + (seed % 7)) {
      const cursor = cursorAt(document.source, offset);
      if (cursor !== undefined) {
        expect(cursor.start).toBeLessThanOrEqual(offset);
        completionsAt(workspace, catalogue, document, cursor);
      }
      definitionsAt(workspace, document, offset);
      referencesAt(workspace, document, offset, true);
      hoverAt(workspace, catalogue, document, offset);
    }
  }
});
