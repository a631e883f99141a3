import { expect, test } from 'vitest';
import { definitionError } from '../../src/base/diagnostic.ts';
import { withOwnPlaces } from '../../src/bootstrap/panic.ts';

const at = { file: 'Blueprints', line: 5, column: 1 };

test('what a value of a Ninja variable threw is told without the stack of Ashlar', () => {
  const { stack = '' } = new Error('TypeScript was not found on this machine');
  const diagnostic = definitionError({
    code: 'ninja/value',
    message: 'TypeScript was not found on this machine',
    at,
    notes: [
      { message: stack.split('\n')[0]! + '\n    at file:///opt/ashlar/dist/chunk/a.js:245:15' },
    ],
  });
  expect(withOwnPlaces(diagnostic)).toEqual({ ...diagnostic, notes: undefined });
});

test('notes of other diagnostics stay', () => {
  const diagnostic = definitionError({
    code: 'module/name',
    message: 'taken',
    at,
    notes: [{ message: 'previous definition here', at }],
  });
  expect(withOwnPlaces(diagnostic)).toBe(diagnostic);
});
