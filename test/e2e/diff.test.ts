// `ashlar diff` on the real program: trees, targets, keys, and records that were carried elsewhere.
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { rigsOfOneProcess } from '../rig/again.ts';
import { expectGolden, explainedTree, keyOfTask, steady } from '../rig/explained.ts';

const createRig = rigsOfOneProcess();

test('trees, targets, keys and records are compared alike', () => {
  using rig = explainedTree(createRig);
  const other = join(rig.directory, 'other');
  cpSync(rig.packages, other, { recursive: true });
  // Nothing has to be built, nor be in the store, for trees to be compared.
  const same = rig.run(['diff', '.', '../other/']);
  expect(same.stdout).toBe('no difference in 6 tasks\n');
  expect(same.status).toBe(0);

  rig.run(['build', 'app']);
  const before = keyOfTask(rig, 'app:build');
  writeFileSync(join(rig.directory, 'records.json'), rig.run(['why', 'app', '--records']).stdout);
  rig.write({
    'lib/build': '#!/bin/bash\nmkdir $PKG_PATH/share\necho LIB > $PKG_PATH/share/lib\n',
    'app/buildinfo.json': '{"requires": ["lib"], "environment": {"FLAVOUR": "vanilla"}}',
  });
  rmSync(join(rig.packages, 'tool'), { recursive: true });

  const trees = rig.run(['diff', '../other/', '.']);
  expectGolden('explain/diff-trees.txt', steady(trees.stdout, rig));
  expect(trees.status).toBe(1);
  const json = rig.run(['diff', '../other/', '.', '--json']);
  expectGolden('explain/diff-trees.json.txt', steady(json.stdout, rig));
  expect(json.status).toBe(1);

  const lines = (argv: string[], status = 1): string[] => {
    const answer = rig.run(['diff', ...argv]);
    expect(answer.stderr).toBe('');
    expect(answer.status).toBe(status);
    return answer.stdout.split('\n').filter((line) => /^\S/.test(line));
  };
  const flavour = `app/buildinfo.json: '"FLAVOUR":"plain"' → '"FLAVOUR":"vanilla"'`;
  const expected = [
    `app:build: ${flavour}`,
    'lib:build: lib/build: contents changed',
    'the keys differ',
  ];
  expect(lines([before.slice(0, 12), 'app:build'])).toEqual(expected);
  expect(lines([before, 'app:build'])).toEqual(expected);
  expect(lines(['../records.json', 'app'])).toEqual(expected);
  expect(lines(['../records.json', '../records.json'], 0)).toEqual(['no difference']);
  const apart = lines(['lib:build', 'app:build']);
  expect(apart[0]).toBe('these are different tasks: lib:build and app:build');
  expect(apart.at(-1)).toBe('the keys differ');
  // Another machine has neither this store nor this tree.
  const elsewhere = { ASHLAR_STORE: join(rig.directory, 'store-2') };
  const carried = rig.run(['diff', '../records.json', 'app'], { env: elsewhere });
  expect(carried.stdout.split('\n')[0]).toBe(expected[0]);
});

test('what cannot be compared is told', () => {
  using rig = explainedTree(createRig);
  rig.write({ 'broken.json': '{"a": ', 'other.json': '[1]', 'empty.json': '{"ashlarRecords": 1}' });
  const refuse = (...argv: string[]): string => {
    const { status, stderr, stdout } = rig.run(['diff', ...argv]);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    return stderr;
  };
  expect(refuse('app', 'appp')).toContain('hint: did you mean "app"?');
  expect(refuse('app', '0123456789ab')).toContain('nothing is known of a key 0123456789ab');
  expect(refuse('broken.json', 'app')).toContain('broken.json: error: it holds no records');
  expect(refuse('other.json', 'app')).toContain('other.json: error: it holds no records');
  expect(refuse('empty.json', 'app')).toContain('it names no task whose record it has');
  expect(refuse('app')).toContain('B is missing');
});
