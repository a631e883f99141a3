// Packages of rpm as rpm itself sees them: read, checked, installed, verified, upgraded and erased; the same
// bytes for the same files, and files of any size, name and mode.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { PackageMetadata } from '../../src/format/metadata.ts';
import { rpmName } from '../../src/format/rpm/dependency.ts';
import {
  RPM_CODECS,
  rpmFileName,
  writeRpm,
  type RpmOptions,
} from '../../src/format/rpm/package.ts';
import { HELLO, LONG, makePayload, payloadOf, SPACES } from '../rig/payload.ts';
import { scratch, type Scratch } from '../rig/scratch.ts';

async function written(
  directory: Scratch,
  name: string,
  { more = {}, options = {} }: { more?: Partial<PackageMetadata>; options?: RpmOptions } = {},
): Promise<string> {
  const tree = directory.at('tree');
  const payload = existsSync(tree) ? payloadOf(tree) : makePayload(tree);
  const file = directory.at(name);
  const made = await writeRpm({ ...HELLO, ...more }, payload, file, options);
  expect(made).toMatchObject({ ok: true });
  return file;
}

function query(file: string, ...options: string[]): string {
  return execFileSync('rpm', ['-qp', ...options, file], { encoding: 'utf8' });
}

/** rpm with a root of its own, which it changes to: users do so in a namespace. */
function rpmIn(root: string): (...argv: string[]) => { status: number | null; output: string } {
  mkdirSync(root, { recursive: true });
  return (...argv) => {
    const command = ['rpm', '--root', root, ...argv];
    if (process.getuid!() !== 0) command.unshift('unshare', '-r');
    const { status, stdout, stderr } = spawnSync(command[0]!, command.slice(1), {
      encoding: 'utf8',
    });
    const output = `${stdout}${stderr}`.replace(/^rpm: .*\n/gm, '');
    return { status, output };
  };
}

describe('rpm reads what was written', () => {
  test.each(RPM_CODECS)('all digests of a payload in %s are right', async (codec) => {
    using directory = scratch();
    const file = await written(directory, 'a.rpm', { options: { codec } });
    const checked = execFileSync('rpm', ['-Kv', file], { encoding: 'utf8' });
    expect(checked.replace(/^.*:\n/, '').replaceAll(/^ +/gm, '')).toBe(
      'Header SHA256 digest: OK\nHeader SHA1 digest: OK\nPayload SHA256 digest: OK\nMD5 digest: OK\n',
    );
    expect(query(file, '--qf', '%{PAYLOADCOMPRESSOR}')).toBe(codec);
    const names = execFileSync('sh', ['-c', 'rpm2cpio "$0" | cpio -t --quiet', file], {
      encoding: 'utf8',
    });
    expect(names.split('\n').sort()).toEqual(
      query(file, '-l')
        .split('\n')
        .map((line) => line.replace(/^\//, './'))
        .sort(),
    );
  });

  test('one byte that is another is found', async () => {
    using directory = scratch();
    const file = await written(directory, 'a.rpm');
    const bytes = readFileSync(file);
    bytes[bytes.length - 20] = bytes[bytes.length - 20]! ^ 1;
    writeFileSync(file, bytes);
    expect(spawnSync('rpm', ['-K', file], { encoding: 'utf8' })).toMatchObject({ status: 1 });
  });

  test('what the package says of itself', async () => {
    using directory = scratch();
    const file = await written(directory, 'a.rpm', { more: { version: '2:1.0~rc1-3' } });
    const format =
      '%{NAME}|%{EPOCH}|%{VERSION}|%{RELEASE}|%{LICENSE}|%{URL}|%{PACKAGER}|%{SOURCERPM}|%{SUMMARY}\n%{DESCRIPTION}';
    expect(query(file, '--qf', format)).toBe(
      'hello|2|1.0~rc1|3|MIT|https://example.org/hello|A <a@example.org>|hello-1.0~rc1-3.src.rpm|says hello\n' +
        'says hello\nin several lines\n\nand mörë',
    );
    const machine = execFileSync('uname', ['-m'], { encoding: 'utf8' }).trim();
    expect(query(file, '--qf', '%{ARCH}')).toBe(machine);
    expect(query(file, '--provides')).toBe('config(hello) = 2:1.0~rc1-3\nhello = 2:1.0~rc1-3\n');
    const required = query(file, '--requires').split('\n');
    expect(required.filter((line) => !line.startsWith('rpmlib('))).toEqual([
      'config(hello) = 2:1.0~rc1-3',
      'hello-data = 2:1.0~rc1-3',
      'words',
      '',
    ]);
    expect(query(file, '-c')).toBe('/opt/x/etc/hello.conf\n');
  });

  test('files, with their modes, owners and links, but no directory of the system', async () => {
    using directory = scratch();
    const file = await written(directory, 'a.rpm');
    const listed = query(file, '-lv').replaceAll(/ {2,}/g, ' ');
    expect(listed).toContain('-rwsr-xr-x 1 root root 6 Jan 1 1980 /opt/x/bin/suid\n');
    expect(listed).toContain('-rw------- 1 root root 13 Jan 1 1980 /opt/x/etc/hello.conf\n');
    expect(listed).toContain('drwxrwxrwt 2 root root 0 Jan 1 1980 /opt/x/share/sticky\n');
    expect(listed).toContain('-rw-r--r-- 1 daemon adm 1 Jan 1 1980 /opt/x/var/state\n');
    expect(listed).toContain('/opt/x/bin/hi -> hello\n');
    expect(listed).toContain(`/opt/x/${SPACES}\n`);
    expect(listed).toMatch(/^drwxr-xr-x .* \/opt\/x$/m);
    expect(listed).not.toMatch(/ \/opt$/m);
    expect(listed).not.toContain('pkginfo.json');
    rmSync(directory.at('tree'), { recursive: true });
    const payload = makePayload(directory.at('tree'), '/usr');
    const usr = directory.at('usr.rpm');
    await writeRpm(HELLO, payload, usr);
    expect(query(usr, '-l').split('\n').slice(0, 4)).toEqual([
      '/usr/bin/far',
      '/usr/bin/hello',
      '/usr/bin/hi',
      '/usr/bin/suid',
    ]);
  });

  test('createrepo_c takes it into a repository', async () => {
    using directory = scratch();
    mkdirSync(directory.at('repository'));
    await written(directory, 'repository/a.rpm');
    execFileSync('createrepo_c', ['-q', '--general-compress-type=gz', directory.at('repository')]);
    const primary = execFileSync(
      'sh',
      ['-c', 'zcat "$0"/repodata/*-primary.xml.gz', directory.at('repository')],
      {
        encoding: 'utf8',
      },
    );
    expect(primary).toContain('<version epoch="0" ver="1.0" rel="0"/>');
    expect(primary).toContain('<file>/opt/x/bin/hello</file>');
  });
});

describe('rpm installs what was written', () => {
  test.each([
    ['as it is', {}],
    ['with files too large for cpio', { largeFrom: 5 }],
  ])('%s: all is there, and all goes again', async (_, options: RpmOptions) => {
    using directory = scratch();
    const file = await written(directory, 'a.rpm', { options });
    const root = directory.at('root');
    const rpm = rpmIn(root);
    expect(rpm('-i', '--nodeps', file)).toMatchObject({ status: 0 });
    expect(readFileSync(join(root, 'opt/x', LONG), 'utf8')).toBe('long');
    expect(readFileSync(join(root, 'opt/x', SPACES), 'utf8')).toBe('x');
    expect(statSync(join(root, 'opt/x/bin/suid')).mode & 0o7777).toBe(0o4755);
    // Its owner is none of the empty root's.
    const differences = rpm('-V', '--nodeps', '--nouser', '--nogroup', 'hello');
    expect(differences).toEqual({ status: 0, output: '' });
    writeFileSync(join(root, 'opt/x/bin/hello'), 'other');
    expect(rpm('-V', '--nodeps', 'hello').output).toContain('S.5....T.    /opt/x/bin/hello\n');
    expect(rpm('-e', 'hello')).toMatchObject({ status: 0 });
    expect(existsSync(join(root, 'opt/x'))).toBe(false);
    expect(existsSync(join(root, 'opt'))).toBe(true);
  });

  test('an upgrade keeps what its owner changed, and knows which version is newer', async () => {
    using directory = scratch();
    const old = await written(directory, 'old.rpm', { more: { version: '1.0~rc1' } });
    writeFileSync(directory.at('tree/etc/hello.conf'), 'color = red\n');
    const newer = await written(directory, 'new.rpm');
    const root = directory.at('root');
    const rpm = rpmIn(root);
    const conf = join(root, 'opt/x/etc/hello.conf');
    expect(rpm('-i', '--nodeps', old)).toMatchObject({ status: 0 });
    writeFileSync(conf, 'color = mine\n');
    expect(rpm('-U', '--nodeps', newer)).toMatchObject({ status: 0 });
    expect(readFileSync(conf, 'utf8')).toBe('color = mine\n');
    expect(readFileSync(`${conf}.rpmnew`, 'utf8')).toBe('color = red\n');
    expect(rpm('-U', '--nodeps', old).output).toContain('which is newer than hello-1.0~rc1-0');
    expect(rpm('-qa').output).toMatch(/^hello-1\.0-0\./);
  });

  test('two packages of one prefix are there at once', async () => {
    using directory = scratch();
    mkdirSync(directory.at('empty'));
    const file = await written(directory, 'a.rpm');
    const other = { ...HELLO, name: 'hello-none', requires: [] };
    const [none, second] = [directory.at('none.rpm'), directory.at('second.rpm')];
    await writeRpm(other, payloadOf(directory.at('empty')), none);
    mkdirSync(directory.at('second/share'), { recursive: true });
    writeFileSync(directory.at('second/share/second'), '');
    await writeRpm({ ...other, name: 'second' }, payloadOf(directory.at('second')), second);
    const rpm = rpmIn(directory.at('root'));
    expect(rpm('-i', '--nodeps', file, none, second)).toMatchObject({ status: 0 });
    expect(query(none, '-l')).toBe('(contains no files)\n');
    expect(rpm('-e', 'hello')).toMatchObject({ status: 0 });
    expect(rpm('-V', 'second')).toEqual({ status: 0, output: '' });
  });

  test('scripts say when they are run, and removals are no upgrades', async () => {
    using directory = scratch();
    const scripts = {
      preinst: 'echo before',
      postinst: 'echo "in $PREFIX"\n\n',
      postrm: 'echo gone',
    };
    const file = await written(directory, 'a.rpm', { more: { scripts } });
    expect(query(file, '--scripts')).toBe(
      "preinstall scriptlet (using /bin/sh):\n#!/bin/sh\nset -e\nPREFIX='/opt/x'\necho before\n\n" +
        'postinstall scriptlet (using /bin/sh):\n#!/bin/sh\nset -e\nPREFIX=\'/opt/x\'\necho "in $PREFIX"\n\n' +
        "postuninstall scriptlet (using /bin/sh):\n#!/bin/sh\nset -e\nPREFIX='/opt/x'\n" +
        'case "$1" in 0) ;; *) exit 0 ;; esac\necho gone\n\n',
    );
    expect(query(file, '--qf', '[%{REQUIRENAME} %{REQUIREFLAGS:deptype}\n]')).toContain(
      '/bin/sh pre,post,postun,interp\n',
    );
  });
});

test('the same files are the same bytes', async () => {
  using directory = scratch();
  const first = readFileSync(await written(directory, 'a.rpm'));
  utimesSync(directory.at('tree/bin/hello'), 1e9, 1e9);
  chmodSync(directory.at('tree', LONG), 0o664);
  const again = await written(directory, 'b.rpm');
  expect(readFileSync(again).equals(first)).toBe(true);
});

test.runIf(process.arch === 'x64')('known answer', async () => {
  using directory = scratch();
  const first = readFileSync(await written(directory, 'a.rpm'));
  expect(createHash('sha256').update(first).digest('hex')).toMatchInlineSnapshot(
    `"d3607a678eb01a1180f7c92b9df7d75ff7b477b69ef619447834024d46ba8633"`,
  );
});

test('names of packages and files are spelled as rpm has them', () => {
  expect(['zlib', 'GTK+_x', '@x', 'a.b-c'].map(rpmName)).toEqual([
    'zlib',
    'GTK+_x',
    'x-x',
    'a.b-c',
  ]);
  expect(rpmFileName({ name: 'a', version: '3:1-2' })).toMatch(/^a-1-2\.[a-z0-9_]+$/);
});
