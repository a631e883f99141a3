// Restore or run: every situation of the golden data on the real scheduler, with another store as a mirror.
// Exactly the listed tasks run, no more than the listed are restored, each once, none before what it needs.
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { computeKeys } from '../../src/task/key.ts';
import { orderTasks } from '../../src/task/graph.ts';
import type { BuildRequest } from '../../src/task/schedule.ts';
import type { Companion, Task } from '../../src/task/task.ts';
import { createRig, scriptTask, type Rig } from '../rig/engine.ts';
import { storeMirror } from '../rig/mirror.ts';

interface GoldenTask {
  readonly deps: readonly string[];
  readonly cacheable: boolean;
  readonly kind: string;
}

interface Scenario {
  readonly name: string;
  readonly tasks: Readonly<Record<string, GoldenTask>>;
  readonly targets: readonly string[];
  readonly valid: readonly string[];
  readonly hard: readonly (readonly [string, string])[];
  readonly expect: { readonly run: readonly string[]; readonly restore: readonly string[] };
}

const GOLDEN = join(import.meta.dirname, '../../../shared/golden/shared-state/scenarios.json');
const { restore } = JSON.parse(readFileSync(GOLDEN, 'utf8')) as { restore: Scenario[] };

/** Tasks by name, each of which leaves what its inputs hold, its own name and what `says` adds. */
function makeTasks(
  golden: Readonly<Record<string, GoldenTask>>,
  {
    hard = [],
    started = [],
    ended = [],
    says = () => '',
    prefix = '',
    tag = prefix,
  }: {
    hard?: Scenario['hard'];
    started?: string[];
    ended?: string[];
    says?: (name: string) => string;
    prefix?: string;
    /** Part of the keys. */
    tag?: string;
  } = {},
): Map<string, Task> {
  const made = new Map<string, Task>();
  const make = (name: string): Task => {
    const known = made.get(name);
    if (known !== undefined) return known;
    const { deps, cacheable } = golden[name]!;
    const companions: Companion[] = hard
      .filter(([whose]) => whose === name)
      .map(([, other]) => ({ task: make(other), hard: true }));
    for (const other of closureOf(golden, name)) {
      companions.push({ task: make(other), hard: false });
    }
    const task: Task = {
      ...scriptTask({
        name: prefix + name,
        text: `${tag} ${name}`,
        needs: deps.map(make),
        does: ({ locate }) => {
          started.push(name);
          const inputs = readdirSync(locate('/in')).toSorted();
          const below = inputs.map((i) => readFileSync(join(locate(`/in/${i}`), 'text'), 'utf8'));
          writeFileSync(
            join(locate('/out/tree'), 'text'),
            `${tag}${name}${says(name)}(${below.join()})`,
          );
          ended.push(name);
          return 0;
        },
      }),
      shared: cacheable,
      companions,
    };
    made.set(name, task);
    return task;
  };
  for (const name of Object.keys(golden)) make(name);
  return made;
}

/**
 * The rule table of the original as data: what has to be there for the users of a result that is restored,
 * beside the result. Sysroots need the sysroots that they were made with.
 */
function closureOf(golden: Readonly<Record<string, GoldenTask>>, name: string): string[] {
  const { kind } = golden[name]!;
  if (kind !== 'populate_sysroot') return [];
  const own = name.slice(0, name.indexOf('.'));
  return (golden[`${own}.prepare_recipe_sysroot`]?.deps ?? []).filter(
    (other) => golden[other]!.kind === kind,
  );
}

const keysOf = (tasks: ReadonlyMap<string, Task>): Map<string, string> => {
  const ordered = orderTasks([...tasks.values()]);
  if (!ordered.ok) throw new Error('no graph');
  const keys = computeKeys(ordered.value);
  return new Map([...tasks].map(([name, task]) => [name, keys.get(task)!.key.hash]));
};

async function outcomes(
  rig: Rig,
  targets: readonly Task[],
  options: Partial<BuildRequest> = {},
): Promise<{ run: string[]; restored: string[] }> {
  rig.events.length = 0;
  const report = await rig.build(targets, { keepGoing: true, ...options });
  expect(report.failures).toEqual([]);
  const by = (wanted: string): string[] =>
    rig.events
      .flatMap((event) =>
        event.type === 'task-end' && event.outcome === wanted ? [event.task] : [],
      )
      .toSorted((a, b) => (a < b ? -1 : 1));
  return { run: by('ran'), restored: by('restored') };
}

describe('the original’s situations', () => {
  test.each(restore.map((scenario) => [scenario.name, scenario] as const))(
    '%s',
    async (name, one) => {
      using elsewhere = await createRig();
      const filled = makeTasks(one.tasks, { hard: one.hard });
      await elsewhere.build([...filled.values()]);
      using rig = await createRig();
      const started: string[] = [];
      const ended: string[] = [];
      const tasks = makeTasks(one.tasks, { hard: one.hard, started, ended });
      const keys = keysOf(tasks);
      const valid = new Set(one.valid.map((task) => keys.get(task)!));
      const mirrors = storeMirror(rig.store, elsewhere.cache, {
        shows: (key) => valid.has(key),
        slow: async () => {
          for (let i = name === 'slow restore' ? 200 : 3; i > 0; i--) {
            await new Promise((resolve) => setImmediate(resolve));
          }
        },
      });
      const targets = one.targets.map((task) => tasks.get(task)!);
      const { run, restored } = await outcomes(rig, targets, { mirrors });
      expect(run).toEqual([...one.expect.run]);
      for (const task of restored) expect(one.expect.restore).toContain(task);
      expect(new Set(restored).size).toBe(restored.length);
      for (const task of run) {
        for (const below of one.tasks[task]!.deps.filter((dep) => run.includes(dep))) {
          expect(ended.indexOf(below)).toBeLessThan(started.indexOf(task));
          expect(ended.indexOf(below)).toBeGreaterThanOrEqual(0);
        }
      }
      // And then there is nothing left to do.
      expect(await outcomes(rig, targets, { mirrors })).toEqual({ run: [], restored: [] });
    },
  );
});

test('a result that is of use with another only is not restored without it', async () => {
  const one = restore.find(({ hard }) => hard.length > 0)!;
  using elsewhere = await createRig();
  await elsewhere.build([...makeTasks(one.tasks, { hard: one.hard }).values()]);
  const attempt = async (valid: string[]): Promise<string[]> => {
    using rig = await createRig();
    const tasks = makeTasks(one.tasks, { hard: one.hard });
    const keys = keysOf(tasks);
    const shown = new Set(valid.map((task) => keys.get(task)!));
    const mirrors = storeMirror(rig.store, elsewhere.cache, { shows: (key) => shown.has(key) });
    const { run } = await outcomes(rig, [tasks.get('d1.package_qa')!], { mirrors });
    return run;
  };
  expect(await attempt(['d1.package'])).toContain('d1.package');
  expect(await attempt(['d1.package', 'a1.populate_sysroot'])).toEqual(['d1.package_qa']);
});

const A1 = restore.find(({ name }) => name === 'nothing cached')!.tasks;
const B1 = restore.find(({ name }) => name === 'with dep, nothing cached')!.tasks;
const all = (...packages: string[]): string[] =>
  packages
    .flatMap((one) => Object.keys(A1).map((name) => `${one}${name.slice(2)}`))
    .toSorted((a, b) => (a < b ? -1 : 1));
const withMembers = (tasks: ReadonlyMap<string, Task>, ...names: string[]): Task[] =>
  names.map((name) => tasks.get(name)!);

describe('several builds in a row', () => {
  test('require-cached gate', async () => {
    using elsewhere = await createRig();
    await elsewhere.build([...makeTasks(A1).values()]);
    using rig = await createRig();
    const tasks = makeTasks(A1);
    const keys = keysOf(tasks);
    const kinds = ['package', 'package_qa', 'packagedata', 'package_write_ipk', 'populate_sysroot'];
    const shown = new Set(kinds.map((kind) => keys.get(`a1.${kind}`)!));
    const mirrors = storeMirror(rig.store, elsewhere.cache, { shows: (key) => shown.has(key) });
    const allowed = ['a1.package_write_rpm', 'a1.build'];
    const policy = { requireCached: { except: ({ name }: Task) => allowed.includes(name) } };
    const { run, restored } = await outcomes(rig, [tasks.get('a1.build')!], { mirrors, policy });
    expect(run).toEqual(allowed.toSorted());
    for (const task of restored) expect(kinds).toContain(task.slice(3));

    // Without the exception both are named, and what is missing below them is not: it would not run.
    using other = await createRig();
    const strict = { requireCached: { except: () => false } };
    const report = await other.build([makeTasks(A1).get('a1.build')!], {
      mirrors: storeMirror(other.store, elsewhere.cache, { shows: (key) => shown.has(key) }),
      policy: strict,
    });
    const failed = report.failures.map(({ task }) => task.name).toSorted();
    expect(failed).toEqual(allowed.toSorted());
    expect(other.ran).toEqual([]);
    expect(report.failures[0]!.failure.diagnostics[0]!.code).toBe('task/not-cached');
  });

  test('three configurations share outputs', async () => {
    using rig = await createRig();
    const targets = ['', 'mc-1:', 'mc_2:'].map((prefix) =>
      makeTasks(B1, { prefix, tag: '' }).get('b1.build')!,
    );
    const { run, restored } = await outcomes(rig, targets);
    const expected = all('a1', 'b1').filter((name) => !/^a1.(build|package_qa)$/.test(name));
    expect(run).toEqual(expected);
    expect(restored).toEqual([]);
  });

  test('an edge into another configuration, and a forced task below it', async () => {
    using rig = await createRig();
    let times = 0;
    const graph = (): { f1: Task; a1: Map<string, Task> } => {
      const says = (name: string): string => (name === 'a1.compile' ? String(times) : '');
      const a1 = makeTasks(A1, { prefix: 'mc_2:', says });
      const golden: Record<string, GoldenTask> = {};
      for (const [name, task] of Object.entries(A1)) {
        const own = (dep: string): string => `f1${dep.slice(2)}`;
        golden[own(name)] = { ...task, deps: task.deps.map(own) };
      }
      const f1 = makeTasks(golden, { prefix: 'mc-1:' });
      // Tasks are data: the edge is one more input of one of them.
      const edge = a1.get('a1.build')!;
      const changed = new Map<Task, Task>();
      const withEdge = (task: Task): Task => {
        const known = changed.get(task);
        if (known !== undefined) return known;
        const inputs = task.inputs.map((input) =>
          input.kind === 'output' ? { ...input, task: withEdge(input.task) } : input,
        );
        if (task.name === 'mc-1:f1.install') {
          inputs.push({ kind: 'output', at: '/in/edge', task: edge, output: 'out' });
        }
        const made = { ...task, inputs, companions: [] };
        changed.set(task, made);
        return made;
      };
      return { f1: withEdge(f1.get('f1.build')!), a1 };
    };
    const first = await outcomes(rig, [graph().f1]);
    expect(first.run).toEqual([
      ...all('f1').map((name) => `mc-1:${name}`),
      ...all('a1').map((name) => `mc_2:${name}`),
    ]);
    expect(await outcomes(rig, [graph().f1])).toEqual({ run: [], restored: [] });

    times++;
    const { a1 } = graph();
    const compile = a1.get('a1.compile')!;
    const forced = await outcomes(rig, [compile], { policy: { forced: new Set([compile]) } });
    expect(forced).toEqual({ run: ['mc_2:a1.compile'], restored: [] });

    const after = await outcomes(rig, [graph().f1]);
    const before = /a1\.(fetch|unpack|patch|prepare_recipe_sysroot|configure|compile)$/;
    const follows = /f1\.(install|populate_sysroot|package.*|build)$/;
    expect(after.run).toEqual(
      first.run.filter((name) => (name.includes('f1') ? follows.test(name) : !before.test(name))),
    );
    expect(await outcomes(rig, [graph().f1])).toEqual({ run: [], restored: [] });
  });

  test('early cut-off, one level and two: an equal result ends it', async () => {
    using rig = await createRig();
    const tasks = (): Map<string, Task> => makeTasks(B1);
    const first = await outcomes(rig, withMembers(tasks(), 'a1.build', 'b1.build'));
    expect(first.run).toEqual(all('a1', 'b1'));
    const again = tasks();
    const install = again.get('a1.install')!;
    const forced = await outcomes(rig, [install], { policy: { forced: new Set([install]) } });
    expect(forced.run).toEqual(['a1.install']);
    const after = await outcomes(rig, withMembers(tasks(), 'a1.build', 'b1.build'));
    // The original runs what lies between two cached results; here no one needs it.
    expect(after).toEqual({ run: [], restored: [] });

    const both = tasks();
    const changed = new Set(['a1.install', 'b1.install'].map((name) => both.get(name)!));
    const two = await outcomes(rig, [both.get('b1.build')!], { policy: { forced: changed } });
    expect(two.run).toEqual(['a1.install', 'b1.install']);
  });

  test('early cut-off by what somebody else made, with restores under way', async () => {
    using elsewhere = await createRig();
    await elsewhere.build([makeTasks(B1).get('b1.build')!]);
    using rig = await createRig();
    // Another text of a1.install that leaves the same: nobody has its key, everybody what follows.
    const tasks = makeTasks(B1);
    const old = tasks.get('a1.install')!;
    const changed: Task = { ...old, work: { ...old.work, text: 'another text' } as Task['work'] };
    const replaced = new Map<Task, Task>([[old, changed]]);
    const replace = (task: Task): Task => {
      const known = replaced.get(task);
      if (known !== undefined) return known;
      const inputs = task.inputs.map((input) =>
        input.kind === 'output' ? { ...input, task: replace(input.task) } : input,
      );
      const companions = (task.companions ?? []).map((one) => ({
        ...one,
        task: replace(one.task),
      }));
      const made = { ...task, inputs, companions };
      replaced.set(task, made);
      return made;
    };
    const mirrors = storeMirror(rig.store, elsewhere.cache, {
      slow: () => new Promise((resolve) => setImmediate(resolve)),
    });
    const target = replace(tasks.get('b1.build')!);
    const { run, restored } = await outcomes(rig, [target], { mirrors });
    expect(run).toEqual(['a1.install']);
    expect(new Set(restored).size).toBe(restored.length);
    expect(existsSync(join(rig.store.root, 'layers'))).toBe(false);
    // One question for a level, not one for a task.
    expect(mirrors.questions.length).toBeLessThan(25);
    expect(rig.scratch()).toEqual([]);
  });
});
