// Packages that modules declare, as their users meet them: what runs again after which change, what an
// image needs, how pipelines are extended, and what is said of mistakes.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rigsOfOneProcess } from '../rig/again.ts';
import type { Rig, Run } from '../rig/program.ts';

const createRig = rigsOfOneProcess();

const LIBRARY = `
package {
    name: "lib",
    version: "1",
    sources: { lib: { files: ["lib.c", "lib.h"] } },
    functions: { build_all: "cc $CFLAGS -c lib.c; pack" , pack: "ar rcD liblib.a lib.o" },
    tasks: {
        compile: { script: "build_all" },
        install: {
            script: \`
                install -Dm644 liblib.a "$DESTDIR$PREFIX/lib/liblib.a"
                install -Dm644 lib.h "$DESTDIR$PREFIX/include/lib.h"
                install -Dm644 lib.c "$DESTDIR$PREFIX/share/lib/lib.c.txt" && : > "$DESTDIR$PREFIX/share/lib/lib.c.txt"
            \`,
        },
    },
    split: [{ name: "-dev", files: ["include", "lib/*.a"] }],
}
`;
const PROGRAM = `
package {
    name: "app",
    version: "2",
    sources: { app: { files: ["app.c"] } },
    requires: ["lib"],
    tasks: {
        compile: { script: "cc $CFLAGS app.c -llib -o app" },
        install: { script: "install -D app $DESTDIR$PREFIX/bin/app" },
    },
}
image { name: "system", packages: ["app"], formats: ["tar", "oci"] }
`;

function library(): Rig {
  const rig = createRig();
  rig.write({
    Blueprints: LIBRARY + PROGRAM,
    'lib.c': '#include "lib.h"\nint answer(void) { return 42; }\n',
    'lib.h': 'int answer(void);\n',
    'app.c':
      '#include <lib.h>\n#include <stdio.h>\nint main(void) { printf("%d\\n", answer()); return 0; }\n',
  });
  return rig;
}

function change(rig: Rig, file: string, from: string, to: string): void {
  const text = rig.read(file);
  expect(text).toContain(from);
  writeFileSync(join(rig.packages, file), text.replace(from, to));
}

/** The tasks that ran, in alphabetical order. */
function ran({ stderr }: Run): string[] {
  return [...stderr.matchAll(/^ran +(\S+)/gm)].map(([, name]) => name!).sort();
}

function build(rig: Rig, ...argv: string[]): Run {
  const run = rig.run(['build', ...argv]);
  if (run.status !== 0) throw new Error(run.stderr);
  return run;
}

describe('a change runs what it concerns', () => {
  let rig: Rig;
  beforeAll(() => {
    rig = library();
    build(rig);
  });
  afterAll(() => rig[Symbol.dispose]());

  test('nothing without a change', () => {
    expect(ran(build(rig))).toEqual([]);
  });

  test('lists of files of split: split and what follows, not install', () => {
    change(rig, 'Blueprints', '"lib/*.a"]', '"lib/*.a", "share/lib"]');
    const tasks = ran(build(rig));
    expect(tasks).toContain('lib:split');
    expect(tasks.filter((name) => /unpack|compile|install/.test(name))).toEqual([]);
  });

  test('a comment in the source of a dependency ends at the first equal output', () => {
    change(rig, 'lib.c', '42; }', '42; } /* the answer */');
    // The work tree that install sees is another one; what it leaves is not.
    expect(ran(build(rig))).toEqual(['lib:compile', 'lib:install', 'lib:unpack']);
  });

  test('the script of install: install, on the work tree that compile left', () => {
    change(rig, 'Blueprints', 'install -D app', 'install -v -D app');
    const run = build(rig);
    expect(ran(run)).toEqual(['app:install']);
    expect(run.stderr).toContain('Blueprints:');
  });

  test('a variable that a function of the script reads, and no other', () => {
    change(
      rig,
      'Blueprints',
      'version: "1",',
      'version: "1", variables: { CFLAGS: "-O1", UNUSED: "x" },',
    );
    expect(ran(build(rig)).filter((name) => name.startsWith('lib:'))).toContain('lib:compile');
    change(rig, 'Blueprints', 'UNUSED: "x"', 'UNUSED: "y"');
    expect(ran(build(rig))).toEqual([]);
  });

  test('a function that the script calls through another', () => {
    change(rig, 'Blueprints', 'ar rcD', 'ar  rcD');
    expect(ran(build(rig))).toEqual(['lib:compile']);
  });

  test('another checkout, and another order of definitions, have the same ids and keys', () => {
    using other = createRig();
    const blocks = rig.read('Blueprints').split(/^(?=package|image)/m);
    other.write({
      Blueprints: blocks.toReversed().join('\n'),
      ...Object.fromEntries(['lib.c', 'lib.h', 'app.c'].map((file) => [file, rig.read(file)])),
    });
    const run = other.run(['build'], { env: { ASHLAR_STORE: rig.env['ASHLAR_STORE'] } });
    expect(ran(run)).toEqual([]);
    expect(other.run(['ids']).stdout).toBe(rig.run(['ids']).stdout);
  });
});

test('an image is made of written packages alone: all else may be gone', () => {
  using rig = library();
  build(rig);
  const before = readFileSync(join(rig.packages, 'out/images/system/system.tar'));
  const [own, mirror] = [rig.env['ASHLAR_STORE']!, join(rig.directory, 'written')];
  // A store with the results of the tasks that write archives, and with nothing that these were made of.
  const keep = JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '-e', KEEP_WRITTEN, own, mirror], {
      encoding: 'utf8',
    }),
  ) as { kept: number; dropped: number };
  expect(keep.kept).toBeGreaterThan(0);
  expect(keep.dropped).toBeGreaterThan(keep.kept);
  rmSync(join(rig.packages, 'out'), { recursive: true });
  const run = rig.run(['build', 'system', '--offline'], { env: { ASHLAR_STORE: mirror } });
  expect(run.stderr).not.toContain('error');
  expect(ran(run)).toEqual(['system:image']);
  expect(readFileSync(join(rig.packages, 'out/images/system/system.tar')).equals(before)).toBe(
    true,
  );
  expect(rig.read('out/images/system/system.manifest')).toMatch(
    /^app 2 [0-9a-f]{64}\nlib 1 [0-9a-f]{64}\n$/,
  );
  const listed = execFileSync('tar', ['-tf', join(rig.packages, 'out/images/system/system.tar')], {
    encoding: 'utf8',
  });
  expect(listed).toContain('opt/ashlar/bin/app\n');
  expect(listed).not.toContain('lib.h');
  const [layout, layer] = ['layout', 'layer'].map((name) => join(rig.directory, name));
  for (const path of [layout!, layer!]) mkdirSync(path);
  execFileSync('tar', [
    '-xf',
    join(rig.packages, 'out/images/system/system.oci.tar'),
    '-C',
    layout!,
  ]);
  const blobs = join(layout!, 'blobs/sha256');
  const archive = readdirSync(blobs).find((name) => readFileSync(join(blobs, name))[0] === 0x1f)!;
  execFileSync('tar', ['-xzf', join(blobs, archive), '-C', layer!]);
  expect(execFileSync(join(layer!, 'opt/ashlar/bin/app'), { encoding: 'utf8' })).toBe('42\n');
  expect(readFileSync(join(layout!, 'index.json'), 'utf8')).toContain('"system"');
});

/** Copies action results whose outputs are single archives, and the blobs that these name. */
const KEEP_WRITTEN = `
import { cpSync, mkdirSync, readdirSync, readFileSync, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
const [from, to] = process.argv.slice(-2);
let kept = 0, dropped = 0;
const copy = (path) => { mkdirSync(dirname(join(to, path)), { recursive: true }); cpSync(join(from, path), join(to, path), { preserveTimestamps: true }); };
for (const path of readdirSync(join(from, 'ac'), { recursive: true })) {
  const file = join(from, 'ac', path);
  let bytes;
  try { bytes = readFileSync(file); } catch { continue; }
  if (!/out\\/[a-z-]+\\.tar\\.xz/.test(bytes.toString('latin1'))) { dropped++; continue; }
  kept++;
  copy('ac/' + path);
  for (const [hash] of bytes.toString('latin1').matchAll(/[0-9a-f]{64}/g)) {
    const blob = join('cas', hash.slice(0, 2), hash);
    if (existsSync(join(from, blob))) copy(blob);
  }
}
for (const name of ['version', 'host-image.json']) if (existsSync(join(from, name))) copy(name);
console.log(JSON.stringify({ kept, dropped }));
`;

describe('pipelines are data', () => {
  function onePackage(properties: string, more = ''): Rig {
    const rig = createRig();
    rig.write({
      Blueprints: `${more}\npackage { name: "p", version: "1", sources: { p: { files: ["in.txt"] } }, ${properties} }\n`,
      'in.txt': 'in\n',
    });
    return rig;
  }
  const file = (rig: Rig, path: string): string => {
    const id = rig.read('cache/packages/p/latest');
    return execFileSync(
      'tar',
      ['-xOf', join(rig.packages, `cache/packages/p/${id}.tar.xz`), path],
      { encoding: 'utf8' },
    );
  };
  const INSTALL = 'install: { script: "install -Dm644 in.txt $DESTDIR$PREFIX/share/out" }';

  test('scripts are put before and behind those of others', () => {
    using rig = onePackage(
      `tasks: { ${INSTALL.replace(' }', ', prepend: ["echo first >> in.txt"], append: ["echo last >> $DESTDIR$PREFIX/share/out"] }')} }`,
    );
    build(rig);
    expect(file(rig, 'share/out')).toBe('in\nfirst\nlast\n');
  });

  test('a task is put between two of the pipeline, and sees what came before', () => {
    using rig = onePackage(
      `tasks: { ${INSTALL}, mark: { before: ["install"], script: "echo $NAME-$VERSION >> in.txt" } }`,
    );
    expect(ran(build(rig))).toContain('p:mark');
    expect(file(rig, 'share/out')).toBe('in\np-1\n');
  });

  test('a task is replaced, and another left out', () => {
    using rig = onePackage(
      `tasks: { ${INSTALL}, qa: { drop: true }, split: { script: "mkdir -p /out/p; cp -a /pkg/in/package/. /out/p/; echo own > /out/p/own" } }`,
    );
    const tasks = ran(build(rig));
    expect(tasks).not.toContain('p:qa');
    expect(file(rig, 'own')).toBe('own\n');
  });

  test('a task behind the written packages sees them, and leaves them to be deployed', () => {
    using rig = onePackage(
      `tasks: { ${INSTALL}, sign: { uses: ["tar"], before: ["deploy"], script: "cd /pkg/in/tar; ls > /out/list", outputs: { list: "/out/list" } } }`,
    );
    build(rig);
    expect(readdirSync(join(rig.packages, 'out/packages/p')).sort()).toEqual(['list', 'p.tar.xz']);
    expect(rig.read('out/packages/p/list')).toBe('p.tar.xz\n');
  });

  test('two outputs that would be one deployed file are told before anything runs', () => {
    const list = (name: string): string =>
      `${name}: { after: ["compile"], before: ["deploy"], script: "ls > /out/list", outputs: { ${name}: "/out/list" } }`;
    using rig = onePackage(`tasks: { ${INSTALL}, ${list('one')}, ${list('two')} }`);
    const { stderr, status } = rig.run(['build']);
    expect(stderr).toContain(
      'error: two outputs would be the file list of "deploy": one and two\n',
    );
    expect(stderr).toMatch(/^Blueprints:\d+:\d+: /);
    expect(stderr).not.toMatch(/^ran /m);
    expect(status).toBe(2);
  });

  test('a format of the tree itself is written for each package, which the script knows', () => {
    const written = (output: string): string =>
      `split: [{ name: "-doc", files: ["share/doc"] }], formats: ["zip"],
       tasks: {
         ${INSTALL.replace(' }', ', append: ["mkdir $DESTDIR$PREFIX/share/doc"] }')},
         write_zip: { format: "zip", each: "package", uses: ["split", "qa"], before: ["deploy"],
           script: "cd /pkg/in/split/$EACH; find . -type f > /out/$EACH.zip", outputs: { zip: "${output}" } },
       }`;
    using rig = onePackage(written('/out/*.zip'));
    build(rig);
    const deployed = join(rig.packages, 'out/packages/p');
    expect(readdirSync(deployed).sort()).toEqual(['p-doc.zip', 'p.zip']);
    expect(readFileSync(join(deployed, 'p.zip'), 'utf8')).toContain('./share/out\n');
    expect(readFileSync(join(deployed, 'p-doc.zip'), 'utf8')).not.toContain('./share/out\n');
    using wrong = onePackage(written('/out/all.zip'));
    const { stderr, status } = wrong.run(['build']);
    expect(stderr).toContain(
      'error: the output "zip" is called /out/all.zip for every package, and could not be told apart\n',
    );
    expect(stderr).toContain('hint: put a * into its name: "/out/*-all.zip"\n');
    expect(status).toBe(2);
  });

  test('what a task makes for people is put in out/', () => {
    using rig = onePackage(
      `tasks: { ${INSTALL}, report: { after: ["unpack"], before: ["deploy"], script: "cp in.txt /out/html/", outputs: { html: "/out/html/" } } }`,
    );
    build(rig);
    const deployed = join(rig.packages, 'out/packages/p');
    expect(readdirSync(deployed).sort()).toEqual(['in.txt', 'p.tar.xz']);
    // The directory is exactly what was made: what is there no more goes.
    writeFileSync(
      join(rig.packages, 'Blueprints'),
      rig.read('Blueprints').replace('cp in.txt /out/html/', 'cp in.txt /out/html/renamed'),
    );
    build(rig);
    expect(readdirSync(deployed).sort()).toEqual(['p.tar.xz', 'renamed']);
  });

  test('a task is made for each source, files of the tree among them', () => {
    using rig = createRig();
    rig.write({
      Blueprints: `package { name: "p", version: "1", sources: { p: { files: ["a"] }, more: { files: ["b"] } },
        tasks: {
          ${INSTALL.replace('in.txt', 'a')},
          sums: { each: "source", after: ["unpack"], before: ["deploy"], outputs: { sums: "/out/*.sum" },
            script: "cd $WORK/$EACH; cat * > /out/$EACH.sum" },
        } }`,
      a: 'a\n',
      b: 'b\n',
    });
    build(rig);
    expect(rig.read('out/packages/p/more.sum') + rig.read('out/packages/p/p.sum')).toBe('b\na\n');
  });

  test('defaults are inherited, along chains, and what is nearest counts', () => {
    using rig = onePackage(
      `defaults: ["near"], tasks: { ${INSTALL.replace('in.txt', 'in.txt').replace(' }', ', append: ["echo $A $B $C > $DESTDIR$PREFIX/share/out"] }')} }, variables: { C: "own" }`,
      `defaults { name: "far", variables: { A: "far", B: "far", C: "far" } }
       defaults { name: "near", defaults: ["far"], variables: { B: "near", C: "near" } }`,
    );
    build(rig);
    expect(file(rig, 'share/out')).toBe('far near own\n');
  });

  test('a variant differs where it says so', () => {
    using rig = onePackage(
      `variables: { A: "plain", B: "both" }, tasks: { ${INSTALL.replace(' }', ', append: ["echo $A $B > $DESTDIR$PREFIX/share/out"] }')} }, variants: { other: { variables: { A: "other" } } }`,
    );
    const run = build(rig, 'p');
    expect(ran(run).filter((name) => name.endsWith(':unpack'))).toHaveLength(1);
    expect(run.stdout).toMatch(
      /^p:other {2}cache\/packages\/p\/p--[0-9a-f]{64}\.tar\.xz\np {8}cache/,
    );
    const other = rig.read('cache/packages/p/other.latest');
    const archive = join(rig.packages, `cache/packages/p/${other}.tar.xz`);
    expect(execFileSync('tar', ['-xOf', archive, 'share/out'], { encoding: 'utf8' })).toBe(
      'other both\n',
    );
    expect(execFileSync('tar', ['-xOf', archive, 'pkginfo.json'], { encoding: 'utf8' })).toContain(
      '"variant":"other"',
    );
  });

  test('a word of a list is all that a package depends on', () => {
    const tree = (features: string): string =>
      `package { name: "p", version: "1", sources: { p: { files: ["in.txt"] } }, variables: { FEATURES: "${features}", GTK: "\${FEATURES?gtk:yes:no}" },
       tasks: { install: { script: "mkdir -p $DESTDIR$PREFIX/share; echo $GTK > $DESTDIR$PREFIX/share/out" } } }`;
    using rig = createRig();
    rig.write({ Blueprints: tree('gtk x11'), 'in.txt': '' });
    build(rig);
    rig.write({ Blueprints: tree('gtk x11 wayland') });
    expect(ran(build(rig))).toEqual([]);
    rig.write({ Blueprints: tree('x11 wayland') });
    expect(ran(build(rig))).toContain('p:install');
    expect(file(rig, 'share/out')).toBe('no\n');
  });

  test('values that do not count change nothing', () => {
    const tree = (flags: string, level: string): string =>
      `package { name: "p", version: "1", sources: { p: { files: ["in.txt"] } },
       variables: { CFLAGS: "-O2 ${flags}" }, exclude: { CFLAGS: { pieces: [" -fcolor", " -fplain"], reason: "messages only" } },
       volatile: { LEVEL: { value: "${level}", reason: "only how much is told" } },
       tasks: { install: { script: "mkdir -p $DESTDIR$PREFIX/share; echo $LEVEL $CFLAGS; echo x > $DESTDIR$PREFIX/share/out" } } }`;
    using rig = createRig();
    rig.write({ Blueprints: tree('-fcolor', '1'), 'in.txt': '' });
    build(rig);
    expect(rig.run(['log', 'p', '--task', 'install']).stdout).toBe('1 -O2 -fcolor\n');
    rig.write({ Blueprints: tree('-fplain', '2') });
    expect(ran(build(rig))).toEqual([]);
    rig.write({ Blueprints: tree('-fother', '2') });
    expect(ran(build(rig))).toContain('p:install');
  });

  test('patches are applied in order', () => {
    using rig = onePackage(`patches: ["b.patch", "a.patch"], tasks: { ${INSTALL} }`);
    const patch = (from: string, to: string): string =>
      `--- a/in.txt\n+++ b/in.txt\n@@ -1 +1 @@\n-${from}\n+${to}\n`;
    rig.write({ 'b.patch': patch('in', 'between'), 'a.patch': patch('between', 'out') });
    build(rig);
    expect(file(rig, 'share/out')).toBe('out\n');
  });

  test('a patch that does not apply is named, and what comes after it has no log', () => {
    using rig = onePackage(`patches: ["good.patch", "bad.patch"], tasks: { ${INSTALL} }`);
    const patch = (from: string, to: string): string =>
      `--- a/in.txt\n+++ b/in.txt\n@@ -1 +1 @@\n-${from}\n+${to}\n`;
    rig.write({ 'good.patch': patch('in', 'out'), 'bad.patch': patch('in', 'other') });
    const { stderr, status } = rig.run(['build']);
    expect(stderr).toContain('error: p:patch failed with exit status 1');
    expect(stderr).toContain('│ the patch 0002-bad.patch does not apply\n');
    expect(status).toBe(1);
    expect(rig.run(['log', 'p:install'])).toMatchObject({
      status: 2,
      stderr:
        'error: there is no log of p:install: it has not run here\n' +
        '  hint: the last that ran of p is p:patch: "ashlar log p:patch"\n',
    });
    expect(rig.run(['log', 'p:patch']).stdout).toContain('applying 0001-good.patch\n');
  });
});

describe('what is split off a package', () => {
  test('is installed by its name, with what it requires, and goes with the package it is of', () => {
    using rig = library();
    change(rig, 'Blueprints', '"lib/*.a"] }]', '"lib/*.a"], requires: ["app"] }]');
    build(rig, 'lib-dev');
    const root = join(rig.directory, 'root');
    const install = rig.run(['install', '--root', root, '--activate', 'lib-dev']);
    expect(install).toMatchObject({ status: 0, stderr: '' });
    const names = rig.run(['active', '--root', root]).stdout.replaceAll(/--.*/g, '');
    expect(names).toBe('app\nlib\nlib-dev\n');
    expect(existsSync(join(root, 'include/lib.h'))).toBe(true);
    expect(rig.run(['install', '--root', root, 'lib-dve']).stderr).toContain(
      'did you mean "lib-dev"?',
    );
    expect(rig.run(['clean', 'lib'])).toMatchObject({ status: 0, stderr: '' });
    expect(readdirSync(join(rig.packages, 'cache/packages'))).toEqual(['app']);
    expect(rig.run(['install', '--root', root, 'lib-dev']).stderr).toMatch(
      /^error: lib-dev is not built: there is no cache\/packages\/lib-dev\/.*\n {2}hint: run "ashlar build lib" first\n/,
    );
  });

  test('that writes no archive cannot be installed', () => {
    using rig = createRig();
    rig.write({
      Blueprints:
        'package { name: "p", version: "1", formats: ["deb"], tasks: { install: { script: "mkdir -p $DESTDIR$PREFIX/share" } } }\n',
    });
    build(rig);
    expect(rig.run(['install', '--root', join(rig.directory, 'root'), 'p'])).toMatchObject({
      status: 2,
      stderr:
        'error: p cannot be installed: it writes no "tar"\n  hint: add "tar" to its formats\n',
    });
  });
});

describe('variants of one package', () => {
  const TREE = (...requires: [a: string, b: string]): string =>
    ['a', 'b']
      .map(
        (name, at) =>
          `package { name: "${name}", version: "1", requires: [${requires[at]}],
             tasks: { install: { script: "mkdir -p $DESTDIR$PREFIX/share; cp $ROOT/share/p $DESTDIR$PREFIX/share/${name}" } } }\n`,
      )
      .join('') +
    `package { name: "p", version: "1", variables: { A: "plain" }, variants: { other: { variables: { A: "other" } } },
       tasks: { install: { script: "mkdir -p $DESTDIR$PREFIX/share; echo $A > $DESTDIR$PREFIX/share/p" } } }\n`;

  test('are both built where packages require them, unless a treeinfo.json says that these go together', () => {
    using rig = createRig();
    rig.write({ Blueprints: TREE('"p"', '"p:other"') });
    expect(ran(build(rig))).toEqual(expect.arrayContaining(['p:install', 'p:other:install']));
    const got = (name: string): string => {
      const id = rig.read(`cache/packages/${name}/latest`);
      const archive = join(rig.packages, `cache/packages/${name}/${id}.tar.xz`);
      return execFileSync('tar', ['-xOf', archive, `share/${name}`], { encoding: 'utf8' });
    };
    expect([got('a'), got('b')]).toEqual(['plain\n', 'other\n']);
    expect(existsSync(join(rig.packages, 'cache/complete'))).toBe(false);
    rig.write({ 'treeinfo.json': '{}' });
    const { stderr, status } = rig.run(['build']);
    expect(stderr).toContain(
      'error: the tree needs p both in the default variant and in variant "other"',
    );
    expect(status).toBe(2);
  });

  test('of two that one package needs are told of, whatever the tree says', () => {
    using rig = createRig();
    rig.write({ Blueprints: TREE('"p:default"', '"a", "p:other"') });
    const { stderr, status } = rig.run(['build']);
    expect(stderr).toMatch(/error: b needs p both in (the default variant|variant "other") and in/);
    expect(status).toBe(2);
  });
});

test('what is locked stays what it was, and is told of', () => {
  using rig = library();
  build(rig);
  const lock = rig.run(['lock', 'lib']);
  expect(lock.stdout).toContain('locked lib:compile\n');
  change(rig, 'Blueprints', 'ar rcD', 'ar  rcD');
  const run = build(rig);
  expect(ran(run)).toEqual([]);
  expect(run.stderr).toMatch(
    /warning: lib:compile is locked to the key [0-9a-f]{64}; its definition now/,
  );
  // Elsewhere there is no such result.
  const other = rig.run(['build'], { env: { ASHLAR_STORE: join(rig.directory, 'other') } });
  expect(other.stderr).toMatch(
    /error: lib:\S+ is locked to the key [0-9a-f]{64}, of which no result is on record/,
  );
  expect(other.status).toBe(1);
  expect(rig.run(['lock', '--remove', 'lib']).stdout).toContain('unlocked lib:compile\n');
  expect(ran(build(rig))).toEqual(['lib:compile']);
  writeFileSync(join(rig.packages, 'ashlar.lock.json'), '{"tasks": {"lib:compil": "1"}}');
  const wrong = rig.run(['build']);
  expect(wrong.stderr).toContain(
    'ashlar.lock.json:1:26: error: a key is 64 lower-case hexadecimal digits',
  );
  expect(wrong.status).toBe(2);
});

test('locks of a variant that no tree has are no strays', () => {
  using rig = createRig();
  rig.write({
    Blueprints:
      'package { name: "p", version: "1", tasks: { install: { script: "mkdir -p $DESTDIR$PREFIX/share" } }, variants: { other: { variables: { CFLAGS: "-O1" } } } }\n',
  });
  build(rig);
  // Nor is it a fault that there is no log of it, unless it is asked for.
  expect(rig.run(['log', 'p', '--task', 'install'])).toMatchObject({ status: 0, stderr: '' });
  const none = rig.run(['log', 'p:other', '--task', 'install']);
  expect(none.stderr).toContain('error: there is no log of p:other:install: it has not run here\n');
  expect(none.status).toBe(2);
  // What was never built cannot be locked, and does not stop what was.
  const some = rig.run(['lock', 'p']);
  expect(some.stdout).toContain('locked p:install\n');
  expect(some.stdout).toContain('left p:other:install: it has no result to be locked to\n');
  expect(some.status).toBe(0);
  const nothing = rig.run(['lock', 'p:other']);
  expect(nothing.stderr).toContain('error: none of these tasks has a result');
  expect(nothing.status).toBe(2);
  build(rig, 'p:other');
  expect(rig.run(['lock', 'p']).stdout).toContain('locked p:other:install\n');
  expect(build(rig).stderr).not.toContain('warning');
  rig.write({ 'ashlar.lock.json': JSON.stringify({ tasks: { 'p:instal': '0'.repeat(64) } }) });
  expect(build(rig).stderr).toContain(
    'warning: ashlar.lock.json locks p:instal, which is no task of this tree',
  );
});

describe('packages of both kinds', () => {
  test('require each other, in one graph', () => {
    using rig = createRig();
    rig.write({
      'tool/buildinfo.json': '{}',
      'tool/build':
        'mkdir $PKG_PATH/bin; printf "#!/bin/sh\\necho tool" > $PKG_PATH/bin/tool; chmod +x $PKG_PATH/bin/tool',
      'top/buildinfo.json': '{"requires": ["middle"]}',
      'top/build': 'cat "$PKG_ROOT/share/middle" > $PKG_PATH/top',
      Blueprints: `package { name: "middle", version: "1", build_requires: ["tool"],
        tasks: { install: { script: "mkdir -p $DESTDIR$PREFIX/share; tool > $DESTDIR$PREFIX/share/middle" } } }`,
    });
    const run = build(rig, 'top');
    expect(ran(run)).toContain('middle:install');
    const id = rig.read('cache/packages/top/latest');
    const archive = join(rig.packages, `cache/packages/top/${id}.tar.xz`);
    expect(execFileSync('tar', ['-xOf', archive, 'top'], { encoding: 'utf8' })).toBe('tool\n');
    // What only a build needs is not installed with it.
    const root = join(rig.directory, 'root');
    const installed = rig.run(['install', '--root', root, '--activate', 'top']);
    expect(installed.status).toBe(0);
    expect(
      readdirSync(join(root, 'packages'))
        .map((name) => name.split('--')[0]!)
        .sort(),
    ).toEqual(['middle', 'top']);
    expect(existsSync(join(root, 'share/middle'))).toBe(true);
  });

  test('of one name are told of', () => {
    using rig = createRig();
    rig.write({ 'p/buildinfo.json': '{}', 'p/build': ':', Blueprints: 'package { name: "p" }' });
    const { status, stderr } = rig.run(['build']);
    expect(stderr).toContain('Blueprints:1:1: error: there are two packages "p"');
    expect(stderr).toContain('p/buildinfo.json: note: the other one is here');
    expect(status).toBe(2);
  });
});

describe('mistakes', () => {
  test('are told all at once, each at its place', () => {
    using rig = createRig();
    rig.write({
      Blueprints: [
        'package {',
        '    name: "p",',
        '    variables: { A: "${B}", B: "${A}", C: "${NOPE}", D: "${C?x" },',
        '    sources: { p: { url: "ftp" } },',
        '    requires: ["q"],',
        '    tasks: { compile: { after: ["confgure"] } },',
        '    formats: ["debb"],',
        '}',
        'image { name: "i", packages: ["pp"] }',
        '',
      ].join('\n'),
    });
    const { status, stderr } = rig.run(['build']);
    const told = [...stderr.matchAll(/^(Blueprints:\d+):\d+: error: (.*)$/gm)].map(
      ([, place, message]) => `${place} ${message}`,
    );
    expect(told).toEqual([
      'Blueprints:3 the value of A is made of itself: A → B → A',
      'Blueprints:3 the value of C refers to NOPE, which is not set',
      'Blueprints:3 in the value of D, ${C?x is no choice',
      'Blueprints:4 "sha256" is missing',
      'Blueprints:4 "ftp" has no scheme',
      'Blueprints:5 there is no package "q" in this tree',
      'Blueprints:6 task "compile": there is no task "confgure"',
      'Blueprints:7 no task writes the format "debb"',
      'Blueprints:9 there is no package "pp"',
    ]);
    expect(status).toBe(2);
  });

  test('what a package makes is no source of it', () => {
    using rig = createRig();
    const tree = (files: string): string =>
      `package { name: "p", version: "1", sources: { p: { files: [${files}] } }, tasks: { install: { script: "mkdir -p $DESTDIR$PREFIX/share" } } }\n`;
    rig.write({ Blueprints: tree('"in.txt"'), 'in.txt': '' });
    build(rig);
    rig.write({ Blueprints: tree('"**/*.txt", "out/**/*"') });
    const { status, stderr } = rig.run(['build']);
    expect(stderr).toMatch(
      /^Blueprints:1:\d+: error: out\/packages\/p\/p\.tar\.xz is made by this package, and cannot be a source of it$/m,
    );
    expect(status).toBe(2);
  });

  test('a directory for its files, and a pattern that cannot be one: what to write is said', () => {
    using rig = createRig();
    const source = (files: string): string =>
      `package { name: "p", sources: { p: { files: ["${files}"] } } }\n`;
    rig.write({ Blueprints: source('src'), 'src/a.c': '' });
    const directory = rig.run(['build']);
    expect(directory.stderr).toMatch(
      /^Blueprints:1:\d+: error: cannot read src: it is a directory/m,
    );
    expect(directory.stderr).toContain('hint: a pattern takes the files in it: "src/**/*"');
    rig.write({ Blueprints: source('src/**') });
    const pattern = rig.run(['build']);
    expect(pattern.stderr).toContain("pattern has '**' as last path element");
    expect(pattern.stderr).toContain(
      'hint: "src/**/*" stands for all files, in whatever directories',
    );
    expect([directory.status, pattern.status]).toEqual([3, 2]);
  });

  test('the path of the tree in a value is refused, with the variable', () => {
    using rig = createRig();
    rig.write({ Blueprints: `package { name: "p", variables: { WHERE: "${rig.packages}/x" } }\n` });
    const { status, stderr } = rig.run(['build']);
    expect(stderr).toMatch(
      /^Blueprints:1:\d+: error: the variable WHERE contains the path of the tree/m,
    );
    expect(status).toBe(2);
  });

  test('files that belong to no package are named', () => {
    using rig = createRig();
    rig.write({
      Blueprints: `package { name: "p", version: "1", files: ["bin"], tasks: { install: { script: "mkdir -p $DESTDIR$PREFIX/lib; echo x > $DESTDIR$PREFIX/lib/a; echo x > $DESTDIR$PREFIX/lib/b" } } }\n`,
    });
    const { status, stderr } = rig.run(['build']);
    expect(stderr).toContain('p installs files that belong to no package');
    expect(stderr).toMatch(/lib\/a\n.*lib\/b/);
    expect(status).toBe(1);
  });

  test('what is installed outside of the prefix is named', () => {
    using rig = createRig();
    rig.write({
      Blueprints:
        'package { name: "p", version: "1", tasks: { install: { script: "mkdir -p $DESTDIR/etc; echo x > $DESTDIR/etc/p" } } }\n',
    });
    const { status, stderr } = rig.run(['build']);
    expect(stderr).toContain('installed outside of /opt/ashlar:\n');
    expect(stderr).toContain('/etc/p');
    expect(status).toBe(1);
  });

  test('a reference that cannot be seen fails the task', () => {
    using rig = createRig();
    rig.write({
      Blueprints:
        'package { name: "p", version: "1", variables: { HIDDEN: "x" }, tasks: { install: { script: "n=HIDDEN; echo ${!n}" } } }\n',
    });
    expect(rig.run(['build']).stderr).toContain('unbound variable');
    rig.write({
      Blueprints:
        'package { name: "p", version: "1", variables: { HIDDEN: "x" }, tasks: { install: { script: "n=HIDDEN; echo ${!n}; mkdir -p $DESTDIR$PREFIX", deps: ["HIDDEN"] } } }\n',
    });
    build(rig);
  });

  test('a script that is no bash is told with its place', () => {
    using rig = createRig();
    rig.write({
      Blueprints:
        'package {\n    name: "p",\n    tasks: {\n        install: { script: "if true; then x" },\n    },\n}\n',
    });
    const { status, stderr } = rig.run(['build']);
    expect(stderr).toMatch(/^Blueprints:4:\d+: error: the script of p is no bash, in line \d/m);
    expect(status).toBe(2);
  });

  test('a here-document that nothing closes is warned of in a script, and refused in a function', () => {
    using rig = createRig();
    const tree = (script: string, body: string): string =>
      `package {\n    name: "p",\n    version: "1",\n    functions: {\n        f: \`${body}\`,\n    },\n    tasks: {\n        install: { script: \`${script}\` },\n    },\n}\n`;
    const open = '\n  mkdir -p $DESTDIR$PREFIX\n  cat > $DESTDIR$PREFIX/x <<END\nx\n  END\n';
    rig.write({ Blueprints: tree(open, ':') });
    const warned = rig.run(['build']);
    expect(warned.stderr).toContain(
      'Blueprints:8:26: warning: in the script of p, the here-document of line 3 ends with the script: no line is just "END"\n',
    );
    expect(warned.stderr).toContain('hint: close it with END at the beginning of a line');
    expect(warned.status).toBe(0);
    // Whether or not anything calls it.
    rig.write({ Blueprints: tree('mkdir -p $DESTDIR$PREFIX', open) });
    const refused = rig.run(['why', 'p']);
    expect(refused.stderr).toContain(
      'Blueprints:5:10: error: the function f of p is no bash, in line 3: the here-document is not closed by a line "END"\n',
    );
    expect(refused.status).toBe(2);
  });

  test('a function that is exported is there for programs that the script runs, and counts', () => {
    using rig = createRig();
    const tree = (body: string): string =>
      `package { name: "p", version: "1", functions: { f: "${body}" }, tasks: { install: { script: "mkdir -p $DESTDIR$PREFIX; export -f f; echo one two | xargs -n1 bash -c 'f $0' > $DESTDIR$PREFIX/x" } } }\n`;
    rig.write({ Blueprints: tree('echo A $1') });
    build(rig);
    rig.write({ Blueprints: tree('echo B $1') });
    expect(ran(build(rig))).toContain('p:install');
  });
});

test('faults of what is packed are told at once, and can be left out by name', () => {
  using rig = createRig();
  const tree = (skip: string): string => `package { name: "p", version: "1",
    tasks: { qa: { skip: [${skip}] }, install: { script: "mkdir -p $DESTDIR$PREFIX/lib; echo $DESTDIR > $DESTDIR$PREFIX/lib/a; ln -s nowhere $DESTDIR$PREFIX/lib/b; echo x > $DESTDIR$PREFIX/lib/c.la" } } }\n`;
  rig.write({ Blueprints: tree('') });
  const { status, stderr } = rig.run(['build']);
  expect(stderr).toContain('p has 3 faults');
  expect(stderr).toContain('p: lib/a: it holds the path /pkg/install of its build [buildpaths]');
  expect(stderr).toContain('p: lib/b: it leads to nowhere, which is not there [links]');
  expect(stderr).toContain('p: lib/c.la: ');
  expect(status).toBe(1);
  rig.write({ Blueprints: tree('"buildpaths", "links", "libtool"') });
  expect(ran(build(rig))).toEqual(['p:deploy', 'p:qa', 'p:write_tar']);
});

test('a pattern for all files of a tree takes neither results nor definitions for sources', () => {
  using rig = createRig();
  rig.write({
    Blueprints:
      'package { name: "all", version: "1", sources: { all: { files: ["**/*"] } },\n' +
      '    tasks: { install: { script: "mkdir -p $DESTDIR$PREFIX/share && find . -type f | sort > $DESTDIR$PREFIX/share/list" } },\n}\n',
    'ashlar.json': '{}',
    'src/a': '',
    b: '',
  });
  build(rig);
  expect(ran(build(rig))).toEqual([]);
  const { stdout } = rig.run(['build', '--force', 'all:install']);
  expect(stdout).toBe('');
  const [archive] = readdirSync(join(rig.packages, 'cache/packages/all')).filter((name) =>
    name.endsWith('.tar.xz'),
  );
  const list = execFileSync('tar', [
    '-xOf',
    join(rig.packages, 'cache/packages/all', archive!),
    '--wildcards',
    '*share/list',
  ]);
  expect(String(list)).toBe('./b\n./src/a\n');
  change(
    rig,
    'Blueprints',
    'version: "1",',
    'version: "1", split: [{ name: "-doc", files: ["share"] }],',
  );
  expect(ran(build(rig))).not.toContain('all:unpack');
});
