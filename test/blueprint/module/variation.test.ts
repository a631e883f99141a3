// Which variants there are after a split, and which of them dependencies lead to.
import { describe, expect, test } from 'vitest';
import { bottomUp, type BottomUpContext, type Module, type Mutator } from '../../../src/index.ts';
import { all, edges, generating, messages, problems, tag } from './graph.ts';

type Also = (name: string, ctx: BottomUpContext, parts: readonly Module[]) => void;

/** Splits as the property `split` says, and does something else. */
function splitting(mutator: string, also: Also = () => undefined, only?: string): Mutator {
  return bottomUp(mutator, (ctx) => {
    const names = ctx.as(all)?.split ?? [];
    const splits = names.length > 0 && (only === undefined || only === ctx.name);
    if (splits) also(ctx.name, ctx, ctx.createVariations(...names));
    else also(ctx.name, ctx, []);
  });
}

const late = bottomUp('late', (ctx) => ctx.addDependency(tag, ...(ctx.as(all)?.late ?? [])));

describe('dependencies that are there when modules are split', () => {
  const text = `
thing { name: "app", split: ["a", "c"], deps: ["lib"] }
thing { name: "lib", split: ["a", "b"] }`;

  test('lead to the same variation, or it is missing', () => {
    expect(edges(text, { mutators: [splitting('m')] })).toEqual([
      'failed to find variation "c" for module "lib" needed by "app"',
    ]);
  });

  test('of which there is none: those that there are, in words where they have no variations', () => {
    const aliased = splitting('m', (name, ctx) => {
      if (name === 'lib') ctx.aliasVariation('a');
    });
    const shown = problems(text, { mutators: [aliased] });
    expect(shown).toContain('  note: it has one without variations\n');
    expect(shown).toContain('  note: it has m:b');
  });

  test('lead to the default variation where the same one is missing', () => {
    const mutator = bottomUp('m', (ctx) => {
      ctx.setDefaultDependencyVariation('b');
      ctx.createVariations(...ctx.as(all)!.split);
    });
    expect(edges(text, { mutators: [mutator] })).toEqual([
      'app@a: lib@a',
      'app@c: lib@b',
      'lib@a',
      'lib@b',
    ]);
  });

  test('of modules that are not split lead to the first, or to the one that is set', () => {
    const unsplit = text.replace('split: ["a", "c"], ', '');
    expect(edges(unsplit, { mutators: [splitting('m')] })[0]).toBe('app: lib@a');
    const setting = splitting('m', (name, ctx) => {
      if (name === 'app') ctx.setDependencyVariation('b');
    });
    expect(edges(unsplit, { mutators: [setting] })[0]).toBe('app: lib@b');
    const wrong = splitting('m', (name, ctx) => {
      if (name === 'app') ctx.setDependencyVariation('z');
    });
    expect(edges(unsplit, { mutators: [wrong] })).toEqual([
      'failed to find variation "z" for module "lib" needed by "app"',
    ]);
  });

  test('that the mutator adds before it splits belong to every variant', () => {
    const adding = bottomUp('m', (ctx) => {
      ctx.addDependency(tag, ...ctx.as(all)!.late);
      if (ctx.name === 'app') ctx.createVariations('x', 'y');
    });
    const two = 'thing { name: "app", late: ["lib"] }\nthing { name: "lib" }';
    expect(edges(two, { mutators: [adding] })).toEqual(['app@x: lib', 'app@y: lib', 'lib']);
  });

  test('cannot be added to what has just been split', () => {
    const adding = splitting('m', (name, ctx) => {
      if (name === 'app') ctx.addDependency(tag, 'lib');
    });
    expect(edges(text.replace('"c"', '"b"'), { mutators: [adding] })).toEqual([
      'panic in bottom up mutator "m" for module "app": module "app" was split by this mutator: ' +
        'it has no more dependencies to add',
    ]);
  });
});

describe('dependencies that are added after a split', () => {
  const text = `
thing { name: "app", late: ["lib"] }
thing { name: "lib", split: ["a", "b"] }
thing { name: "single" }`;
  const adding = (add: (ctx: BottomUpContext) => void): Mutator =>
    bottomUp('add', (ctx) => {
      if (ctx.name === 'app') add(ctx);
    });

  test('a module with one variant is always meant, unless variations are asked for', () => {
    const any = adding((ctx) => ctx.addDependency(tag, 'single'));
    const app = text.replace('name: "app"', 'name: "app", split: ["a", "b"]');
    expect(edges(app, { mutators: [splitting('m'), any] }).slice(0, 2)).toEqual([
      'app@a: single',
      'app@b: single',
    ]);
    const asked = adding((ctx) =>
      ctx.addVariationDependency([{ mutator: 'm', variation: 'a' }], tag, 'single'),
    );
    expect(edges(text, { mutators: [splitting('m'), asked] })).toEqual([
      'dependency "single" of "app" missing variant: m:a',
    ]);
  });

  test('asked variations of a mutator that split nothing are told as well', () => {
    const asked = adding((ctx) =>
      ctx.addFarVariationDependency([{ mutator: 'lnik', variation: 'a' }], tag, 'lib'),
    );
    expect(problems(text, { mutators: [splitting('m'), asked] })).toContain(
      'dependency "lib" of "app" missing variant: lnik:a\n',
    );
  });

  test('a module without variations is told as such', () => {
    const asked = adding((ctx) =>
      ctx.addFarVariationDependency([{ mutator: 'm', variation: 'a' }], tag, 'lib'),
    );
    expect(
      problems('thing { name: "app" }\nthing { name: "lib" }', { mutators: [asked] }),
    ).toContain('  note: available variant: the one without variations');
  });

  test('asked variations come in addition to its own', () => {
    const both = splitting('arch');
    const link = bottomUp('link', (ctx) => {
      if (ctx.name === 'lib') ctx.createVariations('static', 'shared');
    });
    const wanting = adding((ctx) =>
      ctx.addVariationDependency([{ mutator: 'link', variation: 'shared' }], tag, 'lib'),
    );
    const app = text.replace('name: "app"', 'name: "app", split: ["b", "a"]');
    expect(edges(app, { mutators: [both, link, wanting] }).slice(0, 2)).toEqual([
      'app@a: lib@a_shared',
      'app@b: lib@b_shared',
    ]);
  });

  test('far ones: the first that has what is asked for, whatever else it is', () => {
    const link = bottomUp('link', (ctx) => {
      if (ctx.name === 'lib') ctx.createVariations('static', 'shared');
    });
    const far = adding((ctx) =>
      ctx.addFarVariationDependency([{ mutator: 'link', variation: 'shared' }], tag, 'lib'),
    );
    expect(edges(text, { mutators: [splitting('arch'), link, far] })[0]).toBe('app: lib@a_shared');
    const none = adding((ctx) =>
      ctx.addFarVariationDependency([{ mutator: 'link', variation: 'none' }], tag, 'lib'),
    );
    expect(edges(text, { mutators: [splitting('arch'), link, none] })).toEqual([
      'dependency "lib" of "app" missing variant: link:none',
    ]);
  });

  test('on a variant of the module itself: an earlier one only', () => {
    const onto = (from: string, to: string): string[] =>
      edges('thing { name: "lib", split: ["a", "b"] }', {
        mutators: [
          splitting('m'),
          bottomUp('add', (ctx) => {
            if (ctx.module.variant !== from) return;
            ctx.addVariationDependency([{ mutator: 'm', variation: to }], tag, 'lib');
          }),
        ],
      });
    expect(onto('b', 'a')).toEqual(['lib@a', 'lib@b: lib@a']);
    expect(onto('a', 'b')).toEqual(['"lib" depends on later version of itself']);
    expect(onto('a', 'a')).toEqual(['"lib" depends on itself']);
    const plain = bottomUp('add', (ctx) => ctx.addDependency(tag, ctx.name));
    expect(edges('thing { name: "lib" }', { mutators: [plain] })).toEqual([
      '"lib" depends on itself',
    ]);
  });
});

describe('dependencies between the variants of one split', () => {
  const text = 'thing { name: "lib", split: ["a", "b", "c"] }';
  const connecting = (from: number, to: number): Mutator =>
    splitting('m', (_, ctx, parts) =>
      ctx.addInterVariantDependency(tag, parts[from] ?? ctx.module, parts[to] ?? ctx.module),
    );

  test('from a later one to an earlier one', () => {
    expect(edges(text, { mutators: [connecting(2, 0)] })).toEqual([
      'lib@a',
      'lib@b',
      'lib@c: lib@a',
    ]);
  });

  test.each([
    [0, 2, '"lib" depends on later version of itself'],
    [1, 1, '"lib" depends on later version of itself'],
    [9, 0, 'AddInterVariantDependency called for module "lib" on invalid variant'],
    [0, 9, 'AddInterVariantDependency called for module "lib" on invalid variant'],
  ])('not from number %i to number %i', (from, to, message) => {
    const [found] = edges(text, { mutators: [connecting(from, to)] });
    expect(found).toBe(`panic in bottom up mutator "m" for module "lib": ${message}`);
  });

  test('not where nothing was split', () => {
    const none = bottomUp('m', (ctx) => ctx.addInterVariantDependency(tag, ctx.module, ctx.module));
    expect(edges(text, { mutators: [none] })[0]).toContain('was not split by this mutator');
  });
});

test('a variation cannot be there twice', () => {
  const twice = bottomUp('m', (ctx) => void ctx.createVariations('a', 'b', 'a'));
  expect(edges('thing { name: "x" }', { mutators: [twice] })).toEqual([
    'panic in bottom up mutator "m" for module "x": mutator "m" passed variation "a" twice for module "x"',
  ]);
});

describe('aliases', () => {
  const text = 'thing { name: "app", late: ["lib"] }\nthing { name: "lib", split: ["a", "b"] }';
  const first = splitting('m', (name, ctx) => {
    if (name === 'lib') ctx.aliasVariation('b');
  });
  const second = (alias: boolean): Mutator =>
    bottomUp('n', (ctx) => {
      if (ctx.name !== 'lib') return;
      ctx.createVariations('s', 't');
      if (alias) ctx.aliasVariation('t');
    });

  test('go on to the alias that the next split makes', () => {
    expect(edges(text, { mutators: [first, second(true), late] })[0]).toBe('app: lib@b_t');
  });

  test('end with the next split that makes none', () => {
    const found = edges(text, { mutators: [first, second(false), late] });
    expect(found).toEqual([
      'dependency "lib" of "app" missing variant: the one without variations',
    ]);
  });

  test('cannot have the name of a variation, nor stand for none', () => {
    const taken = splitting('m', (name, ctx) => {
      if (name === 'lib') ctx.createAliasVariation('b', 'a');
    });
    expect(edges(text, { mutators: [taken] })[0]).toContain(
      `can't alias "b" to "a", there is already a variant with that name`,
    );
    const nothing = splitting('m', (name, ctx) => {
      if (name === 'lib') ctx.createAliasVariation('c', 'z');
    });
    expect(edges(text, { mutators: [nothing] })[0]).toContain(
      'no "z" variation in the variations of module "lib"',
    );
  });
});

describe('dependencies on what there is not', () => {
  const asking = (found: unknown[]) =>
    generating((ctx) => {
      if (ctx.name === 'app') found.push(ctx.module.variant, ctx.missingDependencies());
    });
  const options = { allowMissingDependencies: true };

  test('are the module’s own affair where that is allowed, in every variant and once', () => {
    const found: unknown[] = [];
    const text = 'thing { name: "app", split: ["a", "b"], deps: ["no", "nor", "no"] }';
    const logic = { moduleTypes: asking(found), mutators: [splitting('m')] };
    expect(messages(text, logic, options)).toEqual([]);
    expect(found).toEqual(['a', ['no', 'nor'], 'b', ['no', 'nor']]);
  });

  test('also when only the variant is missing', () => {
    const found: unknown[] = [];
    const text = 'thing { name: "app", late: ["lib"] }\nthing { name: "lib", split: ["a", "b"] }';
    const logic = { moduleTypes: asking(found), mutators: [splitting('m'), late] };
    expect(messages(text, logic, options)).toEqual([]);
    expect(found).toEqual(['', ['lib']]);
  });

  test('are told for a module that does not ask', () => {
    const text = 'thing { name: "app", deps: ["lib"] }';
    expect(messages(text, { moduleTypes: generating(() => undefined) }, options)).toEqual([
      '"app" depends on undefined module "lib"',
    ]);
    expect(messages(text, {}, options)).toEqual(['"app" depends on undefined module "lib"']);
  });
});
