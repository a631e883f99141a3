// Why tasks run: which record is compared, what counts as a cause, and that the memory of records harms
// nothing when it is torn, lost or large.
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import { objectPath } from '../../src/cache/store.ts';
import type { Place } from '../../src/base/span.ts';
import { distance } from '../../src/task/difference.ts';
import { createExplainer, reasonJson } from '../../src/task/explain.ts';
import { computeKeys, taskKey } from '../../src/task/key.ts';
import { leavesOf, type Value } from '../../src/task/leaves.ts';
import { rebuildMemory } from '../../src/task/rebuild.ts';
import { readRecord } from '../../src/task/record.ts';
import { recall, rememberRecord } from '../../src/task/remembered.ts';
import type { Reason } from '../../src/task/reason.ts';
import type { Task } from '../../src/task/task.ts';
import {
  createRig,
  scriptTask,
  writeText,
  type Behaviour,
  type Rig,
  type TaskFields,
} from '../rig/engine.ts';

/** Builds with an explainer and tells why each task was needed. */
async function reasonsOf(
  rig: Rig,
  targets: readonly Task[],
  options: Partial<Parameters<typeof createExplainer>[0]> = {},
  forced: ReadonlySet<Task> = new Set(),
): Promise<Map<string, Reason>> {
  rig.events.length = 0;
  const explainer = createExplainer({ store: rig.store, directory: '/tree', ...options });
  await rig.build(targets, { explainer, policy: { forced } });
  const found = new Map<string, Reason>();
  for (const event of rig.events) {
    if (event.type === 'task-needed') found.set(event.task, event.why!);
  }
  return found;
}

/** `task path: old → new`, one for each cause. */
function causes(reason: Reason | undefined): string[] {
  if (reason?.kind !== 'changed') return [reason?.kind ?? 'none'];
  return reason.causes.map(({ task, path, old, new: now }) => `${task} ${path}: ${old} → ${now}`);
}

function withOrigins(task: Task, origins: Record<string, Place>): Task {
  return { ...task, origins: new Map(Object.entries(origins)) };
}

const named = (fields: Partial<TaskFields> = {}): Task =>
  scriptTask({ name: 'lib', variables: { CFLAGS: '-O2', ID: 'x' }, ...fields });

test('what follows a forced task says which, not that it was forced itself', async () => {
  using rig = await createRig();
  let times = 0;
  const pass: Behaviour = (call) => {
    const texts = [0, 1].map((index) =>
      readFileSync(join(call.locate(`/in/${index}`), 'text'), 'utf8'),
    );
    return writeText(texts.join('+'))(call);
  };
  const counted = (name: string): Task =>
    scriptTask({ name, does: (call) => writeText(String(times++))(call) });
  const steady = (name: string): Task => scriptTask({ name });
  const graph = (text = 'top') => {
    const [a, b, same] = [counted('a'), counted('b'), steady('same')];
    const mid = scriptTask({ name: 'mid', needs: [a, same], does: pass });
    const top = scriptTask({ name: 'top', text, needs: [mid, b], does: pass });
    return { a, b, same, top };
  };
  await rig.build([graph().top]);
  const { a, same, top } = graph();
  const one = await reasonsOf(rig, [top], {}, new Set([a, same]));
  expect(Object.fromEntries(one)).toEqual({
    a: { kind: 'forced' },
    same: { kind: 'forced' },
    mid: { kind: 'follows', tasks: ['a'] },
    top: { kind: 'follows', tasks: ['a'] },
  });
  const both = graph();
  const two = await reasonsOf(rig, [both.top], {}, new Set([both.a, both.b]));
  expect(two.get('top')).toEqual({ kind: 'follows', tasks: ['a', 'b'] });
  // What was forced in a build of its own is named by the one after.
  const alone = graph();
  await reasonsOf(rig, [alone.a], {}, new Set([alone.a]));
  const after = await reasonsOf(rig, [graph().top]);
  expect(after.get('mid')).toEqual({ kind: 'follows', tasks: ['a'] });
  expect(after.get('top')).toEqual({ kind: 'follows', tasks: ['a'] });
  // One that would have to run anyway says why.
  const changed = graph('another');
  const own = await reasonsOf(rig, [changed.top], {}, new Set([changed.a]));
  expect(causes(own.get('top'))).toEqual(['top script: top → another']);
});

describe('a task that runs', () => {
  test('is new where nothing of its name is known', async () => {
    using rig = await createRig();
    expect(causes((await reasonsOf(rig, [named()])).get('lib'))).toEqual(['new']);
  });

  test('tells which variable changed, and where it is set', async () => {
    using rig = await createRig();
    await reasonsOf(rig, [named()]);
    const source = { file: 'zlib/Blueprints', text: 'a\nb\nCFLAGS\n' };
    const at = { source, start: 4, end: 10 };
    const changed = withOrigins(named({ variables: { CFLAGS: '-O3', ID: 'x' } }), {
      'variables.CFLAGS': at,
    });
    const why = (await reasonsOf(rig, [changed])).get('lib')!;
    expect(why).toEqual({
      kind: 'changed',
      causes: [{ path: 'variables.CFLAGS', task: 'lib', at, old: '-O2', new: '-O3' }],
    });
    expect(reasonJson(why)).toEqual({
      kind: 'changed',
      causes: [
        {
          path: 'variables.CFLAGS',
          task: 'lib',
          at: 'zlib/Blueprints:3:1',
          old: '-O2',
          new: '-O3',
        },
      ],
    });
  });

  test('tells what came, what went, and which file or text is another', async () => {
    using rig = await createRig();
    const file = join(rig.directory, 'f');
    const input = (content: string): Task['inputs'][number] => {
      writeFileSync(file, content);
      return {
        kind: 'file',
        at: '/in/f',
        source: file,
        digest: digestOf(content),
        executable: false,
      };
    };
    await reasonsOf(rig, [named({ inputs: [input('1')] })]);
    const why = await reasonsOf(rig, [
      named({
        text: 'other',
        variables: { CFLAGS: '-O2', NEW: 'n' },
        inputs: [input('2'), { kind: 'text', at: '/in/t', content: 'note' }],
      }),
    ]);
    expect(causes(why.get('lib')).sort()).toEqual([
      `lib inputs./in/f: ${digestOf('1').hash} → ${digestOf('2').hash}`,
      'lib inputs./in/t: undefined → note',
      'lib script: lib → other',
      'lib variables.ID: x → undefined',
      'lib variables.NEW: undefined → n',
    ]);
  });

  test('is compared with the nearest record, which is not the newest', async () => {
    using rig = await createRig();
    const main = { A: '1', B: '1', C: '1' };
    await reasonsOf(rig, [named({ variables: main })]);
    await reasonsOf(rig, [named({ variables: { A: '2', B: '2', C: '2' } })]);
    const why = await reasonsOf(rig, [named({ variables: { ...main, C: '3' } })]);
    expect(causes(why.get('lib'))).toEqual(['lib variables.C: 1 → 3']);
  });

  test('counts a text of one line by its words', async () => {
    using rig = await createRig();
    const flags = (CFLAGS: string): Task[] => [
      scriptTask({ name: 'top', needs: [named({ variables: { CFLAGS } })] }),
    ];
    await reasonsOf(rig, flags('-O2 -g'));
    await reasonsOf(rig, flags('-Os -s'));
    const why = await reasonsOf(rig, flags('-O2 -g1'));
    for (const name of ['lib', 'top']) {
      expect(causes(why.get(name)), name).toEqual(['lib variables.CFLAGS: -O2 -g → -O2 -g1']);
    }
  });

  test('of another checkout is explained by what that one made', async () => {
    using rig = await createRig();
    await reasonsOf(rig, [named()]);
    const changed = named({ variables: { CFLAGS: '-O3', ID: 'x' } });
    const why = await reasonsOf(rig, [changed], { directory: '/elsewhere' });
    expect(causes(why.get('lib'))).toEqual(['lib variables.CFLAGS: -O2 → -O3']);
  });

  test('says when its result was evicted, and when it was lost', async () => {
    using rig = await createRig();
    const task = named();
    await reasonsOf(rig, [task]);
    rmSync(join(rig.store.root, 'ac'), { recursive: true });
    mkdirSync(join(rig.store.root, 'ac'));
    const evicted = createExplainer({
      store: rig.store,
      directory: '/tree',
      evictedAt: () => 1000,
    });
    const keys = computeKeys([task]);
    expect(evicted.why(task, (one) => keys.get(one)!)).toEqual({ kind: 'evicted', atMs: 1000 });
    const lost = createExplainer({ store: rig.store, directory: '/tree' });
    expect(lost.why(task, (one) => keys.get(one)!)).toEqual({ kind: 'gone' });
  });
});

describe('what follows from something else', () => {
  const chain = (flags: string, extra: Record<string, string> = {}): Task => {
    const low = scriptTask({ name: 'low', variables: { CFLAGS: flags } });
    const left = scriptTask({ name: 'left', needs: [low] });
    const right = scriptTask({ name: 'right', needs: [low] });
    return scriptTask({ name: 'top', needs: [left, right], variables: extra });
  };

  test('is led back to what changed of itself, once', async () => {
    using rig = await createRig();
    await reasonsOf(rig, [chain('-O2')]);
    const why = await reasonsOf(rig, [chain('-O3')]);
    for (const name of ['low', 'left', 'right', 'top']) {
      expect(causes(why.get(name)), name).toEqual(['low variables.CFLAGS: -O2 → -O3']);
    }
  });

  test('is not told of a change below that was undone since', async () => {
    using rig = await createRig();
    const graph = (low: string, middle: string): Task => {
      const bottom = scriptTask({ name: 'low', text: low });
      const lib = scriptTask({ name: 'lib', needs: [bottom], text: middle });
      return scriptTask({ name: 'top', needs: [lib] });
    };
    await reasonsOf(rig, [graph('as it was', '-O2')]);
    await reasonsOf(rig, [graph('tried', '-O2')]);
    // Nothing runs, so only the topmost task is looked at.
    await reasonsOf(rig, [graph('as it was', '-O2')]);
    const why = await reasonsOf(rig, [graph('as it was', '-O3')]);
    for (const name of ['lib', 'top']) {
      expect(causes(why.get(name)), name).toEqual(['lib script: -O2 → -O3']);
    }
  });

  test("comes after the task's own changes", async () => {
    using rig = await createRig();
    await reasonsOf(rig, [chain('-O2')]);
    const why = await reasonsOf(rig, [chain('-O3', { X: '1' })]);
    expect(causes(why.get('top'))).toEqual([
      'top variables.X: undefined → 1',
      'low variables.CFLAGS: -O2 → -O3',
    ]);
  });

  test('in ids and in what is named after them is no cause, unless it is all there is', async () => {
    using rig = await createRig();
    const a = 'a'.repeat(40);
    const b = 'b'.repeat(40);
    const task = (id: string, script: string): Task =>
      named({
        text: script,
        variables: { ID: `lib--${id}`, VERSION: id, DIR: `/opt/lib--${id}/x` },
      });
    await reasonsOf(rig, [task(a, 'one')]);
    expect(causes((await reasonsOf(rig, [task(b, 'two')])).get('lib'))).toEqual([
      'lib script: one → two',
    ]);
    const c = 'c'.repeat(40);
    expect(causes((await reasonsOf(rig, [task(c, 'two')])).get('lib'))).toHaveLength(3);
    // What somebody wrote counts, also when it is a digest.
    const pinned = (id: string, script: string): Task =>
      withOrigins(named({ text: script, variables: { PIN: id } }), {
        'variables.PIN': { file: 'Blueprints' },
      });
    await reasonsOf(rig, [pinned(a, 'three')]);
    expect(causes((await reasonsOf(rig, [pinned(b, 'four')])).get('lib'))).toHaveLength(2);
  });

  test('names a dependency that came or went', async () => {
    using rig = await createRig();
    const low = scriptTask({ name: 'low' });
    await reasonsOf(rig, [named()]);
    const why = await reasonsOf(rig, [named({ needs: [low] })]);
    expect(causes(why.get('lib'))[0]).toMatch(
      /^lib inputs\.\/in\/0: undefined → low \([0-9a-f]{12}\)$/,
    );
  });

  test('needs no stack, in a chain of thousands', async () => {
    using rig = await createRig();
    const make = (text: string): Task[] => {
      const tasks = [scriptTask({ name: 't0', text })];
      for (let i = 1; i < 2000; i++) {
        tasks.push(scriptTask({ name: `t${i}`, needs: [tasks[i - 1]!] }));
      }
      return tasks;
    };
    const explainer = createExplainer({ store: rig.store, directory: '/tree' });
    const old = make('old');
    const oldKeys = computeKeys(old);
    for (const task of old) explainer.remember(task, oldKeys.get(task)!, 'ran');
    const now = make('now');
    const keys = computeKeys(now);
    const again = createExplainer({ store: rig.store, directory: '/tree' });
    const why = again.why(now.at(-1)!, (task) => keys.get(task)!);
    expect(causes(why)).toEqual(['t0 script: old → now']);
  });

  test('is told by the key alone where the record of before is gone', async () => {
    using rig = await createRig();
    await reasonsOf(rig, [chain('-O2')]);
    const entries = (name: string): string => {
      const { hash } = digestOf(name);
      return join(rig.store.root, 'records', hash.slice(0, 2), hash.slice(2, 34));
    };
    const old = recall(rig.store, 'low')[0]!;
    rmSync(entries('low'));
    // The record is a blob beside its result, too.
    expect(readRecord(rig.store, old.key)).toEqual(old.record);
    const viaBlob = await reasonsOf(rig, [chain('-O3')]);
    expect(causes(viaBlob.get('top'))).toEqual(['low variables.CFLAGS: -O2 → -O3']);
    rmSync(entries('low'));
    rmSync(join(rig.store.root, 'cas'), { recursive: true });
    mkdirSync(join(rig.store.root, 'cas'));
    const explainer = createExplainer({ store: rig.store, directory: '/tree' });
    const top = chain('-O4');
    const all = new Map<Task, ReturnType<typeof taskKey>>();
    const keyOf = (task: Task): ReturnType<typeof taskKey> => {
      if (!all.has(task)) all.set(task, taskKey(task, keyOf));
      return all.get(task)!;
    };
    const [cause] = causes(explainer.why(top, keyOf));
    expect(cause).toMatch(/^(left|right) inputs\.\/in\/0: [0-9a-f]{12} → low \([0-9a-f]{12}\)$/);
  });
});

describe('the memory of records', () => {
  const entry = (n: number, tree = 't'): Parameters<typeof rememberRecord>[2] => ({
    tree,
    key: digestOf(String(n)).hash,
    atMs: n,
    how: 'ran',
    why: null,
    record: `{"n":${n}}`,
  });

  test('stays small, and keeps the newest of each tree', async () => {
    using rig = await createRig();
    for (let i = 0; i < 60; i++) rememberRecord(rig.store, 'a', entry(i, `tree-${i % 2}`));
    expect(recall(rig.store, 'a')).toHaveLength(60);
    const kept = recall(rig.store, 'a');
    expect(kept).toHaveLength(16);
    expect(kept.at(-1)!.record).toEqual({ n: 59 });
    expect(new Set(kept.map(({ tree }) => tree)).size).toBe(2);
  });

  test('outlives torn lines and rubbish', async () => {
    using rig = await createRig();
    rememberRecord(rig.store, 'a', entry(1));
    const directory = join(rig.store.root, 'records');
    const name = readdirSync(directory, { recursive: true }).map(String);
    const file = join(
      directory,
      name.find((path) => statSync(join(directory, path)).isFile())!,
    );
    const whole = readFileSync(file);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(whole.length), (rubbish, cut) => {
        writeFileSync(file, whole.subarray(0, cut));
        appendFileSync(file, rubbish);
        appendFileSync(file, '\n');
        rememberRecord(rig.store, 'a', entry(2));
        expect(recall(rig.store, 'a').at(-1)).toMatchObject({ atMs: 2 });
      }),
      { numRuns: 200 },
    );
  });

  test('that is lost is found again in the store, and no result looks used for it', async () => {
    using rig = await createRig();
    await reasonsOf(rig, [named({ needs: [scriptTask({ name: 'below' })] })]);
    const { key } = recall(rig.store, 'lib')[0]!;
    const file = objectPath(rig.store, 'ac', key);
    const long = Date.UTC(2020, 1, 1) / 1000;
    utimesSync(file, long, long);
    rmSync(join(rig.store.root, 'records'), { recursive: true });
    const again = createExplainer({ store: rig.store, directory: '/tree' });
    expect(again.remembered('lib')).toMatchObject([{ key, how: 'ran', why: null }]);
    expect(again.remembered('below')).toHaveLength(1);
    expect(statSync(file).mtimeMs).toBe(long * 1000);
    const changed = named({ needs: [scriptTask({ name: 'below', text: 'other' })] });
    const why = await reasonsOf(rig, [changed]);
    expect(causes(why.get('lib'))).toEqual(['below script: below → other']);

    // Of names that are known nothing is added; of the others what is there.
    const { hash } = digestOf('below');
    rmSync(join(rig.store.root, 'records', hash.slice(0, 2), hash.slice(2, 34)));
    expect(rebuildMemory(rig.store)).toBe(2);
    expect(rebuildMemory(rig.store)).toBe(0);
  });

  test('does not keep records of megabytes, and finds them by their key', async () => {
    using rig = await createRig();
    const big = (text: string): Task =>
      named({ text, inputs: [{ kind: 'text', at: '/in/big', content: 'x'.repeat(100_000) }] });
    await reasonsOf(rig, [big('one')]);
    expect(recall(rig.store, 'lib')[0]!.record).toBe(null);
    expect(causes((await reasonsOf(rig, [big('two')])).get('lib'))).toEqual([
      'lib script: one → two',
    ]);
  });

  test('that may not be written fails no build', async () => {
    using rig = await createRig();
    writeFileSync(join(rig.store.root, 'records'), 'in the way');
    expect(causes((await reasonsOf(rig, [named()])).get('lib'))).toEqual(['new']);
    expect(rig.ran).toEqual(['lib']);
  });
});

test('the distance of a record to itself is zero, and no order of members changes it', () => {
  const json = fc.letrec<{ value: Value }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(fc.string(), tie('value'), { maxKeys: 4 }),
    ),
  })).value;
  fc.assert(
    fc.property(fc.dictionary(fc.string(), json), (record) => {
      const reordered = Object.fromEntries(Object.entries(record).reverse());
      const entries = (value: Value): string[] =>
        [...leavesOf(value).values()].map(({ path, value }) => `${path}=${value}`).sort();
      expect(distance(leavesOf(record), leavesOf(structuredClone(record)))).toBe(0);
      // Names that clash are told apart by order, so only their multiset is the same.
      expect(entries(reordered)).toEqual(entries(record));
    }),
  );
});
