// `ashlar query` on the real program: what it answers about the engine's example, and about a tree with
// build logic of its own. Answers are kept in test/golden/query; `vitest -u` writes them anew.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startAgain } from '../rig/again.ts';
import type { Run } from '../rig/program.ts';
import { scratch, type Scratch } from '../rig/scratch.ts';

const project = resolve(import.meta.dirname, '../..');
const program = join(project, 'bin/ashlar');
const example = join(project, 'examples/engine');
const golden = join(project, 'test/golden/query');

const again = startAgain();
let space: Scratch;
let env: NodeJS.ProcessEnv;
beforeAll(() => {
  space = scratch();
  env = { ...process.env, ASHLAR_STORE: space.at('store'), XDG_CACHE_HOME: space.at('cache') };
});
afterAll(() => {
  again[Symbol.dispose]();
  space[Symbol.dispose]();
});

function query(cwd: string, argv: readonly string[]): Run {
  return again.run(['query', ...argv], { cwd, env });
}

/** In a process of its own. */
function queryApart(cwd: string, argv: readonly string[]): Run {
  return spawnSync(program, ['query', ...argv], { cwd, env, encoding: 'utf8' });
}

describe('the example', () => {
  test.each([
    ['modules', ['modules']],
    ['modules-filtered', ['modules', 'sh*', 'text', '--type', 'cc_library', '--in', 'lib/']],
    ['modules-json', ['modules', 'banner*', '--json']],
    ['modules-dot', ['modules', '--dot']],
    ['deps', ['deps', 'shapes@fast']],
    ['deps-all', ['deps', '--all', 'shapes@fast']],
    ['deps-tree', ['deps', '--tree', 'shapes@fast']],
    ['deps-json', ['deps', 'text@fast', '--json']],
    ['deps-dot', ['deps', '--all', '--dot', 'shapes@small']],
    ['rdeps', ['rdeps', 'shape']],
    ['rdeps-tree', ['rdeps', '--tree', 'banner_text']],
    ['path', ['path', 'all', 'shape']],
    ['path-json', ['path', 'shapes@fast', 'shape', '--json']],
    ['path-dot', ['path', 'shapes', 'shape', '--dot']],
    ['variants', ['variants', 'shapes', 'shape', 'embed']],
    ['variants-json', ['variants', 'shapes', '--json']],
    ['properties', ['properties', 'shapes']],
    ['properties-some', ['properties', 'shapes@fast', 'cflags', 'arch']],
    ['properties-json', ['properties', 'shapes@fast', 'cflags', '--json']],
    ['properties-all', ['properties', 'shape', '--all']],
  ])('%s', async (name, argv) => {
    const { status, stdout, stderr } = query(example, argv);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    await expect(stdout).toMatchFileSnapshot(join(golden, `${name}.txt`));
  });

  test('the same answer from anywhere, and as often as one asks', () => {
    const argv = ['deps', '--all', 'shapes'];
    const first = queryApart(example, argv);
    const elsewhere = queryApart(space.path, [...argv, '--source', example]);
    expect(elsewhere).toMatchObject({ status: 0, stdout: first.stdout });
    expect(query(example, argv).stdout).toBe(first.stdout);
    expect(query(example, argv).stdout).toBe(first.stdout);
  });

  test('no way has an exit status of its own, and the other way is mentioned', () => {
    const { status, stdout } = query(example, ['path', 'shape', 'shapes']);
    expect(status).toBe(1);
    expect(stdout).toBe('shape does not depend on shapes; shapes depends on shape\n');
    const none = query(example, ['path', 'embed', 'shape', '--json']);
    expect(none.status).toBe(1);
    expect(JSON.parse(none.stdout)).toEqual({ modules: [], edges: [], backwards: false });
  });

  test.each([
    [['deps', 'shappe'], 'there is no module "shappe"', 'did you mean "shape"?'],
    [['deps', 'qqqqqq'], 'there is no module "qqqqqq"', 'ashlar query modules lists all of them'],
    [['rdeps', 'shapes@fest'], 'module "shapes" has no variant "fest"', 'did you mean "fast"?'],
    [['deps', 'embed@fast'], 'module "embed" has no variant "fast"', 'it has one variant only'],
    [['properties', 'shape', 'cflag'], 'has no property "cflag"', 'did you mean "cflags"?'],
    [['properties', 'shapes', 'arch.fest'], 'no property "arch.fest"', 'did you mean "arch.fast"?'],
    [['modules', '--type', 'cc_libary'], 'no module of type "cc_libary"', '"cc_library"?'],
    [['modules', 'nope*'], 'there is no module "nope*"', 'hint'],
    [['path', 'shpes', 'txt'], 'there is no module "shpes"', 'there is no module "txt"'],
    [['deps', 'shape', '--source', 'nowhere'], 'Blueprints: file does not exist', ''],
    [['deps', 'shape', '--json', '--dot'], '--json and --dot', ''],
    [['dep', 'shape'], 'dep', 'deps'],
    [['deps'], 'expected at least 1 of MODULE, found 0', ''],
  ])('%j says what is wrong', (argv, message, hint) => {
    const { status, stdout, stderr } = query(example, argv);
    expect(stderr).toContain(message);
    expect(stderr).toContain(hint);
    expect(stdout).toBe('');
    expect(status).toBe(argv.includes('nowhere') ? 3 : 2);
  });
});

describe('a tree with build logic of its own', () => {
  let root: string;
  const files: Readonly<Record<string, string>> = {
    Blueprints: [
      'common = ["-common"]',
      'subdirs = ["sub"]',
      'thing {',
      '    name: "base",',
      '    flags: common,',
      '    plain: "from base",',
      '    words: ["base"],',
      '}',
      '',
    ].join('\n'),
    'sub/Blueprints': [
      'thing {',
      '    name: "user",',
      '    take: "base",',
      '    flags: ["-a"] + select(kind("x"), {',
      '        "one": common + ["-one"],',
      '        default: ["-other"],',
      '    }) + select((kind("x"), kind("y")), {',
      '        ("one", any @ y): ["-y-" + y],',
      '        (default, default): unset,',
      '    }),',
      '    target: {',
      '        linux: { words: ["linux"], plain: "l" },',
      '    },',
      '    items: [{ a: 1 }, { a: 2, b: "x" }],',
      '    split: ["p", "q"],',
      '    make: "made",',
      '}',
      'thing { name: "broken", flags: select(nope(), { default: [] }) }',
      'thing { name: "café \\"quoted\\"", plain: "é" }',
      '',
    ].join('\n'),
    'logic.mjs': `
import { bottomUp, topDown, configurable, dependencyTag, int, list, moduleName, moduleType, mutated, optional, properties, string } from ${JSON.stringify(pathToFileURL(join(project, 'dist/index.js')).href)};
const taking = dependencyTag('take');
const shared = { words: list(string()), plain: optional(string()) };
const target = properties({ linux: properties(shared), darwin: properties(shared) });
const thing = moduleType({
  name: 'thing',
  properties: {
    ...shared,
    take: moduleName({ tag: taking }),
    flags: configurable(list(string())),
    target,
    items: list(properties({ a: int(), b: string() })),
    split: list(string()),
    make: string(),
    note: mutated(string()),
  },
  load(ctx) {
    if (ctx.properties.make !== '') ctx.createModule(thing, { name: ctx.properties.make, words: ['w'] });
  },
});
const shape = properties({ ...shared, flags: thing.schema.fields.flags, note: thing.schema.fields.note });
export const logic = {
  moduleTypes: [thing],
  conditions: { kind: (ctx, arg) => (arg === 'y' ? 'why' : ctx.module.variation('split') === 'p' ? 'one' : 'two') },
  mutators: [
    bottomUp('taking', (ctx) => {
      const base = ctx.directDependencies().find(({ tag }) => tag === taking);
      if (base !== undefined) ctx.extendProperties(shape, base.module.properties, 'prepend');
    }),
    topDown('target', (ctx) => {
      ctx.extendProperties(properties(shared), ctx.properties.target.linux, 'append');
      if (ctx.name === 'user') ctx.extendProperties(properties(shared), { words: ['logic'] }, 'append', { matching: true });
    }),
    bottomUp('split', (ctx) => {
      const names = ctx.properties.split;
      if (names.length === 0) return;
      ctx.createVariations(...names);
      ctx.aliasVariation(names[0]);
    }),
  ],
};
`,
  };

  beforeAll(() => {
    root = space.at('own');
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, name)), { recursive: true });
      writeFileSync(join(root, name), text);
    }
  });

  test.each([
    ['own-modules', ['modules']],
    ['own-variants', ['variants', 'user']],
    ['own-deps', ['deps', 'user', '--json']],
    ['own-properties', ['properties', 'user']],
    ['own-properties-json', ['properties', 'user@p', '--json']],
    ['own-created', ['properties', 'made']],
    ['own-undecided', ['properties', 'broken']],
    ['own-quoted', ['modules', 'caf*', '--dot']],
  ])('%s', async (name, argv) => {
    const { status, stdout, stderr } = query(root, [...argv, '--logic', 'logic.mjs']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    await expect(stdout).toMatchFileSnapshot(join(golden, `${name}.txt`));
  });

  test('mistakes in the tree are told as they are when it is built', () => {
    const { status, stdout, stderr } = query(root, ['modules']);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('Blueprints:3:1: error: unrecognized module type "thing"');
    expect(query(root, ['modules', '--ignore-unknown-types']).status).toBe(0);
  });
});
