import { expect, test } from 'vitest';
import { formatDepfile } from '../../../src/blueprint/ninja/depfile.ts';

test('one dependency a line; what is special to Ninja or make is escaped', () => {
  const names = ['a b', 'a#b', 'a*b', 'a[b', 'a|b', String.raw`a\b`, 'a$b', 'a:b'];
  expect(formatDepfile('build ninja', names)).toBe(
    String.raw`build\ ninja: \
 a\ b \
 a\#b \
 a\*b \
 a\[b \
 a\|b \
 a\\b \
 a$$b \
 a:b
`,
  );
  expect(formatDepfile('x', [])).toBe('x:\n');
});
