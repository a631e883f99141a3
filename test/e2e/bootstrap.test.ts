// A tree with build logic of its own: the situations in which its stages are, and what each makes happen. On
// the real program, with the real Ninja.
import { chmodSync, mkdirSync, renameSync, rmdirSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { countingNode, ownTree, OwnTree, runIn } from '../rig/bootstrap.ts';
import { scratch, type Scratch } from '../rig/scratch.ts';

const FILES = {
  Blueprints: `
subdirs = ["pages"]
optional_subdirs = ["extra/*"]

bootstrap_ts_package {
    name: "titles",
    pkgPath: "tree/titles",
    srcs: ["logic/titles.ts"],
    testSrcs: ["logic/titles.test.ts"],
}

bootstrap_ts_binary {
    name: "builder",
    srcs: ["logic/main.ts"],
    deps: ["titles"],
    primaryBuilder: true,
}

blueprint_ts_binary {
    name: "hello",
    srcs: ["tools/hello.ts"],
    deps: ["titles"],
}
`,
  'logic/titles.ts': `
export function titleOf(name: string): string {
  return name.toUpperCase();
}
`,
  'logic/titles.test.ts': `
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { titleOf } from './titles.ts';
test('titles', () => assert.equal(titleOf('a'), 'A'));
`,
  'logic/main.ts': `
import { joinPath, moduleType, packageContext, path, type Logic } from 'ashlar';
import { titleOf } from 'tree/titles';

const pages = packageContext('tree/pages');
const render = pages.rule(
  'render',
  { command: 'echo $title | cat - $in > $out', description: 'page $out' },
  'title',
);

const page = moduleType({
  name: 'page',
  doc: 'A page.',
  properties: { src: path({ required: true, doc: 'Its text.' }) },
  generate(ctx) {
    const { out } = ctx.config as { out: string };
    ctx.build(pages, {
      rule: render,
      outputs: [\`\${out}/pages/\${ctx.name}.txt\`],
      inputs: [joinPath(ctx.directory, ctx.properties.src)],
      args: { title: titleOf(ctx.name) },
    });
  },
});

export const logic: Logic = { moduleTypes: [page] };
`,
  'tools/hello.ts': `
import { titleOf } from 'tree/titles';
process.stdout.write(\`\${titleOf('hello')} \${process.argv.slice(2).join(' ')}\\n\`);
`,
  'pages/Blueprints':
    'page { name: "one", src: "one.txt" }\npage { name: "two", src: "two.txt" }\n',
  'pages/one.txt': 'first\n',
  'pages/two.txt': 'second\n',
  'extra/kept/Blueprints': 'page { name: "kept", src: "kept.txt" }\n',
  'extra/kept/kept.txt': 'kept\n',
};

let space: Scratch;
let pristine: OwnTree;
let clean: readonly string[];
let tree: OwnTree;
let copies = 0;

beforeAll(() => {
  space = scratch();
  pristine = ownTree(space.at('pristine'), FILES);
  clean = pristine.steps();
});
afterAll(() => space[Symbol.dispose]());
beforeEach(() => {
  tree = pristine.copy(space.at(`tree${copies++}`));
});

const PAGES = ['page out/pages/kept.txt', 'page out/pages/one.txt', 'page out/pages/two.txt'];

/** What is left when the checks of globs, which say nothing of the outcome, are left out. */
function without(steps: readonly string[], ...patterns: readonly RegExp[]): string[] {
  return steps
    .filter((step) => !step.startsWith('check globs'))
    .filter((step) => !patterns.some((pattern) => pattern.test(step)));
}

describe('building', () => {
  test('a clean build runs three stages, the primary builder in between', () => {
    expect(without(clean).sort()).toEqual([
      'bundle builder',
      'bundle hello',
      'check builder',
      'check hello',
      'check titles',
      'docs out/.bootstrap/docs/builder.html',
      'generate out/.bootstrap/build.ninja',
      'generate out/.minibootstrap/build.ninja.in',
      'generate out/build.ninja',
      ...PAGES,
    ]);
    expect(clean.indexOf('generate out/.bootstrap/build.ninja')).toBeLessThan(
      clean.indexOf('bundle builder'),
    );
    expect(clean.indexOf('generate out/build.ninja')).toBeLessThan(clean.indexOf(PAGES[0]!));
    expect(tree.read('out/pages/one.txt')).toBe('ONE\nfirst\n');
    expect(runIn(tree.root, ['out/bin/hello', 'world']).stdout).toBe('HELLO world\n');
  });

  test('with nothing changed, no Node is started, wherever in the tree one stands', () => {
    const node = countingNode(space);
    const env = { ASHLAR_NODE: node.program };
    expect(tree.build([], env).stdout).toBe('nothing to do\n');
    expect(node.count()).toBe(1);
    expect(tree.build([], env)).toMatchObject({ status: 0, stdout: 'nothing to do\n' });
    expect(node.count()).toBe(1);
    // Other arguments, another environment, another place, something gone: never skipped.
    tree.steps(['out/pages/one.txt'], env);
    expect(node.count()).toBe(2);
    tree.steps([], { ...env, NINJA: '/usr/bin/ninja' });
    expect(node.count()).toBe(3);
    tree.steps([], { ...env, ASHLAR_STORE: space.at('store') });
    tree.steps([], env);
    expect(node.count()).toBe(5);
    tree.remove('out/pages/one.txt');
    expect(tree.steps([], env)).toEqual(['page out/pages/one.txt']);
    tree.remove('out/.bootstrap/bin/builder');
    expect(without(tree.steps([], env))).toContain('bundle builder');
    expect(node.count()).toBe(7);
  });

  test('the stages themselves do nothing either', () => {
    const manifests = [
      ['-f', 'out/.minibootstrap/build.ninja', 'out/.bootstrap/build.ninja'],
      ['-f', 'out/.bootstrap/build.ninja'],
      ['-f', 'out/build.ninja'],
    ];
    for (const argv of manifests) {
      expect(runIn(tree.root, ['ninja', ...argv]).stdout).toBe('ninja: no work to do.\n');
    }
  });

  test('a touched source: what is made of it', () => {
    tree.touch('pages/two.txt');
    expect(tree.steps()).toEqual(['page out/pages/two.txt']);
  });

  test('edited logic: the builder, what it generates, and what is another command now', () => {
    tree.edit('logic/main.ts', 'echo $title', 'echo "$title"');
    const steps = without(tree.steps(), /^docs/);
    expect(steps.slice(0, 3)).toEqual([
      'check builder',
      'bundle builder',
      'generate out/build.ninja',
    ]);
    expect(steps.slice(3).sort()).toEqual(PAGES);
    tree.edit('logic/main.ts', 'const pages', '// a comment\nconst pages');
    expect(without(tree.steps())).toEqual(['check builder', 'bundle builder']);
  });

  test('edited Blueprints: each manifest, and what is new in the last one', () => {
    tree.edit('pages/Blueprints', 'name: "two", src: "two.txt"', 'name: "two", src: "one.txt"');
    expect(without(tree.steps(), /^docs/)).toEqual([
      'generate out/.minibootstrap/build.ninja.in',
      'generate out/.bootstrap/build.ninja',
      'generate out/build.ninja',
      'page out/pages/two.txt',
    ]);
    expect(tree.steps()).toEqual([]);
  });

  test('a package that others import: they are checked again only if its declarations changed', () => {
    tree.edit('logic/titles.ts', 'name.toUpperCase()', 'name.toUpperCase().trim()');
    const inside = without(tree.steps(), /^docs/);
    expect(inside).toContain('bundle builder');
    expect(inside).toContain('bundle hello');
    expect(inside).not.toContain('check builder');
    tree.edit('logic/titles.ts', 'name: string)', 'name: string, _?: number)');
    const outside = tree.steps();
    expect(outside).toContain('check builder');
    expect(outside).toContain('check hello');
  });

  test('a moved source tree builds nothing anew', () => {
    const moved = space.at('moved "tree" with $pecial & |names|');
    renameSync(tree.root, moved);
    const there = new OwnTree(moved);
    expect(there.steps()).toEqual([]);
    expect(runIn(moved, ['out/bin/hello']).stdout).toBe('HELLO \n');
    there.edit('logic/main.ts', 'echo $title', 'echo  $title');
    expect(there.steps()).toContain('page out/pages/one.txt');
  });
});

describe('mistakes, and healing', () => {
  test('two primary builders are named, and one of them may go again', () => {
    const text = tree.read('Blueprints');
    tree.write(
      'Blueprints',
      `${text}bootstrap_ts_binary {\n    name: "other",\n    srcs: ["logic/main.ts"],\n    primaryBuilder: true,\n}\n`,
    );
    const broken = tree.build();
    expect(broken.status).toBe(2);
    expect(broken.stdout).toContain('multiple primary builder modules present:');
    expect(broken.stdout).toContain('<-- module builder');
    expect(broken.stdout).toContain('<-- module other');
    tree.write('Blueprints', text);
    expect(tree.build()).toMatchObject({ status: 0 });
    expect(tree.steps()).toEqual([]);
  });

  test('an output of two modules is an error', () => {
    tree.write(
      'extra/kept/Blueprints',
      `${tree.read('extra/kept/Blueprints')}genrule { name: "again", outs: ["x"], cmd: "touch $(out)" }\n`,
    );
    tree.edit('logic/main.ts', '${ctx.name}.txt', '${ctx.directory}.txt');
    const { status, stdout, stderr } = tree.build();
    expect(status).toBe(2);
    expect(`${stdout}${stderr}`).toMatch(
      /pages\/Blueprints:\d+:1: error: module "\w+" makes out\/pages\/pages\.txt, which module "\w+" makes too\n/,
    );
  });

  test.each([
    ['an unknown module type', 'pgae { name: "x" }', 'unrecognized module type "pgae"', 2],
    ['a syntax error', 'page { name: "x", src: }', 'pages/Blueprints:1:', 2],
  ])('%s is shown at its place', (_, text, message, status) => {
    const before = tree.read('pages/Blueprints');
    tree.write('pages/Blueprints', `${text}\n${before}`);
    const broken = tree.build();
    expect(broken.status).toBe(status);
    expect(broken.stdout).toContain(message);
    expect(broken.stdout).not.toMatch(/FAILED|\bat .*:\d+:\d+\)/);
    tree.write('pages/Blueprints', before);
    expect(tree.build()).toMatchObject({ status: 0 });
  });

  test('types that do not fit, and what logic throws, are shown in the source of the tree', () => {
    tree.edit('logic/main.ts', 'titleOf(ctx.name)', 'titleOf(ctx.nam)');
    const untyped = tree.build();
    expect(untyped.status).toBe(1);
    expect(untyped.stdout).toMatch(/logic\/main\.ts:22:34: error: Property 'nam' does not exist/);
    tree.edit('logic/main.ts', 'titleOf(ctx.nam)', 'titleOf(ctx.name.at(7)!)');
    const thrown = tree.build();
    expect(thrown.status).toBe(2);
    expect(thrown.stdout).toContain('logic/titles.ts:3:15: error: panic in');
    expect(thrown.stdout).toMatch(/logic\/main\.ts:22:\d+: note: called from here/);
    tree.edit('logic/main.ts', 'titleOf(ctx.name.at(7)!)', 'titleOf(ctx.name)');
    expect(tree.build()).toMatchObject({ status: 0 });
  });

  test('logic reads what it declares, and sees nothing of the environment', () => {
    tree.edit(
      'logic/main.ts',
      'export const logic',
      "import { readFileSync } from 'node:fs';\nexport const logic",
    );
    const ask =
      "const title = readFileSync('pages/title', 'utf8') + String(process.env['SECRET']);";
    tree.edit('logic/main.ts', 'const { out }', `${ask}\n    const { out }`);
    tree.edit('logic/main.ts', 'titleOf(ctx.name)', 'titleOf(title)');
    tree.write('pages/title', 'from a file ');
    const undeclared = tree.build();
    expect(undeclared.status).toBe(2);
    expect(undeclared.stdout).toContain('reads pages/title, which it did not declare');
    tree.edit('logic/main.ts', ask, `ctx.addFileDependencies('pages/title');\n${ask}`);
    tree.steps([], { SECRET: 'shown' });
    expect(tree.read('out/pages/one.txt')).toContain('FROM A FILE UNDEFINED');
    tree.write('pages/title', 'from another ');
    expect(tree.steps()).toContain('page out/pages/one.txt');
    tree.edit('logic/main.ts', "from 'node:fs'", "from 'node:fs'; import 'node:child_process'");
    expect(tree.build().stdout).toContain('build logic cannot import node:child_process');
  });
});

describe('outputs and directories', () => {
  test('what no rule makes any more is removed, as logs of each version say', () => {
    const log = tree.read('out/.ninja_log');
    const old = tree.at('out/old/dir');
    const line = '1\t2\t3\tout/old/dir/with\ta tab\tabcdef\n';
    const removed = (path: string): string =>
      `removed old ninja-created file ${path} because it has no rule to generate it`;
    for (const version of ['5', '6', '7']) {
      mkdirSync(old, { recursive: true });
      writeFileSync(`${old}/with\ta tab`, '');
      tree.write(
        'out/.ninja_log',
        log.replace(/^# ninja log v\d\n/, `# ninja log v${version}\n`) + line,
      );
      // Ninja itself would begin such a log anew, so only the generator runs.
      tree.remove('out/build.ninja');
      const { stdout } = tree.build([], { SKIP_NINJA: '1' });
      expect(stdout).toContain(removed('out/old/dir/with\ta tab'));
      expect(tree.exists('out/old')).toBe(false);
    }
    tree.edit('pages/Blueprints', 'name: "two"', 'name: "second"');
    const { stdout } = tree.build([], { SKIP_NINJA: '1' });
    expect(stdout).toContain(removed('out/pages/two.txt'));
    expect(tree.exists('out/pages/two.txt')).toBe(false);
    expect(tree.exists('out/pages/one.txt')).toBe(true);
  });

  test('a new and a removed Blueprints file', () => {
    tree.write('extra/new/Blueprints', 'page { name: "new", src: "new.txt" }\n');
    tree.write('extra/new/new.txt', 'new\n');
    expect(tree.steps()).toContain('page out/pages/new.txt');
    tree.remove('extra/new');
    const { status, stdout } = tree.build();
    expect(status).toBe(0);
    expect(stdout).toContain('removed old ninja-created file out/pages/new.txt');
    expect(tree.steps()).toEqual([]);
  });

  test('a directory of tests that appears and vanishes', () => {
    tree.write('extra/tests/Blueprints', 'filegroup { name: "tests", srcs: ["*.txt"] }\n');
    tree.write('extra/tests/a.txt', '');
    expect(tree.build()).toMatchObject({ status: 0 });
    tree.remove('extra/tests');
    expect(tree.build()).toMatchObject({ status: 0 });
    expect(tree.steps()).toEqual([]);
  });

  test('an empty directory makes nothing be generated', () => {
    mkdirSync(tree.at('extra/empty'));
    expect(without(tree.steps())).toEqual([]);
    expect(tree.steps()).toEqual([]);
    rmdirSync(tree.at('extra/empty'));
    expect(without(tree.steps())).toEqual([]);
  });
});

describe('the environment', () => {
  test('SKIP_NINJA stops before the last stage', () => {
    tree.touch('pages/one.txt');
    tree.edit('pages/Blueprints', 'name: "two"', 'name: "second"');
    expect(without(tree.steps([], { SKIP_NINJA: '1' }), /^docs/)).toEqual([
      'generate out/.minibootstrap/build.ninja.in',
      'generate out/.bootstrap/build.ninja',
      'generate out/build.ninja',
    ]);
    expect(tree.exists('out/pages/second.txt')).toBe(false);
    expect([...tree.steps()].sort()).toEqual([
      'page out/pages/one.txt',
      'page out/pages/second.txt',
    ]);
  });

  test('a NINJA that is none is named', () => {
    const missing = tree.build([], { NINJA: '/nowhere/ninja' });
    expect(missing.status).toBe(3);
    expect(missing.stderr).toContain('cannot run /nowhere/ninja');
    expect(tree.build([], { NINJA: 'false' })).toMatchObject({ status: 3 });
  });

  test('each stage is told that duplicate outputs are errors, where Ninja knows the flag', () => {
    const program = space.at('old-ninja');
    // The real one may not know the flag: it gets what comes behind.
    const script = `case $1 in --version) echo 1.8.2;; *) echo "$@" >>'${program}.log'; shift 2; exec ninja "$@";; esac`;
    writeFileSync(program, `#!/bin/sh\n${script}\n`);
    chmodSync(program, 0o755);
    tree.touch('pages/one.txt');
    tree.steps([], { NINJA: program });
    const calls = runIn('/', ['cat', `${program}.log`])
      .stdout.trimEnd()
      .split('\n');
    expect(calls.length).toBe(3);
    expect(calls.every((call) => call.startsWith('-w dupbuild=err'))).toBe(true);
  });

  test('tests on: they run first, and nothing is built on one that fails; off: they are gone', () => {
    const on = { RUN_TESTS: '1' };
    const first = tree.steps([], on);
    expect(first).toContain('test titles');
    expect(tree.steps([], on)).toEqual([]);
    tree.edit('logic/titles.ts', 'name.toUpperCase()', 'name.toLowerCase()');
    const broken = tree.build([], on);
    expect(broken.status).toBe(1);
    expect(broken.stdout).toContain("'a' !== 'A'");
    expect(broken.steps).not.toContain('generate out/build.ninja');
    const off = tree.build();
    expect(off.status).toBe(0);
    expect(off.stdout).toContain(
      'removed old ninja-created file out/.bootstrap/titles/test/passed',
    );
    expect(tree.read('out/pages/one.txt')).toBe('one\nfirst\n');
  });

  test('tools of the tree are one target', () => {
    tree.remove('out/bin/hello');
    expect(without(tree.steps(['blueprint_tools']))).toEqual(['bundle hello']);
  });
});
