// What a key depends on and what it does not, and that keys stay what they are.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson, digestOf } from '../../src/base/digest.ts';
import { actionDigest, computeKeys, taskKey, taskRecord } from '../../src/task/key.ts';
import type { Script, Task, TaskResult } from '../../src/task/task.ts';
import { scriptTask } from '../rig/engine.ts';

const noDependencies = (): never => {
  throw new Error('this task has no dependencies');
};
const keyOf = (task: Task): string => taskKey(task, noDependencies).key.hash;

const BASE: Task = {
  name: 'zlib:build',
  work: {
    kind: 'script',
    text: 'make install',
    image: { name: 'host', identity: 'image-1', impure: true, mounts: [], links: {} },
    workdir: '/pkg/work',
  },
  variables: { A: '1', B: '2' },
  volatile: { NUM_CORES: '2' },
  directories: [
    { at: '/pkg/src', writable: false },
    { at: '/pkg/work', writable: true },
  ],
  inputs: [
    { kind: 'text', at: '/pkg/src/note', content: 'text' },
    {
      kind: 'file',
      at: '/pkg/src/f',
      source: '/somewhere/f',
      digest: digestOf('f'),
      executable: true,
    },
    { kind: 'link', at: '/pkg/src/l', target: 'f' },
    { kind: 'directory', at: '/pkg/src/empty' },
  ],
  outputs: { out: { at: '/pkg/work/out', kind: 'tree' } },
  shared: true,
  network: false,
  pool: 'cpu',
  limits: { timeoutMs: 1000 },
};

test('a record is canonical JSON of all that counts', () => {
  expect(canonicalJson(taskRecord(BASE, noDependencies))).toBe(
    `{"directories":[{"at":"/pkg/src","writable":false},{"at":"/pkg/work","writable":true}],` +
      `"inputs":[{"at":"/pkg/src/note","text":"text"},` +
      `{"at":"/pkg/src/f","executable":true,"file":"${digestOf('f').hash}"},` +
      `{"at":"/pkg/src/l","link":"f"},{"at":"/pkg/src/empty","directory":true}],"network":false,` +
      `"outputs":{"out":{"at":"/pkg/work/out","kind":"tree"}},` +
      `"platform":"${process.platform}-${process.arch}","variables":{"A":"1","B":"2"},"version":1,` +
      `"volatile":["NUM_CORES"],` +
      `"work":{"image":"image-1","script":"make install","workdir":"/pkg/work"}}`,
  );
});

test('known keys: a changed one is a change of format', () => {
  // The record names the platform, so these are known for one.
  if (process.platform !== 'linux' || process.arch !== 'x64') return;
  expect(keyOf(BASE)).toBe('307c0998850b31df935be0a0037c13d2b70001eb65a17fafa5cfcfd23819b95d');
  expect(actionDigest(BASE, noDependencies).key.hash).toBe(
    '23aada329842edb94d0c0efe7ebd37a0210cdc83bb2c22635a31ac1abf5f14c7',
  );
});

describe('changes the key', () => {
  const script = BASE.work.kind === 'script' ? BASE.work : noDependencies();
  const changed: Record<string, Partial<Task>> = {
    'script text': { work: { ...script, text: 'make  install' } },
    'image identity': { work: { ...script, image: { ...script.image, identity: 'image-2' } } },
    'work directory': { work: { ...script, workdir: '/pkg' } },
    'a value': { variables: { A: '1', B: '3' } },
    'a variable': { variables: { A: '1' } },
    'a volatile name': { volatile: { NUM_CPUS: '2' } },
    'what is writable': { directories: BASE.directories.map((d) => ({ ...d, writable: true })) },
    'a file': {
      inputs: [{ ...BASE.inputs[1]!, digest: digestOf('g') } as Task['inputs'][number]],
    },
    'an executable bit': {
      inputs: [{ ...BASE.inputs[1]!, executable: false } as Task['inputs'][number]],
    },
    'an output': { outputs: { out: { at: '/pkg/work/out2', kind: 'tree' } } },
    network: { network: true },
  };
  test.each(Object.keys(changed))('%s', (what) => {
    const task = { ...BASE, ...changed[what] };
    expect(keyOf(task)).not.toBe(keyOf(BASE));
  });
});

test('changes the key: each part of what comes from another task', () => {
  const one = scriptTask({ name: 'one' });
  const two = scriptTask({ name: 'two', text: 'another' });
  const archive = {
    kind: 'archive',
    at: '/pkg/src',
    task: one,
    output: 'out',
    name: 'a.tar',
  } as const;
  const item = { id: 'zlib--1', task: one, output: 'out' };
  const packages = (some: readonly object[], at = '/opt/a'): Task['inputs'][number] =>
    ({ kind: 'packages', at, packages: some }) as Task['inputs'][number];
  const inputs: Task['inputs'][number][] = [
    { kind: 'output', at: '/pkg/src', task: one, output: 'out' },
    { kind: 'output', at: '/pkg/src', task: one, output: 'log' },
    { kind: 'output', at: '/pkg/in', task: one, output: 'out' },
    { kind: 'output', at: '/pkg/src', task: two, output: 'out' },
    archive,
    { ...archive, name: 'a.zip' },
    { ...archive, output: 'log' },
    { ...archive, task: two },
    packages([]),
    packages([item]),
    packages([{ ...item, id: 'zlib--2' }]),
    packages([{ ...item, output: 'log' }]),
    packages([{ ...item, task: two }]),
    packages([item], '/opt/b'),
    packages([item, { ...item, id: 'zstd--1' }]),
  ];
  const keys = inputs.map((input) => {
    const task = { ...BASE, inputs: [input] };
    return computeKeys([one, two, task]).get(task)!.key.hash;
  });
  expect(new Set(keys).size).toBe(inputs.length);
});

describe('does not change the key', () => {
  const unchanged: Record<string, Partial<Task>> = {
    'its name': { name: 'other:build' },
    'a volatile value': { volatile: { NUM_CORES: '64' } },
    'where the checkout is': {
      inputs: BASE.inputs.map((input) =>
        input.kind === 'file' ? { ...input, source: '/elsewhere/f' } : input,
      ),
    },
    'limits, pool, sharing': { limits: {}, pool: 'download', shared: false },
    'the order of variables': { variables: { B: '2', A: '1' } },
  };
  test.each(Object.keys(unchanged))('%s', (what) => {
    const task = { ...BASE, ...unchanged[what] };
    expect(keyOf(task)).toBe(keyOf(BASE));
    expect(actionDigest(task, noDependencies).key).toEqual(actionDigest(BASE, noDependencies).key);
  });
});

test('the key is over values as they are written, the action digest over what they come to', () => {
  const task = (value: string, written: string): Task => ({
    ...BASE,
    variables: { A: value },
    written: { A: written },
  });
  const [one, unfolded, rewritten] = [
    task('x y', '${LIST}'),
    task('x z', '${LIST}'),
    task('x y', 'x ${LAST}'),
  ];
  expect(keyOf(unfolded)).toBe(keyOf(one));
  expect(keyOf(rewritten)).not.toBe(keyOf(one));
  const action = (of: Task): string => actionDigest(of, noDependencies).key.hash;
  expect(action(unfolded)).not.toBe(action(one));
  expect(action(rewritten)).toBe(action(one));
});

test('a change at the bottom changes every key above it, and no other', () => {
  const make = (text: string): Task[] => {
    const a = scriptTask({ name: 'a', text });
    const b = scriptTask({ name: 'b', needs: [a] });
    const other = scriptTask({ name: 'other' });
    return [a, b, scriptTask({ name: 'c', needs: [b] }), other];
  };
  const before = [...computeKeys(make('one')).values()].map(({ key }) => key.hash);
  const after = [...computeKeys(make('two')).values()].map(({ key }) => key.hash);
  expect(before.map((key, i) => key === after[i])).toEqual([false, false, false, true]);
});

test('the action digest depends on what dependencies left, not on how they were made', () => {
  const result = (text: string): TaskResult => ({
    outputs: { out: { kind: 'tree', tree: digestOf(`tree ${text}`), root: digestOf(text) } },
    startedMs: 0,
    completedMs: 0,
  });
  const consumer = (text: string): Task =>
    scriptTask({ name: 'b', needs: [scriptTask({ name: 'a', text })] });
  const one = actionDigest(consumer('one'), () => result('same'));
  const two = actionDigest(consumer('two'), () => result('same'));
  expect(one.key).toEqual(two.key);
  expect(actionDigest(consumer('one'), () => result('other')).key).not.toEqual(one.key);
});

test('inputs under one path do not hide each other in the action digest', () => {
  const tree = (root: string): TaskResult => ({
    outputs: { out: { kind: 'tree', tree: digestOf(root), root: digestOf(root) } },
    startedMs: 0,
    completedMs: 0,
  });
  const outer = scriptTask({ name: 'outer' });
  const task: Task = {
    ...BASE,
    inputs: [
      { kind: 'output', at: '/pkg/src', task: outer, output: 'out' },
      { kind: 'text', at: '/pkg/src/note', content: 'text' },
    ],
  };
  expect(actionDigest(task, () => tree('x')).key).not.toEqual(
    actionDigest(task, () => tree('y')).key,
  );
});

test('records of different inputs differ: no value can imitate another', () => {
  const values = fc.dictionary(fc.string(), fc.string(), { maxKeys: 4 });
  fc.assert(
    fc.property(values, values, (a, b) => {
      const same = canonicalJson(a) === canonicalJson(b);
      const equal = keyOf({ ...BASE, variables: a }) === keyOf({ ...BASE, variables: b });
      expect(equal).toBe(same);
    }),
    { numRuns: 300 },
  );
});

test('its text is canonical, in whatever order names of variables, outputs and parameters were given', () => {
  const name = fc.constantFrom('a', 'B', 'b', '10', '9', '_', 'ä', '\uffff', '\u{1f600}');
  const text = fc.string({ unit: 'binary', maxLength: 3 });
  const step = {
    kind: 'step',
    name: 'pack',
    version: 2,
    run: () => Promise.reject(new Error('not to be run')),
  } as const;
  fc.assert(
    fc.property(
      fc.dictionary(name, text),
      fc.option(fc.dictionary(name, text), { nil: undefined }),
      fc.dictionary(name, fc.dictionary(name, fc.oneof(text, fc.boolean()))),
      fc.dictionary(name, fc.constant({ kind: 'tree', at: '/pkg/work/out' } as const)),
      fc.boolean(),
      (variables, functions, parameters, outputs, isStep) => {
        const script = { ...BASE.work, ...(functions === undefined ? {} : { functions }) };
        const work = isStep ? { ...step, parameters } : (script as Task['work']);
        const task: Task = { ...BASE, variables, outputs, work };
        const { record } = taskKey(task, noDependencies);
        expect(record).toBe(canonicalJson(taskRecord(task, noDependencies)));
        expect(Object.keys(JSON.parse(record!) as object)).toHaveLength(9);
      },
    ),
    { numRuns: 500 },
  );
});

test('members of a record stand in canonical order, whatever a task has', () => {
  const below = scriptTask({ name: 'below' });
  const key = digestOf('below');
  const task: Task = {
    ...BASE,
    after: [below],
    directories: [
      { at: '/pkg/src', writable: false },
      { at: '/pkg/work', writable: true, layer: { on: below } },
      { at: '/pkg/tmp', writable: true, layer: { on: undefined } },
    ],
    inputs: [
      ...BASE.inputs,
      { kind: 'output', at: '/pkg/o', task: below, output: 'out' },
      { kind: 'archive', at: '/pkg/a', task: below, output: 'out', name: 'a.tar' },
      { kind: 'packages', at: '/pkg/p', packages: [{ id: 'a--1', task: below, output: 'out' }] },
    ],
    work: { ...(BASE.work as Script), functions: { a: 'true' } },
  };
  const record = taskRecord(task, () => ({ key, blobs: [] }));
  expect(JSON.stringify(record)).toBe(canonicalJson(record));
});
