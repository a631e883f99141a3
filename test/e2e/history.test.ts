// `ashlar build --trace` and `ashlar history`: what tasks left, in plain git.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { rigsOfOneProcess } from '../rig/again.ts';
import { expectGolden, explainedTree, steady } from '../rig/explained.ts';

const createRig = rigsOfOneProcess();

function git(repository: string, ...argv: string[]): string {
  return execFileSync('git', ['-C', repository, ...argv], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], GIT_CONFIG_GLOBAL: '/dev/null' },
  });
}

test('trees of tasks are commits, tagged with their keys, and git compares any two', () => {
  using rig = explainedTree(createRig);
  rig.write({
    'app/build': [
      '#!/bin/bash',
      'mkdir -p $PKG_PATH/{bin,empty,.git}; echo 1 > $PKG_PATH/.git/HEAD',
      'echo tool > "$PKG_PATH/bin/a \\"tool\\""; chmod +x $PKG_PATH/bin/*; ln -s bin $PKG_PATH/link',
    ].join('\n'),
  });
  const first = rig.run(['build', 'app', '--trace']);
  expect(first.stderr).toContain('history: 2 recorded in cache/history/lib.git\n');
  expect(first.status).toBe(0);
  rig.write({
    'lib/build': '#!/bin/bash\nmkdir $PKG_PATH/share\necho LIB > $PKG_PATH/share/lib\n',
  });
  rig.run(['build', 'app', '--trace']);

  const listed = rig.run(['history', 'lib']);
  expect(
    steady(listed.stdout, rig)
      .replace(/\b[0-9a-f]{10}\b/g, '<commit>')
      .split('\n'),
  ).toEqual([
    expect.stringMatching(/^<date> {2}lib:(build|write_tar) +<key> {2}<commit> {2}lib/),
    expect.stringMatching(/^<date> {2}lib:(build|write_tar) +<key> {2}<commit> {2}lib/),
    expect.stringMatching(/^<date> {2}lib:(build|write_tar) +<key> {2}<commit> {2}new here$/),
    expect.stringMatching(/^<date> {2}lib:(build|write_tar) +<key> {2}<commit> {2}new here$/),
    'compare any two: git -C cache/history/lib.git diff <commit> <commit>',
    '',
  ]);
  const json = rig.run(['history', 'lib:build', '--json']).stdout;
  expectGolden('explain/history.json.txt', steady(json, rig));

  const { recorded } = JSON.parse(json) as {
    recorded: { tag: string; commit: string; key: string }[];
  };
  const [b, a] = recorded;
  const lib = join(rig.packages, 'cache/history/lib.git');
  expect(a!.tag).toBe(`build/${a!.key}`);
  expect(git(lib, 'rev-parse', `${a!.tag}^{commit}`).trim()).toBe(a!.commit);
  expect(git(lib, 'diff', '-U0', a!.tag, b!.tag, '--', 'package/share')).toContain(
    '@@ -1 +1 @@\n-lib\n+LIB\n',
  );
  // Tasks of one package follow from each other, as they ran.
  expect(git(lib, 'log', '--format=%s', 'write_tar')).toBe('lib:write_tar\nlib:build\n');
  expect(git(lib, 'fsck', '--strict')).toBe('');

  const app = join(rig.packages, 'cache/history/app.git');
  expect(
    git(app, 'ls-tree', '-r', 'build', '-z')
      .split('\0')
      .map((row) => row.replace(/^(\d+) blob [0-9a-f]+\t/, '$1 '))
      .filter((row) => !row.includes('.json')),
  ).toEqual([
    '100644 package/.git_/HEAD',
    '100755 package/bin/a "tool"',
    '120000 package/link',
    '',
  ]);
});

test('commits are the same in every checkout, and a tree that was recorded twice is one', () => {
  using rig = explainedTree(createRig);
  rig.run(['build', 'lib', '--trace']);
  const other = join(rig.directory, 'other');
  cpSync(rig.packages, other, { recursive: true });
  rmSync(join(other, 'cache'), { recursive: true });
  const commit = (repository: string): string => git(repository, 'rev-parse', 'build');
  const here = join(rig.packages, 'cache/history/lib.git');
  rig.run(['build', 'lib', '--trace'], {
    cwd: other,
    env: { ASHLAR_STORE: join(rig.directory, 'store-2') },
  });
  expect(commit(join(other, 'cache/history/lib.git'))).toBe(commit(here));
  // A build without it records nothing, and takes nothing away.
  const before = git(here, 'for-each-ref');
  expect(rig.run(['build', 'lib']).stderr).not.toContain('history');
  expect(git(here, 'for-each-ref')).toBe(before);
});

test('trees of all kinds are kept as git can have them, and compared after their results are gone', () => {
  using rig = createRig();
  const script = (text: string, mode: string): string =>
    [
      '#!/bin/bash',
      'cd $PKG_PATH',
      "mkdir -p 'a b' $'new\\nline' ./-dash .git/x ünï empty",
      `echo ${text} > 'a b/x y'; echo 2 > $'new\\nline/f'; echo 3 > ./-dash/-f; echo 4 > .git/x/y; echo 5 > ünï/é`,
      `ln -s nowhere dangling; echo '#!/bin/sh' > run; chmod ${mode} run; echo '*' > .gitignore`,
      '',
    ].join('\n');
  rig.write({ 'odd/buildinfo.json': '{}', 'odd/build': script('one', '755') });
  expect(rig.run(['build', 'odd', '--trace']).stderr).toContain('history: 2 recorded');
  rig.write({ 'odd/build': script('two', '644') });
  expect(rig.run(['build', 'odd', '--trace']).stderr).toContain('history: 2 recorded');
  expect(rig.run(['gc', '--max-size', '0']).status).toBe(0);
  const told = rig.run(['history', 'odd:build']).stdout;
  const [, from, to] = /diff (\S+) (\S+)\n$/.exec(told)!;
  const repository = join(rig.packages, 'cache/history/odd.git');
  expect(
    git(
      repository,
      'diff',
      '--raw',
      '-z',
      '--abbrev=4',
      from!,
      to!,
      '--',
      'package/a b',
      'package/run',
    ),
  ).toMatch(
    /^:100644 100644 \S+ \S+ M\0package\/a b\/x y\0:100755 100644 \S+ \S+ M\0package\/run\0$/,
  );
  const names = git(repository, 'ls-tree', '-r', '-z', '--name-only', to!).split('\0');
  for (const name of ['-dash/-f', '.git_/x/y', '.gitignore', 'new\nline/f', 'ünï/é', 'dangling']) {
    expect(names).toContain(`package/${name}`);
  }
  expect(git(repository, 'fsck', '--strict')).toBe('');
});

test('what has no history is named, with what may have been meant', () => {
  using rig = explainedTree(createRig);
  rig.run(['build', 'lib', '--trace']);
  const wrong = rig.run(['history', 'lob']);
  expect(wrong.stderr).toBe('error: no history is recorded of lob\n  hint: did you mean "lib"?\n');
  expect(wrong.status).toBe(2);
  const none = rig.run(['history', 'tool']);
  expect(none.stderr).toContain('hint: trees are recorded by "ashlar build --trace"');
  // A repository that is broken is told of, and fails no build.
  rmSync(join(rig.packages, 'cache/history/lib.git/objects'), { recursive: true });
  rig.write({ 'lib/build': '#!/bin/bash\necho 2 > $PKG_PATH/x\n' });
  const built = rig.run(['build', 'lib', '--trace']);
  expect(built.stderr).toContain('warning: git cannot work on');
  expect(built.status).toBe(0);
  expect(existsSync(join(rig.packages, 'cache/packages/lib/latest'))).toBe(true);
});
