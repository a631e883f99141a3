// The order of tasks: from what each says of others, whatever order they are written in.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { orderTasks } from '../../../src/package/module/order.ts';
import { packageValues, type TaskValues } from '../../../src/package/module/properties.ts';

type Given = Readonly<Record<string, Partial<TaskValues>>>;

function order(tasks: Given, gone: readonly string[] = []) {
  const filled = Object.fromEntries(
    Object.entries(tasks).map(([name, task]) => [name, { script: 'x', ...task }]),
  );
  return orderTasks(packageValues({ tasks: filled }).tasks, (name) => gone.includes(name));
}

const chain: Given = { a: {}, b: { after: ['a'] }, c: { after: ['b'] } };

function bases(tasks: Given, gone?: readonly string[]): Record<string, string | undefined> {
  return Object.fromEntries(order(tasks, gone).order.map(({ name, base }) => [name, base]));
}

describe('the work tree goes on', () => {
  test('from each task to the next', () => {
    expect(bases(chain)).toEqual({ a: undefined, b: 'a', c: 'b' });
  });

  test('past tasks that are left out', () => {
    expect(bases(chain, ['b'])).toEqual({ a: undefined, c: 'a' });
    expect(bases(chain, ['a', 'b'])).toEqual({ c: undefined });
  });

  test('through a task that is put in front of another', () => {
    expect(bases({ ...chain, hook: { before: ['c'] } })).toEqual({
      a: undefined,
      b: 'a',
      hook: 'b',
      c: 'hook',
    });
  });

  test('through a task that is put between two', () => {
    expect(bases({ ...chain, hook: { after: ['a'], before: ['b'] } })).toEqual({
      a: undefined,
      hook: 'a',
      b: 'hook',
      c: 'b',
    });
  });

  test('into a branch that nobody waits for', () => {
    expect(bases({ ...chain, docs: { after: ['a'] } })).toEqual({
      a: undefined,
      b: 'a',
      docs: 'a',
      c: 'b',
    });
  });

  test('around tasks that do not touch it', () => {
    const tasks = { ...chain, check: { after: ['b'], before: ['c'], work: false } };
    expect(bases(tasks)).toEqual({ a: undefined, b: 'a', check: undefined, c: 'b' });
  });
});

describe('mistakes', () => {
  test('two work trees for one task', () => {
    const { problems } = order({ ...chain, d: { after: ['a'], before: ['c'] } });
    expect(problems.map(({ task, message }) => [task, message])).toEqual([
      ['c', 'it comes after b and d, and both change the work tree'],
    ]);
  });

  test('names of no task, and outputs of none, with what was meant', () => {
    const { problems } = order({
      compile: { outputs: { html: '/out/x' } },
      b: { after: ['compil'], before: ['nothing'], uses: ['htm'] },
    });
    expect(problems.map(({ property, message, hint }) => [property, message, hint])).toEqual([
      ['after', 'there is no task "compil"', 'did you mean "compile"?'],
      ['uses', 'no task has an output "htm"', 'did you mean "html"?'],
      ['before', 'there is no task "nothing"', undefined],
    ]);
  });

  test('a circle', () => {
    const { problems } = order({
      a: { after: ['c'] },
      b: { after: ['a'] },
      c: { after: ['b'] },
      d: {},
    });
    expect(problems[0]!.message).toBe('the order of tasks is a circle: a → c → b → a');
  });
});

test('whatever order tasks are written in, their order is one, and keeps what they say', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  // Only to earlier names, so that there is no circle.
  const task = (index: number) =>
    fc.record({
      after: fc.subarray(names.slice(0, index)),
      before: fc.subarray(names.slice(index + 1)),
      work: fc.boolean(),
    });
  fc.assert(
    fc.property(
      fc.tuple(...names.map((_, index) => task(index))),
      fc.shuffledSubarray(names, { minLength: names.length }),
      fc.subarray(names),
      (tasks, shuffled, gone) => {
        const one: Given = Object.fromEntries(names.map((name, index) => [name, tasks[index]!]));
        const other: Given = Object.fromEntries(shuffled.map((name) => [name, one[name]!]));
        const found = order(one, gone);
        expect(order(other, gone)).toEqual(found);
        const place = new Map(found.order.map(({ name }, index) => [name, index]));
        for (const [name, { after, before }] of Object.entries(one)) {
          const at = place.get(name);
          for (const earlier of after ?? []) {
            const its = place.get(earlier);
            if (at !== undefined && its !== undefined) expect(its).toBeLessThan(at);
          }
          for (const later of before ?? []) {
            const its = place.get(later);
            if (at !== undefined && its !== undefined) expect(at).toBeLessThan(its);
          }
        }
      },
    ),
  );
});

test('what a task is said to come after is seen by it, whatever is put in between', () => {
  const write: Partial<TaskValues> = { step: 'x', script: undefined, outputs: { tar: '/out/t' } };
  const deploy: Partial<TaskValues> = { step: 'x', script: undefined };
  const sign = { uses: ['tar'], before: ['deploy'], outputs: { sums: '/out/s' } };
  const after = (tasks: Given): readonly string[] =>
    order(tasks).order.find(({ name }) => name === 'deploy')!.after;
  const tasks = { write: { ...write, before: ['deploy'] }, deploy };
  expect(after(tasks)).toEqual(['write']);
  expect(after({ ...tasks, sign })).toEqual(['sign', 'write']);
  expect(after({ write, sign, deploy: { ...deploy, after: ['write'] } })).toEqual([
    'sign',
    'write',
  ]);
  // Not what is only on the way: it said nothing of this one.
  expect(after({ write, sign, deploy })).toEqual(['sign']);
});

test('of a circle it is told how a task got into it that only said what it comes before', () => {
  const { problems } = order({ a: { after: ['b'] }, b: { before: ['c'] }, c: { after: ['a'] } });
  expect(problems).toEqual([
    {
      task: 'a',
      property: 'after',
      message: 'the order of tasks is a circle: a → b → a',
      hint: '"b" has only "before", which puts it behind all that c came after; say what it comes "after"',
    },
  ]);
});
