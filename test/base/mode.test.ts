import { expect, test } from 'vitest';
import { canonicalMode } from '../../src/base/mode.ts';

test.each([
  [0o644, 0o644],
  [0o664, 0o644],
  [0o600, 0o644],
  [0o444, 0o644],
  [0o000, 0o644],
  [0o755, 0o755],
  [0o775, 0o755],
  [0o700, 0o755],
  [0o744, 0o755],
  [0o001, 0o755],
  [0o4755, 0o755],
])('a file of mode %o becomes %o', (mode, canonical) => {
  expect(canonicalMode('file', mode)).toBe(canonical);
});

test.each([
  [0o644, 0o644],
  [0o666, 0o644],
  [0o600, 0o600],
  [0o640, 0o640],
  [0o755, 0o755],
  [0o777, 0o755],
  [0o700, 0o700],
  [0o4755, 0o4755],
  [0o2644, 0o2644],
])('where special modes are kept, %o becomes %o', (mode, canonical) => {
  expect(canonicalMode('file', mode, { keepSpecial: true })).toBe(canonical);
});

test('directories', () => {
  expect(canonicalMode('directory', 0o700)).toBe(0o755);
  expect(canonicalMode('directory', 0o1777)).toBe(0o755);
  expect(canonicalMode('directory', 0o1777, { keepSpecial: true })).toBe(0o1777);
  expect(canonicalMode('directory', 0o750, { keepSpecial: true })).toBe(0o750);
  expect(canonicalMode('directory', 0o775, { keepSpecial: true })).toBe(0o755);
});
