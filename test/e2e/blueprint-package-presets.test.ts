// The ways in which software is built, each on a small project with the real tools; the example; and module
// types of a tree's own whose modules are packages.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { createRig, PROJECT, type Rig } from '../rig/program.ts';

const HELLO_C = '#include <stdio.h>\nint main(void) { puts("hello"); return 0; }\n';

/** One package of a preset, built; the path of its archive. */
function archiveOf(rig: Rig, properties: string, files: Readonly<Record<string, string>>): string {
  rig.write({ Blueprints: `package { name: "p", version: "1.0", ${properties} }\n`, ...files });
  const run = rig.run(['build', 'p']);
  if (run.status !== 0) throw new Error(run.stderr);
  return join(rig.packages, `cache/packages/p/${rig.read('cache/packages/p/latest')}.tar.xz`);
}

function listed(archive: string): string[] {
  const text = execFileSync('tar', ['-tf', archive], { encoding: 'utf8' });
  return text.split('\n').filter((line) => line !== '' && !line.endsWith('/'));
}

/** What a program of the archive prints. */
function runs(rig: Rig, archive: string, program: string): string {
  const into = join(rig.directory, 'unpacked');
  mkdirSync(into);
  execFileSync('tar', ['-xf', archive, '-C', into]);
  return execFileSync(join(into, program), { encoding: 'utf8' });
}

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

test('cmake', () => {
  using rig = createRig();
  const archive = archiveOf(
    rig,
    'preset: "cmake", sources: { p: { files: ["CMakeLists.txt", "p.c"] } }',
    {
      'CMakeLists.txt':
        'cmake_minimum_required(VERSION 3.18)\nproject(p C)\nadd_executable(p p.c)\ninstall(TARGETS p)\ninstall(FILES p.c DESTINATION share/p)\n',
      'p.c': HELLO_C,
    },
  );
  expect(listed(archive)).toEqual(['bin/p', 'pkginfo.json', 'share/p/p.c']);
  expect(runs(rig, archive, 'bin/p')).toBe('hello\n');
});

test('meson', () => {
  using rig = createRig();
  const archive = archiveOf(
    rig,
    'preset: "meson", sources: { p: { files: ["meson.build", "p.c"] } }',
    {
      'meson.build': "project('p', 'c')\nexecutable('p', 'p.c', install: true)\n",
      'p.c': HELLO_C,
    },
  );
  expect(listed(archive)).toEqual(['bin/p', 'pkginfo.json']);
  expect(runs(rig, archive, 'bin/p')).toBe('hello\n');
});

test('cargo, with a crate that the sources bring', () => {
  using rig = createRig();
  const archive = archiveOf(
    rig,
    'preset: "cargo", sources: { p: { files: ["Cargo.toml", "Cargo.lock", "src/*", "vendor/**/*", "vendor/*/.cargo-checksum.json"] } }',
    {
      'Cargo.toml':
        '[package]\nname = "p"\nversion = "1.0.0"\nedition = "2021"\n[dependencies]\nword = "0.1.0"\n',
      'Cargo.lock': [
        'version = 3',
        '[[package]]\nname = "p"\nversion = "1.0.0"\ndependencies = ["word"]',
        '[[package]]\nname = "word"\nversion = "0.1.0"\nsource = "registry+https://github.com/rust-lang/crates.io-index"',
        `checksum = "${'0'.repeat(64)}"`,
        '',
      ].join('\n'),
      'src/main.rs': 'fn main() { println!("{}", word::word()); }\n',
      'vendor/word/Cargo.toml': '[package]\nname = "word"\nversion = "0.1.0"\nedition = "2021"\n',
      'vendor/word/src/lib.rs': 'pub fn word() -> &\'static str { "hello" }\n',
      'vendor/word/.cargo-checksum.json': `{"files":{},"package":"${'0'.repeat(64)}"}`,
    },
  );
  expect(listed(archive)).toEqual(['bin/p', 'pkginfo.json']);
  expect(runs(rig, archive, 'bin/p')).toBe('hello\n');
});

test('go', () => {
  using rig = createRig();
  const archive = archiveOf(rig, 'preset: "go", sources: { p: { files: ["go.mod", "*.go"] } }', {
    'go.mod': 'module example.org/p\n\ngo 1.19\n',
    'main.go': 'package main\n\nimport "fmt"\n\nfunc main() { fmt.Println("hello") }\n',
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
  expect(first.stderr).toMatch(/^29 ran in/m);
  expect(first.status).toBe(0);
  expect(rig.run(['build']).stderr).toMatch(/^9 up to date in/m);
  const deb = join(rig.packages, 'out/packages/words/words-dev.deb');
  const info = execFileSync('dpkg-deb', ['-f', deb], { encoding: 'utf8' });
  expect(info).toContain('Package: words-dev\nSource: words\nVersion: 1.2.0\n');
  expect(info).toContain('Depends: words\n');
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
