// Build logic in a file of its own: it finds Ashlar from anywhere, and its mistakes are told as such.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startAgain } from '../rig/again.ts';
import { PROGRAM, type Run } from '../rig/program.ts';

const again = startAgain();
afterAll(() => again[Symbol.dispose]());

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ashlar-logicfile-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const GENERATE = ['generate', '--output', 'out/build.ninja', '--logic', 'logic.mjs'];

function write(logic: string, blueprints: string): void {
  writeFileSync(join(root, 'logic.mjs'), logic);
  writeFileSync(join(root, 'Blueprints'), blueprints);
}

function generate(logic: string, blueprints = ''): Pick<Run, 'status' | 'stderr'> {
  write(logic, blueprints);
  const { status, stderr } = again.run(GENERATE, { cwd: root, env: process.env });
  return { status, stderr };
}

/** In a process of its own, which remembers nothing. */
function generateApart(logic: string, blueprints: string): Pick<Run, 'status' | 'stderr'> {
  write(logic, blueprints);
  const { status, stderr } = spawnSync(PROGRAM, GENERATE, { cwd: root, encoding: 'utf8' });
  return { status, stderr };
}

test('a tree without an installed package imports ashlar and ashlar/syntax', () => {
  const logic = `
import { moduleType, packageContext } from 'ashlar';
import { parse } from 'ashlar/syntax';
if (typeof parse !== 'function') throw new Error('no parser');
const pkg = packageContext('example/empty');
const touch = pkg.rule('touch', { command: 'touch $out' });
const empty = moduleType({
  name: 'empty',
  doc: 'An empty file.',
  properties: {},
  generate: (ctx) => ctx.build(pkg, { rule: touch, outputs: ['out/' + ctx.name], inputs: [] }),
});
export const logic = { moduleTypes: [empty] };
`;
  expect(generateApart(logic, 'empty { name: "a" }\n')).toEqual({ status: 0, stderr: '' });
  expect(readFileSync(join(root, 'out/build.ninja'), 'utf8')).toContain('build out/a: ');
});

test('what the logic imports counts as the logic does', () => {
  const logic = `
import { moduleType, packageContext } from 'ashlar';
import { word } from './word.mjs';
const pkg = packageContext('example/word');
const say = pkg.rule('say', { command: 'echo ' + word + ' > $out' });
const thing = moduleType({
  name: 'thing',
  doc: 'A word.',
  properties: {},
  generate: (ctx) => ctx.build(pkg, { rule: say, outputs: ['out/' + ctx.name], inputs: [] }),
});
export const logic = { moduleTypes: [thing] };
`;
  for (const word of ['first', 'second']) {
    writeFileSync(join(root, 'word.mjs'), `export const word = '${word}';\n`);
    expect(generateApart(logic, 'thing { name: "a" }\n')).toEqual({ status: 0, stderr: '' });
    expect(readFileSync(join(root, 'out/build.ninja'), 'utf8')).toContain(`echo ${word} >`);
  }
});

describe('mistakes', () => {
  test.each([
    ['a package that is not there', `import 'nothing-of-this-name';`, 'nothing-of-this-name'],
    [
      'logic that is no object',
      'export const logic = 3;',
      'expected "logic" to be an object, found 3',
    ],
    [
      'module types that are no list',
      'export const logic = { moduleTypes: {} };',
      'expected "moduleTypes" to be an array, found {}',
    ],
    [
      'a part of logic that there is not',
      'export const logic = { mutatros: [], moduleTypes: [] };',
      '"logic" has no "mutatros"; did you mean "mutators"?',
    ],
    [
      'a module type that is none',
      `export const logic = { moduleTypes: [{ name: 'a' }] };`,
      `expected "moduleTypes[0]" to be made by moduleType, found { name: 'a' }`,
    ],
    [
      'names that are no function, conditions that are no object',
      'export const logic = { names: 1, conditions: 2 };',
      'expected "names" to be a function, found 1',
    ],
    [
      'names that fail',
      'export const logic = { names: () => nothing };',
      '"names" failed: nothing is not defined',
    ],
    [
      'names that are none',
      'export const logic = { names: () => new Map() };',
      'expected "names" to return an object with add, find, rename, uniqueName, candidates, found',
    ],
    [
      'an option of a module type that there is not',
      `import { moduleType } from 'ashlar';\n\nmoduleType({ name: 'a', genrate() {} });`,
      'logic.mjs:3:1: error: cannot load the build logic: module type "a" has no "genrate"; did you mean "generate"?',
    ],
    [
      'a step of a transition that there is not',
      `import { transition } from 'ashlar';\ntransition('arch', { split: () => [''], outgoin: () => '' });`,
      'transition "arch" has no "outgoin"; did you mean "outgoing"?',
    ],
    [
      'an option of a provider that there is not',
      `import { provider } from 'ashlar';\nprovider('info', { persist: true });`,
      'provider "info" has no "persist"; there are mutator, persistent',
    ],
    [
      'something thrown while it is loaded',
      'function name() {\n  throw new Error("boom");\n}\nname();',
      'logic.mjs:2:9: error: cannot load the build logic: boom\n',
    ],
    [
      'a syntax error',
      'const a = 1;\nconst b = ;',
      'logic.mjs:2:11: error: cannot load the build logic: Unexpected token',
    ],
    [
      'an import of a name that is not there',
      `import { nothing } from 'ashlar';\nexport const logic = nothing;`,
      "logic.mjs:1:10: error: cannot load the build logic: The requested module 'ashlar'",
    ],
  ])('%s', (_name, logic, message) => {
    const { status, stderr } = generate(logic);
    expect(status).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/^logic\.mjs(:\d+:\d+)?: error: /);
    expect(stderr).not.toContain('a bug in Ashlar');
  });

  const THING = `import { bottomUp, moduleType, packageContext, singleton } from 'ashlar';
const pkg = packageContext('example/thing');
const boom = () => {
  throw new TypeError('boom');
};
`;

  test.each([
    ['a load hook', `moduleTypes: [moduleType({ name: 'thing', load: () => boom() })]`],
    ['a generate step', `moduleTypes: [moduleType({ name: 'thing', generate: () => boom() })]`],
    [
      'a mutator',
      `moduleTypes: [moduleType({ name: 'thing' })], mutators: [bottomUp('m', () => boom())]`,
    ],
    [
      'a singleton',
      `moduleTypes: [moduleType({ name: 'thing' })], singletons: [singleton('s', () => boom())]`,
    ],
  ])('what %s throws is shown where it was thrown', (_name, logic) => {
    const { status, stderr } = generate(
      `${THING}export const logic = { ${logic} };`,
      '\nthing { name: "a" }\n',
    );
    expect(status).toBe(2);
    expect(stderr).toMatch(/^logic\.mjs:4:9: error: panic in .*: boom\n/);
    expect(stderr).toContain("  4 |   throw new TypeError('boom');\n");
    expect(stderr).toMatch(/ {2}logic\.mjs:6:\d+: note: called from here\n/);
    if (!_name.includes('singleton')) {
      expect(stderr).toContain('  Blueprints:2:1: note: the module is defined here\n');
    }
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  test('what a condition throws is shown at the select, with where it was thrown', () => {
    const { status, stderr } = generate(
      `import { configurable, moduleType, string } from 'ashlar';
const thing = moduleType({
  name: 'thing',
  properties: { flag: configurable(string()) },
  generate: (ctx) => void ctx.evaluate(ctx.properties.flag, 'flag'),
});
const word = (config) => config.nothing.length;
export const logic = { moduleTypes: [thing], conditions: { c: (ctx) => word(ctx.config) } };
`,
      '\nthing { name: "a", flag: select(c(), {default: "x"}) }\n',
    );
    expect(status).toBe(2);
    expect(stderr).toMatch(/^Blueprints:2:33: error: Cannot read properties of undefined/);
    expect(stderr).toMatch(/ {2}logic\.mjs:7:41: note: thrown here\n/);
    expect(stderr).toMatch(/ {2}logic\.mjs:8:72: note: called from here\n/);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  test.each(['add', 'find', 'rename', 'uniqueName'])(
    'what %s of names throws is shown where it was thrown',
    (method) => {
      const { status, stderr } = generate(
        `import { bottomUp, moduleType, packageContext } from 'ashlar';
const boom = () => { throw new TypeError('boom'); };
const pkg = packageContext('example/thing');
const rule = pkg.rule('r', { command: 'x' });
const names = {
  add: () => undefined,
  find: () => undefined,
  rename: () => undefined,
  uniqueName: ({ name }) => name,
  candidates: () => [],
  ${method}: boom,
};
const thing = moduleType({
  name: 'thing',
  generate: (ctx) => ctx.build(pkg, { rule, outputs: ['o'] }),
});
const rename = bottomUp('rename', (ctx) => (ctx.hasModule('c'), ctx.rename('b')));
export const logic = { names: () => names, moduleTypes: [thing], mutators: [rename] };
`,
        '\nthing { name: "a" }\n',
      );
      expect(status).toBe(2);
      expect(stderr).toMatch(/^logic\.mjs:2:28: error: panic in .* for module "[ab]": boom\n/);
      expect(stderr).toContain('  Blueprints:2:1: note: the module is defined here\n');
    },
  );

  test.each([
    ['of a wrong kind', `{ command: 'x', restat: 1 }`, 'the Restat param is true or false, not 1'],
    ['without a command', '{}', 'encountered rule params with no command specified'],
  ])('a rule %s is shown where it is declared', (_name, rule, message) => {
    const { status, stderr } = generate(
      `import { packageContext } from 'ashlar';
const pkg = packageContext('example/thing');
export const rule = pkg.rule('r', ${rule});
`,
    );
    expect(status).toBe(2);
    expect(stderr).toContain(
      `logic.mjs:3:25: error: cannot load the build logic: error parsing rule example/thing.r: ${message}\n`,
    );
  });

  test.each([
    [
      'a computed rule of a wrong kind',
      `pkg.rule('r', () => ({ command: 'x', generator: 'yes' }))`,
      'the Generator param is true or false, not the text "yes"',
    ],
    [
      'a text that names what there is not',
      `pkg.rule('r', { command: '$nothing' })`,
      'undefined variable "nothing"',
    ],
    [
      'a computed rule without a dependency file',
      `pkg.rule('r', () => ({ command: 'x', deps: 'gcc' }))`,
      'the Deps param of rule r is gcc, but neither the rule nor its statement has a Depfile param',
    ],
    [
      'a computed pool that is none',
      `pkg.rule('r', { command: 'x', pool: pkg.pool('p', () => ({ depth: -1 })) })`,
      'pool example/thing.p has the depth -1',
    ],
    [
      'a computed variable that is no text',
      `pkg.variable('v', () => 5) && pkg.rule('r', { command: '$v' })`,
      'error parsing variable example/thing.v: expected a text, found 5',
    ],
  ])('%s is shown where it is declared, once it is used', (_name, rule, message) => {
    const { status, stderr } = generate(
      `import { moduleType, packageContext } from 'ashlar';
const pkg = packageContext('example/thing');
const rule = ${rule};
const thing = moduleType({
  name: 'thing',
  generate: (ctx) => ctx.build(pkg, { rule, outputs: ['o'] }),
});
export const logic = { moduleTypes: [thing] };
`,
      '\nthing { name: "a" }\n',
    );
    expect(status).toBe(2);
    expect(stderr).toMatch(/^logic\.mjs:3:\d+: error: /);
    expect(stderr).toContain(message);
    expect(stderr).toContain('  Blueprints:2:1: note: the module is defined here\n');
  });

  test('a dependency file that nobody named is shown at the statement', () => {
    const { status, stderr } = generate(
      `import { moduleType, packageContext } from 'ashlar';
const pkg = packageContext('example/thing');
const rule = pkg.rule('r', { command: 'x', deps: 'gcc' });
const thing = moduleType({
  name: 'thing',
  generate: (ctx) => ctx.build(pkg, { rule, outputs: ['o'] }),
});
export const logic = { moduleTypes: [thing] };
`,
      'thing { name: "a" }\n',
    );
    expect(status).toBe(2);
    expect(stderr).toMatch(/^logic\.mjs:6:26: error: panic in .*: the Deps param of rule r is gcc/);
  });

  test('a context used wrongly is shown where that was', () => {
    const logic = `import { moduleType, provider } from 'ashlar';
const said = provider('said');
const thing = moduleType({
  name: 'thing',
  generate(ctx) {
    ctx.set(said, 1);
    ctx.set(said, 2);
  },
});
export const logic = { moduleTypes: [thing] };
`;
    const { status, stderr } = generate(logic, 'thing { name: "a" }\n');
    expect(status).toBe(2);
    expect(stderr).toMatch(/^logic\.mjs:7:9: error: panic in /);
  });
});
