// The command that writes test programs.
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { goTestMain } from '../../../src/bootstrap/go/gotestmain.ts';
import { testMain } from '../../../src/bootstrap/go/testmain.ts';
import { scratch } from '../../rig/scratch.ts';

const codes = (argv: readonly string[]): string[] => {
  const result = goTestMain(argv);
  return result.ok ? [] : result.diagnostics.map(({ code }) => code);
};

test('writes the program for all sources', () => {
  using space = scratch();
  const sources = ['func TestA(t *testing.T) {}', 'func TestB(t *testing.T) {}'];
  const files = sources.map((source, index) => {
    writeFileSync(space.at(`${index}_test.go`), source);
    return space.at(`${index}_test.go`);
  });
  const output = space.at('test.go');
  expect(codes(['-o', output, '-pkg', 'x/y', ...files])).toEqual([]);
  expect(readFileSync(output, 'utf8')).toBe(testMain('x/y', sources));
});

test('says what is wrong with its command line, and with files', () => {
  expect(codes(['-o', 'a.go'])).toEqual(['bootstrap/usage']);
  expect(codes(['--nope'])).toEqual(['bootstrap/usage']);
  expect(codes(['-o', '/nowhere/a.go', '-pkg', 'a'])).toEqual(['fs/enoent']);
  expect(codes(['-o', 'a.go', '-pkg', 'a', '/nowhere/a_test.go'])).toEqual(['fs/enoent']);
});
