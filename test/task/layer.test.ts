// What tasks hand on in layers, on real sandboxes: a chain of tasks in one work directory, each of which can
// run again on what the one before it left.
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { removeTree } from '../../src/base/fs.ts';
import { addedTo } from '../../src/cache/store.ts';
import { loadTree, placeTree } from '../../src/cache/tree.ts';
import { hostRoot } from '../../src/sandbox/image.ts';
import type { Sandbox } from '../../src/sandbox/port.ts';
import { selectSandbox } from '../../src/sandbox/select.ts';
import type { BuildReport, BuildRequest } from '../../src/task/schedule.ts';
import type { Task } from '../../src/task/task.ts';
import { createRig, type Rig } from '../rig/engine.ts';

const IMAGE = { name: 'host', identity: 'test', impure: true, ...hostRoot('/') };

interface Fields {
  readonly name: string;
  readonly text: string;
  readonly on?: Task | undefined;
  readonly needs?: readonly Task[];
  /** Makes an output of it. */
  readonly out?: string;
  readonly outKind?: 'tree' | 'file';
}

/** A script in /tree, which begins as another task left it. */
function layered({ name, text, on, needs = [], out, outKind = 'tree' }: Fields): Task {
  return {
    name,
    work: { kind: 'script', text, image: IMAGE, workdir: '/tree' },
    variables: { PATH: '/usr/bin:/bin', WORK: '/tree' },
    volatile: {},
    directories: [
      { at: '/in', writable: false },
      { at: '/tree', writable: true, layer: { on } },
    ],
    inputs: needs.map((task, index) => ({
      kind: 'output' as const,
      at: `/in/${index}`,
      task,
      output: 'out',
    })),
    outputs: out === undefined ? {} : { out: { at: out, kind: outKind } },
    shared: true,
    network: false,
    pool: 'cpu',
    limits: {},
  };
}

/** unpack → compile → install → split, as small as can be. */
function chain(change: Partial<Record<'unpack' | 'compile' | 'install' | 'split', string>> = {}) {
  const unpack = layered({
    name: 'unpack',
    text: `mkdir -p src/sub; echo 'int x;' >src/a.c; touch -d @1000000000 src/a.c; ${change.unpack ?? ''}`,
  });
  const compile = layered({
    name: 'compile',
    on: unpack,
    text: `cat src/a.c >src/a.o; rm -r src/sub; mkdir src/sub; echo new >src/sub/new; mv src/a.c src/b.c; ${change.compile ?? ''}`,
  });
  const install = layered({
    name: 'install',
    on: compile,
    text: `mkdir -p dest/bin; cp src/a.o dest/bin/tool; ln -s tool dest/bin/alias; ${change.install ?? ''}`,
    out: '/tree/dest',
  });
  const split = layered({
    name: 'split',
    on: install,
    text: `test -e src/sub/new; stat -c %Y src/b.c >dest/time; >list; find . | sort >list; ${change.split ?? ''}`,
    out: '/tree/list',
    outKind: 'file',
  });
  return { unpack, compile, install, split };
}

async function sandboxNamed(name: string, rig: Rig): Promise<Sandbox> {
  const sandbox = await selectSandbox(name, { directory: join(rig.directory, 'sandbox') });
  if (!sandbox.ok) throw new Error('no sandbox');
  return sandbox.value;
}

async function build(
  rig: Rig,
  sandbox: Sandbox,
  targets: Task[],
  options: Partial<BuildRequest> = {},
): Promise<{ ran: string[]; report: BuildReport }> {
  rig.events.length = 0;
  const executor = { ...rig.executor, sandbox };
  const report = await rig.build(targets, { executor, ...options });
  for (const { failure } of report.failures) {
    throw new Error(failure.diagnostics.map(({ message }) => message).join() + failure.tail.join());
  }
  const ran = rig.events.flatMap((event) =>
    event.type === 'task-end' && event.outcome === 'ran' ? [event.task] : [],
  );
  return { ran, report };
}

function outputText(rig: Rig, report: BuildReport, task: Task): string {
  const value = report.results.get(task)!.outputs['out']!;
  const into = join(rig.directory, `placed-${readdirSync(rig.directory).length}`);
  if (value.kind === 'tree') {
    placeTree(rig.store, loadTree(rig.store, value.tree)!, into);
    return readdirSync(into, { recursive: true, encoding: 'utf8' })
      .toSorted((a, b) => (a < b ? -1 : 1))
      .join(' ');
  }
  return readFileSync(
    join(rig.store.root, 'cas', value.digest.hash.slice(0, 2), value.digest.hash),
    'utf8',
  );
}

const LIST = [
  '.',
  './dest',
  './dest/bin',
  './dest/bin/alias',
  './dest/bin/tool',
  './dest/time',
  './list',
  './src',
  './src/a.o',
  './src/b.c',
  './src/sub',
  './src/sub/new',
];

describe.each(['bubblewrap', 'host'])('layers in the sandbox %s', (name) => {
  test('each task sees what the one before it left, times and all', async () => {
    using rig = await createRig();
    const sandbox = await sandboxNamed(name, rig);
    const tasks = chain({ split: 'test "$(cat dest/time)" = 1000000000' });
    const { ran, report } = await build(rig, sandbox, [tasks.split, tasks.install]);
    expect(ran).toEqual(['unpack', 'compile', 'install', 'split']);
    expect(outputText(rig, report, tasks.install)).toBe('bin bin/alias bin/tool');
    expect(outputText(rig, report, tasks.split).trim().split('\n')).toEqual(LIST);
    // Nothing is left but the store.
    expect(rig.scratch()).toEqual([]);
  });

  test('a change runs its task again on the layer below, and nothing before it', async () => {
    using rig = await createRig();
    const sandbox = await sandboxNamed(name, rig);
    await build(rig, sandbox, [chain().split]);
    const split = await build(rig, sandbox, [chain({ split: ': other lists' }).split]);
    expect(split.ran).toEqual(['split']);
    const install = await build(rig, sandbox, [chain({ install: 'echo more >dest/more' }).split]);
    expect(install.ran).toEqual(['install', 'split']);
  });

  test('equal content ends the rebuild, whatever the times', async () => {
    using rig = await createRig();
    const sandbox = await sandboxNamed(name, rig);
    await build(rig, sandbox, [chain().split]);
    const { ran } = await build(rig, sandbox, [
      chain({ compile: 'touch src/a.o # no change' }).split,
    ]);
    expect(ran).toEqual(['compile']);
  });

  test('a layer that is gone is made again, with those below it that are gone as well', async () => {
    using rig = await createRig();
    const sandbox = await sandboxNamed(name, rig);
    await build(rig, sandbox, [chain().split]);
    removeTree(join(rig.store.root, 'layers'));
    const { ran } = await build(rig, sandbox, [chain({ split: ': other lists' }).split]);
    expect(ran).toEqual(['unpack', 'compile', 'install', 'split']);
  });

  test('a failed task keeps nothing', async () => {
    using rig = await createRig();
    const sandbox = await sandboxNamed(name, rig);
    await build(rig, sandbox, [chain().compile]);
    const before = readdirSync(join(rig.store.root, 'layers'));
    await expect(build(rig, sandbox, [chain({ install: 'exit 7' }).install])).rejects.toThrow('7');
    expect(readdirSync(join(rig.store.root, 'layers'))).toEqual(before);
    expect(rig.scratch()).toEqual([]);
  });

  test('two tasks go on from one layer at once and do not see each other', async () => {
    using rig = await createRig();
    const sandbox = await sandboxNamed(name, rig);
    const { compile } = chain();
    const wait = (mine: string): string =>
      `echo ${mine} >src/mine; for i in 1 2 3 4 5; do test "$(cat src/mine)" = ${mine}; sleep 0.02; done`;
    const tasks = ['one', 'two'].map((mine) =>
      layered({ name: mine, on: compile, text: wait(mine), out: '/tree/src' }),
    );
    const { report } = await build(rig, sandbox, tasks);
    expect(report.counts.ran).toBe(4);
  });
});

test('what a layer holds beyond its base counts as added to the store', async () => {
  using rig = await createRig();
  const sandbox = await sandboxNamed('bubblewrap', rig);
  const large = 'head -c 3000000 /dev/urandom >large';
  const added = async (task: Task): Promise<number> => {
    const before = addedTo(rig.store);
    await build(rig, sandbox, [task]);
    return addedTo(rig.store) - before;
  };
  const first = await added(chain({ unpack: large }).compile);
  expect(first).toBeGreaterThan(3_000_000);
  expect(first).toBeLessThan(3_200_000);
  // The base is not counted again.
  expect(await added(chain({ unpack: large, compile: 'echo >more' }).compile)).toBeLessThan(
    100_000,
  );
});

test('a layer that makes room while a task runs on it: the task runs again', async () => {
  using rig = await createRig();
  const sandbox = await sandboxNamed('bubblewrap', rig);
  await build(rig, sandbox, [chain().compile]);
  let evictions = 0;
  const evicting: Sandbox = {
    ...sandbox,
    run: (command) => {
      if (command.mounts.some(({ over }) => over !== undefined) && evictions++ === 0) {
        const layers = join(rig.store.root, 'layers');
        renameSync(layers, join(rig.directory, 'away'));
        rmSync(join(rig.directory, 'away'), { recursive: true });
      }
      return sandbox.run(command);
    },
  };
  const { ran } = await build(rig, evicting, [chain().install]);
  expect(ran).toEqual(['unpack', 'compile', 'install']);
});

test('a layer written before a power cut does not count, unless the disk had it', async () => {
  using rig = await createRig();
  const sandbox = await sandboxNamed('bubblewrap', rig);
  await build(rig, sandbox, [chain().install]);
  const layers = join(rig.store.root, 'layers');
  const places = readdirSync(layers).map((name) => join(layers, name));
  expect(places.every((place) => existsSync(join(place, 'sealed')))).toBe(true);
  const { writeFileSync } = await import('node:fs');
  for (const place of places) {
    const record = join(place, 'layer.json');
    const text = readFileSync(record, 'utf8');
    writeFileSync(record, text.replace(/"boot":"[^"]*"/, '"boot":"another"'));
  }
  expect((await build(rig, sandbox, [chain({ install: ':' }).install])).ran).toEqual(['install']);
  for (const place of places) rmSync(join(place, 'sealed'), { force: true });
  const { ran } = await build(rig, sandbox, [chain({ install: ': :' }).install]);
  expect(ran).toEqual(['unpack', 'compile', 'install']);
});
