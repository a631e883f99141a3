// Mutators where the golden scenarios, which are older, say nothing: transitions, and reverse dependencies of
// variants that differ only locally.
import { expect, test } from 'vitest';
import { bottomUp, transition, type BottomUpContext, type Logic } from '../../../src/index.ts';
import { all, edges, tag } from './graph.ts';

const flavour = transition('flavour', {
  split: (ctx) => {
    const split = ctx.as(all)?.split ?? [];
    return split.length === 0 ? [''] : split;
  },
  outgoing: (ctx, variation) => ctx.as(all)?.wants || variation,
  incoming: (ctx, variation) => ctx.as(all)?.gives || variation,
});
const late = bottomUp('late', (ctx) => {
  ctx.addDependency(tag, ...(ctx.as(all)?.late ?? []));
});

test('a transition gives a dependency whatever is wanted of it, once', () => {
  const text = `
thing { name: "a", split: ["x", "y"], deps: ["lib"] }
thing { name: "b", split: ["y"], deps: ["lib"] }
thing { name: "lib", deps: ["base"] }
thing { name: "base" }`;
  expect(edges(text, { mutators: [flavour] })).toEqual([
    'a@x: lib@x',
    'a@y: lib@y',
    'b@y: lib@y',
    'base',
    'base@x',
    'base@y',
    'lib: base',
    'lib@x: base@x',
    'lib@y: base@y',
  ]);
});

test('outgoing decides for the depender, incoming for the dependency, the latter last', () => {
  const text = `
thing { name: "a", split: ["x"], wants: "hot", deps: ["lib", "only"] }
thing { name: "lib" }
thing { name: "only", gives: "cold" }`;
  expect(edges(text, { mutators: [flavour] })).toEqual([
    'a@x: lib@hot, only@cold',
    'lib',
    'lib@hot',
    'only',
    'only@cold',
  ]);
});

test('a dependency that is added later goes through the transition, too', () => {
  const text = `
thing { name: "a", split: ["x"], wants: "hot", late: ["lib"] }
thing { name: "lib", split: ["cold", "hot"] }`;
  expect(edges(text, { mutators: [flavour, late] })).toEqual([
    'a@x: lib@hot',
    'lib@cold',
    'lib@hot',
  ]);
  const other = text.replace('"hot", late', '"warm", late');
  expect(edges(other, { mutators: [flavour, late] })).toEqual([
    'dependency "lib" of "a" missing variant: flavour:warm',
  ]);
});

test('a reverse dependency looks for the same variant, local variations included', () => {
  const text =
    'thing { name: "a", split: ["x", "y"] }\nthing { name: "b", split: ["x", "y"], rev: ["a"] }';
  const mutators = [
    bottomUp('local', (ctx) => void ctx.createLocalVariations(...(ctx.as(all)?.split ?? []))),
    bottomUp('rev', (ctx) => {
      for (const name of ctx.as(all)?.rev ?? []) ctx.addReverseDependency(tag, name);
    }),
  ];
  expect(edges(text, { mutators })).toEqual(['a@x: b@x', 'a@y: b@y', 'b@x', 'b@y']);
});

test('a dependency looks for the variant without local variations', () => {
  const text = 'thing { name: "a", split: ["x", "y"], late: ["b"] }\nthing { name: "b" }\n';
  const mutators = [
    bottomUp('local', (ctx) => {
      const split = ctx.as(all)?.split ?? [];
      if (split.length > 0) ctx.createLocalVariations(...split);
    }),
    late,
  ];
  expect(edges(text, { mutators })).toEqual(['a@x: b', 'a@y: b', 'b']);
});

const splitter = (
  after: (name: string, ctx: BottomUpContext) => void,
): NonNullable<Logic['mutators']> => [
  bottomUp('m', (ctx) => {
    const split = ctx.as(all)?.split ?? [];
    if (split.length > 0) ctx.createVariations(...split);
    after(ctx.name, ctx);
  }),
  late,
];

test('who is split together with a dependency follows an alias to what it stands for', () => {
  const text = `
thing { name: "app", split: ["old", "b"], deps: ["lib"] }
thing { name: "lib", split: ["a", "b"] }`;
  const mutators = splitter((name, ctx) => {
    if (name === 'lib') ctx.createAliasVariation('old', 'a');
  });
  expect(edges(text, { mutators })).toEqual(['app@b: lib@b', 'app@old: lib@a', 'lib@a', 'lib@b']);
  expect(edges(text, { mutators: splitter(() => undefined) })).toEqual([
    'failed to find variation "old" for module "lib" needed by "app"',
  ]);
});

test('an alias stands for the variant as it was before the split, once', () => {
  const text = `
thing { name: "app", late: ["lib"] }
thing { name: "lib", split: ["a", "b"] }`;
  const aliasing = (...names: readonly string[]): NonNullable<Logic['mutators']> =>
    splitter((name, ctx) => {
      if (name === 'lib') for (const one of names) ctx.aliasVariation(one);
    });
  expect(edges(text, { mutators: aliasing('b') })).toEqual(['app: lib@b', 'lib@a', 'lib@b']);
  expect(edges(text, { mutators: aliasing() })[0]).toContain('missing variant');
  expect(edges(text, { mutators: aliasing('a', 'b') })[0]).toContain(
    'AliasVariation already called',
  );
});
