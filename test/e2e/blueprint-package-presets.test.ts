// The ways in which software is built, each on a small project with the real tools; the example; and module
// types of a tree's own whose modules are packages. Tools that are large to install: test/slow.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { archiveOf, HELLO_C, listed, runs } from '../rig/preset.ts';
import { rigsOfOneProcess } from '../rig/again.ts';
import { PROJECT } from '../rig/program.ts';

const createRig = rigsOfOneProcess();

test('autotools', () => {
  using rig = createRig();
  const archive = archiveOf(
    rig,
    'preset: "autotools", variables: { CONFIGURE_ARGS: "--with-greeting=hi" }, sources: { p: { files: ["configure", "Makefile.in", "p.c"] } }, tasks: { configure: { prepend: ["chmod +x configure"] } }',
    {
      // What autoconf would write, as far as the preset is concerned.
      configure: [
        '#!/bin/sh',
        'for arg; do case $arg in --prefix=*) prefix=${arg#*=};; --with-greeting=*) greeting=${arg#*=};; *=*) export "$arg";; esac; done',
        'sed "s|@prefix@|$prefix|; s|@CFLAGS@|$CFLAGS|; s|@greeting@|$greeting|" Makefile.in > Makefile',
      ].join('\n'),
      'Makefile.in': [
        'p: p.c',
        '\tcc @CFLAGS@ -DGREETING=\'"@greeting@"\' p.c -o p',
        'install: p',
        '\tinstall -D p $(DESTDIR)@prefix@/bin/p',
        '',
      ].join('\n'),
      'p.c': '#include <stdio.h>\nint main(void) { puts(GREETING); return 0; }\n',
    },
  );
  expect(listed(archive)).toEqual(['bin/p', 'pkginfo.json']);
  expect(runs(rig, archive, 'bin/p')).toBe('hi\n');
});

test('autotools leaves libtool archives out, which no check would let through', () => {
  using rig = createRig();
  const archive = archiveOf(
    rig,
    'preset: "autotools", sources: { p: { files: ["configure", "p.la", "Makefile"] } }, tasks: { configure: { prepend: ["chmod +x configure"] } }',
    {
      configure: '#!/bin/sh\n',
      'p.la': "libdir='/pkg/work'\n",
      Makefile:
        'all:\ninstall:\n\tinstall -Dm644 p.la $(DESTDIR)$(PREFIX)/lib/p.la\n\techo p > $(DESTDIR)$(PREFIX)/lib/p\n',
    },
  );
  expect(listed(archive)).toEqual(['lib/p', 'pkginfo.json']);
});

test('make', () => {
  using rig = createRig();
  const archive = archiveOf(rig, 'preset: "make", sources: { p: { files: ["Makefile", "p.c"] } }', {
    Makefile:
      'p: p.c\n\t$(CC) $(CFLAGS) $(LDFLAGS) p.c -o p\ninstall: p\n\tinstall -D p $(DESTDIR)$(PREFIX)/bin/p\n',
    'p.c': HELLO_C,
  });
  expect(listed(archive)).toEqual(['bin/p', 'pkginfo.json']);
  expect(runs(rig, archive, 'bin/p')).toBe('hello\n');
});

test('npm', () => {
  using rig = createRig();
  const archive = archiveOf(
    rig,
    'preset: "npm", sources: { p: { files: ["package.json", "p.js"] } }',
    {
      'package.json':
        '{"name": "p", "version": "1.0.0", "bin": {"p": "p.js"}, "scripts": {"build": "echo \'// built\' >> p.js"}}',
      'p.js': '#!/usr/bin/env node\nconsole.log("hello");\n',
    },
  );
  const files = listed(archive);
  expect(files).toContain('bin/p');
  expect(files).toContain('lib/node_modules/p/p.js');
  expect(
    execFileSync('tar', ['-xOf', archive, 'lib/node_modules/p/p.js'], { encoding: 'utf8' }),
  ).toContain('// built');
});

test('copies', () => {
  using rig = createRig();
  const archive = archiveOf(rig, 'preset: "copy", sources: { p: { files: ["a.txt", "sub/*"] } }', {
    'a.txt': 'a\n',
    'sub/b.txt': 'b\n',
  });
  expect(listed(archive)).toEqual(['pkginfo.json', 'share/p/a.txt', 'share/p/sub/b.txt']);
});

test('a preset that does not exist is told of, with those that do', () => {
  using rig = createRig();
  rig.write({ Blueprints: 'package { name: "p", preset: "scons" }\n' });
  const { status, stderr } = rig.run(['build']);
  expect(stderr).toMatch(
    /^Blueprints:1:\d+: error: .*there is no preset "scons"; there are autotools, cmake,/m,
  );
  expect(status).toBe(2);
});

test('the example builds, its packages can be installed with dpkg, and its image runs', () => {
  using rig = createRig();
  cpSync(join(PROJECT, 'examples/stack'), rig.packages, { recursive: true });
  const first = rig.run(['build']);
  expect(first.stderr).toMatch(/^33 ran in/m);
  expect(first.status).toBe(0);
  expect(rig.run(['build']).stderr).toMatch(/^9 up to date in/m);
  const made = readdirSync(join(rig.packages, 'out/packages/words'));
  const deb = join(
    rig.packages,
    'out/packages/words',
    made.find((name) => /^words-dev_1\.2\.0_[a-z0-9]+\.deb$/.test(name))!,
  );
  const info = execFileSync('dpkg-deb', ['-f', deb], { encoding: 'utf8' });
  expect(info).toContain('Package: words-dev\nSource: words\nVersion: 1.2.0\n');
  expect(info).toContain('Depends: words (= 1.2.0)\n');
  expect(execFileSync('dpkg-deb', ['-c', deb], { encoding: 'utf8' })).toContain(
    './opt/ashlar/include/words.h',
  );
  const root = join(rig.directory, 'image');
  mkdirSync(root);
  execFileSync('tar', ['-xf', join(rig.packages, 'out/images/system/system.tar.xz'), '-C', root]);
  // Below its own root, as the image would be.
  const inside = [
    '--ro-bind',
    '/',
    '/',
    '--tmpfs',
    '/opt',
    '--ro-bind',
    join(root, 'opt/ashlar'),
    '/opt/ashlar',
  ];
  const said = execFileSync('bwrap', [...inside, '/opt/ashlar/bin/talk', 'evening'], {
    encoding: 'utf8',
  });
  expect(said).toContain('Good night.');
});

test('module types of a tree can be packages, with a pipeline of their own', () => {
  using rig = createRig();
  const write = (path: string, text: string): void => {
    const file = join(rig.packages, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  };
  write(
    'Blueprints',
    [
      'bootstrap_ts_binary { name: "builder", srcs: ["logic/main.ts"], primaryBuilder: true }',
      'defaults { name: "loud", variables: { MARK: "!" } }',
      'remark { name: "one", defaults: ["loud"], variables: { TEXT: "own" } }',
      'image { name: "sys", packages: ["one"], formats: ["tar"] }',
      '',
    ].join('\n'),
  );
  write(
    'logic/main.ts',
    [
      "import { packageType, type Logic } from 'ashlar';",
      'const remark = packageType({',
      "  name: 'remark',",
      "  doc: 'A text.',",
      '  values: {',
      "    version: '1',",
      "    variables: { MARK: '.' },",
      '    tasks: {',
      '      compile: { script: \'echo "$NAME $TEXT$MARK" > text\' },',
      '      install: { script: \'install -Dm644 text "$DESTDIR$PREFIX/share/$NAME"\' },',
      '    },',
      '  },',
      '});',
      'export const logic: Logic = { moduleTypes: [remark] };',
      '',
    ].join('\n'),
  );
  const { status, stderr } = rig.run(['build']);
  expect(stderr).toContain('ran      one:install');
  expect(status).toBe(0);
  const image = join(rig.packages, 'out/images/sys/sys.tar');
  expect(execFileSync('tar', ['-xOf', image, 'opt/ashlar/share/one'], { encoding: 'utf8' })).toBe(
    'one own!\n',
  );
  expect(rig.run(['ids']).stdout).toMatch(/^one one--[0-9a-f]{64}\n$/);
  expect(existsSync(join(rig.packages, 'out/packages/one/one.tar.xz'))).toBe(true);
  // In a file of the tree, not of the pipeline that the module type brings.
  write('Blueprints', rig.read('Blueprints').replace('"own"', '"other"'));
  expect(rig.run(['build']).stderr).toMatch(/one:compile .*TEXT in Blueprints:3/);
});
