// What of a build directory is the stages' own, as told from the outputs of modules.
import { expect, test } from 'vitest';
import { isOfStages } from '../../src/bootstrap/tree.ts';

test.each([
  '.ashlar',
  '.ashlar/noop.key',
  '.bootstrap/bin/minibp',
  '.minibootstrap/build.ninja.in',
  '.ninja_log',
  '.ninja_deps',
  'build.ninja',
  'build.ninja.d',
  'CACHEDIR.TAG',
])('%s is', (path) => {
  expect(isOfStages(path)).toBe(true);
});

test.each([
  '',
  'packages',
  'packages/.ashlar',
  'packages/build.ninja',
  '.ashlar-new-1',
  'bin/.ninja_log',
  '.bootstrapped/x',
])('"%s" is not', (path) => {
  expect(isOfStages(path)).toBe(false);
});
