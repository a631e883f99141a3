import { join } from 'node:path';
import { expect, test } from 'vitest';
import { compose } from '../../src/install/compose.ts';
import { loadPackage } from '../../src/install/package.ts';
import { codes, messages, scratch, value, writeFiles, type Files } from './rig.ts';

function composed(packages: Record<string, Files>, prefix = '/p', roles: string[] = []) {
  using dir = scratch();
  const loaded = Object.entries(packages).map(([id, files]) => {
    writeFiles(join(dir.path, id), { 'pkginfo.json': '{}', ...files });
    return value(loadPackage(join(dir.path, id), id));
  });
  return compose(loaded, { prefix, roles, packagesAt: 'packages' });
}

test('the tree does not depend on the order of the packages', () => {
  const a = { 'lib/a': '', 'pkginfo.json': '{"environment":{"A":"1"}}' };
  const b = { 'lib/b': '' };
  expect(composed({ 'a--1': a, 'b--1': b })).toEqual(composed({ 'b--1': b, 'a--1': a }));
});

test('links go up as far as they lie deep', () => {
  const tree = value(
    composed({ 'a--1': { 'lib/d/e/a': '' }, 'b--1': { 'lib/d/e/b': '', 'bin/b': '' } }),
  );
  expect(tree.links).toEqual([
    { path: 'bin', target: 'packages/b--1/bin' },
    { path: 'lib/d/e/a', target: '../../../packages/a--1/lib/d/e/a' },
    { path: 'lib/d/e/b', target: '../../../packages/b--1/lib/d/e/b' },
    { path: 'active/a', target: '../packages/a--1' },
    { path: 'active/b', target: '../packages/b--1' },
  ]);
});

test('all conflicts are told, by who clashes', () => {
  const result = composed({
    'a--1': { 'bin/x': '', 'lib/y': '', 'etc/z': '' },
    'b--1': { 'bin/x': '', 'lib/y/deep': '' },
    'c--1': { 'etc/z': '' },
  });
  expect(messages(result)).toBe(
    [
      'error: a--1 and b--1 both provide the same 2 paths',
      '  note: bin/x',
      '  note: lib/y (file lib/y of a--1, directory lib/y of b--1)',
      '  hint: nothing was changed; a path can come from one package only',
      'error: a--1 and c--1 both provide etc/z',
      '  hint: nothing was changed; a path can come from one package only',
    ].join('\n'),
  );
});

test('three at one path, and one package twice', () => {
  const one = { 'bin/x': '' };
  expect(messages(composed({ 'a--1': one, 'b--1': one, 'c--1': one }))).toContain(
    'a--1 and b--1 and c--1 all provide bin/x',
  );
  expect(messages(composed({ 'a--1': { ...one, 'bin_m/x': '' } }, '/p', ['m']))).toContain(
    'a--1 provides twice bin/x (file bin/x of a--1, file bin_m/x of a--1)',
  );
});

test('faults of all kinds are told together', () => {
  const result = composed(
    {
      'a--1': { bin: 'file', 'pkginfo.json': '{"requires":["x"]}', 'lib/l': '' },
      'b--1': { 'lib/l': '' },
    },
    'relative',
  );
  expect(codes(result)).toEqual([
    'install/bad-prefix',
    'install/unmet-requirement',
    'package/not-a-directory',
  ]);
});
