// Build logic in a file of its own: it finds Ashlar from anywhere, and its mistakes are told as such.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const program = join(import.meta.dirname, '../../bin/ashlar');

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ashlar-logicfile-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function generate(logic: string, blueprints = ''): { status: number | null; stderr: string } {
  writeFileSync(join(root, 'logic.mjs'), logic);
  writeFileSync(join(root, 'Blueprints'), blueprints);
  const argv = ['generate', '--output', 'out/build.ninja', '--logic', 'logic.mjs'];
  const { status, stderr } = spawnSync(program, argv, { cwd: root, encoding: 'utf8' });
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
  expect(generate(logic, 'empty { name: "a" }\n')).toEqual({ status: 0, stderr: '' });
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
    expect(generate(logic, 'thing { name: "a" }\n')).toEqual({ status: 0, stderr: '' });
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
  ])('%s', (_name, logic, message) => {
    const { status, stderr } = generate(logic);
    expect(status).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/^logic\.mjs: error: /);
    expect(stderr).not.toContain('a bug in Ashlar');
  });
});
