import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fileOf, isSpan, lineRange, lineText, positionAt } from '../../src/base/span.ts';

const source = (text: string) => ({ file: 'f', text });

test('lines and columns count from 1, columns in code points', () => {
  const text = 'ab\n\u{1f600}c\r\n\n\té';
  const at = (offset: number): string => {
    const { line, column } = positionAt(source(text), offset);
    return `${line}:${column}`;
  };
  expect(Array.from({ length: text.length + 1 }, (_, offset) => at(offset))).toEqual([
    '1:1',
    '1:2',
    '1:3',
    '2:1',
    '2:2',
    '2:2',
    '2:3',
    '2:4',
    '3:1',
    '4:1',
    '4:2',
    '4:3',
  ]);
});

test('lines come without their ends', () => {
  const text = source('one\r\n\ntwo\rx\n');
  expect([1, 2, 3, 4, 5].map((line) => lineText(text, line))).toEqual([
    'one',
    '',
    'two\rx',
    '',
    '',
  ]);
  expect(lineRange(text, 1)).toEqual({ start: 0, end: 3 });
  expect(lineRange(source('\r'), 1)).toEqual({ start: 0, end: 0 });
  expect(lineText(source(''), 1)).toBe('');
});

test('positions agree with counting, whatever the text and the order of asking', () => {
  const long = fc
    .integer({ min: 4090, max: 13_000 })
    .map((length) => 'a\u{1f600}'.repeat(length / 3));
  const part = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.constantFrom('\n', '\r\n', 'a', '\u{1f600}', '\ud800', '\udc00', '\t'),
    },
    { weight: 1, arbitrary: long },
  );
  fc.assert(
    fc.property(
      fc.array(part, { maxLength: 20 }),
      fc.array(fc.nat(), { minLength: 1, maxLength: 10 }),
      (parts, picks) => {
        const text = parts.join('');
        const asked = source(text);
        for (const pick of picks) {
          const offset = pick % (text.length + 1);
          // Half a pair counts as a place after the whole character.
          const pair =
            /[\ud800-\udbff]$/.test(text.slice(0, offset)) &&
            /^[\udc00-\udfff]/.test(text.slice(offset));
          const before = text.slice(0, pair ? offset + 1 : offset).split('\n');
          expect(positionAt(asked, offset)).toEqual({
            line: before.length,
            column: [...before.at(-1)!].length + 1,
          });
        }
      },
    ),
    { numRuns: 500 },
  );
});

test('a place is a span or a whole file', () => {
  const span = { source: source('x'), start: 0, end: 1 };
  expect([isSpan(span), isSpan({ file: 'g' })]).toEqual([true, false]);
  expect([fileOf(span), fileOf({ file: 'g' })]).toEqual(['f', 'g']);
});
