// Debian packages as the machine's own tools read them, the same bytes for the same files, and names of any
// length and any bytes.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { controlText, debianName, debianVersion, writeDeb } from '../../src/format/deb.ts';
import { scratch } from '../rig/scratch.ts';

const CONTROL = [
  ['Package', 'hello'],
  ['Version', '1.0'],
  ['Architecture', 'amd64'],
  ['Maintainer', 'A <a@example.org>'],
  ['Homepage', undefined],
  ['Description', 'says hello\nin several lines\n\nand more'],
] as const;

const LONG = `${'d'.repeat(90)}/${'f'.repeat(120)}`;

function makeTree(directory: string): string {
  const tree = join(directory, 'tree');
  mkdirSync(join(tree, 'bin'), { recursive: true });
  mkdirSync(join(tree, LONG, '..'), { recursive: true });
  writeFileSync(join(tree, 'bin/hello'), '#!/bin/sh\necho hello\n');
  chmodSync(join(tree, 'bin/hello'), 0o755);
  symlinkSync('hello', join(tree, 'bin/hi'));
  symlinkSync('x'.repeat(150), join(tree, 'bin/far'));
  writeFileSync(join(tree, LONG), 'long');
  writeFileSync(Buffer.concat([Buffer.from(`${tree}/bin/`), Buffer.from([0xe4, 0xff])]), 'bytes');
  return tree;
}

async function written(directory: string, name: string, kind: 'deb' | 'ipk'): Promise<string> {
  const file = join(directory, name);
  const made = await writeDeb(join(directory, 'tree'), file, {
    control: CONTROL,
    prefix: '/opt/x',
    conffiles: ['/opt/x/bin/hello'],
    kind,
  });
  expect(made).toMatchObject({ ok: true });
  return file;
}

test('dpkg-deb reads what was written', async () => {
  using directory = scratch();
  makeTree(directory.path);
  const file = await written(directory.path, 'a.deb', 'deb');
  const fields = execFileSync('dpkg-deb', ['-f', file], { encoding: 'utf8' });
  expect(fields).toContain('Description: says hello\n in several lines\n .\n and more\n');
  expect(fields).not.toContain('Homepage');
  expect(fields).toMatch(/^Installed-Size: 1$/m);
  const listed = execFileSync('dpkg-deb', ['-c', file], { encoding: 'latin1' });
  expect(listed).toMatch(/^-rwxr-xr-x root\/root +21 1980-01-01 \d\d:00 \.\/opt\/x\/bin\/hello$/m);
  expect(listed).toContain('./opt/x/bin/hi -> hello');
  const into = join(directory.path, 'into');
  execFileSync('dpkg-deb', ['-R', file, into]);
  expect(readFileSync(join(into, 'opt/x', LONG), 'utf8')).toBe('long');
  expect(
    readFileSync(
      Buffer.concat([Buffer.from(`${into}/opt/x/bin/`), Buffer.from([0xe4, 0xff])]),
      'utf8',
    ),
  ).toBe('bytes');
  expect(readFileSync(join(into, 'DEBIAN/conffiles'), 'utf8')).toBe('/opt/x/bin/hello\n');
  // The sums are those that md5sum finds.
  execFileSync('md5sum', ['--quiet', '-c', 'DEBIAN/md5sums'], { cwd: into });
});

test('an ipk is an archive of archives that ar and tar read', async () => {
  using directory = scratch();
  makeTree(directory.path);
  const file = await written(directory.path, 'a.ipk', 'ipk');
  expect(execFileSync('ar', ['t', file], { encoding: 'utf8' })).toBe(
    'debian-binary\ncontrol.tar.gz\ndata.tar.gz\n',
  );
  expect(execFileSync('ar', ['p', file, 'debian-binary'], { encoding: 'utf8' })).toBe('2.0\n');
  const control = execFileSync('tar', ['-xzO', './control'], {
    input: execFileSync('ar', ['p', file, 'control.tar.gz']),
    encoding: 'utf8',
  });
  expect(control).toContain('Package: hello\n');
  const data = execFileSync('tar', ['-tz'], {
    input: execFileSync('ar', ['p', file, 'data.tar.gz']),
    encoding: 'utf8',
  });
  expect(data).toContain('./opt/x/bin/hello\n');
});

test('the same files are the same bytes, whenever and by whomever they were made', async () => {
  using directory = scratch();
  const tree = makeTree(directory.path);
  const first = readFileSync(await written(directory.path, 'a.deb', 'deb'));
  utimesSync(join(tree, 'bin/hello'), 1e9, 1e9);
  chmodSync(join(tree, LONG), 0o664);
  expect(readFileSync(await written(directory.path, 'b.deb', 'deb')).equals(first)).toBe(true);
});

test('texts, names and versions are spelled as Debian has them', () => {
  expect(
    controlText([
      ['A', 'x\n\n y'],
      ['B', ''],
    ]),
  ).toBe('A: x\n .\n  y\n');
  expect(['zlib', 'GTK+_Ünder', '@x', 'A'].map(debianName)).toEqual([
    'zlib',
    'gtk+--nder',
    'x-x',
    'x-a',
  ]);
  expect(['1.2-3~rc1', 'v1', '2_0', '1:2'].map(debianVersion)).toEqual([
    '1.2-3~rc1',
    '0+v1',
    '2+0',
    '1:2',
  ]);
});
