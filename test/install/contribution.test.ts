import { join } from 'node:path';
import { expect, test } from 'vitest';
import { contributionsOf, listingOf } from '../../src/install/contribution.ts';
import { loadPackage, type Package } from '../../src/install/package.ts';
import { codes, messages, scratch, value, writeFiles, type Files } from './rig.ts';

function pack(directory: string, id: string, files: Files): Package {
  writeFiles(join(directory, id), { 'pkginfo.json': '{}', ...files });
  return value(loadPackage(join(directory, id), id));
}

test('only known directories are laid into the farm, those of roles on request', () => {
  using dir = scratch();
  const a = pack(dir.path, 'a--1', {
    'bin/a': '',
    'bin_master/m': '',
    'bin_slave/s': '',
    'share/x': '',
    'dcos.target.wants/u.service': '',
    'ashlar.target.wants_master/v.service': '',
  });
  const shown = (roles: string[]) =>
    value(contributionsOf([a], roles)).map(({ from, into }) => `${from} → ${into}`);
  expect(shown([])).toEqual(['bin → bin', 'dcos.target.wants → ashlar.target.wants']);
  expect(shown(['master', 'master', 'none'])).toEqual([
    'bin → bin',
    'bin_master → bin',
    'dcos.target.wants → ashlar.target.wants',
    'ashlar.target.wants_master → ashlar.target.wants',
  ]);
});

test('a file where a directory has to be is told', () => {
  using dir = scratch();
  const a = pack(dir.path, 'a--1', { bin: 'not a directory' });
  expect(messages(contributionsOf([a], []))).toContain('bin of a--1 is a file');
});

test('a link at the top is followed inside the package only', () => {
  using dir = scratch();
  writeFiles(join(dir.path, 'a--10/lib'), { x: '' });
  const a = pack(dir.path, 'a--1', {
    'lib64/x': '',
    lib: { link: 'lib64' },
    bin: { link: '/usr/bin' },
    etc: { link: '../a--10/lib' },
    include: { link: 'nowhere' },
  });
  expect(codes(contributionsOf([a], []))).toEqual([
    'package/leaves-itself',
    'package/leaves-itself',
  ]);
  const b = pack(dir.path, 'b--1', { 'lib64/x': '', lib: { link: 'lib64' } });
  expect(value(contributionsOf([b], [])).map(({ from }) => from)).toEqual(['lib']);
  expect(listingOf([b])(b.id, 'lib')).toEqual([{ name: 'x', kind: 'file' }]);
});

test('units of the host itself are refused', () => {
  using dir = scratch();
  const a = pack(dir.path, 'a--1', {
    'dcos.target.wants/dcos.target': '',
    'ashlar.target.wants/ashlar.target': '',
    'ashlar.target.wants_master/dcos-setup.service': '',
    'ashlar.target.wants/fine.service': '',
  });
  expect(codes(contributionsOf([a], ['master']))).toEqual([
    'install/reserved-unit',
    'install/reserved-unit',
    'install/reserved-unit',
  ]);
});
