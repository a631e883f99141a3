// Spelling of flags for the commands that stand in for tools written in Go.
import { expect, test } from 'vitest';
import { respell } from '../../src/cli/flag.ts';

test.each([
  ['modify -m a -property x.y -a b f', 'modify -m a --property x.y -a b f'],
  ['modify --m=a -parameter=x f', 'modify -m a --parameter x f'],
  ['modify -str -dash f', 'modify --str=-dash f'],
  ['modify -a -Wall f', 'modify -a=-Wall f'],
  ['modify -remove-property f', 'modify --remove-property f'],
  ['modify -unknown f', 'modify --unknown f'],
  ['fmt -l -w f', 'fmt -l -w f'],
  ['fmt -lw f', 'fmt -lw f'],
  ['fmt -l=false f', 'fmt -l=false f'],
  ['fmt -check f', 'fmt --check f'],
  ['fmt -o -- -f', 'fmt -o ./-f'],
  ['fmt -', 'fmt -'],
  ['build -list', 'build -list'],
  ['build -j8 -k x-j8', 'build -j 8 -k x-j8'],
  ['constructor -x', 'constructor -x'],
  ['help', '--help'],
  ['help cache stat', 'cache stat --help'],
  ['ids --json -- --packages=', 'ids --json -- --packages='],
])('%s', (line, spelled) => {
  expect(respell(line.split(' '))).toEqual(spelled.split(' '));
});

test('a value that is empty is one', () => {
  expect(respell(['ids', '--packages=', 'a='])).toEqual(['ids', '--packages', '', 'a=']);
});

test('no command, and values with blanks', () => {
  expect(respell([])).toEqual([]);
  expect(respell(['modify', '-m', 'a b\nc', '-str='])).toEqual([
    'modify',
    '-m',
    'a b\nc',
    '--str',
    '',
  ]);
});
