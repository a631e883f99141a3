// Trivial script tasks through the whole engine, on the host sandbox.
import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { localCache } from '../src/cache/local.ts';
import { openStore } from '../src/cache/store.ts';
import { openWorkspace } from '../src/cache/work.ts';
import type { Image } from '../src/sandbox/port.ts';
import { selectSandbox } from '../src/sandbox/select.ts';
import { createExplainer } from '../src/task/explain.ts';
import { build } from '../src/task/schedule.ts';
import type { Task } from '../src/task/task.ts';

const IMAGE: Image = { name: 'host', identity: 'bench', impure: true, mounts: [], links: {} };

/** With `flags` the tasks are others than without; with `explain` each is told why it runs. */
export async function scheduleTasks(
  directory: string,
  count: number,
  { explain = false, flags = '' }: { explain?: boolean; flags?: string } = {},
): Promise<void> {
  mkdirSync(directory, { recursive: true });
  const opened = openStore(join(directory, 'store'));
  const sandbox = await selectSandbox('host', { directory });
  if (!opened.ok || !sandbox.ok) throw new Error('no store or no sandbox');
  const store = opened.value;
  await using workspace = await openWorkspace(store);
  const tasks = Array.from({ length: count }, (_, i) => trivialTask(i, flags));
  const report = await build({
    targets: tasks.map((task) => ({ task, deliveries: [] })),
    cache: localCache(store),
    executor: {
      store,
      workspace,
      sandbox: sandbox.value,
      hooks: {
        activate: () => Promise.resolve({ ok: true, value: undefined }),
        unpack: () => Promise.resolve({ ok: true, value: undefined }),
      },
      logPath: (task) => join(directory, 'log', `${task.name}.log`),
      keepFailed: false,
    },
    limits: { cpu: availableParallelism(), download: 1, restore: 1 },
    keepGoing: false,
    sink: () => undefined,
    explainer: explain ? createExplainer({ store, directory }) : undefined,
    signal: new AbortController().signal,
  });
  if (!report.ok || report.value.counts.ran !== count) throw new Error('not every task ran');
}

function trivialTask(i: number, flags: string): Task {
  return {
    name: `task-${i}`,
    work: { kind: 'script', text: ': > "$OUT"', image: IMAGE, workdir: '/out' },
    variables: { OUT: '/out/file', N: String(i), ...(flags === '' ? {} : { FLAGS: flags }) },
    volatile: {},
    directories: [{ at: '/out', writable: true }],
    inputs: [],
    outputs: { file: { at: '/out/file', kind: 'file' } },
    shared: false,
    network: false,
    pool: 'cpu',
    limits: {},
  };
}
