// What a partial analysis must follow, notice, or leave to a whole one, one edit at a time.
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { textAt } from '../../../src/blueprint/phase/column.ts';
import { readSealed } from '../../../src/blueprint/phase/sealed.ts';
import { findName, type State } from '../../../src/blueprint/phase/state.ts';
import { combine, directoryNamespaces } from '../../../src/index.ts';
import { logic, sampleTree, type Tree } from './tree.ts';

/** The sample tree with other files, its manifest made. */
function treeWith(files: Readonly<Record<string, string>>): Tree {
  const tree = sampleTree();
  for (const [file, text] of Object.entries(files)) tree.write(file, text);
  tree.update();
  return tree;
}

describe('who else is analysed', () => {
  test('who asked for a name that there was not', () => {
    const tree = treeWith({ 'c/Blueprints': 'thing { name: "c1", has: "late" }' });
    expect(tree.read('build.ninja')).toContain('c/missing');
    tree.write('b/Blueprints', `${tree.read('b/Blueprints')}\nthing { name: "late" }`);
    expect(tree.update().analysed).toBe('part');
    expect(tree.read('build.ninja')).toContain('c/there');
  });

  test('who asked for a name that a module had before it was renamed', () => {
    const tree = treeWith({
      'a/Blueprints': 'thing { name: "a1", rename: "r" }\nthing { name: "a2" }',
      'b/Blueprints': 'thing { name: "b1", has: "a1" }\nthing { name: "b2" }',
      'c/Blueprints': '',
    });
    expect(tree.read('build.ninja')).toContain('b/there');
    tree.write('a/Blueprints', 'thing { name: "a2" }');
    expect(tree.update().analysed).toBe('part');
    expect(tree.read('build.ninja')).toContain('b/missing');
    tree.write('a/Blueprints', 'thing { name: "a1", rename: "s" }\nthing { name: "a2" }');
    expect(tree.update().analysed).toBe('part');
    expect(tree.read('build.ninja')).toContain('b/there');
    tree.write('b/Blueprints', '\nthing { name: "b1", has: "a1" }\nthing { name: "b2" }');
    expect(tree.update().analysed).toBe('part');
    expect(tree.read('build.ninja')).toContain('b/there');
  });

  test('a module of a name between two others that it had', () => {
    const tree = treeWith({
      'a/Blueprints': 'thing { name: "a1", rename: "r", again: "s" }\nthing { name: "a2" }',
      'b/Blueprints': 'thing { name: "b1" }\nthing { name: "b2" }',
      'c/Blueprints': '',
    });
    tree.write('b/Blueprints', 'thing { name: "b1", late: ["r"] }\nthing { name: "b2" }');
    expect(tree.update().analysed).toBe('part');
    expect(tree.read('build.ninja')).toContain('| out/s\n');
    tree.write(
      'a/Blueprints',
      'thing { name: "a1", rename: "t", again: "s" }\nthing { name: "a2" }',
    );
    expect(() => tree.generate()).toThrow('"b1" depends on undefined module "r"');
  });

  test('a module whose new name another has', () => {
    const tree = treeWith({ 'c/Blueprints': 'thing { name: "c1" }\nthing { name: "c2" }' });
    tree.write('c/Blueprints', 'thing { name: "c1", rename: "d5" }\nthing { name: "c2" }');
    expect(() => tree.generate()).toThrow('renaming module "c1" to "d5" conflicts with existing');
  });

  test('nobody, where properties that others looked at stay as they are', () => {
    const tree = treeWith({
      'c/Blueprints':
        'thing { name: "c1", seen: "x", deps: ["b1"] }\nthing { name: "c2", seen: "x", deps: ["b1"] }',
    });
    tree.write('b/Blueprints', `\n${tree.read('b/Blueprints')}`);
    expect(tree.update()).toMatchObject({ analysed: 'part', analysedModules: 2 });
    tree.write('b/Blueprints', tree.read('b/Blueprints').replace('"b1"', '"b1", srcs: ["y"]'));
    expect(tree.update()).toMatchObject({ analysed: 'part', analysedModules: 4 });
  });

  test('a module that another gave variations which nobody wants any more', () => {
    const tree = treeWith({
      'b/Blueprints': 'thing { name: "b1", want: "hot", deps: ["a2"] }\nthing { name: "b2" }',
    });
    expect(tree.read('build.ninja')).toContain('out/a2-hot');
    tree.write('b/Blueprints', 'thing { name: "b1", deps: ["a2"] }\nthing { name: "b2" }');
    expect(tree.update().analysed).toBe('part');
    expect(tree.read('build.ninja')).not.toContain('out/a2-hot');
    tree.write('b/Blueprints', 'thing { name: "b1", want: "hot" }\nthing { name: "b2" }');
    tree.update();
  });

  test('with a module those that give it variations, whatever it is called now', () => {
    const tree = treeWith({
      'a/Blueprints': 'thing { name: "a1", again: "r" }\nthing { name: "a2" }',
      'b/Blueprints': 'thing { name: "b1", want: "hot", deps: ["a1"], again: "s" }',
      'c/Blueprints': '',
    });
    for (const before of ['\n', '\n\n']) {
      tree.write('a/Blueprints', before + tree.read('a/Blueprints').trim());
      // The module, the one beside it, and one that is only looked at: in a single round.
      expect(tree.update()).toMatchObject({ analysed: 'part', analysedModules: 2 });
    }
  });

  test('with a module those that give it variations', () => {
    const tree = treeWith({
      'b/Blueprints': 'thing { name: "b1", want: "hot", deps: ["a2"] }\nthing { name: "b2" }',
    });
    tree.write('a/Blueprints', `\n${tree.read('a/Blueprints')}`);
    expect(tree.update().analysed).toBe('part');
    expect(tree.read('build.ninja')).toContain('out/a2-hot');
  });

  test('a module that looks at its dependers, and with it all of these', () => {
    const tree = treeWith({
      'a/Blueprints': 'thing { name: "a1", look_up: "x" }\nthing { name: "a2" }',
      'b/Blueprints': 'thing { name: "b1", deps: ["a1"] }\nthing { name: "b2", deps: ["a1"] }',
      'c/Blueprints': '',
    });
    tree.write('a/Blueprints', `\n${tree.read('a/Blueprints')}`);
    expect(tree.update().analysed).toBe('part');
    expect(tree.read('build.ninja')).toMatch(/by-b1.*by-b2/);
    tree.write('b/Blueprints', 'thing { name: "b1" }\nthing { name: "b2", deps: ["a1"] }');
    expect(tree.update().analysed).toBe('part');
    expect(tree.read('build.ninja')).not.toContain('by-b1');
  });

  test('a module that looks at its dependers, of which there are others now', () => {
    const tree = treeWith({
      'a/Blueprints': 'thing { name: "a1", look_up: "x" }\nthing { name: "a2" }',
      'b/Blueprints': 'thing { name: "b1", deps: ["a1"] }\nthing { name: "b2" }',
      'c/Blueprints': 'thing { name: "c1" }\nthing { name: "c2" }',
    });
    tree.write('c/Blueprints', 'thing { name: "c1", deps: ["a1"] }\nthing { name: "c2" }');
    expect(tree.update().analysed).toBe('part');
    expect(tree.read('build.ninja')).toMatch(/by-b1.*by-c1/);
    tree.write('c/Blueprints', 'thing { name: "c3", deps: ["a1"] }\nthing { name: "c2" }');
    expect(tree.update().analysed).toBe('part');
    tree.write('c/Blueprints', 'thing { name: "c2" }');
    expect(tree.update().analysed).toBe('part');
    expect(tree.read('build.ninja')).toMatch(/by-b1/);
  });

  test('a module that begins to look at its dependers, and one that ends', () => {
    const tree = treeWith({
      'a/Blueprints': 'thing { name: "a1" }\nthing { name: "a2" }',
      'b/Blueprints': 'thing { name: "b1", deps: ["a1"] }\nthing { name: "b2" }',
      'c/Blueprints': '',
    });
    tree.write('a/Blueprints', 'thing { name: "a1", look_up: "x" }\nthing { name: "a2" }');
    expect(tree.update().analysed).toBe('part');
    expect(tree.read('build.ninja')).toContain('by-b1');
    tree.write('c/Blueprints', 'thing { name: "c1", deps: ["a1"] }');
    expect(tree.update().analysed).toBe('part');
    expect(tree.read('build.ninja')).toMatch(/by-b1.*by-c1/);
    tree.write('a/Blueprints', 'thing { name: "a1" }\nthing { name: "a2" }');
    expect(tree.update().analysed).toBe('part');
  });

  test('whoever depends on a module that another takes the place of', () => {
    const tree = treeWith({
      'a/Blueprints': 'thing { name: "a1" }\nthing { name: "a2" }',
      'b/Blueprints': 'thing { name: "b1" }\nthing { name: "b2" }',
      'c/Blueprints': 'thing { name: "c1", deps: ["b1"] }\nthing { name: "c2" }',
    });
    tree.write('a/Blueprints', 'thing { name: "a1", replace: "b1" }\nthing { name: "a2" }');
    expect(tree.update().analysed).toBe('part');
    expect(tree.read('build.ninja')).toContain('| out/a1\n');
    tree.write('c/Blueprints', 'thing { name: "c1" }\nthing { name: "c2", deps: ["b1"] }');
    expect(tree.update().analysed).toBe('part');
    tree.write('a/Blueprints', 'thing { name: "a1" }\nthing { name: "a2" }');
    expect(tree.update().analysed).toBe('part');
    expect(tree.read('build.ninja')).toContain('| out/b1\n');
  });

  test('modules that a mutator made, and who made them', () => {
    const tree = treeWith({
      'a/Blueprints': 'thing { name: "a1", make: ["n1", "n2"] }\nthing { name: "a2" }',
      'b/Blueprints': 'thing { name: "b1", late: ["n1"] }\nthing { name: "b2" }',
      'c/Blueprints': '',
    });
    tree.write('b/Blueprints', `\n${tree.read('b/Blueprints')}`);
    expect(tree.update().analysed).toBe('part');
    tree.write('a/Blueprints', 'thing { name: "a1", make: ["n1"] }\nthing { name: "a2" }');
    expect(tree.update().analysed).toBe('part');
    expect(tree.read('build.ninja')).toContain('made/n1');
    expect(tree.read('build.ninja')).not.toContain('made/n2');
  });

  test('modules that were made for files, when their maker was analysed beside others that came and went', () => {
    const tree = treeWith({
      'a/Blueprints': 'thing { name: "a1", make_for: "*.c" }',
      'b/Blueprints': 'thing { name: "b1" }',
      'c/Blueprints': '',
      'a/one.c': '',
      'a/two.c': '',
    });
    expect(tree.read('build.ninja')).toContain('made/of-a/two.c');
    tree.write('a/three.c', '');
    tree.age('a');
    tree.write('b/Blueprints', 'thing { name: "b1" }\nthing { name: "b2" }');
    expect(tree.update().analysed).toBe('part');
    tree.remove('a/two.c');
    tree.age('a');
    expect(tree.update().analysed).toBe('part');
    expect(tree.read('build.ninja')).not.toContain('made/of-a/two.c');
  });

  test('what another module makes now, when the first one changes', () => {
    const tree = treeWith({
      'a/Blueprints': 'thing { name: "a1", make: ["n"] }\nthing { name: "a2" }',
      'c/Blueprints': '',
    });
    tree.write('a/Blueprints', 'thing { name: "a1" }\nthing { name: "a2", make: ["n"] }');
    expect(tree.update().analysed).toBe('part');
    const { modules } = readSealed(join(tree.root, '.ashlar/build.ninja.state')) as State;
    const creator = modules.creator[findName(modules.name, 'n')]!;
    expect(textAt(modules.name, creator)).toBe('a2');
    tree.write(
      'a/Blueprints',
      'thing { name: "a1", file: "x" }\nthing { name: "a2", make: ["n"] }',
    );
    expect(tree.update().analysed).toBe('part');
    tree.write('a/x', '1');
    expect(tree.update()).toMatchObject({ analysed: 'part', analysedModules: 1 });
    expect(tree.read('build.ninja')).toContain('made/n');
  });

  test('nobody, for the globs of load hooks of modules that are not concerned', () => {
    const tree = treeWith({
      'a/Blueprints': 'thing { name: "a1", load_glob: "*.c" }\nthing { name: "a2", glob: "*.h" }',
      'c/Blueprints': '',
    });
    tree.write('a/new.h', '');
    tree.age('a');
    expect(tree.update()).toMatchObject({ analysed: 'part', analysedModules: 1 });
    tree.write('a/new.c', '');
    tree.age('a');
    expect(tree.update()).toMatchObject({ analysed: 'part', analysedModules: 1 });
  });

  test('a module that moved to another file, which its old one no longer concerns', () => {
    const tree = treeWith({
      'a/Blueprints': 'thing { name: "a1" }\nthing { name: "a2" }',
      'b/Blueprints': 'thing { name: "b1" }',
      'c/Blueprints': '',
    });
    tree.write('a/Blueprints', 'thing { name: "a1" }');
    tree.write('b/Blueprints', 'thing { name: "b1" }\nthing { name: "a2" }');
    expect(tree.update().analysed).toBe('part');
    tree.write('a/Blueprints', '\nthing { name: "a1" }');
    expect(tree.update()).toMatchObject({ analysed: 'part', analysedModules: 1 });
    expect(tree.read('build.ninja')).toContain('out/a2');
    tree.write('b/Blueprints', 'thing { name: "b1" }');
    expect(tree.update().analysed).toBe('part');
    expect(tree.read('build.ninja')).not.toContain('out/a2');
  });

  test('a module that depends on another only because that said so', () => {
    const tree = treeWith({
      'a/Blueprints': 'thing { name: "a1", rev: ["d3"] }\nthing { name: "a2" }',
    });
    tree.write('a/Blueprints', 'thing { name: "a2" }');
    tree.write('b/Blueprints', 'thing { name: "b1" }\nthing { name: "b2" }');
    tree.write('c/Blueprints', '');
    expect(tree.update().analysed).toBe('part');
    expect(tree.read('build.ninja')).not.toContain('out/a1');
  });

  test('who looks at something that nobody can compare, each time that it is made anew', () => {
    const tree = treeWith({
      'a/Blueprints': 'thing { name: "a1", secret: "one" }',
      'b/Blueprints': 'thing { name: "b1", deps: ["a1"] }\nthing { name: "b2" }',
      'c/Blueprints': '',
    });
    tree.write('a/Blueprints', 'thing { name: "a1", secret: "two" }');
    expect(tree.update()).toMatchObject({ analysed: 'part', analysedModules: 2 });
    expect(tree.read('build.ninja')).toContain('two');
    tree.write('b/Blueprints', '\nthing { name: "b1", deps: ["a1"] }\nthing { name: "b2" }');
    expect(tree.update()).toMatchObject({ analysed: 'part', analysedModules: 2 });
  });

  test('one of these, where another module gives it another shape', () => {
    const tree = treeWith({
      'a/Blueprints': 'thing { name: "a1", secret: "one" }\nthing { name: "a2" }',
      'b/Blueprints': 'thing { name: "b1", deps: ["a1"] }\nthing { name: "b2" }',
      'c/Blueprints': '',
    });
    tree.write(
      'b/Blueprints',
      'thing { name: "b1", want: "hot", deps: ["a1"] }\nthing { name: "b2" }',
    );
    expect(tree.update().analysed).toBe('part');
    expect(tree.read('build.ninja')).toContain('out/a1-hot');
  });

  test('a renamed module is found again by what its file calls it', () => {
    const tree = treeWith({
      'a/Blueprints': 'thing { name: "a1", rename: "z1" }\nthing { name: "a2" }',
      'b/Blueprints': 'thing { name: "b1", late: ["z1"] }\nthing { name: "b2" }',
      'c/Blueprints': '',
    });
    tree.write('b/Blueprints', '\nthing { name: "b1", late: ["z1"] }\nthing { name: "b2" }');
    expect(tree.update()).toMatchObject({ analysed: 'part', analysedModules: 2 });
    // Also after others came, and moved it in what is kept.
    tree.write('c/Blueprints', 'thing { name: "aa", late: ["b2"] }');
    expect(tree.update()).toMatchObject({ analysed: 'part' });
    tree.write('b/Blueprints', 'thing { name: "b1", late: ["z1"] }\nthing { name: "b2" }');
    expect(tree.update()).toMatchObject({ analysed: 'part', analysedModules: 2 });
    tree.write('a/Blueprints', 'thing { name: "z1" }\nthing { name: "a2" }');
    expect(tree.update()).toMatchObject({ analysed: 'part' });
    tree.write('b/Blueprints', '\nthing { name: "b1", late: ["z1"] }\nthing { name: "b2" }');
    expect(tree.update()).toMatchObject({ analysed: 'part', analysedModules: 2 });
    tree.write('a/Blueprints', 'thing { name: "a1", rename: "z1" }\nthing { name: "a2" }');
    expect(tree.update()).toMatchObject({ analysed: 'part' });
    tree.write('b/Blueprints', 'thing { name: "b1" }\nthing { name: "b2" }');
    expect(tree.update()).toMatchObject({ analysed: 'part' });
    tree.write('a/Blueprints', 'thing { name: "a1", rename: "z2" }\nthing { name: "a2" }');
    expect(tree.update()).toMatchObject({ analysed: 'part' });
    expect(tree.read('build.ninja')).not.toContain('out/z1');
  });
});

describe('what is kept for the next time', () => {
  /** Edits a module in a way that counts, then another file in one that does not. */
  test.each([
    ['a rule and what it names', 'rare: "x"'],
    ['a value that singletons collect', 'publish: "x"'],
    ['a local variable', 'local: "x"'],
    ['a package', 'pack: "x"'],
    ['an output', 'also: "x"'],
  ])('%s', (_, property) => {
    const tree = treeWith({});
    const text = (its: string): string => `thing { name: "a1"${its} }\nthing { name: "a2" }`;
    let lines = '';
    const elsewhere = (): void => {
      lines += '\n';
      tree.write(
        'b/Blueprints',
        `${lines}thing { name: "b1", deps: ["a2"] }\nthing { name: "b2" }`,
      );
      tree.update();
    };
    for (const its of [`, ${property}`, `, ${property.replace('x', 'y')}`, '']) {
      tree.write('a/Blueprints', text(its));
      tree.update();
      elsewhere();
      // Modules that come and go move what is kept.
      tree.write('c/Blueprints', its === '' ? '' : 'thing { name: "a0" }');
      tree.update();
      elsewhere();
    }
  });
});

test('a module that names nothing keeps nothing alive', () => {
  const tree = treeWith({
    'a/Blueprints': 'thing { name: "a1", create: ["n"] }',
    'b/Blueprints': 'thing { name: "b1", rare: "x" }',
    'c/Blueprints': '',
  });
  expect(tree.read('build.ninja')).toContain('rule g.logic.rare');
  tree.write('b/Blueprints', 'thing { name: "b1" }');
  expect(tree.update().analysed).toBe('part');
  expect(tree.read('build.ninja')).not.toContain('rule g.logic.rare');
});

describe('what only a whole analysis can tell', () => {
  test.each([
    [
      'local names that come to the same',
      { 'a/Blueprints': 'thing { name: "a+b", local: "1" }' },
      { 'b/Blueprints': 'thing { name: "a:b", local: "2" }' },
      'local names clash',
    ],
    [
      'a singleton that begins to look at all modules',
      {},
      { 'a/Blueprints': 'thing { name: "a1", publish: "visit" }\nthing { name: "a2" }' },
      'a singleton visits all modules',
    ],
    [
      'a package whose name another has, too',
      {},
      { 'a/Blueprints': 'thing { name: "a1", pack: "x" }\nthing { name: "a2" }' },
      'a package shares its name with another',
    ],
    [
      'a file that names others',
      {},
      { 'a/Blueprints': 'optional_subdirs = ["*"]\nthing { name: "a1" }\nthing { name: "a2" }' },
      'a/Blueprints names other files',
    ],
  ])('%s', (_, before, after, reason) => {
    const files = { 'c/Blueprints': '', 'b/Blueprints': '', ...before };
    const tree = treeWith(files);
    for (const [file, text] of Object.entries(after)) tree.write(file, text);
    expect(tree.update()).toMatchObject({ analysed: 'whole', reason });
    expect(tree.update()).toMatchObject({ analysed: 'nothing' });
  });

  test('once one looks at all modules, each change is for the whole', () => {
    const tree = treeWith({
      'a/Blueprints': 'thing { name: "a1", publish: "visit" }\nthing { name: "a2" }',
    });
    tree.write('b/Blueprints', `\n${tree.read('b/Blueprints')}`);
    expect(tree.update()).toMatchObject({
      analysed: 'whole',
      reason: 'a singleton visits all modules',
    });
  });

  test('a new output of a singleton that a module makes, too', () => {
    const tree = treeWith({ 'c/Blueprints': 'thing { name: "c1", also: "index" }' });
    tree.write('a/Blueprints', 'thing { name: "a1", publish: "x" }\nthing { name: "a2" }');
    expect(() => tree.generate()).toThrow('singleton index makes index, which module "c1" makes');
  });

  test('a new output that a module has since an earlier edit', () => {
    const tree = treeWith({});
    tree.write('a/Blueprints', 'thing { name: "a1", also: "out/q" }\nthing { name: "a2" }');
    expect(tree.update().analysed).toBe('part');
    tree.write('c/Blueprints', 'thing { name: "c1", also: "out/q" }\nthing { name: "c2" }');
    expect(() => tree.generate()).toThrow('module "c1" makes out/q, which module "a1" makes too');
  });

  test('modules with name spaces', () => {
    const tree = sampleTree();
    const names = directoryNamespaces({ type: 'namespace' });
    const more = { logic: [combine(logic, { names })] };
    tree.update(more);
    tree.write('b/Blueprints', `\n${tree.read('b/Blueprints')}`);
    expect(tree.update(more)).toMatchObject({
      analysed: 'whole',
      reason: 'modules have name spaces',
    });
  });

  test('a pattern that can no longer be searched', () => {
    const tree = treeWith({
      'b/Blueprints': 'thing { name: "b1", glob: "*/x.c" }\nthing { name: "b2" }',
      'b/one/x.c': '',
    });
    symlinkSync('nowhere', join(tree.root, 'b/dangling'));
    expect(() => tree.generate()).toThrow(/dangling/);
  });
});
