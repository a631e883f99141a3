// Values of variables: references, choices, and what is neither.
import { expect, test } from 'vitest';
import { brokenIn, piecesOf, plainNamesIn } from '../../../src/package/module/value.ts';

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
