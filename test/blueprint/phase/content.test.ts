// The digest of what other modules can see of one: another for everything that they may act on, the same for the rest.
import { describe, expect, test } from 'vitest';
import { ContentDigests, type Content } from '../../../src/blueprint/phase/content.ts';
import {
  bottomUp,
  dependencyTag,
  Engine,
  memoryFiles,
  moduleType,
  optional,
  provider,
  string,
  type BottomUpContext,
} from '../../../src/index.ts';

const [one, two] = [provider<unknown>('one'), provider<unknown>('two')];
const [tag, otherTag] = [dependencyTag('tag'), dependencyTag('other tag')];

interface Shown {
  readonly text?: string;
  readonly mutate?: (context: BottomUpContext) => void;
  /** Set by the module for others to see. */
  readonly value?: unknown;
  readonly second?: unknown;
  /** Whether another module looks at its properties. */
  readonly observed?: boolean;
}

/** The digest of module `m` of a small tree. */
function content({ text = 'm { name: "m" }', mutate, value, second, observed }: Shown): Content {
  const properties = { flag: optional(string()) };
  const type = moduleType({
    name: 'm',
    properties,
    generate(ctx) {
      ctx.missingDependencies();
      if (ctx.name === 'z' && observed === true) {
        void ctx.directDependencies()[0]!.module.properties;
      }
      if (ctx.name !== 'm') return;
      if (value !== undefined) ctx.set(one, value);
      if (second !== undefined) ctx.set(two, second);
    },
  });
  const other = moduleType({ name: 'n', properties });
  const mutators = [
    bottomUp('split', (ctx) => {
      if (ctx.name === 'a') ctx.createVariations('x', 'y');
    }),
    bottomUp('change', (ctx) => {
      if (ctx.name === 'm') mutate?.(ctx);
      if (ctx.name === 'z') ctx.addFarVariationDependency([], tag, 'm');
    }),
    bottomUp('late', () => undefined),
  ];
  const files = memoryFiles({ Blueprints: `m { name: "a" }\n${text}\nm { name: "z" }` });
  const engine = new Engine(
    { files, allowMissingDependencies: true },
    { moduleTypes: [type, other], mutators },
  );
  const diagnostics = [engine.parse(), engine.resolve(), engine.prepare()].flat();
  expect(diagnostics).toEqual([]);
  const group = engine.graph.groups.find(
    ({ name, formerNames }) => (formerNames[0] ?? name) === 'm',
  )!;
  return new ContentDigests(engine.graph).of(group);
}

function digest(shown: Shown): string {
  const { digest: its, opaque } = content(shown);
  expect(opaque).toBe(false);
  return its;
}

describe('is another one for', () => {
  const depends = (variant: string, with_ = tag) => ({
    mutate: (ctx: BottomUpContext) =>
      ctx.addFarVariationDependency([{ mutator: 'split', variation: variant }], with_, 'a'),
  });
  const values: readonly unknown[] = [
    'a',
    '',
    1,
    '1',
    1n,
    true,
    'true',
    null,
    'null',
    [],
    ['a'],
    [['a']],
    ['a', 'b'],
    ['a,b'],
    ['ab'],
    ['a', ['b']],
    [['a', 'b']],
    [['a'], 'b'],
    ['', 'a'],
    {},
    { a: 1 },
    { a: '1' },
    { b: 1 },
    { a: { b: 1 } },
    { a: undefined },
    'a\0s1\0b',
    ['a\0s1\0b'],
  ];
  const shown: Shown[] = [
    {},
    { text: 'n { name: "m" }' },
    depends('x'),
    depends('y'),
    depends('x', otherTag),
    { mutate: (ctx) => void ctx.createVariations('x') },
    { mutate: (ctx) => void ctx.createVariations('x', 'y') },
    { mutate: (ctx) => void ctx.createVariations('y', 'x') },
    { mutate: (ctx) => void ctx.createLocalVariations('x') },
    {
      mutate: (ctx) => {
        ctx.createVariations('x', 'y');
        ctx.createAliasVariation('z', 'x');
      },
    },
    {
      mutate: (ctx) => {
        ctx.createVariations('x', 'y');
        ctx.createAliasVariation('z', 'y');
      },
    },
    {
      mutate: (ctx) => {
        ctx.createVariations('x', 'y');
        ctx.aliasVariation('y');
      },
    },
    { mutate: (ctx) => ctx.addDependency(tag, 'missing') },
    { mutate: (ctx) => ctx.addDependency(tag, 'gone') },
    ...values.map((value) => ({ value })),
    { value: 'a', second: 'b' },
    { second: 'a' },
    { observed: true },
    { observed: true, text: 'm { name: "m", flag: "" }' },
    { observed: true, text: 'm { name: "m", flag: "a" }' },
  ];

  test('everything that others see', () => {
    const digests = shown.map(digest);
    const seen = new Map<unknown, Shown>();
    for (const [i, its] of digests.entries()) {
      expect(its).toHaveLength(16);
      expect(seen.get(its)).toBeUndefined();
      seen.set(its, shown[i]!);
    }
  });
});

test('is the same for what nobody looks at, and from run to run', () => {
  expect(digest({})).toBe(digest({}));
  expect(digest({ text: '\n\nm { name: "m", flag: "a" }' })).toBe(digest({}));
  expect(digest({ value: { a: [1, 'b'] } })).toBe(digest({ value: { a: [1, 'b'] } }));
});

test.each([[() => 1], [new Date(0)], [{ inner: new Map() }], [Symbol('s')]])(
  'says that it says nothing of %s, and tells the rest apart all the same',
  (value) => {
    const plain = content({ value });
    expect(plain.opaque).toBe(true);
    const split = content({ value, mutate: (ctx) => void ctx.createVariations('x') });
    const more = content({ value, second: 'a' });
    expect(new Set([plain, split, more].map((one) => one.digest)).size).toBe(3);
    expect([split.opaque, more.opaque]).toEqual([true, true]);
  },
);
