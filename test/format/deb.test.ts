// Debian packages as the machine's own tools read, install, verify and upgrade them; the same bytes for the
// same files, and names of any length and any bytes.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { controlFields } from '../../src/format/control.ts';
import { DEB_CODECS, writeDeb, type DebOptions } from '../../src/format/deb.ts';
import type { PackageMetadata } from '../../src/format/metadata.ts';
import { HELLO, LONG, makePayload, payloadOf } from '../rig/payload.ts';
import { scratch, type Scratch } from '../rig/scratch.ts';

interface Written {
  readonly more?: Partial<PackageMetadata>;
  readonly kind?: 'deb' | 'ipk';
  readonly options?: Partial<DebOptions>;
}

async function written(
  directory: Scratch,
  name: string,
  { more = {}, kind = 'deb', options = {} }: Written = {},
): Promise<string> {
  const tree = directory.at('tree');
  const payload = existsSync(tree) ? payloadOf(tree) : makePayload(tree);
  const file = directory.at(name);
  const metadata = { ...HELLO, ...more };
  const { scripts } = metadata;
  const control = controlFields(metadata, kind);
  const made = await writeDeb(payload, file, { control, scripts, kind, ...options });
  expect(made).toMatchObject({ ok: true });
  return file;
}

/** dpkg with a root of its own, in which nothing else is installed. */
function dpkgIn(root: string): (...argv: string[]) => { status: number | null; output: string } {
  mkdirSync(join(root, 'var/lib/dpkg/updates'), { recursive: true });
  mkdirSync(join(root, 'var/lib/dpkg/info'));
  for (const name of ['status', 'available']) writeFileSync(join(root, 'var/lib/dpkg', name), '');
  return (...argv) => {
    const command = ['dpkg', `--root=${root}`, '--force-script-chrootless', '--force-depends'];
    command.push('--log=/dev/null', ...argv);
    if (process.getuid!() !== 0) command.unshift('unshare', '-r');
    const { status, stdout, stderr } = spawnSync(command[0]!, command.slice(1), {
      encoding: 'utf8',
      env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` },
    });
    return { status, output: `${stdout}${stderr}` };
  };
}

describe('dpkg reads what was written', () => {
  test.each(DEB_CODECS.deb)('compressed with %s', async (codec) => {
    using directory = scratch();
    const tree = directory.at('tree');
    makePayload(tree);
    const bytes = Buffer.concat([Buffer.from(`${tree}/bin/`), Buffer.from([0xe4, 0xff])]);
    writeFileSync(bytes, 'bytes');
    const file = await written(directory, 'a.deb', { options: { codec } });
    const fields = execFileSync('dpkg-deb', ['-f', file], { encoding: 'utf8' });
    expect(fields).toContain('Description: says hello\n in several lines\n .\n and mörë\n');
    expect(fields).toContain('Depends: words, hello-data (= 1.0)\n');
    expect(fields).not.toContain('Source');
    const listed = execFileSync('dpkg-deb', ['-c', file], {
      encoding: 'latin1',
      env: { ...process.env, TZ: 'UTC' },
    });
    expect(listed).toMatch(/^-rwxr-xr-x root\/root +21 1980-01-01 00:00 \.\/opt\/x\/bin\/hello$/m);
    expect(listed).toMatch(/^-rwsr-xr-x root\/root +6 .* \.\/opt\/x\/bin\/suid$/m);
    expect(listed).toMatch(/^-rw-r--r-- daemon\/adm +1 .* \.\/opt\/x\/var\/state$/m);
    expect(listed).toContain('./opt/x/bin/hi -> hello');
    expect(listed).not.toContain('pkginfo.json');
    const into = directory.at('into');
    execFileSync('dpkg-deb', ['-R', file, into]);
    expect(readFileSync(join(into, 'opt/x', LONG), 'utf8')).toBe('long');
    const unpacked = Buffer.concat([Buffer.from(`${into}/opt/x/bin/`), Buffer.from([0xe4, 0xff])]);
    expect(readFileSync(unpacked, 'utf8')).toBe('bytes');
    expect(readFileSync(join(into, 'DEBIAN/conffiles'), 'utf8')).toBe('/opt/x/etc/hello.conf\n');
    // The sums are those that md5sum finds.
    execFileSync('md5sum', ['--quiet', '-c', 'DEBIAN/md5sums'], { cwd: into });
    // As Debian reckons: eight files, eight directories, two links.
    expect(fields).toMatch(/^Installed-Size: 18$/m);
  });
});

describe('dpkg installs what was written', () => {
  test('all is there, verified, and goes again; scripts are told what is done', async () => {
    using directory = scratch();
    const scripts = {
      preinst: 'echo "before $1"',
      postinst: 'echo "in $PREFIX"',
      prerm: 'echo "going $1"',
      postrm: 'echo "gone $1"',
    };
    const file = await written(directory, 'a.deb', { more: { scripts } });
    const root = directory.at('root');
    const dpkg = dpkgIn(root);
    const { output, status } = dpkg('-i', file);
    expect([status, output.match(/^(?:before|in).*$/gm)]).toEqual([
      0,
      ['before install', 'in /opt/x'],
    ]);
    expect(statSync(join(root, 'opt/x/bin/suid')).mode & 0o7777).toBe(0o4755);
    expect(dpkg('-V')).toEqual({ status: 0, output: '' });
    writeFileSync(join(root, 'opt/x/bin/hello'), 'other');
    expect(dpkg('-V').output).toBe('??5??????   /opt/x/bin/hello\n');
    // Installed over itself: an upgrade.
    expect(dpkg('-i', file).output.match(/^(?:before|in|going|gone) .*$/gm)).toEqual([
      'before upgrade',
      'in /opt/x',
    ]);
    expect(dpkg('-r', 'hello').output.match(/^(?:going|gone) .*$/gm)).toEqual([
      'going remove',
      'gone remove',
    ]);
    expect(existsSync(join(root, 'opt/x/bin'))).toBe(false);
    expect(existsSync(join(root, 'opt/x/etc/hello.conf'))).toBe(true);
    expect(dpkg('-P', 'hello').output).not.toContain('gone');
    expect(existsSync(join(root, 'opt/x'))).toBe(false);
  });

  test('an upgrade keeps what its owner changed', async () => {
    using directory = scratch();
    const old = await written(directory, 'old.deb', { more: { version: '1.0~rc1' } });
    writeFileSync(directory.at('tree/etc/hello.conf'), 'color = red\n');
    const newer = await written(directory, 'new.deb');
    const root = directory.at('root');
    const dpkg = dpkgIn(root);
    dpkg('-i', old);
    const conf = join(root, 'opt/x/etc/hello.conf');
    writeFileSync(conf, 'color = mine\n');
    expect(dpkg('--force-confold', '-i', newer)).toMatchObject({ status: 0 });
    expect(readFileSync(conf, 'utf8')).toBe('color = mine\n');
    expect(readFileSync(`${conf}.dpkg-dist`, 'utf8')).toBe('color = red\n');
    expect(dpkg('-i', old).output).toContain('downgrading hello from 1.0 to 1.0~rc1');
  });

  test('packages of one prefix are there at once, and one without files stays', async () => {
    using directory = scratch();
    const file = await written(directory, 'a.deb');
    const dpkg = dpkgIn(directory.at('root'));
    const files = ['none', 'second'].map((name) => {
      mkdirSync(directory.at(name));
      return directory.at(`${name}.deb`);
    });
    writeFileSync(directory.at('second/second'), '');
    for (const [at, name] of ['none', 'second'].entries()) {
      const control = controlFields({ ...HELLO, name, source: name, requires: [] }, 'deb');
      await writeDeb(payloadOf(directory.at(name)), files[at]!, { control, kind: 'deb' });
    }
    // The one without files first: all of its paths would be those of the others.
    expect(dpkg('-i', files[0]!, file, files[1]!)).toMatchObject({ status: 0 });
    const names = execFileSync(
      'dpkg-query',
      [
        `--admindir=${directory.at('root/var/lib/dpkg')}`,
        '-W',
        '-f',
        '${Package} ${db:Status-Abbrev}\n',
      ],
      { encoding: 'utf8' },
    );
    expect(names).toBe('hello ii \nnone ii \nsecond ii \n');
  });
});

describe('an ipk', () => {
  test('is an archive of archives that ar and tar read', async () => {
    using directory = scratch();
    const file = await written(directory, 'a.ipk', { kind: 'ipk' });
    expect(execFileSync('ar', ['t', file], { encoding: 'utf8' })).toBe(
      'debian-binary\ncontrol.tar.gz\ndata.tar.gz\n',
    );
    expect(execFileSync('ar', ['p', file, 'debian-binary'], { encoding: 'utf8' })).toBe('2.0\n');
    const control = execFileSync('tar', ['-xzO', './control'], {
      input: execFileSync('ar', ['p', file, 'control.tar.gz']),
      encoding: 'utf8',
    });
    expect(control).toContain('Package: hello\n');
    expect(control).toContain('License: MIT\n');
    expect(control).not.toContain('Installed-Size');
    const data = execFileSync('tar', ['-tz'], {
      input: execFileSync('ar', ['p', file, 'data.tar.gz']),
      encoding: 'utf8',
    });
    expect(data).toContain('./opt/x/bin/hello\n');
  });
});

test('the same files are the same bytes, whenever and by whomever they were made', async () => {
  using directory = scratch();
  const first = readFileSync(await written(directory, 'a.deb'));
  utimesSync(directory.at('tree/bin/hello'), 1e9, 1e9);
  chmodSync(directory.at('tree', LONG), 0o664);
  expect(readFileSync(await written(directory, 'b.deb')).equals(first)).toBe(true);
});
