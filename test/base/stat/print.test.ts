// What the launcher hands to `stat`, and what that prints: compared with what is written down, byte by byte.
import { execFileSync } from 'node:child_process';
import { lstatSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { printedPath, printedSeconds } from '../../../src/base/stat/print.ts';
import { scratch } from '../../rig/scratch.ts';

test.each([
  ['/a/b', '.'],
  ['/a/b/c', 'c'],
  ['/a/b/c/-', 'c/-'],
  ['/a/b/-', './-'],
  ['/a/b/..c', '..c'],
  ['/a', '/a'],
  ['/a/bc', '/a/bc'],
  ['/', '/'],
])('in /a/b the path %s is %s', (path, printed) => {
  expect(printedPath('/a/b', path)).toBe(printed);
});

test('a file called like standard input is the file, with its time', () => {
  using here = scratch();
  const path = join(here.path, '-');
  writeFileSync(path, '');
  const argv = ['-c', '%.9Y', '--', printedPath(here.path, path)];
  const { mtimeNs } = lstatSync(path, { bigint: true });
  expect(execFileSync('stat', argv, { cwd: here.path, encoding: 'utf8' })).toBe(
    `${printedSeconds(mtimeNs)}\n`,
  );
});
