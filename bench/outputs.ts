// Many tasks that each leave a directory of small files, delivered: the same graph whatever state it is in.
// Run as a program of its own (`outputs.mjs DIRECTORY TASKS FILES`), so that starting counts as well.
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { expectShortRun, growHeapFor } from '../src/base/heap.ts';
import { localCache } from '../src/cache/local.ts';
import { openStore } from '../src/cache/store.ts';
import { openWorkspace } from '../src/cache/work.ts';
import type { TaskEvent } from '../src/task/event.ts';
import { createExplainer } from '../src/task/explain.ts';
import { build } from '../src/task/schedule.ts';
import type { Task } from '../src/task/task.ts';
import { selectSandbox } from '../src/sandbox/select.ts';

export interface Outputs {
  readonly directory: string;
  readonly tasks: number;
  /** Of each task. */
  readonly files: number;
  readonly explain: boolean;
  readonly sink?: (event: TaskEvent) => void;
}

/** Builds all, or restores, or finds them in place. Gives back how many did each. */
export async function buildOutputs(outputs: Outputs): Promise<Readonly<Record<string, number>>> {
  const { directory, tasks, files, explain } = outputs;
  const opened = openStore(join(directory, 'store'));
  const sandbox = await selectSandbox('host', { directory });
  if (!opened.ok || !sandbox.ok) throw new Error('no store or no sandbox');
  const store = opened.value;
  await using workspace = await openWorkspace(store);
  const out = join(directory, 'out');
  const report = await build({
    targets: Array.from({ length: tasks }, (_, i) => ({
      task: fileTask(i, files),
      deliveries: [{ output: 'out', path: `${out}/${i}` }],
    })),
    cache: localCache(store),
    executor: {
      store,
      workspace,
      sandbox: sandbox.value,
      hooks: {
        activate: () => Promise.resolve({ ok: true, value: undefined }),
        unpack: () => Promise.resolve({ ok: true, value: undefined }),
      },
      logPath: () => join(directory, 'log'),
      keepFailed: false,
    },
    limits: { cpu: availableParallelism(), download: 1, restore: 8 },
    placed: join(directory, 'placed'),
    keepGoing: false,
    sink: outputs.sink ?? (() => undefined),
    signal: new AbortController().signal,
    ...(explain ? { explainer: createExplainer({ store, directory }) } : {}),
  });
  if (!report.ok || report.value.failures.length > 0) throw new Error('a task failed');
  return report.value.counts;
}

/** In this process: what is measured is not the work but all that is done around it. */
function fileTask(index: number, files: number): Task {
  const name = `task-${index}`;
  return {
    name,
    work: {
      kind: 'step',
      name: 'files',
      version: 1,
      parameters: { index, files },
      run: ({ locate }) => {
        const into = locate('/out');
        mkdirSync(into, { recursive: true });
        for (let i = 0; i < files; i++) {
          writeFileSync(join(into, `file-${i}`), `${index} ${i} ${'x'.repeat(200)}\n`);
        }
        return Promise.resolve({ ok: true, value: undefined });
      },
    },
    variables: {},
    volatile: {},
    directories: [{ at: '/out', writable: true }],
    inputs: [],
    outputs: { out: { at: '/out', kind: 'tree' } },
    shared: false,
    network: false,
    pool: 'cpu',
    limits: {},
  };
}

const [, program, directory, tasks, files, explain] = process.argv;
if (program?.endsWith('outputs.ts.mjs') && directory !== undefined) {
  // As the program does.
  expectShortRun();
  growHeapFor({ packages: Number(tasks) });
  const before = process.memoryUsage().rss;
  const startedMs = performance.now();
  let first: number | undefined;
  const counts = await buildOutputs({
    directory,
    tasks: Number(tasks),
    files: Number(files),
    explain: explain === 'explain',
    sink: ({ type }) => {
      if (type === 'task-start') first ??= performance.now() - startedMs;
    },
  });
  const bytes = process.memoryUsage().rss - before;
  console.log(JSON.stringify({ counts, firstMs: first, bytes }));
}
