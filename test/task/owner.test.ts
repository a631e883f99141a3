// Outputs that would be put at one path, or inside one another: those that are told are exactly those that a look at each
// pair finds.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isInside } from '../../src/task/graph.ts';
import { sharedPaths } from '../../src/task/owner.ts';
import type { Task } from '../../src/task/task.ts';
import { scriptTask } from '../rig/engine.ts';

const TASKS = Array.from({ length: 6 }, (_, i) => scriptTask({ name: `t${i}` }));

function target(task: Task, ...paths: readonly string[]) {
  return { task, deliveries: paths.map((path, i) => ({ output: `o${i}`, path })) };
}

function messages(...targets: readonly ReturnType<typeof target>[]): string[] {
  return sharedPaths(targets).map(({ code, message }) => {
    expect(code).toBe('output/owner');
    return message;
  });
}

const [A, B, C] = TASKS as [Task, Task, Task];

test('are told with both owners', () => {
  expect(messages(target(A, '/out/a'), target(B, '/out/b', '/out/a-b'))).toEqual([]);
  expect(messages(target(A, '/out/a'), target(B, '/out/a'))).toEqual([
    'both o0 of t0 and o0 of t1 would be put at /out/a',
  ]);
  expect(messages(target(A, '/out/a/b/c'), target(B, '/out/b'), target(C, '/out/a'))).toEqual([
    'o0 of t0 would be put at /out/a/b/c, inside /out/a, which is o0 of t2',
  ]);
  expect(messages(target(A, '/'), target(B, '/out'))).toHaveLength(1);
  expect(messages(target(A, '/'))).toEqual([]);
});

test('are not those of a target that is asked for twice', () => {
  expect(messages(target(A, '/out/a'), target(A, '/out/a'))).toEqual([]);
  expect(messages(target(A, '/out/a', '/out/b'), target(A, '/out/b', '/out/a'))).toHaveLength(2);
});

test('are found wherever two paths meet, and only there', () => {
  const part = fc.constantFrom('a', 'b', 'a-', 'ab', '.');
  const path = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => `/${parts.join('/')}`);
  const paths = fc.array(path, { minLength: 1, maxLength: TASKS.length });
  fc.assert(
    fc.property(paths, (paths) => {
      const found = sharedPaths(paths.map((path, i) => target(TASKS[i]!, path)));
      const meets = paths.some((one, i) =>
        paths.some((other, j) => i !== j && isInside(one, other)),
      );
      expect(found.length > 0).toBe(meets);
    }),
    { numRuns: 2000 },
  );
});
