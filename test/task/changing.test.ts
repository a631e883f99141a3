// Files of the checkout that somebody writes to while a build goes on: nothing is ever on record under a
// key that is over other bytes than the task was given.
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { digestOf, type Sha256Hex } from '../../src/base/digest.ts';
import { BLOB_TIME } from '../../src/cache/store.ts';
import { loadTree, placeTree } from '../../src/cache/tree.ts';
import { computeKeys } from '../../src/task/key.ts';
import type { Task } from '../../src/task/task.ts';
import { createRig, scriptTask, type Behaviour, type Rig } from '../rig/engine.ts';

const copyInput: Behaviour = ({ locate }) => {
  writeFileSync(join(locate('/out/tree'), 'text'), readFileSync(locate('/in/file')));
  return 0;
};

/** A task that reads a file as it was when it was hashed. */
function reader(source: string, does: Behaviour = copyInput): Task {
  const digest = digestOf(readFileSync(source));
  return scriptTask({
    name: 'reader',
    does,
    inputs: [{ kind: 'file', at: '/in/file', source, digest, executable: false }],
  });
}

const keyOf = (task: Task): Sha256Hex => computeKeys([task]).get(task)!.key.hash;

function outputOf(rig: Rig, key: Sha256Hex): string {
  const result = rig.cache.result(key)!;
  const out = join(rig.directory, `out-${key}`);
  placeTree(rig.store, loadTree(rig.store, result.directories[0]!.tree)!, out);
  return readFileSync(join(out, 'text'), 'utf8');
}

test('changed after it was hashed, before its task begins: the task does not run', async () => {
  using rig = await createRig();
  const source = join(rig.directory, 'file');
  writeFileSync(source, 'first');
  const task = reader(source);
  writeFileSync(source, 'later');
  const report = await rig.build([task]);
  expect(rig.ran).toEqual([]);
  expect(report.failures[0]!.failure.diagnostics[0]).toMatchObject({
    code: 'task/input-changed',
    message: `reader: ${source} changed while the build was running`,
  });
  expect(rig.cache.result(keyOf(task))).toBeUndefined();
  // The next build sees what is there now.
  const again = reader(source);
  await rig.build([again]);
  expect(outputOf(rig, keyOf(again))).toBe('later');
});

test('changed by a task that runs before: the one after it does not run', async () => {
  using rig = await createRig();
  const source = join(rig.directory, 'file');
  writeFileSync(source, 'first');
  const meddler = scriptTask({
    name: 'meddler',
    does: ({ locate }) => {
      writeFileSync(source, 'meddled');
      writeFileSync(join(locate('/out/tree'), 'text'), '');
      return 0;
    },
  });
  const task = scriptTask({
    name: 'reader',
    does: copyInput,
    inputs: [
      {
        kind: 'file',
        at: '/in/file',
        source,
        digest: digestOf('first'),
        executable: false,
      },
      { kind: 'output', at: '/in/other', task: meddler, output: 'out' },
    ],
  });
  const report = await rig.build([task]);
  expect(rig.ran).toEqual(['meddler']);
  expect(report.failures[0]!.failure.diagnostics[0]!.code).toBe('task/input-changed');
});

test('changed while its task runs: the task goes on with what was hashed', async () => {
  using rig = await createRig();
  const source = join(rig.directory, 'file');
  writeFileSync(source, 'first');
  const task = reader(source, (context) => {
    // In place, with no new name.
    writeFileSync(source, 'later', { flag: 'r+' });
    return copyInput(context);
  });
  const report = await rig.build([task]);
  expect(report.counts.ran).toBe(1);
  expect(outputOf(rig, keyOf(task))).toBe('first');
  const again = reader(source);
  expect(keyOf(again)).not.toBe(keyOf(task));
  await rig.build([again]);
  expect(outputOf(rig, keyOf(again))).toBe('later');
});

test('a task sees when nothing was written: times are not part of keys', async () => {
  using rig = await createRig();
  const source = join(rig.directory, 'file');
  writeFileSync(source, 'text');
  const seen: number[] = [];
  const task = scriptTask({
    name: 'reader',
    does: ({ locate }) => {
      seen.push(...['file', 'words'].map((name) => statSync(locate(`/in/${name}`)).mtimeMs));
      writeFileSync(join(locate('/out/tree'), 'text'), '');
      return 0;
    },
    inputs: [
      { kind: 'file', at: '/in/file', source, digest: digestOf('text'), executable: false },
      { kind: 'text', at: '/in/words', content: 'words' },
    ],
  });
  await rig.build([task]);
  expect(seen).toEqual([BLOB_TIME * 1000, BLOB_TIME * 1000]);
});
