// Module graphs that are kept: they come back as they were, and only for as long as nothing is another.
import { mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { stampAt, stampOf } from '../../../src/blueprint/phase/stamp.ts';
import { readSealed, writeSealed } from '../../../src/blueprint/phase/sealed.ts';
import { textAt } from '../../../src/blueprint/phase/column.ts';
import { moduleGraph, type ModuleGraph } from '../../../src/blueprint/query/graph.ts';
import {
  readGraph,
  saveGraph,
  unpackGraph,
  type SavedGraph,
  type SavedPlace,
} from '../../../src/blueprint/query/saved.ts';
import {
  bottomUp,
  combine,
  dependencyTag,
  directoryNamespaces,
  diskFiles,
  Engine,
  list,
  moduleName,
  moduleType,
  string,
  type Logic,
} from '../../../src/index.ts';
import { scratch, type Scratch } from '../../rig/scratch.ts';

const link = dependencyTag('link');
const data = dependencyTag('data');
const thing = moduleType({
  name: 'thing',
  properties: {
    deps: list(moduleName({ tag: link })),
    data: list(moduleName({ tag: data })),
    split: list(string()),
    make: string(),
    glob: string(),
    watch: string(),
  },
  load: (ctx) => {
    if (ctx.properties.make !== '') ctx.createModule(made, { name: ctx.properties.make });
  },
});
const made = moduleType({ name: 'made' });
const logic: Logic = {
  moduleTypes: [thing, made],
  mutators: [
    bottomUp('split', (ctx) => {
      if (ctx.module.typeName !== 'thing') return;
      const its = ctx.properties as { split: readonly string[]; glob: string; watch: string };
      const found = its.glob === '' ? [] : ctx.glob(`${ctx.directory}/${its.glob}`);
      if (its.watch !== '') ctx.addFileDependencies(`${ctx.directory}/${its.watch}`);
      const names = [...its.split, ...found.map((path) => path.replaceAll('/', '_'))];
      if (names.length === 0) return;
      ctx.createVariations(...names);
      ctx.aliasVariation(names[0]!);
    }),
  ],
};
const spaced = combine(logic, {
  moduleTypes: [moduleType({ name: 'namespace', properties: { imports: list(string()) } })],
  names: directoryNamespaces({ type: 'namespace' }),
});

let space: Scratch;
let place: SavedPlace;
beforeEach(() => {
  space = scratch();
  const root = space.at('tree');
  place = { path: space.at('kept/graph'), key: 'key', files: diskFiles(root), root };
  write(
    'Blueprints',
    'subdirs = ["a", "b"]\nthing { name: "top", deps: ["one"], data: ["one", "two"] }',
  );
  write('a/Blueprints', 'thing { name: "one", split: ["x", "y"], make: "of one" }');
  write('b/Blueprints', '\n  thing { name: "two", glob: "*.c", watch: "list" }');
  write('b/first.c', '');
  write('b/list', '1');
  write('modules', 'Blueprints');
});
afterEach(() => space[Symbol.dispose]());

let clock = 1_000_000_000;

/** With a time long enough ago for stamps to be trusted. */
function write(file: string, text: string): void {
  const path = join(space.at('tree'), file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  for (const one of [path, dirname(path)]) utimesSync(one, ++clock, clock);
}

function save(its: Logic = logic): ModuleGraph {
  const engine = new Engine({ files: place.files }, its);
  expect([...engine.parse(), ...engine.resolve()]).toEqual([]);
  const graph = moduleGraph(engine.graph);
  saveGraph(place, engine, graph, { takenAt: Date.now(), shared: ['modules'] });
  return graph;
}

describe('what comes back', () => {
  test('is all that there was', () => {
    const graph = save();
    expect(graph.modules.name).toEqual(['of one', 'one', 'top', 'two']);
    expect(graph.modules.aliases.size).toBe(2);
    expect(graph.variants.name).toEqual(['', 'x', 'y', '', 'b_first.c']);
    expect(graph.tagNames).toEqual(['link', 'data']);
    expect(unpackGraph(readGraph(place)!)).toEqual(graph);
  });

  test('of name spaces: also who made what, where others have that name', () => {
    write('Blueprints', 'subdirs = ["a", "b"]\nthing { name: "one", make: "made here" }');
    write('a/Blueprints', 'namespace { name: "a" }\nthing { name: "one", make: "made there" }');
    const graph = save(spaced);
    const { name, creator } = graph.modules;
    const maker = (of: string): string => name[creator[name.indexOf(of)]!]!;
    expect(maker('//a:made there')).toBe('//a:one');
    expect(maker('made here')).toBe('one');
    expect(unpackGraph(readGraph(place)!)).toEqual(graph);
  });
});

describe('what does not count', () => {
  test.each<[string, () => void]>([
    ['a Blueprints file', () => write('a/Blueprints', 'thing { name: "one" }')],
    ['a new file that a module looks for', () => write('b/second.c', '')],
    ['a file that a module looks for, and that is gone', () => rmSync(space.at('tree/b/first.c'))],
    ['a file that a module depends on', () => write('b/list', '2')],
    ['a file that all depends on', () => write('modules', 'a/Blueprints')],
    ['a file that is gone', () => rmSync(space.at('tree/b/Blueprints'))],
  ])('another tree: %s', (_, change) => {
    save();
    expect(readGraph(place)).toBeDefined();
    change();
    expect(readGraph(place)).toBeUndefined();
  });

  test('that of something else, or of another time', () => {
    save();
    expect(readGraph({ ...place, key: 'other' })).toBeUndefined();
    const saved = readSealed(place.path) as SavedGraph;
    writeSealed(place.path, { ...saved, format: saved.format + 1 });
    expect(readGraph(place)).toBeUndefined();
    writeFileSync(place.path, readFileSync(place.path).subarray(0, -1));
    expect(readGraph(place)).toBeUndefined();
  });
});

test('what had to be read to see that it is the same is not read again', () => {
  // What was written just now is looked at each time.
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 });
  onTestFinished(() => void vi.useRealTimers());
  save();
  const before = readSealed(place.path) as SavedGraph;
  write('a/Blueprints', readFileSync(space.at('tree/a/Blueprints'), 'utf8'));
  vi.setSystemTime(Date.now() + 60_000);
  const asked = Date.now();
  expect(readGraph(place)).toBeDefined();
  const { files, takenAt } = readSealed(place.path) as SavedGraph;
  expect(takenAt).toBeGreaterThanOrEqual(asked);
  for (let index = 0; index < files.parent.length; index++) {
    const path = space.at('tree', textAt(files.path, index));
    expect(stampAt(files.stamp, index)).toEqual(stampOf(path));
  }
  expect(files.stamp).not.toEqual(before.files.stamp);
  const bytes = readFileSync(place.path);
  expect(readGraph(place)).toBeDefined();
  expect(readFileSync(place.path)).toEqual(bytes);
});

test('graphs that nobody asked anything of for a month are removed, and no others', () => {
  mkdirSync(dirname(place.path));
  const day = 24 * 60 * 60;
  for (const [name, days] of [
    ['old', 31],
    ['young', 29],
  ] as const) {
    writeFileSync(space.at('kept', name), '');
    const then = Date.now() / 1000 - days * day;
    utimesSync(space.at('kept', name), then, then);
  }
  save();
  expect(readdirSync(space.at('kept')).sort()).toEqual(['graph', 'young']);
});
