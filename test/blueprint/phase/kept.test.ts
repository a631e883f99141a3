// Modules that are kept as they were while those that look at them are analysed again: when they are, when not, and that
// the manifest is the same either way.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { invertLists, listAt, packLists, packTexts } from '../../../src/blueprint/phase/column.ts';
import { Region } from '../../../src/blueprint/phase/region.ts';
import {
  OBSERVED,
  READS_DEPENDERS,
  type ModuleColumns,
} from '../../../src/blueprint/phase/state.ts';
import {
  bottomUp,
  list,
  moduleName,
  moduleType,
  packageContext,
  dependencyTag,
  phonyRule,
  provider,
  string,
  type GenerateContext,
  type Logic,
} from '../../../src/index.ts';
import { steps, Tree } from './tree.ts';

const filler = Array.from({ length: 40 }, (_, i) => `thing { name: "z${i}" }`).join('\n');

/** A tree of directories with one file each, its manifest made. */
function treeOf(files: Readonly<Record<string, string>>, more: { logic?: Logic[] } = {}): Tree {
  const names = [...Object.keys(files), 'z'].map((name) => `"${name}"`).join(', ');
  const tree = new Tree({ Blueprints: `subdirs = [${names}]`, 'z/Blueprints': filler });
  for (const [name, text] of Object.entries(files)) tree.write(`${name}/Blueprints`, text);
  tree.update(more);
  return tree;
}

/** The modules that are analysed again after an edit. */
function analysed(tree: Tree, file: string, text: string): string[] {
  tree.write(`${file}/Blueprints`, text);
  steps.length = 0;
  expect(tree.generate().analysed).toBe('part');
  const ran = [...new Set(steps)].sort();
  // Again, with the manifest of a whole run beside it; this one finds nothing to do.
  tree.update();
  return ran;
}

describe('what a module looks at is kept', () => {
  test('whatever that looks at, so that the length of a chain costs nothing', () => {
    const chain = Array.from({ length: 12 }, (_, i) =>
      i === 0 ? 'thing { name: "c0" }' : `thing { name: "c${i}", deps: ["c${i - 1}"] }`,
    );
    const tree = treeOf(Object.fromEntries(chain.map((text, i) => [`c${i}`, text])));
    expect(analysed(tree, 'c11', 'thing { name: "c11", srcs: ["x.c"], deps: ["c10"] }')).toEqual([
      'c11',
    ]);
    expect(tree.read('build.ninja')).toContain('build out/c11: g.logic.compile c11/x.c | out/c10');
  });

  test('in all its variants', () => {
    const tree = treeOf({
      a: 'thing { name: "a", split: ["x", "y"] }',
      b: 'thing { name: "b", split: ["x", "y"], deps: ["a"] }',
    });
    const edited = 'thing { name: "b", srcs: ["x.c"], split: ["y", "x"], deps: ["a"] }';
    expect(analysed(tree, 'b', edited)).toEqual(['b']);
    expect(tree.read('build.ninja')).toContain('build out/b-y: g.logic.compile b/x.c | out/a-y');
  });

  test('where nobody looked at it before', () => {
    const tree = treeOf({ a: 'thing { name: "a" }', b: 'thing { name: "b" }' });
    expect(analysed(tree, 'b', 'thing { name: "b", deps: ["a"] }')).toEqual(['b']);
    expect(tree.read('build.ninja')).toContain('| out/a\n');
  });

  test('until it shows something else: then what looks at it is analysed, beside what that keeps', () => {
    const tree = treeOf({
      a: 'thing { name: "a" }',
      b: 'thing { name: "b" }',
      c: 'thing { name: "c", deps: ["a", "b"] }',
    });
    expect(analysed(tree, 'a', 'thing { name: "a", split: ["x"] }')).toEqual(['a', 'c']);
    expect(tree.read('build.ninja')).toContain('| out/a-x out/b\n');
  });
});

describe('what a module looks at is analysed', () => {
  test.each([
    ['its properties', 'seen: "s", deps: ["a"]'],
    ['what is below it', 'deep: "", deps: ["a"]'],
    ['who depends on it', 'replace: "a"'],
    ['a variation that it lacked', 'want: "hot", deps: ["a"]'],
    ['a dependency that it lacked', 'rev: ["a"]'],
  ])('where %s counts', (_, properties) => {
    const tree = treeOf({ a: 'thing { name: "a" }', b: 'thing { name: "b" }' });
    expect(analysed(tree, 'b', `thing { name: "b", ${properties} }`)).toContain('a');
  });

  test.each([
    ['a value that is no data', 'secret: "s"'],
    ['a name that a mutator gave it', 'rename: "r"'],
    ['a module that its load hook made', 'create: ["made"]'],
  ])('where it has %s', (_, properties) => {
    const name = properties.startsWith('rename') ? 'r' : 'a';
    const tree = treeOf({
      a: `thing { name: "a", ${properties} }`,
      b: `thing { name: "b", late: ["${name}"] }`,
    });
    const edited = `thing { name: "b", srcs: ["x.c"], late: ["${name}"] }`;
    const ran = analysed(tree, 'b', edited);
    // Of one that others are made by, only these are.
    expect(ran.includes(name)).toBe(!properties.startsWith('create'));
  });

  test('where a walk goes below it', () => {
    const more = logicThat((ctx, below) => {
      const names = below.map(({ name }) => name);
      const { set } = ctx.properties as { set: string };
      if (set === 'walk') ctx.walkDependencies(({ name }) => names.push(name) > 0);
      return [...new Set(names)];
    });
    const tree = treeOf(
      {
        a: 'thing { name: "a" }',
        b: 'thing { name: "b", deps: ["a"] }',
        c: 'thing { name: "c", deps: ["b"] }',
      },
      more,
    );
    tree.write('c/Blueprints', 'thing { name: "c", deps: ["b"], set: "walk" }');
    expect(tree.update(more).analysed).toBe('part');
    expect(tree.read('build.ninja')).toMatch(/^build out\/c: phony \| b a$/m);
  });

  test('with all below it where that was looked at before, at once', () => {
    const tree = treeOf({
      a: 'thing { name: "a" }',
      b: 'thing { name: "b", deps: ["a"] }',
      c: 'thing { name: "c", deps: ["b"] }',
      d: 'thing { name: "d", deep: "", deps: ["c"] }',
    });
    const edited = 'thing { name: "d", srcs: ["x.c"], deep: "", deps: ["c"] }';
    tree.write('d/Blueprints', edited);
    steps.length = 0;
    tree.generate();
    expect([...steps].sort()).toEqual(['a', 'b', 'c', 'd']);
    tree.update();
  });

  test('where it looks at the module that changed, so that a cycle is told', () => {
    const tree = treeOf({
      a: 'thing { name: "a" }',
      b: 'thing { name: "b", deps: ["a"] }',
      c: 'thing { name: "c", deps: ["b"] }',
    });
    tree.write('a/Blueprints', 'thing { name: "a", deps: ["c"] }');
    expect(() => tree.generate()).toThrow('encountered dependency cycle');
  });
});

const pkg = packageContext('test/kept');
const tag = dependencyTag('below');
const first = provider<string>('two of a name');
const second = provider<string>('two of a name');
const records = provider<readonly { readonly name: string }[]>('records of kept');
/** What every object has by itself. */
const hidden = provider<string>('__proto__');
const inherited = provider<string>('constructor');
const long = provider<string>('long value of kept');
const value = provider<unknown>('value of kept');

/** A module type whose modules set one thing and show what they see of those below. */
function logicThat(step: (ctx: GenerateContext, below: GenerateContext['module'][]) => string[]) {
  const thing = moduleType({
    name: 'thing',
    properties: { deps: list(moduleName({ tag })), set: string() },
    generate(ctx) {
      steps.push(ctx.name);
      const below = ctx.directDependencies().map(({ module }) => module);
      const implicits = step(ctx as never, below);
      ctx.build(pkg, { rule: phonyRule, outputs: [`out/${ctx.name}`], implicits });
    },
  });
  return { logic: [{ moduleTypes: [thing] }] };
}

test('a variant that another mutator made is another one, whatever it is called', () => {
  const thing = moduleType({
    name: 'thing',
    properties: { by: string(), deps: list(string()) },
    generate: (ctx) => ctx.build(pkg, { rule: phonyRule, outputs: [`out/${ctx.name}`] }),
  });
  const mutators = ['first', 'second'].map((name) =>
    bottomUp(name, (ctx) => {
      if ((ctx.properties as { by: string }).by === name) ctx.createVariations('x');
    }),
  );
  const more = { logic: [{ moduleTypes: [thing], mutators }] };
  const tree = treeOf({ a: 'thing { name: "a", by: "first" }' }, more);
  tree.write('a/Blueprints', 'thing { name: "a", by: "second" }');
  // What is remembered is compared with what a whole run remembers.
  expect(tree.update(more).analysed).toBe('part');
});

describe('values', () => {
  const files = { a: 'thing { name: "a", set: "v" }', b: 'thing { name: "b", deps: ["a"] }' };
  const edited = 'thing { name: "b", deps: ["a"], set: "w" }';
  const ranAfterEdit = (more: { logic: Logic[] }): string[] => {
    const tree = treeOf(files, more);
    tree.write('b/Blueprints', edited);
    steps.length = 0;
    tree.generate(more);
    const ran = [...new Set(steps)].sort();
    tree.update(more);
    return ran;
  };

  test.each([
    'text',
    0,
    -1.5,
    true,
    null,
    [],
    ['a', 1, null],
    {},
    { a: { b: ['c'] }, 'd e': false },
  ])('%j is kept', (one) => {
    const more = logicThat((ctx, below) => {
      if (ctx.name === 'a') ctx.set(value, one);
      return below.map((module) => `is-${JSON.stringify(ctx.get(module, value))}`);
    });
    expect(ranAfterEdit(more)).toEqual(['b']);
  });

  test.each([
    ['not a number', Number.NaN],
    ['less than nothing', -0],
    ['a large integer', 10n],
    ['an object in a list', [{ a: 1 }]],
    ['a list in a list', [[1]]],
    ['nothing in an object', { a: undefined }],
    ['nothing in a list', [undefined]],
    ['an object without a prototype', Object.assign(Object.create(null), { a: 1 })],
    ['an object of a class', new Map([[1, 2]])],
    ['a function', () => 1],
    ['a symbol for a key', { [Symbol('s')]: 1 }],
  ])('%s is not', (_, one: unknown) => {
    const more = logicThat((ctx, below) => {
      if (ctx.name === 'a') ctx.set(value, one);
      return below.map((module) => `is-${typeof ctx.get(module, value)}`);
    });
    expect(ranAfterEdit(more)).toEqual(['a', 'b']);
  });

  test('objects in lists stay the objects that they are', () => {
    const more = logicThat((ctx, below) => {
      const all = below.flatMap((module) => ctx.get(module, records) ?? []);
      ctx.set(records, [...all, { name: ctx.name }]);
      return [...new Set(all)].map(({ name }) => `of-${name}`);
    });
    const tree = treeOf(
      {
        a: 'thing { name: "a" }',
        b: 'thing { name: "b", deps: ["a"] }',
        c: 'thing { name: "c", deps: ["a"] }',
        d: 'thing { name: "d", deps: ["b", "c"] }',
      },
      more,
    );
    tree.write('d/Blueprints', 'thing { name: "d", deps: ["b", "c"], set: "w" }');
    expect(tree.update(more).analysed).toBe('part');
    expect(tree.read('build.ninja').match(/of-a/g)).toHaveLength(3);
  });

  test('long ones are not kept', () => {
    const more = logicThat((ctx, below) => {
      if (ctx.name === 'a') ctx.set(long, 'x'.repeat(5000));
      return below.map((module) => `long-${ctx.get(module, long)?.length}`);
    });
    expect(ranAfterEdit(more)).toEqual(['a', 'b']);
  });

  test.each([hidden, inherited])('$name is not there where nobody set it', (one) => {
    const more = logicThat((ctx, below) =>
      below.map((module) => `is-${String(ctx.get(module, one) === undefined)}`),
    );
    expect(ranAfterEdit(more)).toEqual(['b']);
  });

  test('a value of one of two providers of a name is not taken for that of the other', () => {
    const more = logicThat((ctx, below) => {
      if (ctx.name === 'a') ctx.set(first, 'one');
      const asked = (ctx.properties as { set: string }).set === 'w' ? second : first;
      return below.map((module) => `is-${ctx.get(module, asked)}`);
    });
    expect(ranAfterEdit(more)).toEqual(['a', 'b']);
  });
});

test('of any modules, those that are kept look at none that is analysed, and no others are left out', () => {
  const count = 12;
  const some = fc.array(fc.array(fc.nat(count - 1), { maxLength: 3 }), {
    minLength: count,
    maxLength: count,
  });
  const sparse = fc.array(
    fc.oneof({ weight: 9, arbitrary: fc.constant([]) }, fc.tuple(fc.nat(count - 1))),
    {
      minLength: count,
      maxLength: count,
    },
  );
  const flags = fc.uint8Array({ max: 7, minLength: count, maxLength: count });
  const affected = fc.array(fc.nat(count - 1), { minLength: 1, maxLength: 2 });
  const never = fc.array(fc.nat(count - 1), { maxLength: 2 });
  fc.assert(
    fc.property(some, sparse, flags, affected, never, (reads, writes, flag, start, lost) => {
      const modules = {
        name: packTexts(Array.from({ length: count }, (_, i) => String(i))),
        reads: packLists(reads),
        writes: packLists(writes),
        flags: flag,
        creator: new Int32Array(count).fill(-1),
        absent: [],
      } as unknown as ModuleColumns;
      const region = new Region(modules);
      region.affect(start);
      const parts = region.parts(count, (module) => !lost.includes(module))!;
      const writers = invertLists(modules.writes, count);
      for (const module of parts.analysed) {
        for (const read of reads[module]!) {
          expect(parts.analysed.has(read) || parts.kept.has(read)).toBe(true);
        }
        for (const writer of listAt(writers, module)) expect(parts.analysed).toContain(writer);
      }
      for (const module of parts.kept) {
        expect(lost).not.toContain(module);
        expect(flag[module]! & (OBSERVED | READS_DEPENDERS)).toBe(0);
        expect(listAt(writers, module)).toHaveLength(0);
        const seen = new Set([module]);
        for (const one of seen) for (const read of reads[one]!) seen.add(read);
        expect([...seen].filter((one) => parts.analysed.has(one))).toEqual([]);
      }
    }),
    { numRuns: 500 },
  );
});
