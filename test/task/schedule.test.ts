// What a build runs, what it finds, and what it does when things go wrong; on a sandbox of functions.
import {
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
  appendFileSync,
  chmodSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { blobPath } from '../../src/cache/store.ts';
import { loadTree, placeTree } from '../../src/cache/tree.ts';
import { plan } from '../../src/task/plan.ts';
import type { Task } from '../../src/task/task.ts';
import { createRig, scriptTask, writeText, type Behaviour } from '../rig/engine.ts';

const readInput: Behaviour = ({ locate }) => {
  const text = readFileSync(join(locate('/in/0'), 'text'), 'utf8');
  writeFileSync(join(locate('/out/tree'), 'text'), `${text}!`);
  return 0;
};

describe('a chain of tasks', () => {
  test('runs in the order of its dependencies, and hands outputs on', async () => {
    using rig = await createRig();
    const a = scriptTask({ name: 'a' });
    const b = scriptTask({ name: 'b', needs: [a], does: readInput });
    const report = await rig.build([b]);
    expect(rig.ran).toEqual(['a', 'b']);
    const value = report.results.get(b)!.outputs['out']!;
    const into = join(rig.directory, 'placed');
    placeTree(
      rig.store,
      loadTree(rig.store, value.kind === 'tree' ? value.tree : value.digest)!,
      into,
    );
    expect(readFileSync(join(into, 'text'), 'utf8')).toBe('a!');
  });

  test('is not run again, and nothing below a known result is even looked at', async () => {
    using rig = await createRig();
    const make = (): Task =>
      scriptTask({ name: 'b', needs: [scriptTask({ name: 'a' })], does: readInput });
    await rig.build([make()]);
    rig.ran.length = 0;
    rig.events.length = 0;
    const report = await rig.build([make()]);
    expect(rig.ran).toEqual([]);
    expect(report.results.size).toBe(1);
    expect(rig.events.map(({ type }) => type)).toEqual(['build-start', 'build-end']);
  });

  test('stops at the first equal output: a changed dependency that makes the same thing', async () => {
    using rig = await createRig();
    const make = (comment: string): Task => {
      const a = scriptTask({ name: 'a', text: `# ${comment}`, does: writeText('same') });
      const b = scriptTask({ name: 'b', needs: [a], does: readInput });
      return scriptTask({ name: 'c', needs: [b], does: readInput });
    };
    await rig.build([make('one')]);
    rig.ran.length = 0;
    await rig.build([make('two')]);
    expect(rig.ran).toEqual(['a']);
    // The hit was also recorded under the new task keys: now not even `a` is needed.
    rig.ran.length = 0;
    rmSync(join(rig.store.root, 'ac'), { recursive: true, force: true });
    await rig.build([make('two')]);
    expect(rig.ran).toEqual(['a', 'b', 'c']);
  });

  test('of ten thousand tasks needs no stack', async () => {
    using rig = await createRig();
    let last = scriptTask({ name: 't0' });
    for (let i = 1; i < 10_000; i++) last = scriptTask({ name: `t${i}`, needs: [last] });
    const planned = await plan({ targets: [{ task: last, deliveries: [] }], cache: rig.cache });
    expect(planned.ok && planned.value.needed.length).toBe(10_000);
  });
});

describe('a failure', () => {
  const failing: Behaviour = ({ log }) => {
    log('first line\nwhat went \u001b[31mwrong\u001b[0m\n');
    return 7;
  };

  test('tells the status and the last lines, and skips what needs it', async () => {
    using rig = await createRig();
    const a = scriptTask({ name: 'a', does: failing });
    const b = scriptTask({ name: 'b', needs: [a] });
    const report = await rig.build([b]);
    expect(report.counts).toMatchObject({ failed: 1, skipped: 1, ran: 0 });
    expect(report.failures[0]!.failure.diagnostics[0]!.message).toBe('a failed with exit status 7');
    expect(report.failures[0]!.failure.tail).toEqual(['first line', 'what went wrong']);
    expect(readFileSync(report.failures[0]!.failure.log!, 'utf8')).toContain('what went');
  });

  test('is not remembered: the next build tries again', async () => {
    using rig = await createRig();
    let status = 1;
    const task = scriptTask({
      name: 'a',
      does: (context) => (status === 0 ? writeText('x')(context) : status),
    });
    expect((await rig.build([task])).failures).toHaveLength(1);
    status = 0;
    expect((await rig.build([task])).counts.ran).toBe(1);
  });

  test('stops what has not started, unless told to keep going', async () => {
    const targets = (): Task[] => [
      scriptTask({ name: 'bad', does: failing }),
      ...['p', 'q', 'r'].map((name) => scriptTask({ name })),
    ];
    using stopping = await createRig();
    await stopping.build(targets(), { limits: { cpu: 1, download: 1, restore: 1 } });
    expect(stopping.ran).toEqual(['bad']);
    using going = await createRig();
    const report = await going.build(targets(), {
      keepGoing: true,
      limits: { cpu: 1, download: 1, restore: 1 },
    });
    expect(going.ran).toEqual(['bad', 'p', 'q', 'r']);
    expect(report.counts).toMatchObject({ failed: 1, ran: 3 });
  });

  test('of a download says nothing of the same file from another place', async () => {
    const same = (name: string, pool: 'cpu' | 'download', does?: Behaviour): Task => ({
      ...scriptTask({ name, text: 'same', ...(does && { does }) }),
      pool,
    });
    for (const pool of ['cpu', 'download'] as const) {
      using rig = await createRig();
      const gone = same('gone', pool, failing);
      const there = [same('one', pool), same('two', pool)];
      const needs = there.map((one) => scriptTask({ name: `with ${one.name}`, needs: [one] }));
      const report = await rig.build([gone, ...needs], { keepGoing: true });
      const alone = pool === 'download';
      expect(report.counts).toMatchObject(
        alone ? { failed: 1, skipped: 0 } : { failed: 1, skipped: 4 },
      );
      // The second one finds what the first has brought.
      expect(rig.ran.filter((name) => name === 'one' || name === 'two')).toHaveLength(
        alone ? 1 : 0,
      );
      expect((await rig.build([gone, ...needs])).counts).toMatchObject({ failed: alone ? 0 : 1 });
    }
  });

  test('is also a declared output that is not there, whatever the exit status', async () => {
    using rig = await createRig();
    const task = scriptTask({ name: 'a', outputKind: 'file', does: () => 0 });
    const report = await rig.build([task]);
    expect(report.failures[0]!.failure.diagnostics[0]!.code).toBe('task/no-output');
  });
});

describe('a store that lost something', () => {
  test('blobs of a dependency gone: it is made again, and the build goes on', async () => {
    using rig = await createRig();
    const make = (text: string): Task =>
      scriptTask({ name: 'b', text, needs: [scriptTask({ name: 'a' })], does: readInput });
    await rig.build([make('b')]);
    rmSync(join(rig.store.root, 'cas'), { recursive: true });
    using later = await createRig(rig.directory);
    const report = await later.build([make('b with another text')]);
    expect(report.counts.failed).toBe(0);
    expect(later.ran).toEqual(['a', 'b']);
  });

  test('a blob that somebody wrote to is not served', async () => {
    using rig = await createRig();
    const task = scriptTask({
      name: 'a',
      outputKind: 'file',
      does: ({ locate }) => {
        writeFileSync(locate('/out/file'), 'content');
        return 0;
      },
    });
    const path = join(rig.directory, 'delivered');
    const targets = [{ task, deliveries: [{ output: 'out', path }] }];
    const first = await rig.build([], { targets });
    const value = first.results.get(task)!.outputs['out']!;
    const blob = blobPath(rig.store, value.kind === 'file' ? value.digest : value.tree)!;
    chmodSync(blob, 0o644);
    appendFileSync(blob, 'tampered');
    rig.ran.length = 0;
    await rig.build([], { targets });
    expect(rig.ran).toEqual(['a']);
    expect(readFileSync(path, 'utf8')).toBe('content');
  });
});

describe('delivery', () => {
  const task = (): Task =>
    scriptTask({
      name: 'a',
      outputKind: 'file',
      does: ({ locate }) => {
        writeFileSync(locate('/out/file'), 'content');
        return 0;
      },
    });

  test('ran, current, restored: in that order over four builds', async () => {
    using rig = await createRig();
    const path = join(rig.directory, 'deep/er/file');
    const go = async (): Promise<Readonly<Record<string, number>>> =>
      (await rig.build([], { targets: [{ task: task(), deliveries: [{ output: 'out', path }] }] }))
        .counts;
    expect(await go()).toMatchObject({ ran: 1, restored: 0, current: 0 });
    expect(await go()).toMatchObject({ ran: 0, restored: 0, current: 1 });
    rmSync(path);
    expect(await go()).toMatchObject({ ran: 0, restored: 1, current: 0 });
    rmSync(path);
    writeFileSync(path, 'CONTENT');
    expect(await go()).toMatchObject({ ran: 0, restored: 1, current: 0 });
    expect(readFileSync(path, 'utf8')).toBe('content');
    expect(readdirSync(join(rig.directory, 'deep/er'))).toEqual(['file']);
  });
});

describe('interruption', () => {
  test('ends what runs, starts nothing more, and leaves no scratch behind', async () => {
    using rig = await createRig();
    const abort = new AbortController();
    const a = scriptTask({
      name: 'a',
      does: ({ signal }) =>
        new Promise((resolve) => {
          signal!.addEventListener('abort', () => resolve(143));
          abort.abort();
        }),
    });
    const b = scriptTask({ name: 'b', needs: [a] });
    const report = await rig.build([b], { signal: abort.signal });
    expect(report.interrupted).toBe(true);
    expect(report.failures).toEqual([]);
    expect(rig.ran).toEqual(['a']);
    expect(rig.scratch()).toEqual([]);
  });
});

test('two builds at once in one store make a result once', async () => {
  using rig = await createRig();
  using other = await createRig(rig.directory);
  let release: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const make = (): Task =>
    scriptTask({
      name: 'a',
      does: async (context) => {
        await gate;
        return writeText('x')(context);
      },
    });
  const first = rig.build([make()]);
  const second = other.build([make()], {
    sink: (event) => {
      if (event.type === 'task-waiting') release();
    },
  });
  const reports = await Promise.all([first, second]);
  expect([...rig.ran, ...other.ran]).toEqual(['a']);
  expect(reports.map(({ counts }) => counts.ran + counts.restored)).toEqual([1, 1]);
});

test('any graph under any order of completion: edges are respected, each task runs once', async () => {
  using rig = await createRig();
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.nat({ max: 30 }), { maxLength: 4 }), { minLength: 1, maxLength: 30 }),
      fc.infiniteStream(fc.nat({ max: 3 })),
      fc.integer({ min: 1, max: 5 }),
      async (edges, delays, cpu) => {
        rig.ran.length = 0;
        runs++;
        const ended: string[] = [];
        const tasks: Task[] = [];
        for (const [index, needs] of edges.entries()) {
          const below = [...new Set(needs.filter((need) => need < index))].map(
            (need) => tasks[need]!,
          );
          const name = `run${runs}-t${index}`;
          tasks.push(
            scriptTask({
              name,
              needs: below,
              does: async (context) => {
                for (const { name: needed } of below) expect(ended).toContain(needed);
                for (let i = delays.next().value as number; i > 0; i--) {
                  await new Promise((resolve) => setImmediate(resolve));
                }
                ended.push(name);
                return writeText(name)(context);
              },
            }),
          );
        }
        const report = await rig.build(tasks, { limits: { cpu, download: 1, restore: 1 } });
        expect(report.failures).toEqual([]);
        expect([...rig.ran].sort()).toEqual(tasks.map(({ name }) => name).sort());
      },
    ),
    { numRuns: 40 },
  );
});
