// Packages for other package managers, by the real program: one tree in every format, as their own tools
// see it; what runs again for which change; and what is said of what a format cannot say.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRig, type Rig, type Run } from '../rig/program.ts';

const TREE = `
package {
    name: "odd",
    version: "1.2~rc3-4",
    description: "an odd package\\nof everything",
    homepage: "https://example.org/odd",
    license: "MIT",
    maintainer: "Jo <jo@example.org>",
    requires: ["base"],
    tasks: {
        install: {
            script: \`
                p="$DESTDIR$PREFIX"
                mkdir -p "$p/bin" "$p/etc" "$p/include" "$p/share/empty" "$p/var"
                printf '#!/bin/sh\\necho odd\\n' > "$p/bin/odd"
                chmod 4755 "$p/bin/odd"
                ln -s odd "$p/bin/link"
                ln "$p/bin/odd" "$p/bin/hard"
                printf x > "$p/share/ünï çode"
                printf x > "$p/include/odd.h"
                printf secret > "$p/etc/odd.conf"
                chmod 600 "$p/etc/odd.conf"
                : > "$p/var/state"
            \`,
        },
    },
    conffiles: ["etc"],
    owners: [{ files: ["var"], user: "daemon", group: "adm" }],
    maintainer_scripts: { postinst: "echo in $PREFIX" },
    system_requires: { deb: ["libc6 (>= 2.30)"], rpm: ["glibc >= 2.30", "bash"], apk: ["musl>=1.2"] },
    split: [
        { name: "-dev", files: ["include"], requires: ["odd", "base"], maintainer_scripts: { prerm: "echo dev" } },
        { name: "-none", files: ["nothing"], description: "nothing at all" },
    ],
    formats: ["deb", "rpm", "ipk", "apk"],
}
package {
    name: "base",
    version: "1",
    tasks: { install: { script: "mkdir -p $DESTDIR$PREFIX/share; : > $DESTDIR$PREFIX/share/base" } },
}
`;

/** Checksums of apk are nothing that tar knows. */
const QUIET = '--warning=no-unknown-keyword';

function build(rig: Rig, ...argv: string[]): Run {
  const run = rig.run(['build', ...argv]);
  if (run.status !== 0) throw new Error(run.stderr);
  return run;
}

function ran({ stderr }: Run): string[] {
  return [...stderr.matchAll(/^ran +(\S+)/gm)].map(([, name]) => name!).sort();
}

function change(rig: Rig, from: string, to: string): void {
  const text = rig.read('Blueprints');
  expect(text).toContain(from);
  writeFileSync(join(rig.packages, 'Blueprints'), text.replace(from, to));
}

describe('one tree in every format', () => {
  let rig: Rig;
  beforeAll(() => {
    rig = createRig();
    rig.write({ Blueprints: TREE });
    build(rig);
  });
  afterAll(() => rig[Symbol.dispose]());

  const made = (): string[] => readdirSync(join(rig.packages, 'out/packages/odd')).sort();
  const file = (start: string, end: string): string =>
    join(
      rig.packages,
      'out/packages/odd',
      made().find((name) => name.startsWith(start) && name.endsWith(end))!,
    );
  const tell = (...[program, ...argv]: [string, ...string[]]): string =>
    execFileSync(program, argv, { encoding: 'utf8', env: { ...process.env, TZ: 'UTC' } });

  test('files are called as those expect it who read them', () => {
    const machine = tell('uname', '-m').trim();
    const debian = tell('dpkg', '--print-architecture').trim();
    expect(made()).toEqual(
      ['odd', 'odd-dev', 'odd-none']
        .flatMap((name) => [
          `${name}-1.2_rc3-r4.apk`,
          `${name}-1.2~rc3-4.${machine}.rpm`,
          `${name}_1.2~rc3-4_${debian}.deb`,
          `${name}_1.2~rc3-4_${machine}.ipk`,
        ])
        .sort(),
    );
  });

  test('all have the files, modes, owners and links', () => {
    const expected = [
      ['rwsr-xr-x', 'root/root', 'bin/hard'],
      ['rwxrwxrwx', 'root/root', 'bin/link -> odd'],
      ['rwsr-xr-x', 'root/root', 'bin/odd'],
      ['rwxr-xr-x', 'root/root', 'etc'],
      ['rw-------', 'root/root', 'etc/odd.conf'],
      ['rwxr-xr-x', 'root/root', 'share/empty'],
      ['rw-r--r--', 'root/root', 'share/ünï çode'],
      ['rwxr-xr-x', 'daemon/adm', 'var'],
      ['rw-r--r--', 'daemon/adm', 'var/state'],
    ];
    const LINE = /^.(\S{9}) +(\S+\/\S+) .*?opt\/ashlar\/(.+?)\/?$/gm;
    const lines = (text: string): string[][] =>
      [...text.matchAll(LINE)]
        .map(([, mode, owner, path]) => [mode!, owner!, path!])
        .filter(([, , path]) => !['bin', 'share'].includes(path!));
    const quiet = [QUIET, '--quoting-style=literal'];
    expect(lines(tell('dpkg-deb', '-c', file('odd_', '.deb')))).toEqual(expected);
    expect(lines(tell('tar', '-tvzf', file('odd-1', '.apk'), ...quiet))).toEqual(expected);
    const ipk = tell(
      'sh',
      '-c',
      `ar p "$0" data.tar.gz | tar -tvz ${quiet.join(' ')}`,
      file('odd_', '.ipk'),
    );
    expect(lines(ipk)).toEqual(expected);
    const rpm = tell('rpm', '-qlvp', file('odd-1', '.rpm'));
    expect(
      lines(
        rpm.replaceAll(
          /^(\S+ +\d+ \S+?) +(\S+) /gm,
          (_, a: string, b: string) => `${a.replace(/ +\d+ /, ' ')}/${b} `,
        ),
      ),
    ).toEqual(expected);
  });

  test('all require the same version of what was made with them', () => {
    const [deb, rpm] = [file('odd-dev_', '.deb'), file('odd-dev-', '.rpm')];
    expect(tell('dpkg-deb', '-f', deb, 'Depends')).toBe('odd (= 1.2~rc3-4), base\n');
    expect(tell('dpkg-deb', '-f', deb, 'Source')).toBe('odd\n');
    const required = tell('rpm', '-qp', '--requires', rpm).split('\n');
    expect(required.filter((line) => !line.startsWith('rpmlib'))).toEqual([
      '/bin/sh',
      'base',
      'odd = 1.2~rc3-4',
      '',
    ]);
    const apk = tell('tar', '-xzOf', file('odd-dev-', '.apk'), QUIET, '.PKGINFO');
    expect(apk.match(/^depend = .*$/gm)).toEqual(['depend = odd=1.2_rc3-r4', 'depend = base']);
  });

  test('all require of the system what they say of it', () => {
    const [deb, rpm, apk] = [file('odd_', '.deb'), file('odd-1', '.rpm'), file('odd-1', '.apk')];
    expect(tell('dpkg-deb', '-f', deb, 'Depends')).toBe('base, libc6 (>= 2.30)\n');
    expect(tell('rpm', '-qp', '--requires', rpm)).toMatch(/^bash\n(.*\n)*glibc >= 2\.30\n/m);
    const depends = tell('tar', '-xzOf', apk, QUIET, '.PKGINFO').match(/^depend = .*$/gm);
    expect(depends).toEqual(['depend = base', 'depend = musl>=1.2']);
    expect(tell('dpkg-deb', '-f', file('odd-none_', '.deb'), 'Depends').trim()).toBe('');
  });

  test('all know configuration, and scripts', () => {
    const [deb, rpm, apk] = [file('odd_', '.deb'), file('odd-1', '.rpm'), file('odd-1', '.apk')];
    expect(tell('dpkg-deb', '-I', deb, 'conffiles')).toBe('/opt/ashlar/etc/odd.conf\n');
    expect(tell('rpm', '-qcp', rpm)).toBe('/opt/ashlar/etc/odd.conf\n');
    const list = 'etc/apk/protected_paths.d/odd.list';
    expect(tell('tar', '-xzOf', apk, QUIET, list)).toBe('+opt/ashlar/etc/odd.conf\n');
    for (const text of [
      tell('dpkg-deb', '-I', deb, 'postinst'),
      tell('rpm', '-qp', '--scripts', rpm),
      tell('tar', '-xzOf', apk, QUIET, '.post-upgrade'),
    ]) {
      expect(text).toContain("PREFIX='/opt/ashlar'\n");
      expect(text).toContain('echo in $PREFIX\n');
    }
    expect(tell('dpkg-deb', '-I', file('odd-dev_', '.deb'), 'prerm')).toContain('echo dev\n');
  });

  test('checks of the formats themselves find nothing', () => {
    const rpms = made().filter((name) => name.endsWith('.rpm'));
    for (const name of rpms) {
      const at = join(rig.packages, 'out/packages/odd', name);
      expect(tell('rpm', '-K', at)).toBe(`${at}: digests OK\n`);
    }
  });

  test('elsewhere, and from nothing, they are the same bytes', () => {
    using other = createRig();
    other.write({ Blueprints: TREE });
    build(other, 'odd');
    for (const name of made()) {
      const [here, there] = [rig, other].map(({ packages }) =>
        readFileSync(join(packages, 'out/packages/odd', name)),
      );
      expect([name, here!.equals(there!)]).toEqual([name, true]);
    }
  });
});

test('a change runs the writing of what it is said in, and nothing else', () => {
  using rig = createRig();
  rig.write({ Blueprints: TREE });
  build(rig, 'odd');
  change(rig, 'echo in $PREFIX', 'echo now in $PREFIX');
  const tasks = ran(build(rig, 'odd'));
  expect(tasks).toEqual([
    'odd:deploy',
    'odd:write_apk.odd',
    'odd:write_deb.odd',
    'odd:write_ipk.odd',
    'odd:write_rpm.odd',
  ]);
  change(
    rig,
    '    tasks: {\n        install',
    '    tasks: {\n        write_rpm: { compression: "gzip" },\n        install',
  );
  const run = build(rig, 'odd');
  expect(ran(run)).toEqual([
    'odd:deploy',
    'odd:write_rpm.odd',
    'odd:write_rpm.odd-dev',
    'odd:write_rpm.odd-none',
  ]);
  expect(run.stderr).toMatch(
    /^ran +odd:write_rpm\.odd .*compression in Blueprints:11: "zstd" → "gzip"$/m,
  );
});

describe('mistakes', () => {
  const INSTALL = 'script: "mkdir -p $DESTDIR$PREFIX/etc; : > $DESTDIR$PREFIX/etc/a"';
  const told = (properties: string, tasks = ''): string => {
    using rig = createRig();
    rig.write({
      Blueprints: `package {\n    name: "p",\n${properties}\n    tasks: {\n${tasks}    install: { ${INSTALL} } },\n}\n`,
    });
    const { stderr, status } = rig.run(['build']);
    return `${stderr.replaceAll(/^(\d+ )?(ran|failed|skipped) .*\n/gm, '')}${status}`;
  };

  test('versions that apk has no notation for', () => {
    expect(told('    version: "1.0rc1",\n    formats: ["apk"],')).toBe(
      'Blueprints:3:12: error: "1.0rc1" is no version that apk has a notation for\n' +
        '  3 |     version: "1.0rc1",\n' +
        '    |            ~\n' +
        '  hint: what comes before a version is written with ~, for all formats: "1.0~rc1"\n2',
    );
    expect(told('    version: "2:1.0",\n    formats: ["apk"],')).toContain(
      'hint: it has no epochs; ',
    );
    expect(told('    version: "1.0+dfsg",\n    formats: ["apk"],')).toContain(
      'hint: it has numbers ',
    );
    expect(told('    version: "1.0+dfsg",\n    formats: ["rpm", "deb"],')).toBe('0');
  });

  test('patterns that name nothing', () => {
    const text = told(
      '    version: "1",\n    conffiles: ["etc/b", "etc/a"],\n    owners: [{ files: ["etc/c"], user: "x" }],',
    );
    expect(text).toContain('p: conffiles names etc/b, but no file is called so [conffiles]\n');
    expect(text).toContain('p: owners names etc/c, but no path is called so [owners]\n');
    expect(text).not.toContain('etc/a');
    expect(text).toMatch(/\n1$/);
  });

  test('compressions that a step does not have, users that cannot be, scripts that are none', () => {
    const text = told(
      '    version: "1",\n    formats: ["apk"],\n    owners: [{ files: ["etc"], user: "a b" }],\n' +
        '    maintainer_scripts: { postinst: "if true; then" },\n    system_requires: { debb: ["x"] },',
      'write_apk: { compression: "zstd" },\nqa: { compression: "xz" },\n',
    );
    expect(text.match(/^.*error.*$/gm)).toEqual([
      'Blueprints:5:36: error: "a b" cannot be the name of a user',
      "Blueprints:6:35: error: postinst is no shell script: line 1: expected command after 'then'",
      "Blueprints:6:35: error: postinst is no shell script: line 1: expected 'fi' to close 'if'",
      'Blueprints:7:28: error: no task writes the format "debb"',
      'Blueprints:9:25: error: the task "write_apk" cannot compress with zstd',
      'Blueprints:10:18: error: the task "qa" compresses nothing that could be compressed otherwise',
    ]);
    expect(text).toContain('  hint: it can with gzip\n');
    expect(text).toMatch(/\n2$/);
  });
});

describe('variants', () => {
  const package_ = (name: string, properties: string, script: string): string =>
    `package { name: "${name}", version: "1-2", ${properties}, tasks: { install: { script: \`${script}\` } } }\n`;
  const lib = package_(
    'lib',
    `formats: ["deb", "rpm", "ipk", "apk", "tar"],
     split: [{ name: "-dev", files: ["include"], requires: ["lib"] }],
     variants: { static: { description: "not shared" } }`,
    'mkdir -p $DESTDIR$PREFIX/lib $DESTDIR$PREFIX/include; echo "${VARIANT:-default}" | tee $DESTDIR$PREFIX/lib/which > $DESTDIR$PREFIX/include/lib.h',
  );
  const app = package_(
    'app',
    'formats: ["deb", "rpm"], requires: ["lib:static"]',
    'mkdir -p $DESTDIR$PREFIX/bin; cp $ROOT/lib/which $DESTDIR$PREFIX/bin/app',
  );
  const plain = package_(
    'plain',
    'formats: ["deb", "rpm"], requires: ["lib"]',
    'mkdir -p $DESTDIR$PREFIX/bin; cp $ROOT/lib/which $DESTDIR$PREFIX/bin/plain',
  );

  test('are packages of their own, which take the place of the default one', () => {
    using rig = createRig();
    rig.write({ Blueprints: lib + app + plain });
    build(rig);
    const out = join(rig.packages, 'out/packages');
    const files = (folder: string, end: string): string[] =>
      readdirSync(join(out, folder))
        .filter((name) => name.endsWith(end))
        .sort()
        .map((name) => join(out, folder, name));
    const field = (file: string, name: string): string =>
      execFileSync('dpkg-deb', ['-f', file, name], { encoding: 'utf8' }).trim();
    const [development, own] = files('lib-static', '.deb');
    expect([own, development].map((file) => field(file!, 'Package'))).toEqual([
      'lib-static',
      'lib-dev-static',
    ]);
    expect(field(own!, 'Provides')).toBe('lib (= 1-2)');
    expect(field(development!, 'Depends')).toBe('lib-static (= 1-2)');
    expect(field(files('app', '.deb')[0]!, 'Depends')).toBe('lib-static');
    expect(field(files('plain', '.deb')[0]!, 'Depends')).toBe('lib');
    expect(files('lib', '.deb').map((file) => field(file, 'Conflicts'))).toEqual(['', '']);
    const [apk] = files('lib-static', '.apk').filter((name) => name.includes('/lib-static-1'));
    expect(execFileSync('tar', ['-xOzf', apk!, QUIET, '.PKGINFO'], { encoding: 'utf8' })).toMatch(
      /^pkgname = lib-static$[^]*^provides = lib=1-r2$/m,
    );

    const root = join(rig.directory, 'dpkg');
    for (const name of ['updates', 'info']) {
      mkdirSync(join(root, 'var/lib/dpkg', name), { recursive: true });
    }
    for (const name of ['status', 'available']) writeFileSync(join(root, 'var/lib/dpkg', name), '');
    const inRoot = (
      program: string,
      ...argv: string[]
    ): { status: number | null; said: string } => {
      const command = process.getuid!() === 0 ? [program] : ['unshare', '-r', program];
      const ran = spawnSync(command[0]!, [...command.slice(1), ...argv], {
        encoding: 'utf8',
        env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` },
      });
      return { status: ran.status, said: ran.stdout + ran.stderr };
    };
    const dpkg = (...argv: string[]): { status: number | null; said: string } =>
      inRoot('dpkg', `--root=${root}`, '--force-script-chrootless', '--log=/dev/null', ...argv);
    expect(dpkg('-i', ...files('lib', '.deb'), ...files('plain', '.deb'))).toMatchObject({
      status: 0,
    });
    const exchanged = dpkg('-i', ...files('lib-static', '.deb'), ...files('app', '.deb'));
    expect(exchanged, exchanged.said).toMatchObject({ status: 0 });
    expect(readFileSync(join(root, 'opt/ashlar/lib/which'), 'utf8')).toBe('static\n');
    const installed = dpkg('-l').said.match(/^ii +\S+/gm)!;
    expect(installed.map((line) => line.slice(4))).toEqual([
      'app',
      'lib-dev-static',
      'lib-static',
      'plain',
    ]);

    const other = join(rig.directory, 'rpm');
    mkdirSync(other);
    const rpm = (...argv: string[]): { status: number | null; said: string } =>
      inRoot('rpm', '--root', other, ...argv);
    const all = ['lib-static', 'app', 'plain'].flatMap((folder) => files(folder, '.rpm'));
    expect(rpm('-i', ...all)).toMatchObject({ status: 0 });
    const refused = rpm('-i', files('lib', '.rpm').at(-1)!);
    expect(refused.status).not.toBe(0);
    expect(refused.said).toContain('conflicts');
  });

  test('that would be called as another package is are told', () => {
    using rig = createRig();
    rig.write({ Blueprints: lib + package_('lib-dev-static', 'formats: ["deb"]', ':') });
    const { status, stderr } = rig.run(['build']);
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /^Blueprints:\d+:\d+: error: lib-dev:static is called "lib-dev-static" by other package managers, as is the package lib-dev-static$/m,
    );
  });
});
