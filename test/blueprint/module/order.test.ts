// In which order modules are visited, and what there is to see from each of them.
import { describe, expect, test } from 'vitest';
import { bottomUp, dependencyTag, topDown, type Logic, type Mutator } from '../../../src/index.ts';
import { all, generating, label, messages, problems, tag } from './graph.ts';

/** The variants that a mutator, running after all others, visits. */
function visits(text: string, make: typeof bottomUp | typeof topDown, ...before: Mutator[]) {
  const visited: string[] = [];
  const tracing = make('trace', (ctx: { module: { name: string; variant: string } }) => {
    visited.push(label(ctx.module));
  });
  expect(messages(text, { mutators: [...before, tracing] })).toEqual([]);
  return visited;
}

const split = bottomUp('split', (ctx) => {
  const names = ctx.as(all)?.split ?? [];
  if (names.length > 0) ctx.createVariations(...names);
});

describe('mutators', () => {
  const text = `
thing { name: "a" }
thing { name: "b", deps: ["d", "a"] }
thing { name: "c" }
thing { name: "d" }`;

  test('bottom up: dependencies first, otherwise as defined', () => {
    expect(visits(text, bottomUp)).toEqual(['a', 'd', 'b', 'c']);
  });

  test('top down: dependers first, otherwise as defined', () => {
    expect(visits(text, topDown)).toEqual(['b', 'a', 'c', 'd']);
  });

  test('an earlier variant comes before a later one, whoever asks for that', () => {
    const late = bottomUp('late', (ctx) => {
      const wanted = [{ mutator: 'split', variation: 'z' }];
      ctx.addFarVariationDependency(wanted, tag, ...(ctx.as(all)?.late ?? []));
    });
    const variants =
      'thing { name: "app", late: ["lib"] }\nthing { name: "lib", split: ["z", "y"] }';
    expect(visits(variants, bottomUp, split, late)).toEqual(['lib@z', 'app', 'lib@y']);
    const last = variants.replace('["z", "y"]', '["y", "z"]');
    expect(visits(last, bottomUp, split, late)).toEqual(['lib@y', 'lib@z', 'app']);
  });
});

describe('a module that fails', () => {
  const text = `
thing { name: "a", deps: ["b"] }
thing { name: "b", deps: ["c"] }
thing { name: "c" }
thing { name: "d" }
thing { name: "top", deps: ["a"] }`;

  test.each([
    ['bottom up', bottomUp, ['c', 'b', 'd']],
    ['top down', topDown, ['top', 'a', 'b', 'd']],
  ] as const)('%s: what comes behind it is left out, all others go on', (_, make, expected) => {
    const visited: string[] = [];
    const failing = make('m', (ctx: { name: string; error: (message: string) => void }) => {
      visited.push(ctx.name);
      if (ctx.name === 'b' || ctx.name === 'd') ctx.error('no');
    });
    expect(messages(text, { mutators: [failing] })).toEqual(['module "b": no', 'module "d": no']);
    expect(visited).toEqual(expected);
  });
});

describe('cycles', () => {
  test('are told with all their edges, and without the way to them', () => {
    const text = `
thing { name: "start", deps: ["a"] }
thing { name: "a", deps: ["b"] }
thing { name: "b", deps: ["c"] }
thing { name: "c", deps: ["a"] }`;
    expect(
      problems(text, {})
        .split('\n')
        .filter((line) => !line.includes('|')),
    ).toEqual([
      'Blueprints:4:1: error: encountered dependency cycle:',
      '  Blueprints:3:1: note: module "a" depends on module "b"',
      '  Blueprints:4:1: note: module "b" depends on module "c"',
      '  Blueprints:5:1: note: module "c" depends on module "a"',
    ]);
  });

  test('that have nothing to do with each other are all told', () => {
    const text = `
thing { name: "a", deps: ["b"] }
thing { name: "b", deps: ["a"] }
thing { name: "c", deps: ["d"] }
thing { name: "d", deps: ["c"] }`;
    expect(messages(text, {})).toHaveLength(2);
  });

  test('that a later mutator closes are told by it', () => {
    const late = bottomUp('late', (ctx) => ctx.addDependency(tag, ...(ctx.as(all)?.late ?? [])));
    const text = 'thing { name: "a", deps: ["b"] }\nthing { name: "b", late: ["a"] }';
    expect(messages(text, { mutators: [late] })).toEqual(['encountered dependency cycle:']);
  });
});

describe('visits of dependencies', () => {
  const text = `
thing { name: "a", deps: ["b", "c"] }
thing { name: "b", deps: ["d"] }
thing { name: "c", deps: ["d", "e"] }
thing { name: "d", deps: ["f"] }
thing { name: "e" }
thing { name: "f" }`;

  /** What `a` sees while it generates. */
  function seen(look: (see: (text: string) => void) => Logic['moduleTypes']): string[] {
    const found: string[] = [];
    const moduleTypes = look((one) => void found.push(one)) ?? [];
    expect(messages(text, { moduleTypes })).toEqual([]);
    return found;
  }

  test('every one once, after its own', () => {
    const found = seen((see) =>
      generating((ctx) => {
        if (ctx.name === 'a') ctx.visitDependencies(({ name }) => see(name));
      }),
    );
    expect(found).toEqual(['f', 'd', 'b', 'e', 'c']);
  });

  test('every edge from the top down, each module gone through once', () => {
    const found = seen((see) =>
      generating((ctx) => {
        if (ctx.name !== 'a') return;
        ctx.walkDependencies((child, parent, its) => {
          see(`${parent.name}${child.name} ${its.name}`);
          return true;
        });
      }),
    );
    const edges = ['ab', 'bd', 'df', 'ac', 'cd', 'ce'];
    expect(found).toEqual(edges.map((edge) => `${edge} dep`));
  });

  test('not below what the visitor turns down, unless another way leads there', () => {
    const found = seen((see) =>
      generating((ctx) => {
        if (ctx.name !== 'a') return;
        ctx.walkDependencies((child, parent) => {
          see(parent.name + child.name);
          return parent.name !== 'b';
        });
      }),
    );
    expect(found).toEqual(['ab', 'bd', 'ac', 'cd', 'df', 'ce']);
  });

  test('direct ones in the order of their edges, found by name and tag', () => {
    const other = dependencyTag('other');
    const found: unknown[] = [];
    const logic: Logic = {
      moduleTypes: generating((ctx) => {
        if (ctx.name !== 'a') return;
        for (const edge of ctx.directDependencies()) found.push(edge.module.name, edge.tag.name);
        found.push(ctx.directDependency('b', other)?.name, ctx.directDependency('c', other)?.name);
        found.push(ctx.directDependency('c')?.name, ctx.directDependency('e')?.name);
      }),
      mutators: [
        bottomUp('again', (ctx) => {
          if (ctx.name === 'a') ctx.addDependency(other, 'b');
        }),
      ],
    };
    expect(messages(text, logic)).toEqual([]);
    const edges = ['b', 'dep', 'c', 'dep', 'b', 'other'];
    expect(found).toEqual([...edges, 'b', undefined, 'c', undefined]);
  });

  test('of modules that the running mutator splits: the first part', () => {
    const found: string[] = [];
    const mutator = bottomUp('split', (ctx) => {
      for (const { module } of ctx.directDependencies()) found.push(label(module));
      ctx.visitDependencies((module) => found.push(label(module)));
      if (ctx.name === 'e') ctx.createVariations('x', 'y');
    });
    const two = 'thing { name: "c", deps: ["e"] }\nthing { name: "e" }';
    expect(messages(two, { mutators: [mutator] })).toEqual([]);
    expect(found).toEqual(['e@x', 'e@x']);
  });
});
