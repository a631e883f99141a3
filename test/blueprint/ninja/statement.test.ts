// Statements and rules as build logic asks for them: what cannot be one, and which keys there are.
import { describe, expect, test } from 'vitest';
import { packageContext } from '../../../src/blueprint/ninja/package.ts';
import { LiveEntities } from '../../../src/blueprint/ninja/live.ts';
import { parseStatement } from '../../../src/blueprint/ninja/statement.ts';

const pkg = packageContext('test/statement');
const rule = pkg.rule('copy', { command: 'cp $in $out' });

const statement = (parameters: object): unknown =>
  parseStatement({ rule, outputs: ['o'], ...parameters }, pkg.scope);

let rules = 0;
function define(parameters: object): unknown {
  const made = pkg.rule(`r${rules++}`, { command: 'x', ...parameters });
  return new LiveEntities(undefined).addRule(made);
}

describe('keys that there are not', () => {
  test.each([
    ['input', 'a build statement has no "input"; did you mean "inputs"?'],
    ['implicit', 'a build statement has no "implicit"; did you mean "implicits"?'],
    ['order_only', 'a build statement has no "order_only"; did you mean "orderOnly"?'],
    [
      'implicitOutput',
      'a build statement has no "implicitOutput"; did you mean "implicitOutputs"?',
    ],
    ['pool', /^a build statement has no "pool"; .*args/],
    ['toString', /^a build statement has no "toString"; /],
  ])('%s of a statement', (key, message) => {
    expect(() => statement({ [key]: [] })).toThrow(message);
  });

  test.each([
    ['commandDep', 'a rule has no "commandDep"; did you mean "commandDeps"?'],
    ['rspfile_content', 'a rule has no "rspfile_content"; did you mean "rspfileContent"?'],
    ['inputs', /^error parsing rule .*: a rule has no "inputs"; there are command, /],
  ])('%s of a rule', (key, message) => {
    expect(() => define({ [key]: [] })).toThrow(message);
  });

  test('all others are there', () => {
    const lists = ['implicitOutputs', 'inputs', 'implicits', 'orderOnly', 'validations'];
    for (const list of lists) statement({ [list]: ['x'] });
    for (const text of ['comment', 'depfile', 'description']) {
      statement({ [text]: 'x' });
      define({ [text]: 'x' });
    }
    statement({ optional: true, deps: 'gcc', depfile: 'd', args: {}, symlinkOutputs: ['o'] });
    define({ deps: 'gcc', generator: true, restat: true, rspfile: 'x', rspfileContent: 'x' });
    define({ symlinkOutputs: ['o'], commandDeps: ['x'], commandOrderOnly: ['x'], pool: undefined });
  });
});

describe('what is refused', () => {
  const stranger = packageContext('test/stranger');
  const foreign = stranger.rule('foreign', { command: 'x' });
  const pool = stranger.pool('pool', { depth: 1 });

  test.each<readonly [string, object, string]>([
    ['no outputs', { outputs: [] }, 'Outputs param has no elements'],
    ['an empty path', { inputs: ['a', ''] }, 'Inputs param: error parsing element 1: Ninja cannot'],
    ['a line break', { outputs: ['a\nb'] }, 'a line break or NUL in "a\\nb"'],
    ['a NUL', { orderOnly: ['a\0b'] }, 'a line break or NUL'],
    ['an argument that the rule lacks', { args: { x: '1' } }, 'unknown argument "x"'],
    ['another package’s rule', { rule: foreign }, 'Rule foreign is not visible in this scope'],
  ])('%s', (_, parameters, message) => {
    expect(() => statement(parameters)).toThrow(message);
  });

  test.each<readonly [string, object, string]>([
    ['no command', { command: '' }, 'encountered rule params with no command specified'],
    ['another package’s pool', { pool }, 'Pool pool is not visible in this scope'],
  ])('of a rule: %s', (_, parameters, message) => {
    expect(() => define(parameters)).toThrow(message);
  });

  test('names of arguments that are Ninja’s own, or given twice', () => {
    const named =
      (...names: readonly string[]) =>
      () =>
        pkg.rule('n', { command: 'x' }, ...names);
    expect(named('in')).toThrow('invalid argument name: "in" conflicts with Ninja built-in');
    expect(named('out')).toThrow('conflicts with Ninja built-in');
    expect(named('a', 'a')).toThrow('invalid argument name: "a" is given twice');
    expect(named('a.b')).toThrow(`"a.b" contains a '.' character`);
  });

  test('two definitions of one name, and packages without one', () => {
    const twice = packageContext('test/twice').import(stranger);
    twice.variable('v', '');
    twice.rule('r', { command: 'x' });
    twice.pool('p', { depth: 1 });
    expect(() => twice.variable('v', '')).toThrow('variable "v" is already defined in this scope');
    expect(() => twice.rule('r', { command: 'x' })).toThrow('rule "r" is already defined');
    expect(() => twice.pool('p', { depth: 1 })).toThrow('pool "p" is already defined');
    expect(() => twice.import(stranger)).toThrow('import "stranger" is already defined');
    expect(() => packageContext('test/')).toThrow('a package needs a name');
  });
});
