// Sorting lists: the golden cases, and the order itself.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isSpan } from '../../../src/base/span.ts';
import { naturalLess, naturalSort } from '../../../src/blueprint/syntax/natural.ts';
import { parse } from '../../../src/blueprint/syntax/parse.ts';
import { bytePosition } from '../../../src/blueprint/syntax/position.ts';
import { print } from '../../../src/blueprint/syntax/print.ts';
import { listIsSorted, sortLists } from '../../../src/blueprint/syntax/sort.ts';
import type { Dialect, List } from '../../../src/blueprint/syntax/tree.ts';
import { cases, readGolden } from './golden.ts';

/**
 * Where the original crashes with "list contains non-string element": the place of that element. Where
 * it crashes on a number beyond 64 bits, sorting works.
 */
const UNSORTABLE: Record<string, readonly number[]> = {
  'list-mixed': [10, 1, 11],
  'list-ints': [5, 1, 6],
  'list-bools': [5, 1, 6],
  'sort-ints': [10, 2, 5],
  'sort-mixed-string-first': [19, 3, 5],
};
const SORTABLE: Record<string, string> = {
  'sort-big-number': 'x = [\n    "a99999999999999999998",\n    "a99999999999999999999",\n]\n',
  // In 2021 a list that begins with an operator crashes; since then it is left alone.
  'operator-in-list': 'x = [\n    "b" +\n        "c",\n    "a",\n]\n',
  'sort-operator-elem': 'x = [\n    "b" + "c",\n    "a",\n]\n',
};

function sorted(text: string, dialect: Dialect = '2025'): string {
  const { file } = parse({ file: 'Blueprints', text }, { dialect });
  const result = sortLists(file);
  if (!result.ok) throw new Error(result.diagnostics[0]!.message);
  return print(result.value);
}

describe.each<Dialect>(['2021', '2025'])('golden cases of %s', (dialect) => {
  const sortable = cases(dialect).filter(
    ({ id, sortprint }) => sortprint !== null && sortprint !== undefined && id !== 'select-int',
  );
  test.each(sortable.map((golden) => [golden.id, golden] as const))('%s', (id, golden) => {
    if (UNSORTABLE[id] === undefined) {
      const expected = typeof golden.sortprint === 'string' ? golden.sortprint : SORTABLE[id];
      expect(sorted(golden.input, dialect)).toBe(expected);
      return;
    }
    const { file } = parse({ file: 'Blueprints', text: golden.input }, { dialect });
    const result = sortLists(file);
    if (result.ok) throw new Error('sorted');
    const { code, message, at } = result.diagnostics[0]!;
    expect({ code, message }).toEqual({
      code: 'blueprint/unsortable',
      message: 'list contains non-string element',
    });
    if (at === undefined || !isSpan(at)) throw new Error('no place');
    expect(bytePosition(at.source, at.start)).toEqual(UNSORTABLE[id]);
  });
});

test('every unsortable list is told', () => {
  const { file } = parse({ file: 'Blueprints', text: 'x = ["a", y]\nz = [1]\n' });
  expect(sortLists(file)).toMatchObject({ diagnostics: [{}, {}] });
});

test('whether a list is sorted is asked run by run', () => {
  const check = (text: string) => {
    const [definition] = parse({ file: 'Blueprints', text: `x = ${text}` }).file.definitions;
    return listIsSorted((definition as { value: List }).value);
  };
  expect(check('["a", "b", "b", "c10"]')).toEqual({ ok: true, value: true });
  expect(check('["b", "a"]')).toEqual({ ok: true, value: false });
  expect(check('["b",\n\n"a"]')).toEqual({ ok: true, value: true });
  expect(check('[v, "b", "a"]')).toEqual({ ok: true, value: true });
  expect(check('["a", v]')).toMatchObject({ ok: false });
});

describe('the order', () => {
  test.each<Dialect>(['2021', '2025'])('is that of the golden triples of %s', (dialect) => {
    const { cases: triples } = readGolden(`parser/v${dialect}/numeric_string_less.json`) as {
      cases: readonly (readonly [string, string, boolean])[];
    };
    expect(triples).toHaveLength(1369);
    expect(triples.filter(([a, b, less]) => naturalLess(a, b) !== less)).toEqual([]);
  });

  test('compares bytes, not UTF-16 units', () => {
    expect(naturalLess('\uffee', '\u{1f600}')).toBe(true);
    expect(naturalLess('\udcff', 'é')).toBe(false);
  });

  const word = fc.string({ unit: fc.constantFrom('a', 'b', '0', '1', '9', '-', 'é', '😀') });

  test('no two values stand before each other', () => {
    fc.assert(fc.property(word, word, (a, b) => !(naturalLess(a, b) && naturalLess(b, a))));
  });

  test('sorting keeps the elements, sorts neighbours, and changes nothing the second time', () => {
    fc.assert(
      fc.property(fc.array(word, { maxLength: 60 }), (words) => {
        const once = naturalSort(words, (item) => item);
        expect(once.toSorted()).toEqual(words.toSorted());
        for (let i = 1; i < once.length; i++)
          expect(naturalLess(once[i]!, once[i - 1]!)).toBe(false);
        expect(naturalSort(once, (item) => item)).toEqual(once);
      }),
    );
  });
});
