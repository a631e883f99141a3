// Which of several causes of one task tell the same change, and which of them is left.
import { describe, expect, test } from 'vitest';
import type { Cause } from '../../src/task/reason.ts';
import { withoutRepeats } from '../../src/task/repeat.ts';

type Change = readonly [path: string, old: string | undefined, now: string | undefined];

/** The paths of what is left. */
function left(...changes: readonly Change[]): string[] {
  const causes = changes.map(([path, old, now]): Cause => ({ path, task: 'p:t', old, new: now }));
  return withoutRepeats(causes).map(({ path }) => path);
}

const at = (name: string): string => `inputs./pkg/patches/${name}`;
const list = (...names: readonly string[]): string => names.map((name) => `${name}\n`).join('');

describe('a list of files beside it', () => {
  test('tells nothing new where one came or went', () => {
    const one = list('0001-a');
    const two = list('0001-a', '0002-b');
    expect(left([at('0002-b'), undefined, 'B'], [at('series'), one, two])).toEqual([at('0002-b')]);
    expect(left([at('series'), two, one], [at('0002-b'), 'B', undefined])).toEqual([at('0002-b')]);
  });

  test('counts where it names something else, or something elsewhere, or another order', () => {
    const series = [at('series'), list('a'), list('a', 'b')] as const;
    expect(left(['inputs./elsewhere/b', undefined, 'B'], series)).toHaveLength(2);
    expect(left([at('c'), undefined, 'C'], series)).toHaveLength(2);
    // It came where the list says that it went.
    expect(left([at('b'), undefined, 'B'], [at('series'), series[2], series[1]])).toHaveLength(2);
    const reordered = [at('series'), list('a', 'b'), list('b', 'a')] as const;
    expect(left([at('c'), undefined, 'C'], reordered)).toHaveLength(2);
    expect(left(series)).toHaveLength(1);
  });
});

describe('files with numbers', () => {
  test('are not told for their numbers, where one came or went in front of them', () => {
    const before = list('0001-a', '0002-b');
    const after = list('0001-a', '0002-x', '0003-b');
    const moved: Change[] = [
      [at('0002-b'), 'B', undefined],
      [at('0003-b'), undefined, 'B'],
    ];
    const found: Change = [at('0002-x'), undefined, 'X'];
    expect(left(moved[0]!, found, moved[1]!, [at('series'), before, after])).toEqual([
      at('0002-x'),
    ]);
  });

  test('are told where their order is all that changed, or their contents did as well', () => {
    const swapped: Change[] = [
      [at('0001-a'), 'A', undefined],
      [at('0002-b'), 'B', undefined],
      [at('0001-b'), undefined, 'B'],
      [at('0002-a'), undefined, 'A'],
    ];
    expect(left(...swapped)).toHaveLength(4);
    expect(
      left(
        [at('0002-b'), 'B', undefined],
        [at('0002-x'), undefined, 'X'],
        [at('0003-b'), undefined, 'B2'],
      ),
    ).toHaveLength(3);
  });
});
