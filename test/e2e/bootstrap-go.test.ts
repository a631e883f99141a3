// Trees whose tools are Go: what `ashlar build` and the wrapper scripts make of one, and
// what each kind of change makes them do again.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { builtOf, copyGoTree, goTree, type Built, type GoTree } from '../rig/gotree.ts';
import { PROJECT } from '../rig/program.ts';
import { scratch, type Scratch } from '../rig/scratch.ts';

const TESTS = { RUN_TESTS: '1' };

let space: Scratch;
let plain: GoTree;
let tested: GoTree;
let tree: GoTree;
let count = 0;

/** The tree, with a primary builder in Go. */
function withBuilder(one: GoTree): GoTree {
  // Nothing is built yet, so the time of the edit does not matter.
  const text = one.read('Blueprints');
  const changed = text.replace('srcs: ["builder/main.go"],', '$&\n    primaryBuilder: true,');
  writeFileSync(`${one.root}/Blueprints`, changed);
  return one;
}

beforeAll(() => {
  space = scratch();
  plain = copyGoTree(space.at('plain'));
  const built = plain.build();
  if (built.status !== 0) throw new Error(built.output);
  tested = withBuilder(copyGoTree(space.at('tested')));
  const also = tested.build(TESTS);
  if (also.status !== 0) throw new Error(also.output);
});
afterAll(() => space[Symbol.dispose]());

/** Each test begins with a built tree, times and all. */
const fresh = (from: GoTree): GoTree => copyGoTree(space.at(`${++count}`), from.root);

describe('a tree without a primary builder', () => {
  beforeEach(() => {
    tree = fresh(plain);
  });

  test('its tools are built, for the stages and for users', () => {
    expect(tree.run('out/bin/hello')).toBe('hello, world\n');
    for (const name of ['gotestrunner', 'loadplugins', 'treebuilder']) {
      expect(existsSync(`${tree.root}/out/.bootstrap/bin/${name}`)).toBe(true);
    }
    expect(tree.read('out/.bootstrap/treebuilder/gen/plugin.go')).toContain(
      '// Loaded by the tree\'s own loadplugins.\npackage main\nimport _ "example.com/tree/extra"\n',
    );
  });

  test('nothing runs when nothing changed, in any stage', () => {
    const { status, steps, output } = tree.build();
    expect({ status, steps }).toEqual({ status: 0, steps: [] });
    expect(output).toContain('nothing to do');
    for (const manifest of [
      '.minibootstrap/build.ninja',
      '.bootstrap/build.ninja',
      'build.ninja',
    ]) {
      const options = { cwd: tree.root, encoding: 'utf8' } as const;
      expect(execFileSync('ninja', ['-n', '-f', `out/${manifest}`], options)).toBe(
        'ninja: no work to do.\n',
      );
    }
  });

  test('a package that changed is compiled, and what uses it', () => {
    tree.edit('greet/greet.go', (text) => text.replace('hello, ', 'good day, '));
    expect(tree.build().steps).toEqual([
      'compile OUT/.bootstrap/hello/obj/hello.a',
      'compile OUT/.bootstrap/tree-extra/pkg/example.com/tree/extra.a',
      'compile OUT/.bootstrap/tree-greet/pkg/example.com/tree/greet.a',
      'compile OUT/.bootstrap/tree-manifest/pkg/example.com/tree/manifest.a',
      'compile OUT/.bootstrap/treebuilder/obj/treebuilder.a',
      'cp OUT/.bootstrap/bin/treebuilder',
      'cp OUT/bin/hello',
      // It waits for all programs of the stage before.
      'generate OUT/build.ninja',
      'link OUT/.bootstrap/hello/obj/a.out',
      'link OUT/.bootstrap/treebuilder/obj/a.out',
    ]);
    expect(tree.run('out/bin/hello')).toBe('good day, world\n');
  });

  test('a program that was touched is made again, and nothing else', () => {
    tree.touch('tools/hello/hello.go');
    expect(tree.build().steps).toEqual([
      'compile OUT/.bootstrap/hello/obj/hello.a',
      'cp OUT/bin/hello',
      'link OUT/.bootstrap/hello/obj/a.out',
    ]);
  });

  test("a mistake is the compiler's to tell, and a package that is not in deps is one", () => {
    tree.edit('tools/hello/Blueprints', (text) => text.replace('deps: ["tree-greet"],', ''));
    const { status, output } = tree.build();
    expect(status).toBe(1);
    expect(output).toMatch(
      /tools\/hello\/hello\.go:6:2: could not import example\.com\/tree\/greet/,
    );
    tree.edit('tools/hello/Blueprints', (text) =>
      text.replace('srcs:', 'deps: ["tree-greet"],\n    srcs:'),
    );
    expect(tree.build().status).toBe(0);
  });

  test('a mistake in the last stage keeps no earlier one from being built', () => {
    tree.edit('tools/hello/hello.go', (text) => `${text}broken\n`);
    tree.touch('extra/extra.go');
    const { status, steps, output } = tree.build();
    expect(status).toBe(1);
    expect(steps).toContain('cp OUT/.bootstrap/bin/treebuilder');
    expect(output).toContain('tools/hello/hello.go:16:1: syntax error');
  });

  test('a program of another name takes the place of the first', () => {
    tree.edit('tools/hello/Blueprints', (text) => text.replace('"hello"', '"hi"'));
    const { status, output } = tree.build();
    expect(status).toBe(0);
    expect(output).toContain('removed old ninja-created file out/bin/hello');
    expect(existsSync(`${tree.root}/out/bin/hello`)).toBe(false);
    expect(existsSync(`${tree.root}/out/.bootstrap/hello`)).toBe(false);
    expect(tree.run('out/bin/hi')).toBe('hello, world\n');
  });

  test('a directory that appears below optional_subdirs counts, until it is gone', () => {
    tree.write(
      'optional/more/Blueprints',
      'blueprint_go_binary { name: "more", srcs: ["more.go"] }\n',
    );
    tree.write('optional/more/more.go', 'package main\n\nfunc main() { println("more") }\n');
    expect(tree.build().steps).toContain('cp OUT/bin/more');
    rmSync(`${tree.root}/optional`, { recursive: true });
    expect(tree.build().output).toContain('removed old ninja-created file out/bin/more');
    expect(existsSync(`${tree.root}/out/bin/more`)).toBe(false);
  });

  test('tests run when they are asked for, and leave nothing when they are not', () => {
    const { steps, status } = tree.build(TESTS);
    expect(status).toBe(0);
    expect(steps.filter((step) => step.startsWith('test '))).toEqual([
      'test example.com/tree/greet',
      'test example.com/tree/manifest',
      'test hello',
    ]);
    expect(tree.build(TESTS).steps).toEqual([]);
    expect(tree.build().status).toBe(0);
    for (const module of ['tree-greet', 'tree-manifest', 'hello']) {
      expect(existsSync(`${tree.root}/out/.bootstrap/${module}/test`)).toBe(false);
    }
    expect(tree.build().steps).toEqual([]);
  });

  test('a tree can be moved, with what was built in it', () => {
    renameSync(tree.root, space.at('moved'));
    expect(goTree(space.at('moved')).build().steps).toEqual([]);
  });

  test('another toolchain builds everything again', () => {
    const root = space.at(`go ${count}`);
    mkdirSync(root);
    const real = execFileSync('go', ['env', 'GOROOT'], { encoding: 'utf8' }).trim();
    for (const name of ['bin', 'pkg', 'src']) symlinkSync(`${real}/${name}`, `${root}/${name}`);
    writeFileSync(`${root}/VERSION`, tree.read('Blueprints'));
    const { steps, status } = tree.build({ GOROOT: root });
    expect(status).toBe(0);
    expect(steps.filter((step) => step.startsWith('compile '))).toHaveLength(7);
    expect(steps.filter((step) => step.startsWith('link '))).toHaveLength(4);
    expect(tree.build({ GOROOT: root }).steps).toEqual([]);
  });

  test('a toolchain without its standard library compiles what the tree imports of it', () => {
    const root = space.at(`bare go ${count}`);
    const real = execFileSync('go', ['env', 'GOROOT'], { encoding: 'utf8' }).trim();
    mkdirSync(`${root}/pkg`, { recursive: true });
    for (const name of ['bin', 'src', 'pkg/tool', 'pkg/include', 'VERSION']) {
      symlinkSync(`${real}/${name}`, `${root}/${name}`);
    }
    const env = { GOROOT: root, GOCACHE: space.at('gocache') };
    tree.write(
      'tools/hello/Blueprints',
      'blueprint_go_binary { name: "hello", srcs: ["hello.go"] }\n',
    );
    tree.write(
      'tools/hello/hello.go',
      'package main\n\nimport "os"\n\nfunc main() { os.Exit(3) }\n',
    );
    // Only this tool: compiling what the others import takes longer.
    tree.edit('Blueprints', (text) => text.slice(0, text.indexOf('prefix =')));
    expect(tree.build(env)).toMatchObject({ status: 0 });
    expect(spawnSync(`${tree.root}/out/bin/hello`).status).toBe(3);
    const [std] = readdirSync(`${tree.root}/out/.bootstrap/.go/std`);
    const archives = readdirSync(`${tree.root}/out/.bootstrap/.go/std/${std!}`);
    expect(archives).toContain('os.a');
    expect(archives).toContain('runtime.a');
    expect(archives).not.toContain('fmt.a');
    expect(tree.build(env).steps).toEqual([]);
  });

  test('the template is the same for every place and machine', () => {
    const elsewhere = copyGoTree(space.at("el$e where's"));
    const built = elsewhere.build({ BUILDDIR: space.at("o ut's $") });
    expect(built.output).not.toContain('FAILED');
    expect(built.status).toBe(0);
    const text = tree.read('out/.minibootstrap/build.ninja.in');
    expect(goTree('/').read(`${space.at("o ut's $")}/.minibootstrap/build.ninja.in`)).toBe(text);
    expect(text).not.toContain(space.path);
  });
});

describe('a tree with a primary builder in Go', () => {
  beforeEach(() => {
    tree = fresh(tested);
  });

  test('it makes the main manifest and its documentation, called as the original was', () => {
    expect(tree.read('out/build.ninja')).toMatch(/^# with tests\n# hello, ninja\nbuilddir = out\n/);
    expect(tree.read('out/copied/one.txt')).toBe('one text\n');
    expect(tree.read('out/.bootstrap/docs/treebuilder.html')).toBe('<p>treebuilder</p>\n');
    expect(tree.read('out/extra')).toBe('extra\n');
    expect(tree.build(TESTS).steps).toEqual([]);
  });

  test('it runs again for what its dependency file names', () => {
    tree.write('texts/two.txt', 'two\n');
    expect(tree.build(TESTS).steps).toEqual(['cp OUT/copied/two.txt', 'generate OUT/build.ninja']);
  });

  test('a plugin that changed makes it anew, and what it makes', () => {
    tree.edit('extra/extra.go', (text) => text.replace('"extra"] = "extra"', '"extra"] = "more"'));
    expect(tree.build(TESTS).steps).toEqual([
      'compile OUT/.bootstrap/tree-extra/pkg/example.com/tree/extra.a',
      'compile OUT/.bootstrap/treebuilder/obj/treebuilder.a',
      'cp OUT/.bootstrap/bin/treebuilder',
      'docs OUT/.bootstrap/docs/treebuilder.html',
      'generate OUT/build.ninja',
      'line OUT/extra',
      'link OUT/.bootstrap/treebuilder/obj/a.out',
    ]);
    expect(tree.read('out/extra')).toBe('more\n');
  });

  test('a test that fails stops it, and what it would make; without tests it goes on', () => {
    tree.edit('greet/greet.go', (text) => text.replace('hello, ', 'hullo, '));
    const before = tree.read('out/build.ninja');
    const { status, steps, output } = tree.build(TESTS);
    expect(status).toBe(1);
    expect(output).toContain('--- FAIL: TestGreet');
    expect(output).toContain("tested by the tree's own runner");
    expect(steps).not.toContain('compile OUT/.bootstrap/tree-greet/pkg/example.com/tree/greet.a');
    expect(tree.read('out/build.ninja')).toBe(before);
    expect(tree.build().status).toBe(0);
    expect(tree.read('out/build.ninja')).toMatch(/^# hullo, ninja\n/);
    tree.edit('greet/greet.go', (text) => text.replace('hullo, ', 'hello, '));
    expect(tree.build(TESTS).status).toBe(0);
  });

  test('a second one is refused, with both named, until one is gone', () => {
    const second =
      '\nbootstrap_go_binary { name: "other", srcs: ["runner/main.go"], primaryBuilder: true }\n';
    tree.edit('Blueprints', (text) => text + second);
    const { status, output } = tree.build(TESTS);
    expect(status).toBe(2);
    expect(output).toContain('multiple primary builder modules present:');
    expect(output).toContain('<-- module treebuilder');
    expect(output).toContain('<-- module other');
    tree.edit('Blueprints', (text) => text.replace(second, ''));
    expect(tree.build(TESTS).status).toBe(0);
    expect(tree.build(TESTS).steps).toEqual([]);
  });
});

describe('bootstrap.bash and blueprint.bash', () => {
  let out: string;
  beforeEach(() => {
    tree = copyGoTree(space.at(`${++count}`, 'tree'));
    out = space.at(`${count}`, 'out');
  });

  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'] };
  const run = (
    program: string,
    argv: readonly string[],
    more: Record<string, string> = {},
  ): Built =>
    builtOf(spawnSync(program, argv, { env: { ...env, ...more }, encoding: 'utf8' }), out);
  const bootstrap = (argv: readonly string[] = [], more: Record<string, string> = {}): Built =>
    run(`${PROJECT}/bootstrap.bash`, ['-b', out, ...argv], { SRCDIR: tree.root, ...more });
  const blueprint = (more: Record<string, string> = {}): Built =>
    run(`${out}/blueprint.bash`, [], more);

  test('build the tree, with tests, and then nothing', () => {
    expect(bootstrap(['-t'])).toMatchObject({ status: 0, output: '' });
    const { status, steps } = blueprint();
    expect(status).toBe(0);
    expect(steps).toContain('test hello');
    expect(goTree('/').run(`${out}/bin/hello`)).toBe('hello, world\n');
    expect(blueprint().output).toBe('ninja: no work to do.\n'.repeat(3));
  });

  test('go on as they were called, when a script of the tree calls them', () => {
    const script = `#!/bin/sh
export SRCDIR='${tree.root}' BOOTSTRAP='${tree.root}/bootstrap.bash' WRAPPER='${PROJECT}/blueprint.bash'
exec '${PROJECT}/bootstrap.bash' "$@"
`;
    writeFileSync(`${tree.root}/bootstrap.bash`, script, { mode: 0o755 });
    expect(run(`${tree.root}/bootstrap.bash`, ['-t', '-b', out])).toMatchObject({ status: 0 });
    // A template that is newer is filled in again.
    tree.write('build.ninja.in', '# of another engine\n');
    const { status, steps } = blueprint({ SKIP_NINJA: '1' });
    expect(status).toBe(0);
    expect(steps).toContain('test example.com/tree/manifest');
  });

  test("take a template of the original's for what it is, and write their own", () => {
    tree.write('build.ninja.in', '# @@GoCompile@@ of another engine\n');
    bootstrap();
    expect(blueprint({ SKIP_NINJA: '1' }).status).toBe(0);
    expect(existsSync(`${out}/bin/hello`)).toBe(false);
    expect(bootstrap(['-r']).output).toContain('Regenerating ');
    const template = tree.read('build.ninja.in');
    expect(template).toBe(goTree(out).read('.minibootstrap/build.ninja.in'));
    for (const name of ['GoRoot', 'GoCompile', 'GoLink', 'BuildDir', 'Engine']) {
      expect(template).toContain(`@@${name}@@`);
    }
    expect(template).not.toContain(space.path);
    // What is built from it makes the same again, and does nothing again.
    expect(blueprint().status).toBe(0);
    expect(goTree(out).read('.minibootstrap/build.ninja.in')).toBe(template);
    expect(bootstrap(['-r']).status).toBe(0);
    expect(tree.read('build.ninja.in')).toBe(template);
    expect(blueprint().steps).toEqual([]);
  });

  test('notice another version of Go where the last one was', () => {
    const root = space.at(`${count}`, 'go');
    mkdirSync(root);
    const real = execFileSync('go', ['env', 'GOROOT'], { encoding: 'utf8' }).trim();
    for (const name of ['pkg', 'src', 'bin']) symlinkSync(`${real}/${name}`, `${root}/${name}`);
    writeFileSync(
      `${root}/VERSION`,
      execFileSync('go', ['env', 'GOVERSION'], { encoding: 'utf8' }),
    );
    bootstrap([], { GOROOT: root });
    expect(blueprint().status).toBe(0);
    expect(blueprint().steps).toEqual([]);
    // The tools themselves are older than what they made, as a package manager leaves them.
    rmSync(`${root}/bin`);
    mkdirSync(`${root}/bin`);
    writeFileSync(`${root}/VERSION`, 'go1.99\n');
    writeFileSync(
      `${root}/bin/go`,
      `#!/bin/sh\nif [ "$1" = env ]; then "${real}/bin/go" "$@" | sed 's/^go1.*/go1.99/'; else exec "${real}/bin/go" "$@"; fi\n`,
      { mode: 0o755 },
    );
    const { steps } = blueprint();
    expect(steps.filter((step) => step.startsWith('compile '))).toHaveLength(7);
    expect(blueprint().steps).toEqual([]);
  });

  test('say what is missing', () => {
    expect(bootstrap([], { GOROOT: '/nowhere' })).toMatchObject({
      status: 3,
      output:
        'error: the tools of this tree are in Go, and there is no /nowhere/bin/go, as GOROOT has it: ' +
        'install Go 1.8 or later, or set GOROOT\n',
    });
    tree.write('empty/.keep', '');
    expect(bootstrap([], { SRCDIR: `${tree.root}/empty` })).toMatchObject({
      status: 2,
      output: `error: there is no ${tree.root}/empty/Blueprints\n`,
    });
  });
});

test('without Go, it is said what to do', () => {
  const bare = copyGoTree(space.at('bare'));
  const bin = space.at('bin');
  mkdirSync(bin);
  for (const tool of ['node', 'ninja', 'sh', 'readlink', 'env']) {
    const path = execFileSync('which', [tool], { encoding: 'utf8' }).trim();
    symlinkSync(path, `${bin}/${tool}`);
  }
  const { status, output } = bare.build({ PATH: bin });
  expect(status).toBe(3);
  expect(output).toBe(
    'error: there is no `go` in PATH\n' +
      '  hint: install Go 1.8 or later (on Debian: golang-go), or let GOROOT name where it is\n',
  );
  expect(bare.build({ GOROOT: '/nowhere' }).output).toContain('there is no /nowhere/bin/go');
});
