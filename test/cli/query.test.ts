// What queries answer, on a graph with everything that is odd in one: variants that depend on each other, several edges
// between two modules, names that look like variants or patterns, modules that build logic made.
import { beforeAll, describe, expect, test } from 'vitest';
import { findModules, findVariants } from '../../src/blueprint/query/find.ts';
import { moduleGraph, variantLabel, type ModuleGraph } from '../../src/blueprint/query/graph.ts';
import { Edges, reach, type Direction } from '../../src/blueprint/query/walk.ts';
import { edgesAmong } from '../../src/cli/query/among.ts';
import { dotText } from '../../src/cli/query/dot.ts';
import { pathAnswer, pathText } from '../../src/cli/query/path.ts';
import { propertiesAnswer, propertiesText } from '../../src/cli/query/properties.ts';
import { listText, reachAnswer, treeText } from '../../src/cli/query/reach.ts';
import { moduleRow } from '../../src/cli/query/row.ts';
import {
  bottomUp,
  configurable,
  dependencyTag,
  Engine,
  list,
  memoryFiles,
  moduleName,
  moduleType,
  nested,
  string,
} from '../../src/index.ts';

const link = dependencyTag('link');
const data = dependencyTag('data');
const between = dependencyTag('between');
const fields = {
  deps: list(moduleName({ tag: link })),
  data: list(moduleName({ tag: data })),
  split: list(string()),
  make: string(),
  flags: configurable(list(string())),
  flag: string(),
  more: nested({ flags: list(string()) }),
};
const made = moduleType({ name: 'made' });
const thing = moduleType({
  name: 'thing',
  properties: fields,
  load: (ctx) => {
    if (ctx.properties.make !== '') ctx.createModule(made, { name: ctx.properties.make });
  },
});

const FILES = {
  Blueprints: `
thing { name: "top", deps: ["left", "right"], data: ["left"] }
thing { name: "left", deps: ["base"] }
thing { name: "right", deps: ["base"], flags: select(broken(), {default: ["x"]}) }
thing { name: "base", deps: ["lib.c"], split: ["one", "two"], more: {flags: ["m"]}, flag: "f" }
`,
  'ab/Blueprints': 'thing { name: "lib.c", make: "n@one" }\nthing { name: "lib_c" }\n',
  'a/b/Blueprints':
    'thing { name: "q\\"\\\\", deps: ["n@one"] }\nthing { name: "n" , split: ["one"] }\nthing { name: "v@w", split: ["one", "two"] }\n',
};

let engine: Engine;
let graph: ModuleGraph;
beforeAll(() => {
  engine = new Engine(
    { files: memoryFiles(FILES), list: Object.keys(FILES), recordOrigins: true },
    {
      moduleTypes: [thing],
      conditions: {
        broken: () => {
          throw new Error('no way to tell');
        },
      },
      mutators: [
        bottomUp('split', (ctx) => {
          const its = ctx.as(nested(fields));
          if (its === undefined || its.split.length === 0) return;
          const [one, two] = ctx.createVariations(...its.split);
          if (two !== undefined) ctx.addInterVariantDependency(between, two, one!);
        }),
        bottomUp('flag', (ctx) => {
          if (ctx.module.variant !== 'two') return;
          const own = nested({ flag: fields.flag });
          ctx.extendProperties(own, ctx.as(own)!, 'append');
        }),
      ],
    },
  );
  expect(engine.parse()).toEqual([]);
  expect(engine.resolve()).toEqual([]);
  graph = moduleGraph(engine.graph);
});

function find(...words: readonly string[]): number[] {
  const found = findVariants(graph, words);
  if (!found.ok) throw new Error(found.diagnostics.map(({ message }) => message).join('\n'));
  return found.value;
}

function edges(word: string, direction: Direction, depth: number): string[] {
  return reach(new Edges(graph), find(word), direction, depth).map(
    ({ from, to, tag }) =>
      `${variantLabel(graph, from)} ${graph.tagNames[tag]} ${variantLabel(graph, to)}`,
  );
}

describe('what modules depend on', () => {
  test('one step, in the order of the edges; with each tag', () => {
    expect(edges('top', 'down', 1)).toEqual(['top link left', 'top link right', 'top data left']);
  });

  test('all steps: each edge once, nearest first', () => {
    expect(edges('top', 'down', Infinity)).toEqual([
      'top link left',
      'top link right',
      'top data left',
      'left link base@one',
      'right link base@one',
      'base@one link lib.c',
    ]);
    expect(edges('top', 'down', 2)).toHaveLength(5);
  });

  test('the other way round: an edge for each tag, none twice', () => {
    expect(edges('left', 'up', 1)).toEqual(['top link left', 'top data left']);
    expect(edges('lib.c', 'up', Infinity)).toEqual([
      'base@one link lib.c',
      'base@two link lib.c',
      'base@two between base@one',
      'left link base@one',
      'right link base@one',
      'top link left',
      'top data left',
      'top link right',
    ]);
  });

  test('those that were asked for are not among the others', () => {
    const answer = reachAnswer(graph, find('base'), 'down', Infinity);
    expect(answer.of.map(({ label }) => label)).toEqual(['base@one', 'base@two']);
    expect(answer.modules.map(({ label }) => label)).toEqual(['lib.c']);
    expect(answer.edges).toContainEqual({ from: 'base@two', to: 'base@one', tag: 'between' });
    const up = reachAnswer(graph, find('left'), 'up', 1);
    expect(listText(up, 'up')).toBe('top  thing  Blueprints:2:1  link, data\n');
  });

  test('as a tree: what has nothing below it is told each time', () => {
    expect(treeText(graph, find('top'), 'down')).toBe(
      `top           thing  Blueprints:2:1
  left        thing  Blueprints:3:1     link
    base@one  thing  Blueprints:5:1     link
      lib.c   thing  ab/Blueprints:1:1  link
  right       thing  Blueprints:4:1     link
    base@one  thing  Blueprints:5:1     link (see above)
  left        thing  Blueprints:3:1     data (see above)
`,
    );
    expect(treeText(graph, find('base'), 'down')).toContain(
      'base@two    thing  Blueprints:5:1\n  lib.c     thing  ab/Blueprints:1:1  link\n',
    );
  });
});

describe('a way', () => {
  test('is a shortest one, from any variant to any', () => {
    const answer = pathAnswer(graph, find('top'), find('lib.c'));
    expect(answer.modules.map(({ label }) => label)).toEqual(['top', 'left', 'base@one', 'lib.c']);
    expect(answer.edges.map(({ tag }) => tag)).toEqual(['link', 'link', 'link']);
    expect(pathAnswer(graph, find('base'), find('lib.c')).modules).toHaveLength(2);
    expect(pathAnswer(graph, find('base@two'), find('base@one')).edges).toEqual([
      { from: 'base@two', to: 'base@one', tag: 'between' },
    ]);
  });

  test('as text says at each module what it was needed for by the one above', () => {
    const answer = pathAnswer(graph, find('top'), find('base@one'));
    const edges = answer.edges.map((edge, i) => ({ ...edge, tag: `tag ${i}` }));
    expect(pathText({ ...answer, edges }, 'top', 'base').split('\n')).toEqual([
      'top       thing  Blueprints:2:1',
      'left      thing  Blueprints:3:1  tag 0',
      'base@one  thing  Blueprints:5:1  tag 1',
      '',
    ]);
  });

  test('to itself has no steps; none at all, maybe the other way round', () => {
    expect(pathAnswer(graph, find('left'), find('left')).modules).toHaveLength(1);
    const none = pathAnswer(graph, find('lib.c'), find('top'));
    expect(pathText(none, 'lib.c', 'top')).toBe(
      'lib.c does not depend on top; top depends on lib.c\n',
    );
    const apart = pathAnswer(graph, find('left'), find('right'));
    expect(pathText(apart, 'left', 'right')).toBe('left does not depend on right\n');
  });
});

describe('names', () => {
  test('that hold an @ are those of modules first', () => {
    expect(find('n@one').map((variant) => variantLabel(graph, variant))).toEqual(['n@one']);
    expect(graph.modules.name[graph.variants.module[find('n@one')[0]!]!]).toBe('n@one');
    expect(find('n').map((variant) => variantLabel(graph, variant))).toEqual(['n@one']);
    expect(graph.modules.name[graph.variants.module[find('n')[0]!]!]).toBe('n');
    expect(find('base@two', 'base')).toHaveLength(2);
    expect(find('v@w@two').map((variant) => variantLabel(graph, variant))).toEqual(['v@w@two']);
  });

  test('as patterns mean themselves but for the star', () => {
    const names = (...patterns: readonly string[]): string[] => {
      const found = findModules(graph, { patterns });
      if (!found.ok) return found.diagnostics.map(({ message }) => message);
      return found.value.map((index) => graph.modules.name[index]!);
    };
    expect(names('lib.*')).toEqual(['lib.c']);
    expect(names('lib*')).toEqual(['lib.c', 'lib_c']);
    expect(names('*"*', 'top')).toEqual(['q"\\', 'top']);
    expect(names('*')).toHaveLength(10);
    expect(names('top', 'tpo', 'x*')).toEqual([
      'there is no module "tpo"',
      'there is no module "x*"',
    ]);
  });

  test('of directories and types; who made a module is said', () => {
    const rows = (filter: { directory?: string; type?: string }): object[] => {
      const found = findModules(graph, { patterns: [], ...filter });
      return found.ok ? found.value.map((index) => moduleRow(graph, index)) : [];
    };
    expect(rows({ directory: 'a' }).map((row) => (row as { name: string }).name)).toEqual([
      'n',
      'q"\\',
      'v@w',
    ]);
    expect(rows({ type: 'made' })).toEqual([
      {
        name: 'n@one',
        type: 'made',
        file: 'ab/Blueprints',
        line: 1,
        column: 1,
        createdBy: 'lib.c',
      },
    ]);
  });

  test('that there are not, with what was meant', () => {
    expect(() => find('tpo')).toThrow('there is no module "tpo"');
    expect(() => find('base@tow')).toThrow('module "base" has no variant "tow"');
    expect(() => find('left@x')).toThrow('module "left" has no variant "x"');
  });
});

test('graphs: modules once, an edge for each pair, and nothing from a module to itself', () => {
  const found = findModules(graph, { patterns: [] });
  const all = found.ok ? found.value : [];
  const among = edgesAmong(graph, all);
  expect(among.filter(({ from, to }) => from === to)).toEqual([]);
  expect(among.filter(({ from }) => from === 'base')).toEqual([
    { from: 'base', to: 'lib.c', tag: 'link' },
  ]);
  const rows = all.map((index) => ({
    ...moduleRow(graph, index),
    label: graph.modules.name[index]!,
  }));
  const text = dotText(rows, among);
  expect(text).toContain('  "top" -> "left" [label="link, data"];\n');
  expect(text).toContain('  "q\\"\\\\" -> "n@one" [label="link"];\n');
  const lines = { ...rows[0]!, label: 'two\nlines\\n' };
  expect(dotText([lines], [])).toContain('  "two\\nlines\\\\n" [tooltip=');
  // Dependencies on others than those asked for are left out.
  expect(edgesAmong(graph, all.slice(0, 1))).toEqual([]);
});

describe('properties', () => {
  const text = (module: string, names: readonly string[], all = false): string => {
    const answer = propertiesAnswer(engine, module, names, all);
    return answer.ok
      ? propertiesText(answer.value)
      : answer.diagnostics.map(({ message, hint }) => `${message}; ${hint}`).join('\n');
  };

  test('of a name are those inside it, and not those that begin like it', () => {
    expect(text('base@one', ['more'])).toContain('more.flags:\n');
    expect(text('base@one', ['flag'])).toMatch(/^ {2}flag:\n {4}Blueprints:5:\d+ {2}"f"\n$/m);
    expect(text('base@one', ['flag'])).not.toContain('flags');
  });

  test('without names are those that are set, or cannot be decided', () => {
    const shown = text('right', []);
    expect(shown).toContain('flags: cannot be decided: no way to tell');
    expect(shown).not.toContain('split');
    expect(text('right', [], true)).toContain('split: [] by default');
  });

  test('of several variants: what they have in common, then the rest', () => {
    const shown = text('base', []);
    expect(shown).toContain('\nbase@one:\n  flag:\n');
    expect(shown).toContain('\nbase@two:\n  flag: "ff"\n');
    // Its own value is from no other module.
    expect(shown).toContain('by mutator "flag"');
    expect(shown).not.toContain('from "base');
    expect(shown.match(/more\.flags/g)).toHaveLength(1);
  });

  test('that there are not', () => {
    expect(text('base', ['splits'])).toBe(
      'module "base" of type thing has no property "splits"; did you mean "split"?',
    );
  });
});
