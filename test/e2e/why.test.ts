// `ashlar why` and the reasons that a build prints, on the real program.
import { chmodSync, cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { rigsOfOneProcess } from '../rig/again.ts';
import { expectGolden, explainedTree, keyOfTask, steady } from '../rig/explained.ts';

const createRig = rigsOfOneProcess();

test('a build tells why each task ran, and the causes that many follow from', () => {
  using rig = explainedTree(createRig);
  const first = rig.run(['build', '-j', '1']).stderr;
  expect(first).toMatch(/^ran {6}lib:build {2}\S+ s {2}new here$/m);
  expect(first).not.toContain('because');
  rig.write({
    'lib/build': '#!/bin/bash\nmkdir $PKG_PATH/share\necho LIB > $PKG_PATH/share/lib\n',
    'app/buildinfo.json': '{"requires": ["lib"], "environment": {"FLAVOUR": "vanilla"}}',
  });
  const { stdout } = rig.run(['why', 'app']);
  expectGolden('explain/why-before.txt', steady(stdout, rig));
  expectGolden(
    'explain/why-before.json.txt',
    steady(rig.run(['why', 'app', '--json']).stdout, rig),
  );

  const second = rig.run(['build', '-j', '1']).stderr;
  expect(second).toMatch(/^ran {6}lib:build {2}\S+ s {2}lib\/build: contents changed$/m);
  expect(second).toMatch(
    /^ran {6}tool:write_tar {2}\S+ s {2}app:build: app\/buildinfo\.json: '"FLAVOUR":"plain"' → '"FLAVOUR":"vanilla"' \(and 1 more\)$/m,
  );
  expect(second.trim().split('\n').slice(-2)).toEqual([
    'because  lib/build: contents changed; 6 tasks follow',
    `because  app/buildinfo.json: '"FLAVOUR":"plain"' → '"FLAVOUR":"vanilla"'; 4 tasks follow`,
  ]);
  expectGolden('explain/why-after.txt', steady(rig.run(['why', 'app:build']).stdout, rig));
  expectGolden(
    'explain/why-after.json.txt',
    steady(rig.run(['why', 'app:build', '--json']).stdout, rig),
  );

  // Another checkout restores what it needs of this one's results, and says so.
  const other = join(rig.directory, 'other');
  cpSync(rig.packages, other, { recursive: true });
  rmSync(join(other, 'cache'), { recursive: true });
  expect(rig.run(['build'], { cwd: other }).stderr).toContain('3 restored');
  expect(steady(rig.run(['why', 'lib:build'], { cwd: other }).stdout, rig)).toBe(
    'lib:build  is here already; made on <worker> on <date> in <n> s\n',
  );
  // What changes there is explained by what was made here.
  rig.write({ 'x/../../other/tool/build': '#!/bin/bash\necho TOOL > $PKG_PATH/tool\n' });
  chmodSync(join(other, 'tool/build'), 0o755);
  expect(rig.run(['build'], { cwd: other }).stderr).toMatch(
    /^ran {6}tool:build {2}\S+ s {2}tool\/build: contents changed$/m,
  );
});

test('events and JSON lines carry reasons, without the files they point into', () => {
  using rig = explainedTree(createRig);
  rig.run(['build', 'lib']);
  rig.write({ 'lib/build': '#!/bin/bash\necho 2 > $PKG_PATH/lib2\n' });
  const events = rig
    .run(['build', 'lib', '--json'])
    .stdout.trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string; task: string; why?: unknown });
  const needed = events.find(({ type, task }) => type === 'task-needed' && task === 'lib:build');
  expect(needed!.why).toEqual({
    kind: 'changed',
    causes: [
      {
        path: 'inputs./pkg/build/build',
        task: 'lib:build',
        at: join(rig.packages, 'lib/build'),
        old: expect.stringMatching(/^[0-9a-f]{64}$/),
        new: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    ],
  });
});

test('what is not there is named, with what may have been meant', () => {
  using rig = explainedTree(createRig);
  const task = rig.run(['why', 'app:biuld']);
  expect(task.stderr).toBe(
    'error: there is no task or variant app:biuld\n  hint: did you mean "app:build"? (tasks of app are app:build, app:write_tar)\n',
  );
  expect(task.status).toBe(2);
  const unknown = rig.run(['why', 'tol']);
  expect(unknown.stderr).toBe(
    'error: there is no package "tol" in this tree\n  hint: did you mean "tool"?\n',
  );
  expect(unknown.status).toBe(2);
  expect(unknown.stdout).toBe('');
});

test('a lost result is told apart from one that never was, and from one that nobody needs', () => {
  using rig = explainedTree(createRig);
  expect(rig.run(['why', 'lib:build']).stdout).toBe('lib:build  would run\n  because new here\n');
  rig.run(['build', 'lib']);
  const results = join(rig.directory, 'store/ac');
  renameSync(results, `${results}-gone`);
  mkdirSync(results);
  expect(rig.run(['why', 'lib:build']).stdout).toContain('its result is on record, but');
  rmSync(results, { recursive: true });
  renameSync(`${results}-gone`, results);
  // Without the result of the build, but with that of the archive, there is nothing to do.
  const key = keyOfTask(rig, 'lib:build');
  const file = join(results, key.slice(0, 2), key);
  expect(existsSync(file)).toBe(true);
  rmSync(file);
  expect(rig.run(['why', 'lib']).stdout).toContain(
    'lib:build  would not run: all that depend on it have their results\n',
  );
});
