// Where parts of a task's record are said to be set.
import { expect, test } from 'vitest';
import type { PackageDeclaration } from '../../../src/package/module/declaration.ts';
import { lazyOrigins } from '../../../src/package/module/origin.ts';
import { PRESETS } from '../../../src/package/module/preset.ts';
import { packageValues, type TaskValues } from '../../../src/package/module/properties.ts';

const source = { file: 'Blueprints', text: 'package {\n}\n' };
const IN_TREE = { source, start: 0, end: 7 };
const PRESET = { file: 'preset autotools' };

/** The install task of a package that has the preset, and these of its properties in a file. */
function origins(written: readonly string[], task: Partial<TaskValues> = {}) {
  const { values } = PRESETS['autotools']!;
  const declaration: PackageDeclaration = {
    name: 'p',
    variant: null,
    directory: '.',
    preset: 'autotools',
    values: { ...packageValues({}), ...values, functions: {} },
    placeOf: (property) => (written.includes(property) ? IN_TREE : undefined),
    at: { source, start: 0, end: 9 },
    files: new Map(),
  };
  return lazyOrigins(declaration, 'install', { ...values.tasks['install']!, ...task });
}

test('what a preset says is its own, not that of the line that adds to it', () => {
  const script = PRESETS['autotools']!.values.tasks['install']!.script!;
  const added = origins(['tasks.install.append'], { append: ['strip it'] });
  expect(added.get(`script\n${script.split('\n')[0]}`)).toEqual(PRESET);
  expect(added.get('script\nstrip it')).toEqual(IN_TREE);
  expect(origins([]).get('script')).toEqual(PRESET);
  expect(origins([]).get('variables.MAKE_ARGS')).toEqual(PRESET);
});

test("what the tree says instead is the tree's", () => {
  const own = origins(['tasks.install.script', 'variables.MAKE_ARGS'], {
    script: 'cp a b\ncp c d',
  });
  expect(own.get('script\ncp a b') ?? own.get('script')).toEqual(IN_TREE);
  expect(own.get('variables.MAKE_ARGS')).toEqual(IN_TREE);
  expect(own.get('variables.CFLAGS')).toBeUndefined();
  // Set by a type of modules, not by a file: nobody can tell.
  expect(origins([], { script: 'cp a b' }).get('script')).toBeUndefined();
});
