// Trees to text: the golden cases of both dialects.
import { describe, expect, test } from 'vitest';
import { parse } from '../../../src/blueprint/syntax/parse.ts';
import { print, printExpression } from '../../../src/blueprint/syntax/print.ts';
import type { Dialect } from '../../../src/blueprint/syntax/tree.ts';
import { cases } from './golden.ts';

function printed(text: string, dialect: Dialect): string | undefined {
  const { file, diagnostics } = parse({ file: 'Blueprints', text }, { dialect });
  return diagnostics.length > 0 ? undefined : print(file);
}

describe.each<Dialect>(['2021', '2025'])('golden cases of %s', (dialect) => {
  const printable = cases(dialect).filter(({ print }) => typeof print === 'string');
  test.each(printable.map((golden) => [golden.id, golden] as const))('%s', (_id, golden) => {
    const text = printed(golden.input, dialect);
    expect(text).toBe(golden.print);
    if (golden.idempotent === true) expect(printed(text!, dialect)).toBe(text);
  });
});

test('patterns that are ints, on which the original crashes', () => {
  const text =
    'm {\n    p: select(f(), {\n        1: "x",\n        -2: "y",\n        default: "z",\n    }),\n}\n';
  expect(printed(text, '2025')).toBe(text);
});

test('a comment behind a line comment goes on a line of its own, where the original loses it', () => {
  expect(printed('a = // one\n/* two */ 1\n', '2025')).toBe('a = 1 // one\n/* two */\n');
  expect(printed('a = /* one */ // two\n1\n', '2025')).toBe('a = 1 /* one */ // two\n');
});

test('expressions alone, without comments', () => {
  const { file } = parse({ file: 'Blueprints', text: 'a = ["x", /* c */ y] + [1]\n' });
  const [definition] = file.definitions;
  if (definition?.kind !== 'assignment') throw new Error('no assignment');
  expect(printExpression(definition.value)).toBe('[\n    "x",\n    y,\n] + [1]');
});
