import { lstatSync, readdirSync, readFileSync, readlinkSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { buildFarm } from '../../src/install/view.ts';
import { codes, memory, scratch, value, writeFiles, type Files } from './rig.ts';

function viewOf(directory: string, packages: Record<string, Files>, roles: string[] = []) {
  const list = Object.entries(packages).map(([id, files], i) => {
    // They lie anywhere, under any name, until they are mounted.
    const at = join(directory, `unpacked-${i}`);
    writeFiles(at, { 'pkginfo.json': '{}', ...files });
    return { id, directory: at };
  });
  const into = join(directory, 'view');
  const result = buildFarm({ packages: list, prefix: '/opt/ashlar', roles }, into);
  return { result, into, list };
}

test('a view is a generation whose packages are mounted in it', () => {
  using dir = scratch();
  const { result, into } = viewOf(dir.path, {
    'a--1': {
      'bin/a': '',
      'lib/pkgconfig/a.pc': '',
      'pkginfo.json': '{"environment":{"A":"x y"}}',
    },
    'b--1': { 'lib/pkgconfig/b.pc': '', 'include/deep/b.h': '' },
  });
  value(result);
  expect(readdirSync(into).sort()).toEqual([
    'active',
    'active.buildinfo.full.json',
    'ashlar.target.wants',
    'bin',
    'environment',
    'environment.export',
    'etc',
    'include',
    'lib',
    'packages',
  ]);
  expect(readlinkSync(join(into, 'bin'))).toBe('packages/a--1/bin');
  expect(readlinkSync(join(into, 'lib/pkgconfig/b.pc'))).toBe(
    '../../packages/b--1/lib/pkgconfig/b.pc',
  );
  expect(readlinkSync(join(into, 'active/a'))).toBe('../packages/a--1');
  expect(readFileSync(join(into, 'environment.export'), 'utf8')).toContain(
    'export PATH="/opt/ashlar/bin:$PATH"\n\n# package: a--1\nexport A=\'x y\'\n\n# package: b--1\n\n',
  );
});

test('a view with a fault says what is wrong', () => {
  using dir = scratch();
  const { result } = viewOf(dir.path, {
    'a--1': { 'bin/x': '', 'pkginfo.json': '{"requires":["c"]}' },
    'b--1': { 'bin/x': '' },
  });
  expect(codes(result)).toEqual(['install/unmet-requirement', 'install/conflict']);
  expect(codes(buildFarm({ packages: [], prefix: 'relative' }, dir.path))).toEqual([
    'install/bad-prefix',
  ]);
  expect(
    codes(buildFarm({ packages: [{ id: 'a--1', directory: '/nowhere' }], prefix: '/p' }, dir.path)),
  ).toEqual(['package/missing']);
});

const name = fc.constantFrom('x', 'y', 'z', 'é', ' ');
const path = fc
  .tuple(fc.constantFrom('bin', 'lib', 'etc', 'include'), fc.array(name, { maxLength: 3 }))
  .map(([top, rest]) => [top, ...rest]);

/** Random trees made free of conflicts: each file's name carries its package. */
const trees = fc.array(fc.array(path, { maxLength: 8 }), { minLength: 1, maxLength: 4 });

test('every file of every package is at its path, and no link leads out of the packages', () => {
  fc.assert(
    fc.property(trees, (packages) => {
      using dir = scratch(memory);
      const files = packages.map((paths, i) =>
        Object.fromEntries(paths.map((parts) => [`${parts.join('/')}/f${i}`, `${i}`])),
      );
      const { result, into, list } = viewOf(
        dir.path,
        Object.fromEntries(files.map((each, i) => [`p${i}--1`, each])),
      );
      value(result);
      for (const { id, directory } of list) renameSync(directory, join(into, 'packages', id));
      for (const [i, each] of files.entries()) {
        for (const at of Object.keys(each)) {
          expect(readFileSync(join(into, at), 'utf8')).toBe(`${i}`);
        }
      }
      const tops = ['active', 'bin', 'etc', 'include', 'lib'];
      const links = tops.flatMap((top) => linksBelow(into, top));
      for (const link of links) {
        const target = join(link, '..', readlinkSync(join(into, link)));
        expect(target).toMatch(/^packages\/p\d--1(?:\/|$)/);
      }
      // Moved as a whole it still holds.
      renameSync(into, `${into}-moved`);
      for (const each of files) {
        for (const at of Object.keys(each)) lstatSync(join(`${into}-moved`, at));
      }
    }),
    { numRuns: 100 },
  );
});

function linksBelow(into: string, path: string): string[] {
  const entry = lstatSync(join(into, path));
  if (entry.isSymbolicLink()) return [path];
  if (!entry.isDirectory()) return [];
  return readdirSync(join(into, path)).flatMap((child) => linksBelow(into, `${path}/${child}`));
}
