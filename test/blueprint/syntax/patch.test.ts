// Patches of a text.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { addPatch, applyPatches, type Patch } from '../../../src/blueprint/syntax/patch.ts';

function patches(...edits: readonly (readonly [number, number, string])[]): readonly Patch[] {
  let all: readonly Patch[] = [];
  for (const [start, end, text] of edits) {
    const added = addPatch(all, { start, end, text });
    if (!added.ok) throw new Error(added.diagnostics[0]!.message);
    all = added.value;
  }
  return all;
}

test('patches apply in the order of the text, whatever the order they were added in', () => {
  const all = patches([6, 11, 'there'], [0, 5, 'Hi'], [11, 11, '!'], [5, 6, ', ']);
  expect(applyPatches('Hello world', all)).toBe('Hi, there!');
  expect(applyPatches('Hello world', [])).toBe('Hello world');
});

test.each([
  [[0, 5], [4, 6], true],
  [[0, 5], [0, 5], true],
  [[0, 5], [1, 2], true],
  [[1, 2], [0, 5], true],
  [[0, 5], [5, 6], false],
  [[5, 6], [0, 5], false],
  [[0, 5], [5, 5], false],
  [[0, 5], [3, 3], true],
  [[0, 5], [0, 0], true],
  [[3, 3], [3, 3], true],
  [[3, 3], [4, 4], false],
] as const)('%j and %j overlap: %j', ([a, b], [c, d], overlaps) => {
  const first = addPatch([], { start: a, end: b, text: '1' });
  const both = first.ok ? addPatch(first.value, { start: c, end: d, text: '2' }) : first;
  expect(both.ok).toBe(!overlaps);
  if (!both.ok) expect(both.diagnostics[0]!.code).toBe('patch/overlap');
});

test('what is added without overlap comes out as if done from the end', () => {
  const edit = fc.tuple(fc.nat(30), fc.nat(5), fc.string({ maxLength: 3 }));
  fc.assert(
    fc.property(fc.string({ minLength: 36, maxLength: 36 }), fc.array(edit), (text, edits) => {
      let all: readonly Patch[] = [];
      for (const [start, length, replacement] of edits) {
        const added = addPatch(all, { start, end: start + length, text: replacement });
        if (added.ok) all = added.value;
      }
      let expected = text;
      for (const { start, end, text: replacement } of all.toReversed()) {
        expected = expected.slice(0, start) + replacement + expected.slice(end);
      }
      expect(applyPatches(text, all)).toBe(expected);
    }),
  );
});
