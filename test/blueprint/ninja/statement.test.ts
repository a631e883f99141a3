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
    statement({ optional: true, deps: 'gcc', args: {}, symlinkOutputs: ['o'] });
    define({ deps: 'gcc', generator: true, restat: true, rspfile: 'x', rspfileContent: 'x' });
    define({ symlinkOutputs: ['o'], commandDeps: ['x'], commandOrderOnly: ['x'], pool: undefined });
  });
});
