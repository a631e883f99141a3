// Values of variables: references, choices, and what is neither.
import { expect, test } from 'vitest';
import { brokenIn, counted, piecesOf, plainNamesIn } from '../../../src/package/module/value.ts';

test('references and choices, between text', () => {
  expect(piecesOf('a ${B} ${L?w:y:n} $C $${D}')).toEqual([
    { kind: 'text', text: 'a ' },
    { kind: 'variable', name: 'B' },
    { kind: 'text', text: ' ' },
    { kind: 'contains', name: 'L', word: 'w', yes: 'y', no: 'n' },
    { kind: 'text', text: ' $C ' },
    { kind: 'text', text: '${' },
    { kind: 'text', text: 'D}' },
  ]);
});

test.each([
  ['${L?x', ['${L?x']],
  ['${L?x}', ['${L?x}']],
  ['${L?x:y}', ['${L?x:y}']],
  ['${L?x:y:n:m}', ['${L?x:y:n:m}']],
  ['${L?x:${Y}:n}', ['${L?x:${Y}']],
  ['${L?:y:n} and ${L?w:y:n}', ['${L?:y:n}']],
  ['${L?w:y:n}', []],
  ['$${L?x', []],
  ['${L:-x} ${1?} ?', []],
])('%s', (value, broken) => {
  expect(brokenIn(value)).toEqual(broken);
});

test.each([
  ['X=$DESTDIR Y=$DESTDIR/$PREFIX', ['DESTDIR', 'PREFIX']],
  ['$DESTDIRS', ['DESTDIRS']],
  ['$$DESTDIR \\$DESTDIR ${DESTDIR} $${DESTDIR} $1 $@ $(D)', []],
])('names behind a plain dollar: %s', (value, names) => {
  expect(plainNamesIn(value)).toEqual(names);
});

test('with a piece that does not count and without it is the same, wherever it stands', () => {
  const pieces = ['-v', '--color=always'];
  for (const value of [
    '-O2 -g',
    '-v -O2 -g',
    '-O2 -v -g',
    '-O2 -g -v',
    '-v --color=always -O2 -v -g --color=always',
  ]) {
    expect(counted(value, pieces), value).toBe('-O2 -g');
  }
  expect(counted('-v', pieces)).toBe('');
  // In the middle of a word, and what only begins like it.
  expect(counted('a-vb -vv -verbose', ['-v'])).toBe('ab v erbose');
  expect(counted(' -O2', pieces)).toBe(' -O2');
});

test('the order of pieces that do not count decides nothing', () => {
  const pieces = ['ab', 'bc', 'a', 'abc', 'ab'];
  expect(counted('abcab x', pieces)).toBe(counted('abcab x', pieces.toReversed()));
});
