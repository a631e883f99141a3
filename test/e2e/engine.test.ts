// The example of the engine, built with Ninja: what an edit makes it do again, and what it does not.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startAgain } from '../rig/again.ts';
import { runNinja } from '../rig/ninja.ts';
import { scratch, type Scratch } from '../rig/scratch.ts';

const program = resolve(import.meta.dirname, '../../bin/ashlar');
const example = resolve(import.meta.dirname, '../../examples/engine');
const generator = 'out/.ashlar/build.ninja.generator';

class Project {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  ashlar(...argv: readonly string[]): { status: number | null; stdout: string; stderr: string } {
    const options = { cwd: this.root, encoding: 'utf8' } as const;
    return spawnSync(program, argv, options);
  }

  generate(): unknown {
    const { status, stdout, stderr } = this.ashlar('generate', '-o', 'out/build.ninja', '--json');
    if (status !== 0) throw new Error(stderr);
    return JSON.parse(stdout);
  }

  /** What bringing everything up to date runs, the generator first. */
  build(...targets: readonly string[]): string[] {
    const generated = runNinja(this.root, '-f', generator);
    const wanted = targets.length === 0 ? ['all', 'check'] : targets;
    return [...generated, ...runNinja(this.root, '-f', 'out/build.ninja', ...wanted)];
  }

  /** Changes a file, at a time that differs from that of all outputs. */
  edit(file: string, change: (text: string) => string): void {
    this.write(file, change(readFileSync(join(this.root, file), 'utf8')));
  }

  write(file: string, text: string): void {
    mkdirSync(dirname(join(this.root, file)), { recursive: true });
    writeFileSync(join(this.root, file), text);
    // Outputs were just made: the edit must be newer, whatever the file system's clock can tell.
    const later = Date.now() / 1000 + 2;
    utimesSync(join(this.root, file), later, later);
  }

  run(file: string): string {
    return execFileSync(join(this.root, file), { encoding: 'utf8' });
  }
}

let space: Scratch;
let pristine: string;
let project: Project;
let count = 0;

beforeAll(() => {
  space = scratch();
  pristine = space.at('pristine');
  cpSync(example, pristine, { recursive: true });
  project = new Project(pristine);
  project.generate();
  project.build();
});
afterAll(() => space[Symbol.dispose]());

/** The built example, times and all. */
function copyOfExample(): Project {
  const copy = new Project(space.at(`project${count++}`));
  cpSync(pristine, copy.root, { recursive: true, preserveTimestamps: true });
  // What Ninja remembers of the generator names the directory that it was run in.
  copy.generate();
  return copy;
}

describe('a project of several directories', () => {
  beforeEach(() => {
    project = copyOfExample();
    project.build();
  });

  test('comes to programs in two variants that run', () => {
    expect(project.run('out/bin/small/shapes')).toBe(
      'Shapes of all sizes\nsmall: circle of 12.57, square of 9.00\n',
    );
    expect(project.run('out/bin/fast/shapes')).toContain('fast: circle');
  });

  test('with nothing changed, nothing is done, and no generator is started', () => {
    expect(project.build()).toEqual([]);
    const everything = () => runNinja(project.root, '-f', 'out/build.ninja');
    everything();
    expect(everything()).toEqual([]);
  });

  test('a source: its object, and what is made of that', () => {
    project.edit('app/main.c', (text) => `${text}\n/* changed */\n`);
    expect(project.build()).toEqual([
      'compile app/main.c',
      'compile app/main.c',
      'link out/bin/fast/shapes',
      'link out/bin/small/shapes',
    ]);
  });

  test('a header: the sources that include it, wherever they are', () => {
    project.edit('lib/text/include/report.h', (text) => `${text}\n/* changed */\n`);
    const steps = project.build();
    expect(steps.filter((step) => step.startsWith('compile'))).toEqual([
      'compile app/main.c',
      'compile app/main.c',
      'compile lib/text/report.c',
      'compile lib/text/report.c',
    ]);
  });

  test('a tool that runs during the build: what it makes, and what uses that', () => {
    project.edit('tools/embed/embed.c', (text) => text.replace('static const', 'static  const'));
    expect(project.build()).toEqual([
      'compile app/main.c',
      'compile app/main.c',
      'compile tools/embed/embed.c',
      'generate banner',
      'link out/bin/embed',
      'link out/bin/fast/shapes',
      'link out/bin/small/shapes',
    ]);
  });

  test('flags in a Blueprints file: what is compiled with them, in that variant', () => {
    project.edit('app/Blueprints', (text) => text.replace('"-O2"', '"-O1"'));
    expect(project.build()).toEqual([
      'generate out/build.ninja',
      'compile app/main.c',
      'link out/bin/fast/shapes',
    ]);
  });

  test('defaults: everything that takes from them', () => {
    project.edit('Blueprints', (text) => text.replace('"-std=c11"', '"-std=c17"'));
    const steps = project.build();
    expect(steps.filter((step) => step.startsWith('compile')).length).toBe(12);
  });

  test('a new source that a pattern matches is compiled; a file that none matches changes nothing', () => {
    project.write('lib/shape/README', 'about shapes');
    expect(project.build()).toEqual(['check globs']);
    project.write('lib/shape/line.c', 'double line(double length) { return length; }\n');
    const steps = project.build();
    expect(steps.slice(0, 2)).toEqual(['check globs', 'generate out/build.ninja']);
    expect(steps).toContain('compile lib/shape/line.c');
    expect(steps).not.toContain('compile lib/shape/circle.c');
    rmSync(join(project.root, 'lib/shape/line.c'));
    expect(project.build()).toContain('archive out/lib/fast/lib/shape/libshape.a');
    expect(project.build()).toEqual([]);
  });

  test('a test that fails says why, and is run again when it may pass', () => {
    project.edit('lib/shape/square.c', (text) => text.replace('->side *', '->side +'));
    const { status, stdout } = spawnSync('ninja', ['-f', 'out/build.ninja', 'check'], {
      cwd: project.root,
      encoding: 'utf8',
    });
    expect(status).toBe(1);
    expect(stdout).toContain('the area of a square of 3 is 9, not 6.000000');
    project.edit('lib/shape/square.c', (text) => text.replace('->side +', '->side *'));
    expect(project.build('check')).toContain('test out/test/shape_test');
  });

  test('only what a target needs is built', () => {
    rmSync(join(project.root, 'out/bin'), { recursive: true });
    expect(project.build('embed')).toEqual(['link out/bin/embed']);
  });
});

describe('mistakes', () => {
  const again = startAgain();
  beforeAll(() => {
    project = copyOfExample();
  });
  afterAll(() => again[Symbol.dispose]());

  const fail = (file: string, text: string): string => {
    const right = readFileSync(join(project.root, file), 'utf8');
    project.write(file, `${text}\n${right}`);
    const before = statSync(join(project.root, 'out/build.ninja')).mtimeMs;
    const where = { cwd: project.root, env: process.env };
    const { status, stderr } = again.run(['generate', '-o', 'out/build.ninja'], where);
    expect(status).toBe(2);
    expect(statSync(join(project.root, 'out/build.ninja')).mtimeMs).toBe(before);
    project.write(file, right);
    return stderr;
  };

  test('several at once, each at its place, with what was meant', () => {
    const stderr = fail(
      'app/Blueprints',
      'cc_binry { name: "a" }\ncc_binary {\n    name: "b",\n    src: ["b.c"],\n    cflags: "-O2",\n}\n',
    );
    expect(stderr).toContain('app/Blueprints:1:1: error: unrecognized module type "cc_binry"');
    expect(stderr).toContain('did you mean "cc_binary"?');
    expect(stderr).toContain('app/Blueprints:4:8: error: unrecognized property "src"');
    expect(stderr).toContain(
      'app/Blueprints:5:13: error: can\'t assign string value to list property "cflags"',
    );
  });

  test('a dependency that is spelled wrong, where it is named, and in this module', () => {
    const stderr = fail(
      'app/Blueprints',
      'filegroup { name: "f", srcs: ["shap"] }\ncc_binary {\n    name: "x",\n    srcs: ["main.c"],\n    deps: ["shap"],\n}\n',
    );
    expect(stderr).toContain('"x" depends on undefined module "shap"');
    expect(stderr).toContain('app/Blueprints:5:12: note: named here');
    expect(stderr).toContain('did you mean "shape"?');
    expect(fail('app/Blueprints', 'cc_binary { name: "x", srcs: [":shap"] }\n')).toContain(
      'app/Blueprints:1:31: note: named here',
    );
  });

  test.each([
    [
      'a missing module',
      'cc_binary { name: "x", srcs: ["main.c"], deps: ["shap"] }',
      '"x" depends on undefined module "shap"',
    ],
    [
      'a library that is none',
      'filegroup { name: "f" }\ncc_binary { name: "x", srcs: ["main.c"], deps: ["f"] }',
      'module "f" is no library',
    ],
    [
      'no match',
      'filegroup { name: "f", srcs: ["*.nope"] }',
      'module "f": srcs[0]: "*.nope" matches no files',
    ],
    [
      'a reference to nothing',
      'genrule { name: "g", outs: ["o"], cmd: "$(locatoin x)" }',
      'module "g": cmd: there is no $(locatoin x)',
    ],
    [
      'a command of several lines',
      'genrule { name: "g", outs: ["o"], cmd: "a\\nb" }',
      'it has several lines',
    ],
    [
      'a cycle',
      'cc_library { name: "a", deps: ["b"] }\ncc_library { name: "b", deps: ["a"] }',
      'encountered dependency cycle',
    ],
    [
      'an unhandled variant',
      'cc_library { name: "a", cflags: select(arch(), {"x": []}) }',
      'arch() had value undefined',
    ],
    [
      'an unknown condition',
      'cc_library { name: "a", cflags: select(archs(), {default: []}) }',
      'unknown condition archs()',
    ],
    [
      'defaults that are none',
      'cc_library { name: "a", defaults: ["shape"] }',
      'module "a": defaults: module "shape" is not of type defaults',
    ],
  ])('%s', (_, text, message) => {
    expect(fail('app/Blueprints', text)).toContain(message);
  });
});
