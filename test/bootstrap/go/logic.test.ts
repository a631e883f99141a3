// The module types for Go: which statements each stage has, and what is said of mistakes.
import { describe, expect, test } from 'vitest';
import { manifestOf, statements } from './tree.ts';

const TREE = {
  Blueprints: `
    bootstrap_go_package {
        name: "greet",
        pkgPath: "example.com/greet",
        srcs: ["greet/greet.go"],
        testSrcs: ["greet/greet_test.go"],
    }
    bootstrap_go_package (
        name = "words",
        deps = ["greet"],
        pkgPath = "example.com/words",
        srcs = ["words/*.go"],
        pluginFor = ["builder"],
    )
    bootstrap_core_go_binary { name: "minibp", deps: ["greet"], srcs: ["minibp.go"] }
    bootstrap_go_binary { name: "builder", srcs: ["builder.go"], primaryBuilder: true }
    blueprint_go_binary { name: "hello", deps: ["words"], srcs: ["hello.go"], testSrcs: ["hello_test.go"] }
  `,
  'greet/greet.go': '',
  'greet/greet_test.go': '',
  'words/words.go': '',
  'words/words_test.go': '',
};

describe('statements', () => {
  test('a package is built in the first stage that needs it, a core binary in the first', () => {
    expect(statements(manifestOf(TREE, { stage: 'bootstrap' }))).toMatchInlineSnapshot(`
      [
        "build OUT/.bootstrap/greet/pkg/example.com/greet.a: g.go.compile greet/greet.go | \${g.go.GoCompile} \${g.go.script}",
        "    pkgPath = example.com/greet",
        "build OUT/.bootstrap/minibp/obj/minibp.a: g.go.compile minibp.go | \${g.go.GoCompile} \${g.go.script} OUT/.bootstrap/greet/pkg/example.com/greet.a",
        "    incFlags = -I OUT/.bootstrap/greet/pkg",
        "    pkgPath = main",
        "build OUT/.bootstrap/minibp/obj/a.out: g.go.link OUT/.bootstrap/minibp/obj/minibp.a | \${g.go.GoLink} \${g.go.script}",
        "    libDirFlags = -L OUT/.bootstrap/greet/pkg",
        "build OUT/.bootstrap/bin/minibp: g.go.cp OUT/.bootstrap/minibp/obj/a.out",
        "build \${g.go.script}: g.go.script | \${g.go.GoRoot}/bin/go",
        "build check: phony",
      ]
    `);
  });

  test('the second stage builds the primary builder, and its plugins', () => {
    expect(statements(manifestOf(TREE, { stage: 'primary' }))).toMatchInlineSnapshot(`
      [
        "build OUT/.bootstrap/builder/gen/plugin.go: g.go.plain_plugins",
        "    pkg = main",
        "    plugins = example.com/words",
        "build OUT/.bootstrap/builder/obj/builder.a: g.go.compile builder.go OUT/.bootstrap/builder/gen/plugin.go | \${g.go.GoCompile} \${g.go.script} OUT/.bootstrap/greet/pkg/example.com/greet.a OUT/.bootstrap/words/pkg/example.com/words.a",
        "    incFlags = -I OUT/.bootstrap/greet/pkg -I OUT/.bootstrap/words/pkg",
        "    pkgPath = main",
        "build OUT/.bootstrap/builder/obj/a.out: g.go.link OUT/.bootstrap/builder/obj/builder.a | \${g.go.GoLink} \${g.go.script}",
        "    libDirFlags = -L OUT/.bootstrap/greet/pkg -L OUT/.bootstrap/words/pkg",
        "build OUT/.bootstrap/bin/builder: g.go.cp OUT/.bootstrap/builder/obj/a.out",
        "build OUT/.bootstrap/words/pkg/example.com/words.a: g.go.compile words/words.go | \${g.go.GoCompile} \${g.go.script} OUT/.bootstrap/greet/pkg/example.com/greet.a",
        "    incFlags = -I OUT/.bootstrap/greet/pkg",
        "    pkgPath = example.com/words",
        "build \${g.go.script}: g.go.script | \${g.go.GoRoot}/bin/go",
        "build check: phony",
      ]
    `);
  });

  test('programs for users go to bin, and wait for their tests', () => {
    const text = manifestOf(TREE, { stage: 'main', runTests: true });
    expect(statements(text)).toMatchInlineSnapshot(`
      [
        "build OUT/.bootstrap/hello/test/hello.a: g.go.compile hello.go hello_test.go | \${g.go.GoCompile} \${g.go.script} OUT/.bootstrap/greet/pkg/example.com/greet.a OUT/.bootstrap/words/pkg/example.com/words.a",
        "    incFlags = -I OUT/.bootstrap/greet/pkg -I OUT/.bootstrap/words/pkg",
        "    pkgPath = hello",
        "build OUT/.bootstrap/hello/test/test.go: g.go.gotestmain hello_test.go",
        "    pkg = hello",
        "build OUT/.bootstrap/hello/test/test.a: g.go.compile OUT/.bootstrap/hello/test/test.go | \${g.go.GoCompile} \${g.go.script} OUT/.bootstrap/hello/test/hello.a OUT/.bootstrap/greet/pkg/example.com/greet.a OUT/.bootstrap/words/pkg/example.com/words.a",
        "    incFlags = -I OUT/.bootstrap/hello/test -I OUT/.bootstrap/greet/pkg -I OUT/.bootstrap/words/pkg",
        "    pkgPath = main",
        "build OUT/.bootstrap/hello/test/test: g.go.link OUT/.bootstrap/hello/test/test.a | \${g.go.GoLink} \${g.go.script}",
        "    libDirFlags = -L OUT/.bootstrap/hello/test -L OUT/.bootstrap/greet/pkg -L OUT/.bootstrap/words/pkg",
        "build OUT/.bootstrap/hello/test/test.passed: g.go.plain_test OUT/.bootstrap/hello/test/test",
        "    pkg = hello",
        "    pkgSrcDir = .",
        "build OUT/.bootstrap/hello/obj/hello.a: g.go.compile hello.go | \${g.go.GoCompile} \${g.go.script} OUT/.bootstrap/greet/pkg/example.com/greet.a OUT/.bootstrap/words/pkg/example.com/words.a || OUT/.bootstrap/hello/test/test.passed",
        "    incFlags = -I OUT/.bootstrap/greet/pkg -I OUT/.bootstrap/words/pkg",
        "    pkgPath = main",
        "build OUT/.bootstrap/hello/obj/a.out: g.go.link OUT/.bootstrap/hello/obj/hello.a | \${g.go.GoLink} \${g.go.script}",
        "    libDirFlags = -L OUT/.bootstrap/greet/pkg -L OUT/.bootstrap/words/pkg",
        "build OUT/bin/hello: g.go.cp OUT/.bootstrap/hello/obj/a.out",
        "build \${g.go.script}: g.go.script | \${g.go.GoRoot}/bin/go",
        "build check: phony",
      ]
    `);
  });

  test("without a primary builder, the tree's minibp is put where users find it", () => {
    const plain = TREE.Blueprints.replace('primaryBuilder: true', '');
    const copy = 'build OUT/bin/minibp: g.go.cp OUT/.bootstrap/bin/minibp';
    expect(statements(manifestOf({ ...TREE, Blueprints: plain }))).toContain(copy);
    expect(statements(manifestOf(TREE))).not.toContain(copy);
  });

  test('the values of the machine are placeholders in the template, and only there', () => {
    const template = manifestOf(TREE, { stage: 'bootstrap' });
    expect(template).toContain('@@GoRoot:word@@');
    expect(template).toContain('@@GoCompile@@');
    expect(template).toContain('@@GoLink@@');
    expect(manifestOf(TREE, { stage: 'primary' })).not.toContain('@@');
  });

  test('with tests, what is built after them waits until they have passed', () => {
    const lines = statements(manifestOf(TREE, { stage: 'bootstrap', runTests: true }));
    const archive = lines.find((line) => line.startsWith('build OUT/.bootstrap/greet/pkg/'));
    expect(archive).toMatch(/\|\| OUT\/\.bootstrap\/greet\/test\/test\.passed$/);
  });

  test("a tree's own gotestrunner and loadplugins are used", () => {
    const tree = {
      ...TREE,
      Blueprints: `${TREE.Blueprints}
        bootstrap_core_go_binary { name: "gotestrunner", srcs: ["run.go"] }
        bootstrap_go_binary { name: "loadplugins", srcs: ["load.go"] }
      `,
    };
    const text = manifestOf(tree, { stage: 'bootstrap', runTests: true });
    const lines = statements(text).join('\n');
    expect(lines).toMatch(/test\.passed: g\.go\.test .* \| OUT\/\.bootstrap\/bin\/gotestrunner$/m);
    expect(lines).toContain('runner = OUT/.bootstrap/bin/gotestrunner');
    expect(statements(manifestOf(tree, { stage: 'primary' })).join('\n')).toMatch(
      /gen\/plugin\.go: g\.go\.plugins \| OUT\/\.bootstrap\/bin\/loadplugins$/m,
    );
  });

  test('a pattern leaves out tests, and a name that is given does not', () => {
    const of = (srcs: string): string =>
      statements(
        manifestOf({
          Blueprints: `bootstrap_go_package { name: "a", pkgPath: "a", srcs: [${srcs}] }`,
          'a.go': '',
          'a_test.go': '',
        }),
      )[0]!;
    expect(of('"*.go"')).toMatch(/compile a\.go \|/);
    expect(of('"a.go", "a_test.go"')).toMatch(/compile a\.go a_test\.go \|/);
  });

  test("sources of one platform are there on it, and its tests'", () => {
    const Blueprints = `
      bootstrap_go_package {
          name: "a", pkgPath: "a", srcs: ["a.go"],
          darwin: { srcs: ["d.go"], testSrcs: ["d_test.go"] },
          linux: { srcs: ["l.go"], testSrcs: ["l_test.go"] },
      }`;
    const text = statements(manifestOf({ Blueprints }, { runTests: true })).join('\n');
    const [own, other] = process.platform === 'darwin' ? ['d', 'l'] : ['l', 'd'];
    expect(text).toContain(`a.go ${own}.go ${own}_test.go`);
    expect(text).not.toContain(`${other}.go`);
  });
});

describe('mistakes', () => {
  const of = (Blueprints: string): string => manifestOf({ Blueprints });

  test('no path to import a package by', () => {
    expect(of('bootstrap_go_package { name: "a", srcs: ["a.go"] }')).toMatchInlineSnapshot(`
      "Blueprints:1:1: error: module "a": module a did not specify a valid pkgPath
        1 | bootstrap_go_package { name: "a", srcs: ["a.go"] }
          | ~~~~~~~~~~~~~~~~~~~~"
    `);
  });

  test('a path that Go does not take', () => {
    expect(of('bootstrap_go_package { name: "a", pkgPath: "../a b", srcs: ["a.go"] }'))
      .toMatchInlineSnapshot(`
      "Blueprints:1:42: error: module "a": pkgPath: "../a b" is no path that Go can import
        1 | bootstrap_go_package { name: "a", pkgPath: "../a b", srcs: ["a.go"] }
          |                                          ~"
    `);
  });

  test('nothing to compile', () => {
    expect(of('bootstrap_go_package { name: "a", pkgPath: "a" }')).toMatchInlineSnapshot(`
      "Blueprints:1:1: error: module "a": srcs: a package needs at least one source
        1 | bootstrap_go_package { name: "a", pkgPath: "a" }
          | ~~~~~~~~~~~~~~~~~~~~"
    `);
    expect(of('blueprint_go_binary { name: "a" }')).toMatchInlineSnapshot(`
      "Blueprints:1:1: error: module "a": srcs: a program needs at least one source
        1 | blueprint_go_binary { name: "a" }
          | ~~~~~~~~~~~~~~~~~~~"
    `);
  });

  test('packages that import each other', () => {
    expect(
      of(`
        bootstrap_go_package { name: "a", pkgPath: "a", srcs: ["a.go"], deps: ["b"] }
        bootstrap_go_package { name: "b", pkgPath: "b", srcs: ["b.go"], deps: ["a"] }
      `),
    ).toMatchInlineSnapshot(`
      "Blueprints:3:9: error: encountered dependency cycle:
        3 |         bootstrap_go_package { name: "b", pkgPath: "b", srcs: ["b.go"], deps: ["a"] }
          |         ~~~~~~~~~~~~~~~~~~~~
        Blueprints:2:9: note: module "a" depends on module "b"
        Blueprints:3:9: note: module "b" depends on module "a""
    `);
  });

  test('two packages of one path in one program', () => {
    expect(
      of(`
        bootstrap_go_package { name: "a", pkgPath: "x/y", srcs: ["a.go"] }
        bootstrap_go_package { name: "b", pkgPath: "x/y", srcs: ["b.go"] }
        blueprint_go_binary { name: "c", srcs: ["c.go"], deps: ["a", "b"] }
      `),
    ).toMatchInlineSnapshot(`
      "Blueprints:4:9: error: module "c": module "b" has the pkgPath x/y, and so has module "a"
        4 |         blueprint_go_binary { name: "c", srcs: ["c.go"], deps: ["a", "b"] }
          |         ~~~~~~~~~~~~~~~~~~~"
    `);
  });

  test('a dependency that is missing, and one that is no plugin for anything', () => {
    expect(of('blueprint_go_binary { name: "hello", srcs: ["a.go"], deps: ["greet"] }'))
      .toMatchInlineSnapshot(`
        "Blueprints:1:1: error: "hello" depends on undefined module "greet"
          1 | blueprint_go_binary { name: "hello", srcs: ["a.go"], deps: ["greet"] }
            | ~~~~~~~~~~~~~~~~~~~
          Blueprints:1:61: note: named here"
      `);
    expect(
      of(
        'bootstrap_go_package { name: "a", pkgPath: "a", srcs: ["a.go"], pluginFor: ["builder"] }',
      ),
    ).toMatchInlineSnapshot(`
      "Blueprints:1:1: error: "a" has a reverse dependency on undefined module "builder"
        1 | bootstrap_go_package { name: "a", pkgPath: "a", srcs: ["a.go"], pluginFor: ["builder"] }
          | ~~~~~~~~~~~~~~~~~~~~
        Blueprints:1:77: note: named here"
    `);
  });

  test('a plugin of a core binary', () => {
    expect(
      of(`
        bootstrap_core_go_binary { name: "minibp", srcs: ["minibp.go"] }
        bootstrap_go_package { name: "a", pkgPath: "a", srcs: ["a.go"], pluginFor: ["minibp"] }
      `),
    ).toMatchInlineSnapshot(`
      "Blueprints:2:9: error: module "minibp": it is built in the bootstrap stage, and cannot have the plugin "a"
        2 |         bootstrap_core_go_binary { name: "minibp", srcs: ["minibp.go"] }
          |         ~~~~~~~~~~~~~~~~~~~~~~~~"
    `);
  });

  test('a primary builder that its own manifest would build', () => {
    expect(of('blueprint_go_binary { name: "a", srcs: ["a.go"], primaryBuilder: true }'))
      .toMatchInlineSnapshot(`
      "Blueprints:1:64: error: module "a": primaryBuilder: it makes the main manifest, which blueprint_go_binary is built by; use bootstrap_go_binary
        1 | blueprint_go_binary { name: "a", srcs: ["a.go"], primaryBuilder: true }
          |                                                                ~"
    `);
  });

  test('a dependency on what is of another kind', () => {
    expect(
      of(`
        bootstrap_go_package { name: "a", pkgPath: "a", srcs: ["a.go"], deps: ["f", "tool"] }
        blueprint_go_binary { name: "tool", srcs: ["tool.go"] }
        filegroup { name: "f" }
      `),
    ).toMatchInlineSnapshot(`
      "Blueprints:2:77: error: module "a": deps: module "f" is no Go package
        2 |         bootstrap_go_package { name: "a", pkgPath: "a", srcs: ["a.go"], deps: ["f", "tool"] }
          |                                                                             ~"
    `);
  });

  test('a pattern that matches nothing', () => {
    expect(of('bootstrap_go_package { name: "a", pkgPath: "a", srcs: ["a/*.go"] }'))
      .toMatchInlineSnapshot(`
      "Blueprints:1:53: error: module "a": srcs[0]: "a/*.go" matches no files
        1 | bootstrap_go_package { name: "a", pkgPath: "a", srcs: ["a/*.go"] }
          |                                                     ~"
    `);
  });
});
