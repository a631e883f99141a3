// What two trees differ in, for each kind of change that people make: one line that names the change where it
// was made, whatever follows from it.
import { cpSync, chmodSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { removeTree } from '../../src/base/fs.ts';
import { runHere } from '../rig/here.ts';
import { createRig, type Rig, type Run } from '../rig/program.ts';

const BLUEPRINTS = `defaults {
    name: "ours",
    variables: {
        FLAGS: "-O2 -g0",
        FEATURES: "color debug",
    },
    functions: {
        greet: "echo hello $FLAGS",
        stamp: "greet > stamp",
    },
}

package {
    name: "lib",
    version: "1.0",
    defaults: ["ours"],
    sources: { lib: { files: ["lib/*.txt"] } },
    patches: ["one.patch"],
    variables: { COLOR: "\${FEATURES?color:yes:no}" },
    tasks: {
        compile: { script: "stamp; cat lib/*.txt > made; echo $COLOR >> made" },
        install: { script: "install -Dm644 made $DESTDIR$PREFIX/share/made" },
    },
    formats: ["tar", "deb"],
}

package {
    name: "app",
    version: "2",
    build_requires: ["lib"],
    tasks: { install: { script: "install -Dm644 $ROOT/share/made $DESTDIR$PREFIX/share/app" } },
}

image { name: "sys", packages: ["lib", "app"], formats: ["tar.xz"] }
`;

const FILES = {
  Blueprints: BLUEPRINTS,
  'one.patch': '--- a/lib/a.txt\n+++ b/lib/a.txt\n@@ -1 +1 @@\n-one\n+two\n',
  'lib/a.txt': 'one\n',
};

let rig: Rig;
const other = (): string => join(rig.directory, 'other');
beforeAll(() => {
  rig = createRig();
  rig.write(FILES);
});
beforeEach(() => cpSync(rig.packages, other(), { recursive: true }));
afterEach(() => removeTree(other()));
afterAll(() => rig[Symbol.dispose]());

const DIFF = ['diff', '../packages/', '.'];

/** Lines that stand for themselves, without what they are shown with, and how many tasks follow. */
function told({ stdout, stderr }: Run): string[] {
  expect(stderr).toBe('');
  const lines = stdout.trimEnd().split('\n');
  return lines
    .slice(0, -1)
    .filter((line) => !/^(\s|only in)/.test(line))
    .map((line) => line.replace(/; \d+ tasks differ for it$/, ''));
}

/** Another text of the Blueprints file. */
const edit =
  (from: string, to: string) =>
  (rig: Rig): ((tree: string) => void) => {
    expect(BLUEPRINTS).toContain(from);
    return () => rig.write({ '../other/Blueprints': BLUEPRINTS.replace(from, to) });
  };

test.each<[string, (rig: Rig) => (tree: string) => void, string[]]>([
  ['a variable', edit('-O2 -g0', '-O3 -g0'), ['FLAGS in Blueprints:4: "-O2 -g0" → "-O3 -g0"']],
  [
    'blanks in a variable',
    edit('-O2 -g0', '-O2  -g0'),
    ['FLAGS in Blueprints:4: "-O2·-g0" → "-O2··-g0" (only white space differs)'],
  ],
  [
    'a function that another one calls',
    edit('echo hello', 'echo hi'),
    ['function greet in Blueprints:8: "echo hello $FLAGS" → "echo hi $FLAGS"'],
  ],
  ['a word that nobody asks for', edit('color debug', 'color debug trace'), []],
  [
    'a word that is asked for',
    edit('color debug', 'debug'),
    ['FEATURES in Blueprints:5: has no "color" any more'],
  ],
  [
    'a file',
    (rig) => () => rig.write({ '../other/lib/a.txt': 'one\nmore\n' }),
    ['lib/a.txt: contents changed'],
  ],
  [
    'a file that is new',
    (rig) => () => rig.write({ '../other/lib/b.txt': '' }),
    ['lib/b.txt: added'],
  ],
  [
    'the permissions of a file',
    () => (tree) => chmodSync(join(tree, 'lib/a.txt'), 0o755),
    ['lib/a.txt: can be executed now'],
  ],
  [
    'a patch',
    (rig) => () => rig.write({ '../other/one.patch': FILES['one.patch'].replace('two', 'three') }),
    ['one.patch: contents changed'],
  ],
  [
    'a patch that is new, in front of the other one',
    (rig) => () =>
      rig.write({
        '../other/Blueprints': BLUEPRINTS.replace('["one.patch"]', '["new.patch", "one.patch"]'),
        '../other/new.patch': FILES['one.patch'],
      }),
    ['new.patch: added'],
  ],
  [
    'a patch that is gone',
    edit('    patches: ["one.patch"],\n', ''),
    ['lib:compile: comes after lib:unpack now, not after lib:patch'],
  ],
  [
    'sources that are gone',
    (rig) => () =>
      rig.write({ '../other/Blueprints': BLUEPRINTS.replace(/ {4}(sources|patches):.*\n/g, '') }),
    [
      'lib:compile: what /pkg/work begins with: lib:patch → nothing',
      'workdir: "/pkg/work/lib" → "/pkg/work"',
    ],
  ],
  [
    'the version of a package that is required',
    edit('"1.0"', '"1.1"'),
    [
      'package lib in Blueprints:30: "lib--1.0" → "lib--1.1"',
      'version in Blueprints:15: "1.0" → "1.1"',
    ],
  ],
  [
    'a package that is required now',
    edit('build_requires: ["lib"]', 'requires: ["lib"]'),
    [
      `/pkg/install/opt/ashlar/pkginfo.json in Blueprints:27: '"requires":[]' → '"requires":[' and 2 more lines`,
      'packages.app.requires.lib in Blueprints:30: added',
    ],
  ],
  [
    'a package that is not required any more',
    edit('    build_requires: ["lib"],\n', ''),
    ['package lib in Blueprints:27: removed'],
  ],
  [
    'where a package is installed',
    edit('version: "2",', 'version: "2", prefix: "/usr",'),
    ['prefix in Blueprints:29: "/opt/ashlar" → "/usr"'],
  ],
  [
    'where all packages are',
    (rig) => () => rig.write({ '../other/ashlar.json': '{"root": "/opt/elsewhere"}' }),
    ['the root: "/opt/ashlar" → "/opt/elsewhere"'],
  ],
  [
    'an output',
    edit('compile: { script', 'compile: { outputs: { log: "/out/log/" }, script'),
    ['output log in Blueprints:21: added'],
  ],
  [
    'the network',
    edit('compile: { script', 'compile: { network: true, script'),
    ['the network in Blueprints:21: may be used now'],
  ],
  [
    'a format',
    edit('"tar", "deb"', '"tar", "ipk"'),
    [
      '/pkg/in/ipk/lib_1.0_x86_64.ipk in Blueprints:24: added, from lib:write_ipk',
      '/pkg/in/deb/lib_1.0_amd64.deb in Blueprints:24: removed',
    ],
  ],
  [
    'what an image is made of',
    edit('packages: ["lib", "app"]', 'packages: ["lib"]'),
    ['sys:image: packages.app: removed'],
  ],
  [
    'an image, of another kind',
    edit('"tar.xz"', '"tar.gz"'),
    ['formats.tar.gz in Blueprints:34: added', 'sys:image: formats.tar.xz: removed'],
  ],
  ['a time limit', edit('compile: { script', 'compile: { timeout: 9, script'), []],
  [
    'the order of definitions',
    (rig) => () => {
      const blocks = BLUEPRINTS.split(/^(?=defaults|package|image)/m);
      rig.write({ '../other/Blueprints': blocks.toReversed().join('') });
    },
    [],
  ],
  ['a comment', edit('package {', '// one\npackage {'), []],
])('%s', async (_, change, lines) => {
  change(rig)(other());
  expect(told(await runHere(DIFF, { cwd: other(), env: rig.env }))).toEqual(lines);
});

test('the program says what was found here', async () => {
  rig.write({ '../other/lib/a.txt': 'one\nmore\n' });
  const run = rig.run(DIFF, { cwd: other() });
  expect(told(run)).toEqual(['lib/a.txt: contents changed']);
  expect(run).toEqual(await runHere(DIFF, { cwd: other(), env: rig.env }));
});
