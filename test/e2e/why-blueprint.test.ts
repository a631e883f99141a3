// Explanations of packages in Blueprints files: causes have a line, and tasks that go on from each other
// are led back to the one that changed, verified together and recorded.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { rigsOfOneProcess } from '../rig/again.ts';
import type { Rig } from '../rig/program.ts';
import { steady, whyJson } from '../rig/explained.ts';

const createRig = rigsOfOneProcess();

function write(rig: Rig, flags: string, script: string): void {
  rig.write({
    Blueprints: `package {
    name: "lib",
    version: "1",
    sources: { lib: { files: ["lib.txt"] } },
    variables: {
        FLAGS: "${flags}",
    },
    functions: { make: "cat lib.txt > made; echo $FLAGS >> made" },
    tasks: {
        compile: { script: "${script}" },
        install: { script: "install -Dm644 made $DESTDIR$PREFIX/share/made" },
    },
}
`,
    'lib.txt': 'text\n',
  });
}

test('a variable is named with its line, and what follows from it once', () => {
  using rig = createRig();
  write(rig, '-O2', 'make');
  expect(rig.run(['build', 'lib']).status).toBe(0);
  write(rig, '-O3', 'make');
  expect(steady(rig.run(['why', 'lib:install']).stdout, rig)).toBe(
    [
      'lib:install  would run',
      '  because lib:compile: FLAGS in Blueprints:6: "-O2" → "-O3"',
      '  compared with <key> of <date>',
      '',
    ].join('\n'),
  );
  // Programs are told the same, each cause once, of what is still to run and of what ran.
  const { causes } = whyJson(rig, ['lib']);
  const tasks = ['compile', 'install', 'split', 'qa', 'write_tar', 'deploy'];
  expect(causes).toEqual([
    {
      path: 'variables.FLAGS',
      task: 'lib:compile',
      at: 'Blueprints:6:14',
      old: '-O2',
      new: '-O3',
      tasks: tasks.map((task) => `lib:${task}`),
    },
  ]);
  const built = rig.run(['build', 'lib', '--trace']);
  expect(built.stderr).toMatch(
    /^ran {6}lib:compile {2}\S+ s {2}FLAGS in Blueprints:6: "-O2" → "-O3"$/m,
  );
  expect(built.stderr).toMatch(
    /^because {2}FLAGS in Blueprints:6: "-O2" → "-O3"; \d+ tasks follow$/m,
  );
  expect(whyJson(rig, ['lib']).causes).toEqual(causes);
  // The work directory that a task left is recorded, too.
  const files = execFileSync(
    'git',
    ['-C', join(rig.packages, 'cache/history/lib.git'), 'ls-tree', '-r', '--name-only', 'compile'],
    { encoding: 'utf8' },
  );
  expect(files).toContain('/made\n');
});

test('a line that a defaults module appends is told at its place there', () => {
  using rig = createRig();
  const tree = (appended: string, own: string, flag: string): void =>
    rig.write({
      Blueprints: `defaults {
    name: "far",
    tasks: { install: { append: ["echo far"] } },
}

defaults {
    name: "base",
    defaults: ["far"],
    variables: { FLAGS: "${flag}" },
    tasks: {
        install: {
            append: ["${appended}"],
        },
    },
}

package {
    name: "lib",
    version: "1",
    defaults: ["base"],
    tasks: {
        install: {
            script: "mkdir -p $DESTDIR$PREFIX/share; ${own} > $DESTDIR$PREFIX/share/lib",
            append: ["echo own"],
        },
    },
}
`,
    });
  tree('echo \\"a\\" $FLAGS', 'echo lib', 'x');
  expect(rig.run(['build', 'lib']).status).toBe(0);
  const why = (): string => rig.run(['why', 'lib:install']).stdout.split('\n')[1]!.trim();
  tree('echo \\"b\\" $FLAGS', 'echo lib', 'x');
  expect(why()).toMatch(/^because script in Blueprints:12: /);
  tree('echo \\"a\\" $FLAGS', 'echo other', 'x');
  expect(why()).toMatch(/^because script in Blueprints:23: /);
  tree('echo \\"a\\" $FLAGS', 'echo lib', 'y');
  expect(why()).toBe('because FLAGS in Blueprints:9: "x" → "y"');
});

test('what a task leaves for the next is verified with it', () => {
  using rig = createRig();
  write(rig, '-O2', 'make; hostname >> made');
  const { stdout, status } = rig.run(['verify', 'lib:compile', 'lib:install']);
  expect(stdout).toContain('skipped   lib:compile  it leaves a work directory only');
  expect(stdout).toContain('different lib:install  package: share/made: its text differs\n');
  expect(stdout).toContain('  -ashlar\n  +elsewhere\n');
  expect(status).toBe(1);
  // A sample in which nothing can be compared says that, not that all of nothing is well.
  expect(rig.run(['build', 'lib']).status).toBe(0);
  const sample = rig.run(['build', '--force', 'lib:compile', '--verify-sample', '100%']);
  expect(sample.stderr).toContain(
    '1 task in the sample of 100%, none of which can be compared (lib:compile: it leaves',
  );
});

/** What runs, and why, without times. */
function reasons(rig: Rig): string[] {
  const { status, stderr } = rig.run(['build']);
  if (status !== 0) throw new Error(stderr);
  return [...stderr.matchAll(/^ran +(\S+) +\S+ s {2}(.*)$/gm)]
    .map(([, task, why]) => `${task}: ${why}`)
    .sort();
}

const PATCH = (line: string): string =>
  `--- a/lib.txt\n+++ b/lib.txt\n@@ -1 +1 @@\n-text\n+${line}\n`;

test('a task that comes in between is what the later ones run for', () => {
  using rig = createRig();
  write(rig, '-O2', 'make');
  reasons(rig);
  const text = rig.read('Blueprints');
  rig.write({
    Blueprints: text.replace('    variables', '    patches: ["lib.patch"],\n    variables'),
    'lib.patch': PATCH('patched'),
  });
  const first = reasons(rig);
  expect(first).toContain('lib:compile: comes after lib:patch now');
  expect(first).toContain('lib:install: lib:compile: comes after lib:patch now');
  expect(first).toContain('lib:patch: new here');
  rig.write({ 'lib.patch': PATCH('patched again') });
  expect(reasons(rig)[0]).toBe('lib:compile: lib:patch: lib.patch: contents changed');
  // Back, but for a flag: what was in between is gone.
  rig.write({ Blueprints: text.replace('-O2', '-O3') });
  expect(reasons(rig)[0]).toBe('lib:compile: FLAGS in Blueprints:6: "-O2" → "-O3"');
});

test('another version of what is required is told as that', () => {
  using rig = createRig();
  const files = (version: string): string => `
package { name: "lib", version: "${version}", sources: { lib: { files: ["lib.txt"] } },
    tasks: { install: { script: "install -Dm644 lib.txt $DESTDIR$PREFIX/share/lib" } } }
package { name: "app", version: "1",
    requires: ["lib"],
    tasks: { install: { script: "install -Dm644 $ROOT/share/lib $DESTDIR$PREFIX/share/app" } } }
`;
  rig.write({ Blueprints: files('1.0'), 'lib.txt': 'text\n' });
  reasons(rig);
  rig.write({ Blueprints: files('1.1') });
  expect(reasons(rig)).toEqual([
    expect.stringMatching(/^app:install: package lib in Blueprints:\d+: "lib--1.0" → "lib--1.1"$/),
  ]);
});

test('another pin of a source is told at its line, with what it was and is', () => {
  using old = createRig();
  using rig = createRig();
  const write = ({ rig: at, digit }: { rig: Rig; digit: string }): void =>
    at.write({
      Blueprints: `package {
    name: "lib",
    version: "1",
    sources: {
        data: {
            url: "https://example.org/data-${digit}.tar.gz",
            sha256: "${digit.repeat(64)}",
        },
        lib: {
            git: "https://example.org/lib.git",
            ref: "${digit.repeat(40)}",
        },
    },
    tasks: { install: { script: "touch $DESTDIR$PREFIX/lib" } },
}
`,
    });
  write({ rig: old, digit: '1' });
  write({ rig, digit: '2' });
  const { stdout, status } = rig.run(['diff', `${old.packages}/`, '.']);
  expect(status).toBe(1);
  expect(stdout).toContain('sha256 in Blueprints:7: 111111111111… → 222222222222…');
  expect(stdout).toContain('commit in Blueprints:11: 111111111111… → 222222222222…');
  expect(stdout).toContain('/pkg/work/data in Blueprints:5: "data-1.tar.gz" → "data-2.tar.gz"');
});
