// What is told of steps that a task could not run: each would otherwise fail in the middle of a build.
import { expect, test } from 'vitest';
import { orderTasks } from '../../../../src/package/module/order.ts';
import { packageValues, type TaskValues } from '../../../../src/package/module/properties.ts';
import { checkStep } from '../../../../src/package/module/step/check.ts';

const SPLIT = { step: 'split', uses: ['package'], outputs: { split: '/out/' } };
const INSTALL = { script: 'x', outputs: { package: '/pkg/install/', log: '/out/log' } };

/** Problems of the task `t`, in a package that installs and splits, by the property that they are at. */
function told(t: Partial<TaskValues>, version = '1'): string[] {
  const { tasks } = packageValues({ tasks: { install: INSTALL, split: SPLIT, t } });
  const { order } = orderTasks(tasks, () => false);
  const outputs = new Map(
    order.flatMap(({ values }) => Object.entries(values.outputs as Record<string, string>)),
  );
  const found: string[] = [];
  checkStep(
    order.find(({ name }) => name === 't')!,
    version,
    outputs,
    (property, message, hint) => found.push(`${property}: ${message}; ${hint ?? '-'}`),
  );
  return found;
}

const WRITE: Partial<TaskValues> = {
  step: 'write_rpm',
  each: 'package',
  uses: ['split'],
  outputs: { rpm: '/out/*.rpm' },
};

test('nothing of one that has all it needs', () => {
  expect(told(WRITE)).toEqual([]);
  expect(told({ ...WRITE, compression: 'xz' })).toEqual([]);
  expect(told({ step: 'fetch', each: 'source', outputs: { got: '/out/' } })).toEqual([]);
  expect(told({ step: 'unpack' })).toEqual([]);
  expect(told({ step: 'deploy', outputs: { all: '/out/' } })).toEqual([]);
});

test('of one that is not made for each package or source', () => {
  expect(told({ ...WRITE, each: undefined })).toEqual([
    'tasks.t.step: the step "write_rpm" is for one package at a time; say each: "package"',
  ]);
  expect(told({ step: 'fetch', each: 'package', outputs: { got: '/out/' } })).toEqual([
    'tasks.t.step: the step "fetch" is for one source at a time; say each: "source"',
  ]);
});

test('of one that has nothing to work on', () => {
  expect(told({ ...WRITE, uses: [] })).toEqual([
    'tasks.t.step: the step "write_rpm" works on what another task leaves, but "t" uses nothing; name an output of another task in "uses"',
  ]);
  expect(told({ ...WRITE, uses: ['log', 'split'] })).toEqual([
    'tasks.t.uses: the step "write_rpm" works on the first output that it uses, but "log" is a file; name one that is a directory before it',
  ]);
  expect(told({ ...WRITE, uses: ['gone'] })).toEqual([
    'tasks.t.uses: the step "write_rpm" works on the output "gone", whose task the package does not have; leave out "t" as well, or let another task have it',
  ]);
});

test('of one that makes another kind of output, or more of them', () => {
  expect(told({ ...WRITE, outputs: { rpm: '/out/*/' } })).toEqual([
    'tasks.t.outputs.rpm: the output of the step "write_rpm" is a file; -',
  ]);
  expect(told({ ...WRITE, outputs: {} })).toEqual([
    'tasks.t.outputs: the step "write_rpm" makes one output, found none; it is a file',
  ]);
  expect(told({ step: 'deploy', outputs: { a: '/out/a/', b: '/out/b/', c: '' } })).toEqual([
    'tasks.t.outputs: the step "deploy" makes one output, found a and b; it is a directory, whose path ends in /',
  ]);
});

test('of what it cannot compress with, and of versions that it cannot say', () => {
  expect(told({ ...WRITE, step: 'write_apk', compression: 'xz' })).toEqual([
    'tasks.t.compression: the task "t" cannot compress with xz; it can with gzip',
  ]);
  expect(told({ script: 'x', compression: 'xz' })).toEqual([
    'tasks.t.compression: the task "t" compresses nothing that could be compressed otherwise; -',
  ]);
  expect(told({ ...WRITE, step: 'write_apk' }, '1.0-rc1')).toEqual([
    'version: "1.0-rc1" is no version that apk has a notation for; what comes before a version is written with ~, for all formats: "1.0~rc1"',
  ]);
});
