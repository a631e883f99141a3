import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sampleTree, Tree } from './tree.ts';

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
      'look_up: "loud", ',
      'replace: "m0", ',
      'replace: "m4", ',
      'rename: "z", ',
      'has: "m2", ',
      'has: "z", ',
      'secret: "s", ',
      'make: ["n"], ',
      'want: "cold", ',
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
