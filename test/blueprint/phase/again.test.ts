// What one run leaves for the next: when it counts, and which files are kept up to date beside the manifest.
import { existsSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { textAt } from '../../../src/blueprint/phase/column.ts';
import { readSealed, writeSealed } from '../../../src/blueprint/phase/sealed.ts';
import {
  isRacy,
  sameStamp,
  stampAt,
  stampOf,
  type Stamp,
} from '../../../src/blueprint/phase/stamp.ts';
import type { State } from '../../../src/blueprint/phase/state.ts';
import { sampleTree, type Tree } from './tree.ts';

const STATE = '.ashlar/build.ninja.state';

function stateOf(tree: Tree): State {
  return readSealed(join(tree.root, STATE)) as State;
}

describe('stamps', () => {
  const stamp: Stamp = [1, 10_000, 20_000, 3];

  test('are the same only if everything is', () => {
    expect(sameStamp(stamp, [...stamp])).toBe(true);
    for (let part = 0; part < 4; part++) {
      const other = stamp.map((value, i) => (i === part ? value + 1 : value));
      expect(sameStamp(stamp, other as unknown as Stamp)).toBe(false);
    }
  });

  test('within two seconds before the look they may miss a change', () => {
    expect(isRacy(stamp, 21_999)).toBe(true);
    expect(isRacy(stamp, 22_000)).toBe(false);
    expect(isRacy([1, 20_000, 10_000, 3], 21_999)).toBe(true);
  });

  test('of directories leave out the size, and of what is not there everything', () => {
    const { root } = sampleTree();
    expect(stampOf(root)[0]).toBe(0);
    expect(stampOf(join(root, 'Blueprints'))[0]).toBeGreaterThan(0);
    expect(stampOf(join(root, 'nothing'))).toEqual([0, 0, 0, 0]);
    expect(stampOf(join(root, 'Blueprints/inner'))).toEqual([0, 0, 0, 0]);
  });

  test('that needed reading are taken anew', () => {
    const tree = sampleTree();
    tree.generate();
    tree.age('a/Blueprints');
    expect(tree.generate()).toMatchObject({ analysed: 'nothing' });
    const { files } = stateOf(tree);
    for (let index = 0; index < files.parent.length; index++) {
      const path = join(tree.root, textAt(files.path, index));
      expect(stampAt(files.stamp, index)).toEqual(stampOf(path));
    }
  });
});

describe('a state is of the same question only', () => {
  test.each([
    ['the configuration', { config: { out: 'elsewhere' } }],
    ['the version of the build logic', { logicVersion: '2' }],
    ['the root file', { root: 'd/Blueprints' }],
    ['the form of the language', { dialect: '2021' as const }],
    ['missing dependencies', { allowMissingDependencies: true }],
    ['unknown types', { ignoreUnknownModuleTypes: true }],
    ['a list of files', { listFile: 'list' }],
  ])('%s', (_, more) => {
    const tree = sampleTree();
    tree.write('list', 'Blueprints\na/Blueprints\n');
    tree.generate();
    expect(tree.generate(more)).toMatchObject({
      analysed: 'whole',
      reason: 'there is nothing to start from',
    });
    expect(tree.generate(more)).toMatchObject({ analysed: 'nothing' });
  });

  test('with a list, its change concerns everything', () => {
    const tree = sampleTree();
    tree.write('list', 'Blueprints\na/Blueprints\n');
    const more = { listFile: 'list' };
    expect(tree.update(more)).toMatchObject({ modules: 3 });
    tree.write('list', 'Blueprints\na/Blueprints\nd/Blueprints\n');
    expect(tree.update(more)).toMatchObject({ analysed: 'whole', reason: 'list changed' });
    tree.write('a/Blueprints', `\n${tree.read('a/Blueprints')}`);
    expect(tree.update(more)).toMatchObject({ analysed: 'part', modules: 43 });
  });
});

describe('sealed files', () => {
  test('give back what was written, and nothing once they are damaged', () => {
    const { root } = sampleTree();
    const path = join(root, 'sealed');
    expect(readSealed(path)).toBeUndefined();
    const value = { list: Int32Array.of(1, 2), map: new Map([[1, 'é']]) };
    writeSealed(path, value);
    expect(readSealed(path)).toEqual(value);
    const bytes = readFileSync(path);
    for (let at = 0; at < bytes.length; at++) {
      const broken = Buffer.from(bytes);
      broken[at]! ^= 1;
      writeFileSync(path, broken);
      expect(readSealed(path)).toBeUndefined();
    }
    for (const length of [0, 3, 4, bytes.length - 1]) {
      writeFileSync(path, bytes.subarray(0, length));
      expect(readSealed(path)).toBeUndefined();
    }
  });
});

describe('files beside the manifest', () => {
  const commands = { generate: 'true', checkGlobs: 'true' };
  const beside = ['globs.d', 'files.d', 'generator'].map((end) => `.ashlar/build.ninja.${end}`);

  test('are made again with a part of the analysis where they are gone', () => {
    const tree = sampleTree();
    tree.generate({ commands });
    for (const [i, file] of ['build.ninja.d', ...beside].entries()) {
      const text = tree.read(file);
      rmSync(join(tree.root, file));
      tree.write('a/Blueprints', `${'\n'.repeat(i + 1)}thing { name: "a1" }\nthing { name: "a2" }`);
      expect(tree.generate({ commands })).toMatchObject({ analysed: 'part' });
      expect(tree.read(file)).toBe(text);
    }
  });

  test('are made again where they are gone, or run something else, with nothing analysed', () => {
    const tree = sampleTree();
    tree.generate({ commands });
    for (const file of ['build.ninja.d', ...beside]) {
      const text = tree.read(file);
      rmSync(join(tree.root, file));
      expect(tree.generate({ commands })).toMatchObject({ analysed: 'nothing', changed: false });
      expect(tree.read(file)).toBe(text);
    }
    tree.generate({ commands: { ...commands, generate: 'false' } });
    expect(tree.read('.ashlar/build.ninja.generator')).toContain('command = false');
  });

  test('without commands only the dependency file is', () => {
    const tree = sampleTree();
    tree.generate();
    expect(beside.map((file) => existsSync(join(tree.root, file)))).toEqual([false, false, false]);
    tree.generate({ fresh: true, spelled: './build.ninja' });
    expect(beside.map((file) => existsSync(join(tree.root, file)))).toEqual([true, true, false]);
    expect(tree.read('.ashlar/build.ninja.files.d')).toMatch(/^\.\/build\.ninja: /);
  });

  test('what globs match is not newer than it was checked to be', () => {
    const tree = sampleTree();
    tree.write('b/Blueprints', 'thing { name: "b1", glob: "*.c" }\nthing { name: "b2" }');
    tree.generate({ commands });
    const globs = join(tree.root, '.ashlar/build.ninja.globs');
    utimesSync(globs, 1_000, 2_000);
    tree.write('b/one.c', '');
    expect(tree.generate({ commands })).toMatchObject({ changed: true });
    expect(readFileSync(globs, 'utf8')).toContain('b/one.c');
    expect(statSync(globs).mtimeMs).toBe(2_000_000);
  });
});
