// What is found in Go sources, and what only looks like it.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { functionsIn } from '../../../src/bootstrap/go/scan.ts';

const names = (source: string): string[] => functionsIn(source).map(({ name }) => name);

describe('functions', () => {
  test('in the order of the source, whatever the layout', () => {
    expect(names('package a\nfunc B() {}\n\tfunc  A ( ) {}; func C() {}')).toEqual(['B', 'A', 'C']);
  });

  test('methods, literals and function types are none', () => {
    const source = `
      func (t *T) TestMethod() {}
      var f = func() { func() {}() }
      type F func(a int) (b int)
      func Real() {}`;
    expect(names(source)).toEqual(['Real']);
  });

  test('comments and literals hide what is in them', () => {
    const source = [
      '// func A() {}',
      '/* func B() {} */',
      'var a = "func C() {}" + `',
      'func D() {}',
      "` + '{' + '\\'' + \"\\\"{\"",
      'func Real() {}',
    ].join('\n');
    expect(names(source)).toEqual(['Real']);
  });

  test('parameters, with comments and blanks left out', () => {
    const source = 'func A(t /* the test */ *testing . T) {}\nfunc B(a, b func(c int) bool) {}';
    expect(functionsIn(source).map(({ parameters }) => parameters)).toEqual([
      't*testing.T',
      'a,bfunc(cint)bool',
    ]);
  });

  test('results and type parameters', () => {
    const source = 'func A() {}\nfunc B() int {}\nfunc C[T any](t T) {}\nfunc D(t T) (a int) {}';
    expect(functionsIn(source).map(({ plain }) => plain)).toEqual([true, false, false, false]);
  });

  test('the comment at the end of a body', () => {
    const last = (body: string): string | undefined =>
      functionsIn(`func A() {${body}}`)[0]!.lastComment;
    expect(last('\n f()\n // Output:\n // a\n')).toBe('Output:\na');
    expect(last(' f() /* Output: a */ ')).toBe('Output: a ');
    expect(last(' // no\n f()')).toBeUndefined();
    expect(last('')).toBeUndefined();
  });
});

test('any text gives an answer', () => {
  const pieces = [
    'func',
    ' A',
    '(',
    ')',
    '{',
    '}',
    '[',
    '"',
    '`',
    "'",
    '//',
    '/*',
    '*/',
    '\n',
    'x',
  ];
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.constantFrom(...pieces), fc.string())), (parts) => {
      for (const { name } of functionsIn(parts.join(''))) expect(name).not.toBe('');
    }),
  );
});
