import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { generate, type Generated } from '../../../src/blueprint/phase/generate.ts';
import {
  bottomUp,
  dependencyTag,
  list,
  moduleName,
  moduleType,
  nested,
  optional,
  packageContext,
  path,
  phonyRule,
  provider,
  singleton,
  string,
  topDown,
  transition,
  type Logic,
} from '../../../src/index.ts';

const pkg = packageContext('test/logic');
pkg.variable('flags', '-O2');
pkg.variable('rare', 'rare $flags');
const compile = pkg.rule('compile', { command: 'cc $flags $extra $in -o $out' }, 'extra');
const rareRule = pkg.rule('rare', { command: 'echo $rare $in > $out' });
const link = dependencyTag('link');
const outputs = provider<{ out: string }>('outputs');
const published = provider<{ name: string; outs: number }>('published', { persistent: true });

const fields = {
  srcs: list(path()),
  deps: list(moduleName({ tag: link })),
  late: list(string()),
  rev: list(string()),
  split: list(string()),
  create: list(string()),
  rename: string(),
  glob: string(),
  file: string(),
  seen: string(),
  deep: optional(string()),
  look_up: string(),
  local: string(),
  rare: string(),
  want: string(),
  publish: string(),
  replace: string(),
  also: string(),
};
const all = nested(fields);
const made = moduleType({
  name: 'made',
  properties: { from: string() },
  generate(ctx) {
    ctx.build(pkg, {
      rule: phonyRule,
      outputs: [`made/${ctx.name}`],
      inputs: [ctx.properties.from],
    });
  },
});

const thing = moduleType({
  name: 'thing',
  properties: fields,
  load(ctx) {
    for (const name of ctx.properties.create) ctx.createModule(made, { name, from: ctx.name });
  },
  generate(ctx) {
    const its = ctx.properties;
    const inputs = its.srcs.map((src) => `${ctx.directory}/${src}`);
    if (its.glob !== '') inputs.push(...ctx.glob(`${ctx.directory}/${its.glob}`));
    if (its.file !== '') ctx.addFileDependencies(`${ctx.directory}/${its.file}`);
    const implicits: string[] = [];
    for (const { module } of ctx.directDependencies()) {
      implicits.push(ctx.get(module, outputs)?.out ?? `none-${module.name}`);
      if (its.seen !== '') implicits.push(`seen-${module.as(all)?.seen}`);
    }
    if (its.deep !== undefined) {
      ctx.visitDependencies((module) => {
        implicits.push(`deep-${ctx.get(module, outputs)?.out ?? module.name}`);
      });
    }
    const out = `out/${ctx.name}${ctx.module.variant === '' ? '' : `-${ctx.module.variant}`}`;
    const args: Record<string, string> = {};
    if (its.local !== '') {
      ctx.variable(pkg, 'local', its.local);
      args['extra'] = '$local';
    }
    ctx.build(pkg, { rule: compile, outputs: [out], inputs, implicits, args });
    if (its.also !== '') ctx.build(pkg, { rule: phonyRule, outputs: [its.also] });
    if (its.rare !== '') ctx.build(pkg, { rule: rareRule, outputs: [`${out}.rare`] });
    ctx.set(outputs, { out });
    if (its.publish !== '') ctx.set(published, { name: its.publish, outs: inputs.length });
  },
});

const early = provider<number>('early', { mutator: 'early' });

const logic: Logic = {
  moduleTypes: [thing, made],
  mutators: [
    topDown('early', (ctx) => {
      const its = ctx.as(all);
      if (its === undefined || its.look_up === '') return;
      ctx.set(early, ctx.directDependers().length);
      ctx.extendProperties(
        nested({ srcs: list(path()) }),
        {
          srcs: ctx.directDependers().map(({ module }) => `by-${module.name}`),
        },
        'append',
      );
    }),
    bottomUp('rev', (ctx) => {
      for (const name of ctx.as(all)?.rev ?? []) ctx.addReverseDependency(link, name);
      const rename = ctx.as(all)?.rename ?? '';
      if (rename !== '') ctx.rename(rename);
    }),
    bottomUp('split', (ctx) => {
      const split = ctx.as(all)?.split ?? [];
      if (split.length > 0) ctx.createVariations(...split);
    }),
    transition('flavour', {
      split: () => [''],
      outgoing: (ctx, variation) => ctx.as(all)?.want || variation,
    }),
    bottomUp('late', (ctx) => {
      const its = ctx.as(all);
      ctx.addFarVariationDependency([], link, ...(its?.late ?? []));
      if (its !== undefined && its.replace !== '') ctx.replaceDependencies(its.replace);
    }),
  ],
  singletons: [
    singleton('index', (ctx) => {
      const names = ctx.collected(published).map(({ module, value }) => `${module}:${value.name}`);
      if (names.length > 0) {
        ctx.build(pkg, { rule: phonyRule, outputs: ['index'], inputs: names });
      }
    }),
  ],
};

const roots: string[] = [];
afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true, force: true });
});

class Tree {
  readonly root = mkdtempSync(join(tmpdir(), 'ashlar-generate-'));

  constructor(files: Record<string, string>) {
    roots.push(this.root);
    for (const [file, text] of Object.entries(files)) this.write(file, text);
  }

  /** Writes a file, with a time long enough ago for stamps to be trusted. */
  write(file: string, text: string): void {
    const whole = join(this.root, file);
    mkdirSync(dirname(whole), { recursive: true });
    writeFileSync(whole, text);
    this.age(file);
  }

  remove(file: string): void {
    rmSync(join(this.root, file));
  }

  #clock = 1_000_000_000;

  age(file: string): void {
    this.#clock += 10;
    utimesSync(join(this.root, file), this.#clock, this.#clock);
  }

  generate(more: { fresh?: boolean; output?: string; logicVersion?: string } = {}): Generated {
    const { root: source } = this;
    const options = { source, output: 'build.ninja', logic: [logic], logicVersion: '1', ...more };
    const result = generate(options);
    if (!result.ok) throw new Error(result.diagnostics.map(({ message }) => message).join('\n'));
    return result.value;
  }

  /** Brings the manifest up to date, and checks that it is what a whole run makes. */
  update(): Generated {
    const generated = this.generate();
    this.generate({ fresh: true, output: 'whole.ninja' });
    expect(this.read('build.ninja')).toBe(this.read('whole.ninja'));
    expect(this.read('build.ninja.d').replace('build.ninja', 'whole.ninja')).toBe(
      this.read('whole.ninja.d'),
    );
    return generated;
  }

  read(file: string): string {
    return readFileSync(join(this.root, file), 'utf8');
  }
}

function sampleTree(): Tree {
  return new Tree({
    Blueprints: 'subdirs = ["a", "b", "c", "d"]\nbase = "base.c"\nthing { name: "root" }',
    'a/Blueprints': 'thing { name: "a1", srcs: [base] }\nthing { name: "a2", deps: ["a1"] }',
    'b/Blueprints': 'thing { name: "b1", deps: ["a2"] }\nthing { name: "b2", split: ["x", "y"] }',
    'c/Blueprints':
      'thing { name: "c1", deps: ["b1", "b2"] }\nthing { name: "c2", deep: "", deps: ["b1"] }',
    'd/Blueprints': Array.from({ length: 40 }, (_, i) => `thing { name: "d${i}" }`).join('\n'),
  });
}

describe('bringing a manifest up to date', () => {
  test('with nothing changed, nothing is analysed or written', () => {
    const tree = sampleTree();
    expect(tree.update()).toMatchObject({ analysed: 'whole', changed: true, modules: 47 });
    const before = statSync(join(tree.root, 'build.ninja'));
    expect(tree.generate()).toMatchObject({ analysed: 'nothing', changed: false });
    expect(statSync(join(tree.root, 'build.ninja')).mtimeMs).toBe(before.mtimeMs);
  });

  test('a touched file is no changed file', () => {
    const tree = sampleTree();
    tree.update();
    tree.age('a/Blueprints');
    expect(tree.update()).toMatchObject({ analysed: 'nothing' });
  });

  test('what others do not see stays with the module', () => {
    const tree = sampleTree();
    tree.update();
    tree.write(
      'a/Blueprints',
      '\nthing { name: "a1", srcs: [base, "x.c"] }\nthing { name: "a2", deps: ["a1"] }',
    );
    expect(tree.update()).toMatchObject({ analysed: 'part', changed: true, analysedModules: 2 });
  });

  test('a change in a tree of which nothing is written', () => {
    const tree = new Tree({ Blueprints: 'subdirs = ["a"]', 'a/Blueprints': 'x = "1"' });
    tree.update();
    tree.write('a/Blueprints', 'x = "2"');
    expect(tree.update()).toMatchObject({ changed: false, modules: 0 });
  });

  test('what others see spreads to them, and no further', () => {
    const tree = sampleTree();
    tree.update();
    tree.write(
      'a/Blueprints',
      'thing { name: "a1", srcs: [base] }\nthing { name: "a2", split: ["v"], deps: ["a1"] }',
    );
    // b1 depends on another variant now; c1 and c2 can see that of b1.
    expect(tree.update()).toMatchObject({ analysed: 'part', analysedModules: 5 });
  });

  test('a changed variable spreads to the files that inherit it', () => {
    const tree = sampleTree();
    tree.update();
    tree.write(
      'Blueprints',
      'subdirs = ["a", "b", "c", "d"]\nbase = "other.c"\nthing { name: "root" }',
    );
    expect(tree.update()).toMatchObject({ analysed: 'whole' });
    expect(tree.read('build.ninja')).toContain('a/other.c');
  });

  test.each([
    [
      'a module is added',
      'a/Blueprints',
      'thing { name: "a1" }\nthing { name: "a2" }\nthing { name: "new", deps: ["d1"] }',
    ],
    [
      'a module is gone',
      'b/Blueprints',
      'thing { name: "b1", deps: ["a2"] }\nthing { name: "b2" }\nthing { name: "b3" }',
    ],
    [
      'variants change',
      'b/Blueprints',
      'thing { name: "b1" }\nthing { name: "b2", split: ["y", "z", "x"] }',
    ],
    ['a load hook makes modules', 'd/Blueprints', 'thing { name: "d1", create: ["n1", "n2"] }'],
    [
      'a reverse dependency',
      'a/Blueprints',
      'thing { name: "a1", rev: ["d3"] }\nthing { name: "a2" }',
    ],
    [
      'a late dependency',
      'a/Blueprints',
      'thing { name: "a1", late: ["b2"] }\nthing { name: "a2" }',
    ],
    ['a new rule is live', 'a/Blueprints', 'thing { name: "a1", rare: "x" }\nthing { name: "a2" }'],
    ['a local variable', 'a/Blueprints', 'thing { name: "a1", local: "x" }\nthing { name: "a2" }'],
    [
      'a published value',
      'a/Blueprints',
      'thing { name: "a1", publish: "x" }\nthing { name: "a2" }',
    ],
    [
      'a transition',
      'a/Blueprints',
      'thing { name: "a1" }\nthing { name: "a2", want: "hot", deps: ["a1"] }',
    ],
    [
      'dependers are looked at',
      'a/Blueprints',
      'thing { name: "a1", look_up: "x" }\nthing { name: "a2", deps: ["a1"] }',
    ],
    [
      'properties are looked at',
      'c/Blueprints',
      'thing { name: "c1", seen: "x", deps: ["b1"] }\nthing { name: "c2" }',
    ],
  ])('%s', (_, file, text) => {
    const tree = sampleTree();
    tree.update();
    const before = tree.read(file);
    tree.write(file, text);
    tree.update();
    tree.write(file, before);
    tree.update();
  });

  test('globs: only the modules whose matches changed are analysed', () => {
    const tree = sampleTree();
    tree.write(
      'b/Blueprints',
      'thing { name: "b1", glob: "*.c" }\nthing { name: "b2", split: ["x", "y"] }',
    );
    tree.update();
    tree.write('b/one.c', '');
    expect(tree.update()).toMatchObject({ analysed: 'part', analysedModules: 1 });
    tree.write('b/one.h', '');
    expect(tree.update()).toMatchObject({ analysed: 'nothing' });
    tree.remove('b/one.c');
    expect(tree.update()).toMatchObject({ analysed: 'part' });
  });

  test('globs: a directory in which nothing matches yet is watched from then on', () => {
    const tree = sampleTree();
    tree.write('b/Blueprints', 'thing { name: "b1", glob: "**/*.c" }\nthing { name: "b2" }');
    tree.update();
    tree.write('b/new/inner/one.h', '');
    expect(tree.update()).toMatchObject({ analysed: 'nothing' });
    // Only this directory changes: no other says that there is something new.
    tree.write('b/new/inner/two.c', '');
    expect(tree.update()).toMatchObject({ analysed: 'part', changed: true, analysedModules: 1 });
  });

  test('globs: an edit that leaves them as they are, and one that does not', () => {
    const tree = sampleTree();
    const text = (...srcs: readonly string[]): string =>
      srcs.map((glob, i) => `thing { name: "b${i + 1}", glob: "${glob}" }\n`).join('');
    tree.write('b/one.c', '');
    tree.write('b/Blueprints', text('*.c', '*.c'));
    tree.update();
    tree.write('b/Blueprints', `\n${text('*.c', '*.c')}`);
    expect(tree.update()).toMatchObject({ analysed: 'part', changed: true });
    tree.write('b/Blueprints', text('*.c', '*.h'));
    expect(tree.update()).toMatchObject({ analysed: 'part', changed: true });
    tree.write('b/one.h', '');
    expect(tree.update()).toMatchObject({ analysed: 'part', changed: true, analysedModules: 1 });
    tree.write('b/Blueprints', text('*.c', ''));
    expect(tree.update()).toMatchObject({ analysed: 'part', changed: true });
    tree.write('b/two.h', '');
    expect(tree.update()).toMatchObject({ analysed: 'nothing' });
  });

  test('a directory that subdirs names is no longer looked at once its file was read', () => {
    const tree = sampleTree();
    tree.update();
    expect(tree.read('build.ninja.d')).not.toMatch(/ b \\?$/m);
    tree.write('e/other', '');
    tree.write('Blueprints', `optional_subdirs = ["e"]\n${tree.read('Blueprints')}`);
    tree.update();
    tree.write('e/Blueprints', 'thing { name: "e1" }');
    expect(tree.update()).toMatchObject({ analysed: 'whole', changed: true });
    tree.remove('e/Blueprints');
    expect(tree.update()).toMatchObject({ analysed: 'whole', changed: true });
  });

  test('an output that a module makes which is not analysed again', () => {
    const tree = sampleTree();
    tree.update();
    const before = tree.read('b/Blueprints');
    tree.write('b/Blueprints', `${before}\nthing { name: "b3", also: "out/d7" }`);
    expect(() => tree.generate()).toThrow('module "d7" makes out/d7, which module "b3" makes too');
    tree.write('b/Blueprints', `${before}\nthing { name: "b3", also: "out/d99" }`);
    expect(tree.update()).toMatchObject({ analysed: 'part' });
    // Handed from one module to another.
    tree.write('b/Blueprints', before.replace('name: "b1"', 'name: "b1", also: "out/d99"'));
    expect(tree.update()).toMatchObject({ analysed: 'part' });
    tree.write('c/Blueprints', `${tree.read('c/Blueprints')}\nthing { name: "d99" }`);
    expect(() => tree.generate()).toThrow('out/d99');
  });

  test('files that build logic named', () => {
    const tree = sampleTree();
    tree.write('b/data', '1');
    tree.write(
      'b/Blueprints',
      'thing { name: "b1", file: "data" }\nthing { name: "b2", split: ["x", "y"] }',
    );
    tree.update();
    tree.write('b/data', '2');
    expect(tree.update()).toMatchObject({ analysed: 'part', changed: false, analysedModules: 1 });
  });

  test('a new Blueprints file, a removed one, other build logic: everything', () => {
    const tree = sampleTree();
    tree.write('Blueprints', 'subdirs = ["*"]\nbase = "base.c"\nthing { name: "root" }');
    tree.update();
    tree.write('e/Blueprints', 'thing { name: "e" }');
    expect(tree.update()).toMatchObject({ analysed: 'whole' });
    tree.remove('e/Blueprints');
    expect(tree.update()).toMatchObject({ analysed: 'whole' });
    expect(tree.generate({ logicVersion: '2' })).toMatchObject({ analysed: 'whole' });
  });

  test('a manifest or a state that somebody else touched does not count', () => {
    const tree = sampleTree();
    tree.update();
    tree.write('build.ninja', 'tampered');
    expect(tree.update()).toMatchObject({ analysed: 'whole', changed: true });
    const state = join(tree.root, '.ashlar/build.ninja.state');
    const bytes = readFileSync(state);
    for (const broken of [bytes.subarray(0, bytes.length - 7), Buffer.alloc(0), Buffer.from('x')]) {
      writeFileSync(state, broken);
      expect(tree.update()).toMatchObject({ analysed: 'whole', changed: false });
    }
    const flipped = Buffer.from(bytes);
    flipped[bytes.length >> 1]! ^= 1;
    writeFileSync(state, flipped);
    expect(tree.update()).toMatchObject({ analysed: 'whole', changed: false });
  });

  test('errors leave the manifest as it is; healed, it is what it was', () => {
    const tree = sampleTree();
    tree.update();
    const before = tree.read('build.ninja');
    const good = tree.read('a/Blueprints');
    tree.write('a/Blueprints', 'thing { name: "a1" }\nthing { name: "d3" }');
    expect(() => tree.generate()).toThrow('module "d3" already defined');
    tree.write('a/Blueprints', 'thing { name: "a1" }');
    expect(() => tree.generate()).toThrow('"b1" depends on undefined module "a2"');
    expect(tree.read('build.ninja')).toBe(before);
    tree.write('a/Blueprints', good);
    expect(tree.update()).toMatchObject({ analysed: 'nothing' });
  });
});

/** How the random edits below were answered, to be sure that they try what they should. */
const answers = { nothing: 0, part: 0, whole: 0 };

test('after any edits, a part of the analysis gives the same manifest as the whole', () => {
  const name = fc.integer({ min: 0, max: 11 });
  const names = fc.uniqueArray(name, { maxLength: 3 });
  const words = (values: readonly number[], prefix: string): string =>
    values.map((value) => `"${prefix}${value}"`).join(', ');
  const module = fc.record({
    deps: names,
    late: names,
    rev: names,
    split: fc.subarray(['x', 'y', 'z']),
    flag: fc.constantFrom(
      '',
      'seen: "s", ',
      'deep: "", ',
      'look_up: "l", ',
      'want: "hot", ',
      'publish: "p", ',
      'local: "v", ',
      'rare: "r", ',
      'glob: "*.c", ',
      'glob: "**/*.c", ',
      'file: "one.c", ',
    ),
    create: fc.boolean(),
  });
  const edit = fc.record({
    index: name,
    module: fc.option(module),
    before: fc.nat(2),
    file: fc.option(fc.constantFrom('one.c', 'two.c', 'in/three.c', 'in/four.h')),
  });
  fc.assert(
    fc.property(fc.array(edit, { minLength: 2, maxLength: 5 }), (edits) => {
      const modules: (string | undefined)[] = Array.from({ length: 12 }, (_, i) => `name: "m${i}"`);
      const textOf = (file: number): string =>
        [0, 1, 2]
          .map((i) => modules[file * 3 + i])
          .flatMap((its) => (its === undefined ? [] : [`thing { ${its} }`]))
          .join('\n');
      const filler = Array.from({ length: 40 }, (_, i) => `thing { name: "f${i}" }`).join('\n');
      const tree = new Tree({
        Blueprints: `subdirs = ["f0", "f1", "f2", "f3", "g"]`,
        'g/Blueprints': filler,
      });
      for (let file = 0; file < 4; file++) tree.write(`f${file}/Blueprints`, textOf(file));
      tree.update();
      for (const { index, module: its, before, file: other } of edits) {
        const kept = (values: readonly number[]): readonly number[] =>
          // Dependencies on earlier modules only, and only on those that are there.
          values.filter((value) => value < index && modules[value] !== undefined);
        modules[index] =
          its === null
            ? `name: "m${index}"`
            : `name: "m${index}", ${its.flag}deps: [${words(kept(its.deps), 'm')}], ` +
              `late: [${words(kept(its.late), 'm')}], rev: [${words(
                its.rev.filter((value) => value > index),
                'm',
              )}], split: [${its.split.map((part) => `"${part}"`).join(', ')}], ` +
              `create: [${its.create ? `"made${index}"` : ''}]`;
        const file = Math.floor(index / 3);
        tree.write(`f${file}/Blueprints`, '\n'.repeat(before) + textOf(file));
        if (other !== null) tree.write(`f${file}/${other}`, `${before}`);
        try {
          tree.generate({ fresh: true, output: 'whole.ninja' });
        } catch {
          // An edit that is an error, a cycle say, is an error either way.
          expect(() => tree.generate()).toThrow();
          modules[index] = `name: "m${index}"`;
          tree.write(`f${file}/Blueprints`, textOf(file));
        }
        answers[tree.update().analysed]++;
      }
    }),
    { numRuns: 40 },
  );
  expect(answers.part).toBeGreaterThan(answers.whole);
}, 120_000);
