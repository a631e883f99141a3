// Rules that read what tasks made, and tasks that read what rules made, in one tree: Ninja and the scheduler take
// turns, as few as there can be, and a change goes all the way through.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRig, PROJECT, type Rig, type Run } from '../rig/program.ts';

const BLUEPRINTS = `
package {
    name: "first",
    version: "1",
    sources: { s: { files: ["a.txt"] } },
    tasks: {
        install: { script: "install -D a.txt $DESTDIR$PREFIX/a.txt" },
        report: { after: ["unpack"], before: ["deploy"], script: "cat a.txt > /out/html/made", outputs: { html: "/out/html/" } },
    },
}
genrule { name: "middle", srcs: ["out/packages/first/made"], outs: ["middle.txt"], cmd: "{ cat $(in); echo middle; } > $(out)" }
genrule { name: "apart", srcs: ["a.txt"], outs: ["apart.txt"], cmd: "cp $(in) $(out)" }
package {
    name: "last",
    version: "1",
    sources: { s: { files: ["out/gen/middle/middle.txt"] } },
    tasks: {
        install: { script: "install -D out/gen/middle/middle.txt $DESTDIR$PREFIX/m" },
        report: {
            after: ["unpack"], before: ["deploy"],
            script: "{ cat out/gen/middle/middle.txt; echo last; } > /out/html/end", outputs: { html: "/out/html/" },
        },
    },
}
genrule { name: "end", srcs: ["out/packages/last/end"], outs: ["end.txt"], cmd: "{ cat $(in); echo end; } > $(out)" }
`;

let rig: Rig;
beforeAll(() => {
  rig = createRig();
  rig.write({ Blueprints: BLUEPRINTS, 'a.txt': 'a\n' });
});
afterAll(() => rig[Symbol.dispose]());

const build = (...argv: readonly string[]): Run => rig.run(['build', '--plain', ...argv]);

test('each makes what it can, and the other goes on', () => {
  const { status, stdout, stderr } = build();
  expect(`${stderr}${status}`).toMatch(/0$/);
  expect(rig.read('out/gen/end/end.txt')).toBe('a\nmiddle\nlast\nend\n');
  const steps = stdout.split('\n').filter((line) => line.startsWith('['));
  expect(steps).toHaveLength(3);
  expect(steps[0]).toBe('[1/1] generate middle');
  // Two turns of each: Ninja does not stop where it need not.
  expect(stderr.match(/^\d+ ran.* in /gm)).toHaveLength(2);
});

test('a change goes through all of it', () => {
  writeFileSync(join(rig.packages, 'a.txt'), 'b\n');
  expect(build()).toMatchObject({ status: 0 });
  expect(rig.read('out/gen/end/end.txt')).toBe('b\nmiddle\nlast\nend\n');
  expect(rig.read('out/gen/apart/apart.txt')).toBe('b\n');
});

test('what is asked for is made with all it takes, and nothing else', () => {
  writeFileSync(join(rig.packages, 'a.txt'), 'c\n');
  expect(build('out/gen/middle/middle.txt')).toMatchObject({ status: 0 });
  expect(rig.read('out/gen/middle/middle.txt')).toBe('c\nmiddle\n');
  expect(rig.read('out/gen/end/end.txt')).toBe('b\nmiddle\nlast\nend\n');
  expect(build('last')).toMatchObject({ status: 0 });
  expect(rig.read('out/packages/last/end')).toBe('c\nmiddle\nlast\n');
  expect(rig.read('out/gen/apart/apart.txt')).toBe('b\n');
});

test('what waits for itself is an error', () => {
  rig.write({
    Blueprints: BLUEPRINTS.replace('files: ["a.txt"]', 'files: ["out/gen/end/end.txt"]'),
  });
  const { status, stderr } = build();
  expect(status).toBe(2);
  expect(stderr).toContain('rules and packages wait for each other: first, last');
});

test('on a terminal Ninja does not say that there is no work where tasks follow', () => {
  using packages = createRig();
  const tree = (content: string): void =>
    packages.write({
      Blueprints:
        'package { name: "p", version: "1", sources: { p: { files: ["a.txt"] } } }\n' +
        'genrule { name: "g", srcs: ["b.txt"], outs: ["b"], cmd: "cp $(in) $(out)" }\n',
      'a.txt': content,
      'b.txt': 'b\n',
    });
  const onTerminal = (content: string): string => {
    tree(content);
    const command = `'${join(PROJECT, 'bin/ashlar')}' build --plain`;
    const { stdout, status } = spawnSync('script', ['-qec', command, '/dev/null'], {
      cwd: packages.packages,
      env: { ...packages.env, NO_COLOR: '1' },
      encoding: 'utf8',
    });
    expect(status).toBe(0);
    return stdout;
  };
  expect(onTerminal('1\n')).toMatch(/\[1\/1\] .*ran +p:unpack/s);
  const again = onTerminal('2\n');
  expect(again).toMatch(/^ran +p:unpack/m);
  expect(again).not.toContain('ninja');
});
