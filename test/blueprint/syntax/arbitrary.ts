// Random files of the language: every construct, with comments and line ends wherever they may stand.
import * as fc from 'fast-check';
import type { Arbitrary } from 'fast-check';

/** Tokens in order; what stands between them is chosen apart. */
type Tokens = readonly string[];

const NAMES = ['name', 'srcs', 'a', 'b', 'é', '_x1', 'true', 'select', 'any'];
const STRINGS = [
  '"a"',
  '"b"',
  '"c10"',
  '"c9"',
  '""',
  '"x y"',
  '"\\xff\\n"',
  '"é😀"',
  '`r\ns`',
  '`"`',
];

const name = fc.constantFrom(...NAMES);
const text = fc.constantFrom(...STRINGS);

function commas(items: readonly Tokens[], last: boolean): Tokens {
  return items.flatMap((item, index) =>
    index < items.length - 1 || (last && items.length > 0) ? [...item, ','] : item,
  );
}

function listOf(item: Arbitrary<Tokens>, open: string, close: string): Arbitrary<Tokens> {
  return fc
    .tuple(fc.array(item, { maxLength: 4 }), fc.boolean())
    .map(([items, last]) => [open, ...commas(items, last), close]);
}

const { expression } = fc.letrec<{
  value: Tokens;
  expression: Tokens;
  property: Tokens;
  list: Tokens;
  map: Tokens;
  select: Tokens;
}>((tie) => ({
  expression: fc
    .tuple(tie('value'), fc.array(tie('value'), { maxLength: 2 }))
    .map(([first, rest]) => [...first, ...rest.flatMap((value) => ['+', ...value])]),
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { arbitrary: text.map((token) => [token]), weight: 6 },
    {
      arbitrary: fc.constantFrom(['true'], ['false'], ['0'], ['- 5'], ['010'], ['v'], ['w']),
      weight: 4,
    },
    { arbitrary: tie('list'), weight: 4 },
    { arbitrary: tie('map'), weight: 2 },
    { arbitrary: tie('select'), weight: 1 },
  ),
  list: listOf(
    fc.oneof(
      { arbitrary: text.map((token) => [token]), weight: 3 },
      { arbitrary: tie('expression'), weight: 1 },
    ),
    '[',
    ']',
  ),
  property: fc.tuple(name, tie('expression')).map(([key, value]) => [key, ':', ...value]),
  map: listOf(tie('property'), '{', '}'),
  select: fc
    .record({
      width: fc.integer({ min: 1, max: 3 }),
      values: fc.array(tie('expression'), { minLength: 1, maxLength: 3 }),
      last: fc.boolean(),
      kind: fc.integer({ min: 0, max: 5 }),
    })
    .map(({ width, values, last, kind }) => {
      const conditions = Array.from({ length: width }, (_, i) => [
        `f${i}`,
        '(',
        ...(i === 1 ? ['"q"', ',', '"r"', ','] : []),
        ')',
      ]);
      const cases = values.map((value, index) => {
        const patterns = Array.from({ length: width }, (_, i) =>
          pattern(kind + i, index, values.length),
        );
        const left = width === 1 ? patterns[0]! : ['(', ...commas(patterns, last), ')'];
        return [...left, ':', ...(index > 0 && kind === 2 ? ['unset'] : value)];
      });
      const left = width === 1 ? conditions[0]! : ['(', ...commas(conditions, last), ')'];
      return [
        'select',
        '(',
        ...left,
        ',',
        '{',
        ...commas(cases, last),
        '}',
        ...(last ? [','] : []),
        ')',
      ];
    }),
}));

/** Distinct from those of the other cases, and `default` in the last only. */
function pattern(kind: number, index: number, cases: number): Tokens {
  if (index === cases - 1 && kind % 3 === 0) return ['default'];
  return [[`"p${index}"`], [String(index)], [`"é${index}"`]][kind % 3]!;
}

const definition: Arbitrary<Tokens> = fc.oneof(
  fc
    .tuple(fc.constantFrom('v', 'w', 'x'), fc.constantFrom('=', '+='), expression)
    .map(([key, operator, value]) => [key, operator, ...value]),
  fc
    .tuple(
      name,
      listOf(
        fc.tuple(name, expression).map(([key, value]) => [key, ':', ...value]),
        '{',
        '}',
      ),
    )
    .map(([type, body]) => [type, ...body]),
  fc
    .tuple(
      name,
      listOf(
        fc.tuple(name, expression).map(([key, value]) => [key, '=', ...value]),
        '(',
        ')',
      ),
    )
    .map(([type, body]) => [type, ...body]),
);

const BLANKS = ['', ' ', '\n', '\n', '\n\n', '\n\n\n', '\t', '\r\n', '\n    '];
const COMMENTS = [
  '/* a */',
  '// b\n',
  '/* m\n  n */',
  '//\n',
  '/*e\n\n\t  f*/',
  '// c \r\n',
  '/**/',
  '// ünï\n',
];

const gap = fc.oneof(
  { arbitrary: fc.constantFrom(' ', ' ', '\n'), weight: 12 },
  { arbitrary: fc.constantFrom(...BLANKS), weight: 4 },
  {
    arbitrary: fc
      .array(fc.tuple(fc.constantFrom(...COMMENTS), fc.constantFrom(...BLANKS)), {
        minLength: 1,
        maxLength: 3,
      })
      .map((comments) => `${comments.flat().join('')} `),
    weight: 2,
  },
);

/** Texts that parse without errors. */
export const blueprints: Arbitrary<string> = fc
  .array(definition, { maxLength: 4 })
  .map((definitions) => definitions.flat())
  .chain((tokens) =>
    fc
      .array(gap, { minLength: tokens.length + 1, maxLength: tokens.length + 1 })
      .map(
        (gaps) =>
          tokens
            .map((token, index) => `${gaps[index]!}${apart(tokens, index, gaps[index]!)}${token}`)
            .join('') + gaps.at(-1)!,
      ),
  );

/** A blank between two names or numbers that would run together. */
function apart(tokens: Tokens, index: number, between: string): string {
  return between === '' && index > 0 && /[\p{L}\d_]$/u.test(tokens[index - 1]!) ? ' ' : '';
}
