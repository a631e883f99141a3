// google/blueprint itself, as Debian packages it, built under Ashlar's engine with all its tests. The package has
// no Blueprints file; this one says what the original's did.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { goTree } from '../rig/gotree.ts';
import { scratch } from '../rig/scratch.ts';

const PATH = 'github.com/google/blueprint';

/** Some of its directories have no tests. */
const UNTESTED = ['deptools', 'bootstrap'];

const goPackage = (name: string, directory: string, deps: readonly string[] = []): string => `
bootstrap_go_package {
    name: "${name}",
    deps: [${deps.map((one) => `"${one}"`).join(', ')}],
    pkgPath: "${PATH}${directory === '' ? '' : `/${directory}`}",
    srcs: ["${directory === '' ? '' : `${directory}/`}*.go"],
    testSrcs: [${UNTESTED.includes(directory) ? '' : `"${directory === '' ? '' : `${directory}/`}*_test.go"`}],
}`;

const BLUEPRINTS = `
${goPackage('blueprint', '', ['blueprint-parser', 'blueprint-pathtools', 'blueprint-proptools'])}
${goPackage('blueprint-parser', 'parser')}
${goPackage('blueprint-deptools', 'deptools')}
${goPackage('blueprint-pathtools', 'pathtools', ['blueprint-deptools'])}
${goPackage('blueprint-proptools', 'proptools', ['blueprint-parser'])}
${goPackage('blueprint-bootstrap', 'bootstrap', ['blueprint', 'blueprint-bootstrap-bpdoc'])}
${goPackage('blueprint-bootstrap-bpdoc', 'bootstrap/bpdoc', ['blueprint'])}
bootstrap_core_go_binary (
    name = "minibp",
    deps = ["blueprint", "blueprint-bootstrap"],
    srcs = ["bootstrap/minibp/main.go"],
)
bootstrap_core_go_binary { name: "gotestmain", srcs: ["gotestmain/gotestmain.go"] }
bootstrap_core_go_binary { name: "gotestrunner", srcs: ["gotestrunner/gotestrunner.go"] }
bootstrap_go_binary { name: "loadplugins", srcs: ["loadplugins/loadplugins.go"] }
blueprint_go_binary { name: "bpfmt", deps: ["blueprint-parser"], srcs: ["bpfmt/bpfmt.go"] }
blueprint_go_binary {
    name: "bpmodify",
    deps: ["blueprint-parser"],
    srcs: ["bpmodify/bpmodify.go"],
    testSrcs: ["bpmodify/bpmodify_test.go"],
}
`;

test('google/blueprint builds its tools, passes its tests, and then builds nothing', () => {
  using space = scratch();
  const download = ['download', 'golang-github-google-blueprint-dev'];
  execFileSync('apt-get', ['-o', 'APT::Sandbox::User=root', ...download], { cwd: space.path });
  const [archive] = readdirSync(space.path);
  execFileSync('dpkg-deb', ['-x', space.at(archive!), space.at('package')]);
  const tree = goTree(space.at('package/usr/share/gocode/src', PATH));
  writeFileSync(`${tree.root}/Blueprints`, BLUEPRINTS);

  const env = { RUN_TESTS: '1' };
  const { status, output, steps } = tree.build(env);
  expect(output).not.toContain('FAILED');
  expect(status).toBe(0);
  expect(steps.filter((step) => step.startsWith('test '))).toEqual([
    'test bpmodify',
    `test ${PATH}`,
    `test ${PATH}/bootstrap/bpdoc`,
    `test ${PATH}/parser`,
    `test ${PATH}/pathtools`,
    `test ${PATH}/proptools`,
  ]);
  expect(tree.build(env).steps).toEqual([]);

  // What was built works: on the tree that it was built from.
  const options = { cwd: tree.root, encoding: 'utf8' } as const;
  const formatted = execFileSync('out/bin/bpfmt', ['-o', 'Blueprints'], options);
  expect(formatted).toContain('bootstrap_core_go_binary {\n    name: "minibp",\n');
  writeFileSync(`${tree.root}/list`, 'Blueprints\n');
  mkdirSync(`${tree.root}/other/.bootstrap`, { recursive: true });
  const argv = ['-l', 'list', '-b', 'other', '-n', 'other', '-d', 'other.d', '-o', 'other.ninja'];
  const ran = spawnSync('out/bin/minibp', [...argv, 'Blueprints'], options);
  expect(ran.stderr + ran.stdout).toBe('');
  expect(tree.read('other.ninja')).toContain('# Module:  bpmodify\n');
});
