// What mutators change in other modules, or in which modules there are: done when the mutator has ended.
import { describe, expect, test } from 'vitest';
import {
  bottomUp,
  dependencyTag,
  list,
  moduleType,
  nested,
  string,
  transition,
  type BottomUpContext,
  type Mutator,
} from '../../../src/index.ts';
import { all, edges, generating, label, messages, problems, tag, thing } from './graph.ts';

const other = dependencyTag('other');

function doing(name: string, act: (ctx: BottomUpContext) => void): Mutator {
  return bottomUp(`do ${name}`, (ctx) => {
    if (ctx.name === name) act(ctx);
  });
}

const split = bottomUp('split', (ctx) => {
  const names = ctx.as(all)?.split ?? [];
  if (names.length > 0) ctx.createVariations(...names);
});
const rev = bottomUp('rev', (ctx) => {
  for (const name of ctx.as(all)?.rev ?? []) ctx.addReverseDependency(tag, name);
});

describe('replacing', () => {
  const text = `
thing { name: "new", deps: ["old"] }
thing { name: "old" }
thing { name: "p", deps: ["old"] }
thing { name: "q", deps: ["old"] }`;

  test('everything that depends on the other module, but not the new one itself', () => {
    const replacing = doing('new', (ctx) => ctx.replaceDependencies('old'));
    expect(edges(text, { mutators: [replacing] })).toEqual(['new: old', 'old', 'p: new', 'q: new']);
  });

  test('only what is chosen, by depender and by tag', () => {
    const more = doing('q', (ctx) => ctx.addDependency(other, 'old'));
    const byTag = doing('new', (ctx) => ctx.replaceDependencies('old', (_, its) => its === other));
    expect(edges(text, { mutators: [more, byTag] })).toEqual([
      'new: old',
      'old',
      'p: old',
      'q: old, new',
    ]);
    const byName = doing('new', (ctx) =>
      ctx.replaceDependencies('old', (depender) => depender.name === 'p'),
    );
    expect(edges(text, { mutators: [byName] })).toEqual(['new: old', 'old', 'p: new', 'q: old']);
  });

  test('what the choice throws is told of the module that replaces', () => {
    const throwing = doing('new', (ctx) =>
      ctx.replaceDependencies('old', () => {
        throw new Error('boom');
      }),
    );
    expect(edges(text, { mutators: [throwing] })).toEqual([
      'panic in mutator "do new" for module "new": boom',
    ]);
  });

  test('of the same variant, which must be there; an alias counts', () => {
    const variants = `
thing { name: "new", split: ["x", "y"] }
thing { name: "old", split: ["y", "x"] }
thing { name: "p", split: ["x", "y"], deps: ["old"] }`;
    const replacing = doing('new', (ctx) => ctx.replaceDependencies('old'));
    expect(edges(variants, { mutators: [split, replacing] }).slice(-2)).toEqual([
      'p@x: new@x',
      'p@y: new@y',
    ]);
    const without = variants.replace('old", split: ["y", "x"]', 'old"');
    expect(edges(without, { mutators: [split, replacing] })[0]).toContain(
      'ReplaceDependencies could not find identical variant {split:x} for module old',
    );
    const only = variants.replace('new", split: ["x", "y"]', 'new"');
    expect(edges(only, { mutators: [split, replacing] })[0]).toContain(
      'could not find identical variant without variations for module old; available variants: split:y, split:x',
    );
    const aliased = bottomUp('split', (ctx) => {
      const names = ctx.as(all)?.split ?? [];
      if (names.length > 0) ctx.createVariations(...names);
      if (ctx.name === 'old') ctx.aliasVariation('x');
    });
    const single = 'thing { name: "new" }\nthing { name: "old", split: ["y", "x"] }\n';
    const p = 'thing { name: "p", late: ["old"] }';
    const late = bottomUp('late', (ctx) => ctx.addDependency(tag, ...(ctx.as(all)?.late ?? [])));
    expect(edges(single + p, { mutators: [aliased, late, replacing] }).at(-1)).toBe('p: new');
  });

  test('a module that is not there', () => {
    const replacing = doing('new', (ctx) => ctx.replaceDependencies('nope'));
    expect(edges(text, { mutators: [replacing] })[0]).toContain(
      'ReplaceDependencies could not find module nope',
    );
  });
});

describe('reverse dependencies', () => {
  test('come in the order of the names of those who ask', () => {
    const text = `
thing { name: "app" }
thing { name: "z", rev: ["app"] }
thing { name: "a", rev: ["app"] }`;
    expect(edges(text, { mutators: [rev] })).toEqual(['a', 'app: a, z', 'z']);
  });

  test('of every variant, where the other module has only one', () => {
    const text = 'thing { name: "app" }\nthing { name: "lib", split: ["x", "y"], rev: ["app"] }';
    expect(edges(text, { mutators: [split, rev] })[0]).toBe('app: lib@x, lib@y');
  });

  test('also where both are split by the same mutator', () => {
    const text = 'thing { name: "lib", rev: ["app"] }\nthing { name: "app", split: ["x", "y"] }';
    const both = bottomUp('both', (ctx) => {
      for (const name of ctx.as(all)!.rev) ctx.addReverseDependency(tag, name);
      if (ctx.name === 'app') ctx.createVariations('x', 'y');
    });
    expect(edges(text, { mutators: [both] })).toEqual(['app@x: lib', 'app@y', 'lib']);
  });

  test('on itself, on nothing, on a variant that is not there', () => {
    const to = (name: string): string[] =>
      edges(`thing { name: "lib", rev: ["${name}"] }\nthing { name: "app", split: ["x", "y"] }`, {
        mutators: [split, rev],
      });
    expect(to('lib')).toEqual(['"lib" depends on itself']);
    expect(to('apps')).toEqual(['"lib" has a reverse dependency on undefined module "apps"']);
    expect(to('app')).toEqual([
      'reverse dependency "app" of "lib" missing variant: the one without variations',
    ]);
  });
});

describe('renaming', () => {
  const text = 'thing { name: "a", deps: ["b"] }\nthing { name: "b" }\nthing { name: "c" }';
  const rename = (name: string, to: string): Mutator => doing(name, (ctx) => ctx.rename(to));
  const late = (name: string): Mutator => doing('c', (ctx) => ctx.addDependency(tag, name));

  test('keeps dependencies, and is what later mutators look for', () => {
    expect(edges(text, { mutators: [rename('b', 'x'), late('x')] })).toEqual(['a: x', 'c: x', 'x']);
    expect(edges(text, { mutators: [rename('b', 'x'), late('b')] })).toEqual([
      '"c" depends on undefined module "b"',
    ]);
  });

  test('frees the old name', () => {
    const creating = doing('c', (ctx) => ctx.createModule(thing, { name: 'b' }));
    expect(edges(text, { mutators: [rename('b', 'x'), creating] })).toEqual([
      'a: x',
      'b',
      'c',
      'x',
    ]);
  });

  test('to a name that is taken is an error; to its own name it is nothing', () => {
    expect(problems(text, { mutators: [rename('b', 'c')] })).toContain(
      'Blueprints:2:1: error: renaming module "b" to "c" conflicts with existing module',
    );
    expect(edges(text, { mutators: [rename('b', 'b')] })).toEqual(['a: b', 'b', 'c']);
  });
});

describe('creating modules', () => {
  const inner = nested({ deep: list(string()), s: string({ default: 'its' }) });
  const made = moduleType({
    name: 'made',
    properties: { n: inner, words: list(string()), s: string({ default: 'said' }) },
  });
  const text = 'thing { name: "a" }';

  test('with what is given, and the defaults of everything else, for good', () => {
    const words = ['w'];
    const creating = doing('a', (ctx) =>
      ctx.createModule(made, {
        name: 'new',
        words,
        n: { deep: ['d'] } as never,
        s: undefined as never,
      }),
    );
    const seen: unknown[] = [];
    const looking = doing('new', (ctx) => seen.push(ctx.properties));
    expect(edges(text, { mutators: [creating, looking] })).toEqual(['a', 'new']);
    expect(seen).toEqual([{ name: 'new', words: ['w'], n: { deep: ['d'], s: 'its' }, s: 'said' }]);
    expect(Object.isFrozen(words)).toBe(true);
  });

  test('under a name that is taken', () => {
    const creating = doing('a', (ctx) => ctx.createModule(made, { name: 'a' }));
    expect(messages(text, { mutators: [creating] })).toEqual(['module "a" already defined']);
  });

  test('with properties that there are not', () => {
    const given = { name: 'b', n: { depe: [] } as never };
    const creating = doing('a', (ctx) => ctx.createModule(made, given));
    expect(messages(text, { mutators: [creating] })[0]).toContain('there is no property n.depe');
  });
});

test('properties that do not fit are told as a mistake of the step', () => {
  const wrong = nested({ split: string() });
  const extending = bottomUp('m', (ctx) => ctx.extendProperties(wrong, { split: 'x' }, 'append'));
  expect(messages('thing { name: "a" }', { mutators: [extending] })).toEqual([
    'panic in bottom up mutator "m" for module "a": ' +
      `can't extend property "split": mismatched types list of string and string`,
  ]);
});

describe('transitions', () => {
  const wants = transition('flavour', {
    split: () => [''],
    outgoing: (ctx, variation) => ctx.as(all)?.wants || variation,
  });

  test('what is wanted of a module comes in an order of its own, whoever wants it first', () => {
    const text = `
thing { name: "p", wants: "z", deps: ["lib"] }
thing { name: "q", wants: "a", deps: ["lib"] }
thing { name: "lib" }`;
    const variants: string[] = [];
    const moduleTypes = generating((ctx) => {
      if (ctx.name === 'lib') variants.push(label(ctx.module));
    });
    expect(messages(text, { moduleTypes, mutators: [wants] })).toEqual([]);
    expect(variants).toEqual(['lib', 'lib@a', 'lib@z']);
  });

  test('a variant without a name has no variation, also for what it depends on later', () => {
    const text = `
thing { name: "p", wants: "hot", deps: ["lib"] }
thing { name: "lib", late: ["base"] }
thing { name: "base", split: ["x"] }
thing { name: "q", wants: "hot", deps: ["base"] }`;
    const seen: unknown[] = [];
    const late = bottomUp('late', (ctx) => {
      if (ctx.name === 'lib') seen.push(ctx.module.variation('flavour'));
      ctx.addDependency(tag, ...(ctx.as(all)?.late ?? []));
    });
    const found = edges(text.replace(', split: ["x"]', ''), { mutators: [wants, late] });
    expect(seen).toEqual([undefined, 'hot']);
    expect(found).toContain('lib: base');
    expect(found).toContain('lib@hot: base@hot');
  });

  test('mutate runs on every variant, with its variation', () => {
    const seen: string[] = [];
    const mutating = transition('m', {
      split: (ctx) => (ctx.name === 'a' ? ['x', 'y', 'x'] : ['']),
      mutate: (ctx, variation) => void seen.push(`${label(ctx.module)} ${variation}`),
    });
    expect(messages('thing { name: "a" }\nthing { name: "b" }', { mutators: [mutating] })).toEqual(
      [],
    );
    expect(seen).toEqual(['a@x x', 'a@y y', 'b ']);
  });

  test('at least one variation', () => {
    const none = transition('m', { split: () => [] });
    expect(messages('thing { name: "a" }', { mutators: [none] })[0]).toContain(
      'transition mutator m returned no splits for module a',
    );
  });
});

test('a module type of a file cannot be registered there twice', () => {
  const hooked = moduleType({
    name: 'hooked',
    load: (ctx) => ctx.registerModuleType('local', thing),
  });
  const text = 'hooked { name: "a" }\nlocal { name: "l" }\nhooked { name: "b" }';
  expect(messages(text, { moduleTypes: [hooked] })).toEqual([
    'panic in load hook for module "b": module type name local is already registered in this file',
  ]);
});
