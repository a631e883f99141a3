// `ashlar ids` as users run it: the built program, in a directory of its own.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { temporaryDirectory } from '../../src/base/fs.ts';
import { readGolden } from '../package/golden.ts';
import { startAgain } from '../rig/again.ts';
import type { Run } from '../rig/program.ts';

const again = startAgain();
afterAll(() => again[Symbol.dispose]());

interface Rig extends Disposable {
  readonly path: string;
  write(files: Readonly<Record<string, string | Uint8Array>>): void;
  /** Runs `ashlar ids` in a folder of the packages directory. */
  ids(argv: readonly string[], folder?: string): Run;
}

function createRig(files: Readonly<Record<string, string | Uint8Array>>): Rig {
  const root = temporaryDirectory(tmpdir(), 'ashlar-e2e');
  const path = join(root.path, 'packages');
  mkdirSync(path);
  const rig: Rig = {
    path,
    write: (more) => {
      for (const [name, content] of Object.entries(more)) {
        mkdirSync(dirname(join(path, name)), { recursive: true });
        writeFileSync(join(path, name), content);
      }
    },
    ids: (argv, folder = '.') => {
      const env = { PATH: process.env['PATH'], XDG_CACHE_HOME: join(root.path, 'cache') };
      const { status, stdout, stderr } = again.run(['ids', ...argv], {
        cwd: join(path, folder),
        env,
      });
      return { status, stdout, stderr };
    },
    [Symbol.dispose]: () => root[Symbol.dispose](),
  };
  rig.write(files);
  return rig;
}

const SCRIPT = '#!/bin/bash\n';
const TREE = {
  'a/buildinfo.json': '{"requires": [{"name": "long-name", "variant": "ee"}]}',
  'a/build': SCRIPT,
  'long-name/buildinfo.json': '{}',
  'long-name/build': SCRIPT,
  'long-name/ee.buildinfo.json': '{}',
  'long-name/ee.build': SCRIPT,
};

test('prints a line for every package and variant, aligned and sorted, the same again', () => {
  using rig = createRig(TREE);
  const first = rig.ids(['--image-id', 'docker-id-for-golden']);
  expect(first).toEqual({ status: 0, stderr: '', stdout: expect.any(String) as string });
  expect(first.stdout).toMatch(
    /^a {11} a--[0-9a-f]{40}\nlong-name {3} long-name--[0-9a-f]{40}\nlong-name:ee long-name--[0-9a-f]{40}\n$/,
  );
  expect(rig.ids(['--image-id=docker-id-for-golden']).stdout).toBe(first.stdout);
});

test('prints an array of objects', () => {
  using rig = createRig(TREE);
  const { stdout } = rig.ids(['--json', '--image-id', 'x', 'long-name']);
  const rows = JSON.parse(stdout) as { name: string; variant: string | null; id: string }[];
  expect(rows.map(({ name, variant }) => [name, variant])).toEqual([
    ['long-name', null],
    ['long-name', 'ee'],
  ]);
  const text = rig.ids(['--image-id', 'x', 'long-name:default']).stdout;
  expect(text).toBe(`long-name ${rows[0]!.id}\n`);
});

test('golden packages have their golden ids', () => {
  const [scenario] = readGolden('package_sets.json') as {
    packages: Record<string, object>;
    trees: Record<string, { complete: { packages: string[] } }>;
  }[];
  using rig = createRig({ 'treeinfo.json': '{}' });
  for (const [name, buildinfo] of Object.entries(scenario!.packages)) {
    rig.write({
      [`${name}/buildinfo.json`]: JSON.stringify(buildinfo),
      [`${name}/build`]: `#!/bin/bash\n# ${name}\n`,
    });
  }
  const { stdout } = rig.ids(['--image-id', 'docker-id-for-golden', '--json']);
  const ids = (JSON.parse(stdout) as { id: string }[]).map(({ id }) => id);
  expect(ids).toEqual(scenario!.trees['']!.complete.packages);
});

test('the packages directory is found from a package folder, or named', () => {
  using rig = createRig(TREE);
  const all = rig.ids(['--image-id', 'x']).stdout.trimEnd().split('\n');
  expect(rig.ids(['--image-id', 'x'], 'long-name').stdout.split('\n')).toHaveLength(3);
  expect(rig.ids(['--image-id', 'x', 'a'], 'long-name').stdout).toBe(
    `${all[0]!.replace(/ +/, ' ')}\n`,
  );
  rig.write({ '../elsewhere/file': '' });
  const named = rig.ids(['--image-id', 'x', '--packages', '../packages'], '../elsewhere');
  expect(named.stdout.trimEnd().split('\n')).toEqual(all);
});

test('images are told apart by name', () => {
  using rig = createRig({
    ...TREE,
    'a/buildinfo.json': '{"docker": "one:1"}',
    'long-name/buildinfo.json': '{"docker": "two:2"}',
  });
  const ids = (...argv: string[]): string[] =>
    rig
      .ids([...argv, 'a', 'long-name:default'])
      .stdout.trimEnd()
      .split('\n');
  const same = ids('--image-id', 'x');
  const apart = ids('--image-id', 'x', '--image-id', 'two:2=y');
  expect(apart[0]).toBe(same[0]);
  expect(apart[1]).not.toBe(same[1]);
});

test('an image that nothing is said of is this machine, the same every time', () => {
  using rig = createRig(TREE);
  const host = rig.ids([]);
  expect(host).toMatchObject({ status: 0, stderr: '' });
  expect(rig.ids([]).stdout).toBe(host.stdout);
  expect(rig.ids(['--image-id', 'x']).stdout).not.toBe(host.stdout);
});

test('what is said of images must make sense', () => {
  using rig = createRig(TREE);
  for (const wrong of ['', '=x', 'x=']) {
    const { status, stdout, stderr } = rig.ids(['--image-id', wrong]);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain('--image-id');
  }
  const unused = rig.ids(['--image-id', 'x', '--image-id', 'nope=y']);
  expect(unused.status).toBe(0);
  expect(unused.stderr).toContain('no package of this tree uses the image nope');
});

test('a source in a repository is pinned by its commit', () => {
  using rig = createRig({
    ...TREE,
    'a/buildinfo.json': '{"single_source": {"kind": "git_local", "rel_path": "repo"}}',
    'a/repo/f': 'x',
  });
  const repo = join(rig.path, 'a/repo');
  const git = (...argv: string[]): string =>
    execFileSync(
      'git',
      ['-C', repo, '-c', 'user.name=t', '-c', 'user.email=t@example.com', ...argv],
      {
        encoding: 'utf8',
      },
    );
  const none = rig.ids(['--image-id', 'x', 'a']);
  expect(none.status).toBe(2);
  expect(none.stderr).toContain('a/buildinfo.json:1:19: error: ');
  git('init', '-q');
  git('add', 'f');
  git('commit', '-qm', '1');
  expect(rig.ids(['--image-id', 'x', 'a'])).toMatchObject({ status: 0, stderr: '' });
  rig.write({ 'a/repo/f': 'y' });
  const changed = rig.ids(['--image-id', 'x', 'a']);
  expect(changed.status).toBe(2);
  expect(changed.stderr).toContain('changes that no commit has: f');
});

test('errors are all told at once, with place, source line and what to do', () => {
  using rig = createRig({
    ...TREE,
    'a/buildinfo.json': '{\n  "requires": ["long-nmae"],\n  "enviroment": {}\n}\n',
    'long-name/ee.buildinfo.json': '{"requires": [}',
  });
  const { status, stdout, stderr } = rig.ids(['--image-id', 'x']);
  expect([status, stdout]).toEqual([2, '']);
  expect(stderr).toBe(
    `a/buildinfo.json:2:16: error: there is no package "long-nmae" in this tree
  2 |   "requires": ["long-nmae"],
    |                ~~~~~~~~~~~
  hint: did you mean "long-name"?
a/buildinfo.json:3:3: error: unknown key "enviroment"
  3 |   "enviroment": {},
    |   ~~~~~~~~~~~~
  hint: did you mean "environment"?
long-name/ee.buildinfo.json:1:15: error: expected a value or "]", found }
  1 | {"requires": [}
    |               ~
`.replace('"enviroment": {},', '"enviroment": {}'),
  );
});

test.each<[string, string | Uint8Array, number]>([
  ['deep nesting', `{"environment": ${'['.repeat(100_000)}`, 2],
  ['a prototype', '{"__proto__": {"requires": []}}', 2],
  ['a byte order mark', '\ufeff{}', 2],
  ['UTF-16', Buffer.from('\ufeff{}', 'utf16le'), 2],
  ['a lone surrogate', '{"environment": {"A": "\\ud800"}}', 2],
  ['a number beyond all doubles', '{"environment": {"A": 1e400}}', 2],
  ['an integer beyond 2^53', '{"environment": {"A": 9007199254740993}}', 0],
  ['control characters in a name', '{"requires": ["\\u001b[31m"]}', 2],
  ['a hundred megabytes', Buffer.alloc(100_000_000, ' '), 2],
])('%s in a definition', (_, content, expected) => {
  using rig = createRig({ ...TREE, 'a/buildinfo.json': content });
  const { status, stdout, stderr } = rig.ids(['--image-id', 'x', 'a']);
  expect(status).toBe(expected);
  expect(stdout === '').toBe(expected !== 0);
  expect(stderr).not.toMatch(/\n\s+at |\u001b|Error:/);
  if (expected !== 0) expect(stderr).toMatch(/^a\/buildinfo\.json(:\d+:\d+)?: error: /);
});

test('unknown targets and directories without packages are errors', () => {
  using rig = createRig(TREE);
  const unknown = rig.ids(['--image-id', 'x', 'aa', 'long-name:e', ':']);
  expect(unknown.status).toBe(2);
  expect(unknown.stderr).toContain('":" is not a target');
  rig.write({ '../empty/file': '' });
  const empty = rig.ids(['--image-id', 'x'], '../empty');
  expect(empty.status).toBe(2);
  expect(empty.stderr).toContain('there are no packages in this directory');
  const missing = rig.ids(['--image-id', 'x', '--packages', 'nowhere']);
  expect(missing.status).toBe(3);
  expect(missing.stderr).toContain('nowhere');
  expect(rig.ids(['--nope']).status).toBe(2);
});
