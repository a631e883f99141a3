import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { KEPT, keptNumbers } from '../../src/install/generation.ts';

const chain = (...pairs: [number, number | undefined][]) =>
  pairs.map(([number, previous]) => ({ number, previous }));

const kept = (generations: ReturnType<typeof chain>, current: number) =>
  [...keptNumbers(generations, current)].sort((a, b) => a - b);

test('the five last of a straight history stay', () => {
  const straight = chain([1, undefined], [2, 1], [3, 2], [4, 3], [5, 4], [6, 5], [7, 6]);
  expect(kept(straight, 7)).toEqual([3, 4, 5, 6, 7]);
});

test('the way back from the current one counts before what was undone', () => {
  // 5 to 9 were undone by going back to 4, then 10 was activated.
  const undone = chain([3, 2], [4, 3], [5, 4], [6, 5], [7, 6], [8, 7], [9, 8], [10, 4]);
  expect(kept(undone, 10)).toEqual([3, 4, 8, 9, 10]);
});

test('the current one stays, and few enough all stay', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
      fc.array(fc.integer({ min: 1, max: 40 })),
      (numbers, previous) => {
        const generations = numbers.map((number, i) => ({ number, previous: previous[i] }));
        const current = numbers[0]!;
        const result = keptNumbers(generations, current);
        expect(result.has(current)).toBe(true);
        expect(result.size).toBe(Math.min(KEPT, numbers.length));
        expect(numbers).toEqual(expect.arrayContaining([...result]));
        const before = generations[0]!.previous;
        if (before !== undefined && numbers.includes(before)) expect(result.has(before)).toBe(true);
      },
    ),
  );
});
