// What the scheduler takes from mirrors and gives to them: as late as can be, once, and never half.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Sha256Hex } from '../../src/base/digest.ts';
import { hasBlob } from '../../src/cache/store.ts';
import { computeKeys } from '../../src/task/key.ts';
import type { Task } from '../../src/task/task.ts';
import { createRig, scriptTask, type Behaviour } from '../rig/engine.ts';
import { storeMirror } from '../rig/mirror.ts';

const readInput: Behaviour = ({ locate }) => {
  const text = readFileSync(join(locate('/in/0'), 'text'), 'utf8');
  writeFileSync(join(locate('/out/tree'), 'text'), `${text}!`);
  return 0;
};

/** a → b → c */
function chain(change: { a?: string; b?: string; c?: string } = {}): [Task, Task, Task] {
  const a = scriptTask({
    name: 'a',
    text: change.a ?? 'a',
    does: ({ locate }) => {
      writeFileSync(join(locate('/out/tree'), 'text'), 'a');
      return 0;
    },
  });
  const b = scriptTask({ name: 'b', text: change.b ?? 'b', needs: [a], does: readInput });
  const c = scriptTask({ name: 'c', text: change.c ?? 'c', needs: [b], does: readInput });
  return [a, b, c];
}

describe('a result that a mirror has', () => {
  test('is not brought here unless somebody reads it', async () => {
    using elsewhere = await createRig();
    await elsewhere.build([chain()[2]]);
    using rig = await createRig();
    const mirrors = storeMirror(rig.store, elsewhere.cache);
    const report = await rig.build([chain()[2]], { mirrors });
    expect(report.results.size).toBe(1);
    expect(mirrors.fetched).toEqual([]);
    expect(rig.ran).toEqual([]);
    // One question about the target, and none about what lies below.
    expect(mirrors.questions.map(({ length }) => length)).toEqual([1]);
  });

  test('is brought here for what runs on it, with no more than that', async () => {
    using elsewhere = await createRig();
    await elsewhere.build([chain()[2]]);
    using rig = await createRig();
    const mirrors = storeMirror(rig.store, elsewhere.cache);
    const options = { mirrors };
    await rig.build([chain({ c: 'another c' })[2]], options);
    expect(rig.ran).toEqual(['c']);
    // Of b: its log is empty, so its tree and one file.
    expect(mirrors.fetched).toHaveLength(2);
    const ends = rig.events.flatMap((event) =>
      event.type === 'task-end' ? [`${event.task} ${event.outcome}`] : [],
    );
    expect(ends).toEqual(['b restored', 'c ran']);
    // It is on record here now.
    rig.ran.length = 0;
    await rig.build([chain({ c: 'yet another c' })[2]]);
    expect(rig.ran).toEqual(['c']);
  });

  test('is put where the user wants it', async () => {
    using elsewhere = await createRig();
    await elsewhere.build([chain()[2]]);
    using rig = await createRig();
    const mirrors = storeMirror(rig.store, elsewhere.cache);
    const path = join(rig.directory, 'out');
    const targets = [{ task: chain()[2], deliveries: [{ output: 'out', path }] }];
    const report = await rig.build([], { targets, mirrors });
    expect(report.counts).toMatchObject({ ran: 0, restored: 1 });
    expect(readFileSync(join(path, 'text'), 'utf8')).toBe('a!!');
  });

  test('ends a rebuild as one that was made here does', async () => {
    using elsewhere = await createRig();
    await elsewhere.build([chain()[2]]);
    using rig = await createRig();
    const mirrors = storeMirror(rig.store, elsewhere.cache);
    await rig.build([chain({ a: 'a # comment' })[2]], { mirrors });
    expect(rig.ran).toEqual(['a']);
  });

  test('but not what it names: the task runs', async () => {
    for (const withheld of [0, 1]) {
      using elsewhere = await createRig();
      await elsewhere.build([chain()[2]]);
      using rig = await createRig();
      let asked = 0;
      const mirrors = storeMirror(rig.store, elsewhere.cache, {
        withholds: () => asked++ >= withheld,
      });
      const report = await rig.build([chain({ c: 'another c' })[2]], { mirrors });
      expect(report.failures).toEqual([]);
      expect(rig.ran).toEqual(['a', 'b', 'c']);
    }
  });

  test('helps where the store lost what it had', async () => {
    using elsewhere = await createRig();
    await elsewhere.build([chain()[2]]);
    using rig = await createRig();
    await rig.build([chain()[2]]);
    rmSync(join(rig.store.root, 'cas'), { recursive: true });
    using later = await createRig(rig.directory);
    const mirrors = storeMirror(later.store, elsewhere.cache);
    await later.build([chain({ c: 'another c' })[2]], { mirrors });
    expect(later.ran).toEqual(['c']);
  });
});

describe('what runs here', () => {
  test('is offered under both keys, but for what is not shared or could see the machine', async () => {
    using elsewhere = await createRig();
    using rig = await createRig();
    const mirrors = storeMirror(rig.store, elsewhere.cache);
    const [a, b] = chain();
    const mine = { ...b, shared: false };
    await rig.build([mine], { mirrors });
    const key = computeKeys([a]).get(a)!.key.hash;
    expect(mirrors.offered).toHaveLength(2);
    expect(mirrors.offered).toContain(key);
    using third = await createRig();
    await third.build([chain()[0]], { mirrors: storeMirror(third.store, elsewhere.cache) });
    expect(third.ran).toEqual([]);

    using seeing = await createRig();
    const open = storeMirror(seeing.store, elsewhere.cache);
    const sandbox = { ...seeing.executor.sandbox, hermetic: false };
    const executor = { ...seeing.executor, sandbox };
    await seeing.build([scriptTask({ name: 'other' })], { mirrors: open, executor });
    expect(seeing.ran).toEqual(['other']);
    expect(open.offered).toEqual([]);
  });

  test('is marked in the store where it is good for this machine only, and stays so', async () => {
    using rig = await createRig();
    const [a, b] = chain();
    const mine = { ...b, shared: false };
    await rig.build([mine]);
    const keyOf = (task: Task): Sha256Hex => computeKeys([a, task]).get(task)!.key.hash;
    expect(rig.cache.result(keyOf(a))).toMatchObject({ task: 'a' });
    expect(rig.cache.result(keyOf(a))?.local).toBeUndefined();
    expect(rig.cache.result(keyOf(mine))).toMatchObject({ task: 'b', local: true });
    // Found again by its action under another key, for a task that is shared.
    const other = { ...b, written: { V: 'as written' } };
    rig.ran.length = 0;
    await rig.build([other]);
    expect(rig.ran).toEqual([]);
    expect(rig.cache.result(keyOf(other))).toMatchObject({ local: true });

    using seeing = await createRig();
    const sandbox = { ...seeing.executor.sandbox, hermetic: false };
    await seeing.build([a], { executor: { ...seeing.executor, sandbox } });
    expect(seeing.cache.result(keyOf(a))).toMatchObject({ local: true });
  });
});

describe('a locked task', () => {
  const locked = (hash: string): Task => {
    const [, b] = chain({ b: 'another b' });
    return { ...b, locked: hash as Sha256Hex };
  };

  test('is what it is locked to, whatever its definition says, and says so', async () => {
    using rig = await createRig();
    const [a, b] = chain();
    await rig.build([b]);
    rig.ran.length = 0;
    const c = scriptTask({
      name: 'c',
      needs: [locked(computeKeys([a, b]).get(b)!.key.hash)],
      does: readInput,
    });
    const path = join(rig.directory, 'out');
    await rig.build([], { targets: [{ task: c, deliveries: [{ output: 'out', path }] }] });
    expect(rig.ran).toEqual(['c']);
    expect(readFileSync(join(path, 'text'), 'utf8')).toBe('a!!');
    const warnings = rig.events.filter(({ type }) => type === 'warning');
    expect(warnings).toMatchObject([{ diagnostic: { code: 'task/locked', severity: 'warning' } }]);
  });

  test('to what is not on record fails', async () => {
    using rig = await createRig();
    const report = await rig.build([locked('0'.repeat(64))]);
    expect(report.failures[0]!.failure.diagnostics[0]!.code).toBe('task/locked-missing');
    expect(rig.ran).toEqual([]);
  });
});

test('a task that only comes after another sees nothing of it, and runs when it has changed', async () => {
  using elsewhere = await createRig();
  const make = (text: string): Task => {
    const first = scriptTask({ name: 'first', text });
    const seen: Behaviour = ({ locate }) => {
      writeFileSync(join(locate('/out/tree'), 'text'), String(existsSync(`${locate('/in')}/0`)));
      return 0;
    };
    return { ...scriptTask({ name: 'second', does: seen }), after: [first] };
  };
  await elsewhere.build([make('one')]);
  expect(elsewhere.ran).toEqual(['first', 'second']);
  using rig = await createRig();
  const mirrors = storeMirror(rig.store, elsewhere.cache, { withholds: () => true });
  // It has the same action, so that it ended well is enough.
  await rig.build([make('two')], { mirrors });
  expect(rig.ran).toEqual(['first']);
  expect(hasBlob(rig.store, { hash: '0'.repeat(64) as Sha256Hex, size: 0 })).toBe(false);
});
