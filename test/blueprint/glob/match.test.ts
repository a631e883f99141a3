import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { pathMatcher } from '../../../src/blueprint/glob/match.ts';
import { compilePattern, PatternError } from '../../../src/blueprint/glob/pattern.ts';
import { golden } from '../golden.ts';

interface MatchCase {
  readonly pattern: string;
  readonly name: string;
  readonly match?: boolean;
  readonly error?: string;
}

const { cases } = golden('pathtools/match_vectors.json') as { cases: MatchCase[] };

function outcome(pattern: string, name: string): boolean | string {
  try {
    return pathMatcher(pattern)(name);
  } catch (error) {
    if (error instanceof PatternError) return error.message;
    throw error;
  }
}

test(`${cases.length} golden pairs`, () => {
  expect(cases.length).toBeGreaterThan(300);
  const wrong = cases.filter(
    ({ pattern, name, match, error }) => outcome(pattern, name) !== (error ?? match),
  );
  expect(wrong).toEqual([]);
});

test.each([
  ['[a-c]x', 'bx', true],
  ['[^a-c]x', 'bx', false],
  ['[\\]]', ']', true],
  ['[a-', 'a', 'syntax error in pattern'],
  ['[]a]', 'a', 'syntax error in pattern'],
  ['[-a]', '-', 'syntax error in pattern'],
  ['?', '😀', true],
  ['[😀-😂]', '😁', true],
  ['a*b*c', 'aXbYc', true],
  ['a*b*c', 'aXcYb', false],
  ['*', '', true],
])('%s against %s is %s', (pattern, name, expected) => {
  let found: boolean | string;
  try {
    found = compilePattern(pattern)(name);
  } catch (error) {
    found = (error as PatternError).message;
  }
  expect(found).toBe(expected);
});

test('wildcards agree with an equivalent regular expression', () => {
  const piece = fc.constantFrom('a', 'b', '*', '?', '.');
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 8 }),
      fc.string({ unit: fc.constantFrom('a', 'b', '.', '/'), maxLength: 10 }),
      (pieces, name) => {
        const source = pieces
          .map((p) => (p === '*' ? '[^/]*' : p === '?' ? '[^/]' : p === '.' ? '\\.' : p))
          .join('');
        expect(compilePattern(pieces.join(''))(name)).toBe(new RegExp(`^${source}$`).test(name));
      },
    ),
    { numRuns: 2_000 },
  );
});

test('no pattern and no name crashes or hangs it', () => {
  const text = fc.string({ unit: fc.constantFrom(...'ab*?[]^-\\/.😀'), maxLength: 40 });
  fc.assert(
    fc.property(text, fc.string({ maxLength: 40 }), (pattern, name) => {
      if (pattern !== '') outcome(pattern, name);
    }),
    { numRuns: 5_000 },
  );
});
