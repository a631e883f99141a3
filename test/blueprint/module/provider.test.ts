// Providers: set once, in time, for good.
import { describe, expect, test } from 'vitest';
import {
  bottomUp,
  provider,
  singleton,
  topDown,
  transition,
  type GenerateContext,
  type Logic,
} from '../../../src/index.ts';
import { all, generating, messages, tag, thing } from './graph.ts';

const early = provider<string>('early', { mutator: 'm' });
const made = provider<string>('made');
const nobody = provider<string>('nobody', { mutator: 'none' });
const setting = bottomUp('m', (ctx) => ctx.set(early, ctx.name));
const one = 'thing { name: "a" }';

/** What the only module hears of something that one of its steps does. */
function heard(logic: Logic, text = one): string[] {
  return messages(text, logic).map((message) => message.replace(/^panic in .*?: /, ''));
}

describe('a value is set once, while its step runs', () => {
  test('in time', () => {
    const seen: unknown[] = [];
    const types = generating((ctx) => {
      ctx.set(made, 'x');
      seen.push(ctx.get(ctx.module, early));
    });
    expect(heard({ moduleTypes: types, mutators: [setting] })).toEqual([]);
    expect(seen).toEqual(['a']);
  });

  test('twice', () => {
    const twice = bottomUp('m', (ctx) => {
      ctx.set(early, '');
      ctx.set(early, '');
    });
    expect(heard({ mutators: [twice] })).toEqual(['Value of provider early is already set']);
    const types = generating((ctx) => {
      ctx.set(made, 'x');
      ctx.set(made, 'y');
    });
    expect(heard({ moduleTypes: types })).toEqual(['Value of provider made is already set']);
  });

  test('before', () => {
    const before = bottomUp('before', (ctx) => ctx.set(early, ''));
    expect(heard({ mutators: [before, setting] })).toEqual([
      "Can't set value of provider early before mutator m started",
    ]);
    expect(heard({ mutators: [bottomUp('any', (ctx) => ctx.set(made, ''))] })).toEqual([
      "Can't set value of provider made before GenerateBuildActions started",
    ]);
  });

  test('after', () => {
    const after = bottomUp('after', (ctx) => ctx.set(early, ''));
    expect(heard({ mutators: [bottomUp('m', () => undefined), after] })).toEqual([
      "Can't set value of provider early after mutator m finished",
    ]);
    const types = generating((ctx) => ctx.set(early, ''));
    expect(heard({ moduleTypes: types, mutators: [bottomUp('m', () => undefined)] })).toEqual([
      "Can't set value of provider early after mutator m finished",
    ]);
    let kept: GenerateContext | undefined;
    const keeping = generating((ctx) => {
      kept?.set(made, 'late');
      kept = ctx;
    });
    const text = 'thing { name: "a" }\nthing { name: "b", deps: ["a"] }';
    expect(heard({ moduleTypes: keeping }, text)).toEqual([
      "Can't set value of provider made after GenerateBuildActions finished",
    ]);
  });

  test('after, for a module that did not exist when the mutator ran', () => {
    const creating = bottomUp('m', (ctx) => {
      if (ctx.name === 'a') ctx.createModule(thing, { name: 'b' });
    });
    const after = bottomUp('after', (ctx) => {
      if (ctx.name === 'b') ctx.set(early, '');
    });
    expect(heard({ mutators: [creating, after] })).toEqual([
      "Can't set value of provider early after mutator m finished",
    ]);
  });

  test('while a mutator runs that there is not', () => {
    expect(heard({ mutators: [bottomUp('any', (ctx) => ctx.set(nobody, ''))] })).toEqual([
      'there is no mutator none',
    ]);
  });
});

describe('a value is read when its step is over', () => {
  test('before, although a later mutator sets it', () => {
    const before = bottomUp('before', (ctx) => void ctx.get(ctx.module, early));
    expect(heard({ mutators: [before, setting] })).toEqual([
      "Can't get value of provider early before mutator m finished",
    ]);
    const first = transition('before', {
      split: (ctx) => {
        if (ctx.name === 'a') (ctx as never as GenerateContext).get(ctx.module, early);
        return [''];
      },
    });
    expect(heard({ mutators: [first, setting] })).toEqual([
      "Can't get value of provider early before mutator m finished",
    ]);
  });

  test('from a module that the running mutator has yet to visit', () => {
    const text = 'thing { name: "a", deps: ["b"] }\nthing { name: "b" }';
    const seen: unknown[] = [];
    const read = (ctx: GenerateContext | Parameters<typeof setting.mutate>[0]): void => {
      ctx.set(early, ctx.name);
      for (const { module } of ctx.directDependencies()) seen.push(ctx.get(module, early));
    };
    expect(heard({ mutators: [bottomUp('m', read)] }, text)).toEqual([]);
    expect(seen).toEqual(['b']);
    expect(heard({ mutators: [topDown('m', read as never)] }, text)).toEqual([
      "Can't get value of provider early before mutator m finished",
    ]);
  });

  test('undefined where it was not set', () => {
    const seen: unknown[] = [];
    const types = generating((ctx) => {
      for (const { module } of ctx.directDependencies()) seen.push(ctx.get(module, made));
    });
    const text = 'thing { name: "a" }\nthing { name: "b", deps: ["a"] }';
    expect(heard({ moduleTypes: types }, text)).toEqual([]);
    expect(seen).toEqual([undefined]);
  });
});

describe('a value is immutable', () => {
  class Own {
    list = [1];
  }
  const plain = provider<{ list: { x: number }[]; inner: { deep: string[] }; own: Own }>('plain');

  test('all the way down, whoever holds it; objects of classes are their own business', () => {
    const value = { list: [{ x: 1 }], inner: { deep: ['a'] }, own: new Own() };
    const types = generating((ctx) => ctx.set(plain, value));
    expect(heard({ moduleTypes: types })).toEqual([]);
    for (const part of [value, value.list, value.list[0], value.inner, value.inner.deep]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
    value.own.list.push(2);
    expect(value.own.list).toEqual([1, 2]);
  });

  test('also what is inside of something frozen, in a circle too', () => {
    const circle: { list: { x: number }[]; self?: object } = { list: [{ x: 1 }] };
    circle.self = circle;
    Object.freeze(circle);
    const own = provider<typeof circle>('own');
    const types = generating((ctx) => ctx.set(own, circle));
    expect(heard({ moduleTypes: types })).toEqual([]);
    expect(Object.isFrozen(circle.list)).toBe(true);
    expect(Object.isFrozen(circle.list[0])).toBe(true);
  });

  test('who changes it is told', () => {
    const types = generating((ctx) => {
      const value = { list: [], inner: { deep: ['a'] }, own: new Own() };
      ctx.set(plain, value);
      value.inner.deep.push('b');
    });
    expect(heard({ moduleTypes: types })[0]).toContain('object is not extensible');
  });
});

describe('variants', () => {
  const split = (name: string) =>
    bottomUp(name, (ctx) => {
      const its = ctx.as(all)?.split ?? [];
      if (its.length > 0) ctx.createVariations(...its);
    });
  const text = 'thing { name: "a", split: ["x", "y"] }';

  test('have what was set before the split, and from then on each its own', () => {
    const later = provider<string>('later', { mutator: 'later' });
    const seen: string[] = [];
    const logic: Logic = {
      moduleTypes: generating((ctx) => {
        seen.push(`${ctx.get(ctx.module, early)} ${ctx.get(ctx.module, later)}`);
      }),
      mutators: [
        setting,
        split('split'),
        bottomUp('later', (ctx) => ctx.set(later, ctx.module.variant)),
      ],
    };
    expect(heard(logic, text)).toEqual([]);
    expect(seen).toEqual(['a x', 'a y']);
  });

  test('that the providers mutator itself makes can be read by the next one', () => {
    const seen: unknown[] = [];
    const setAndSplit = bottomUp('m', (ctx) => {
      ctx.set(early, ctx.name);
      ctx.createVariations('x', 'y');
    });
    const read = bottomUp('read', (ctx) => void seen.push(ctx.get(ctx.module, early)));
    expect(heard({ mutators: [setAndSplit, read] })).toEqual([]);
    expect(seen).toEqual(['a', 'a']);
  });

  test('and every step that reads another module gets that one’s value', () => {
    const seen: string[] = [];
    const late = bottomUp('late', (ctx) => {
      ctx.addFarVariationDependency([{ mutator: 'm', variation: 'y' }], tag, ...ctx.as(all)!.late);
    });
    const types = generating((ctx) => {
      ctx.set(made, ctx.module.variant);
      for (const { module } of ctx.directDependencies()) seen.push(String(ctx.get(module, made)));
    });
    const both = `${text}\nthing { name: "b", late: ["a"] }`;
    expect(heard({ moduleTypes: types, mutators: [split('m'), late] }, both)).toEqual([]);
    expect(seen).toEqual(['y']);
  });
});

describe('singletons', () => {
  test('see the values of all modules', () => {
    const seen: string[] = [];
    const logic: Logic = {
      moduleTypes: generating((ctx) => ctx.set(made, ctx.name)),
      singletons: [
        singleton('all', (ctx) => {
          for (const module of ctx.modules()) {
            seen.push(String(ctx.get(module, made)));
          }
        }),
      ],
    };
    expect(heard(logic, 'thing { name: "b" }\nthing { name: "a" }')).toEqual([]);
    expect(seen).toEqual(['a', 'b']);
  });

  test('collect only what is kept', () => {
    const collecting = singleton('all', (ctx) => void ctx.collected(made));
    expect(heard({ singletons: [collecting] })).toEqual([
      'provider made is not persistent, so it cannot be collected',
    ]);
  });
});
