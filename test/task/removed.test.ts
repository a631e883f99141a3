// How a store that goes away below a task is told from a task that fails.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { buildError, environmentError, type Diagnostic } from '../../src/base/diagnostic.ts';
import { systemError } from '../../src/base/fs.ts';
import type { Workspace } from '../../src/cache/work.ts';
import { isStoreRemoved, lacksInputs } from '../../src/task/removed.ts';
import type { Input, Task } from '../../src/task/task.ts';
import { scratch } from '../rig/scratch.ts';

const place = scratch();
afterAll(() => place[Symbol.dispose]());
const root = place.at('store');
const path = join(root, 'work/mine');
const executor = { store: { root }, workspace: { path } as Workspace };

beforeEach(() => {
  mkdirSync(path, { recursive: true });
  writeFileSync(join(root, 'version'), '1\n');
});

const failed = (diagnostic: Diagnostic): boolean =>
  isStoreRemoved(executor, { diagnostics: [diagnostic], tail: [] });
const script = buildError({ code: 'task/failed', message: 'it failed' });
const missing = (file: string, named = file): Diagnostic =>
  systemError('read', Object.assign(new Error(), { code: 'ENOENT', path: file }), named);

test('a failure is what it is while the store is there', () => {
  expect(failed(script)).toBe(false);
  expect(failed(missing('/elsewhere/file'))).toBe(false);
  expect(failed(missing(`${root}-beside/file`))).toBe(false);
});

test('a file of the store that went away tells before the rest is gone', () => {
  expect(failed(missing(join(path, 'task/0/file')))).toBe(true);
  expect(failed(missing(join(path, 'task/0/file'), 'what people know'))).toBe(true);
});

test('what a message says decides nothing', () => {
  const file = join(path, 'task/0/file');
  expect(failed(missing('/elsewhere/file', file))).toBe(false);
  const message = `cannot read ${file}: it does not exist`;
  expect(failed(environmentError({ code: 'fs/enoent', message }))).toBe(false);
  expect(failed(environmentError({ code: 'fs/eio', message, path: file }))).toBe(false);
});

test.each([path, join(root, 'version')])('without %s any failure is for that', (gone) => {
  rmSync(gone, { recursive: true });
  expect(failed(script)).toBe(true);
});

test('inputs that a task cannot have removed itself are missing, others may be', () => {
  const text = (at: string): Input => ({ kind: 'text', at, content: '' });
  const task = {
    directories: [
      { at: '/src', writable: false },
      { at: '/tree', writable: true },
      { at: '/deps', writable: false },
    ],
    inputs: [
      text('/src/a'),
      text('/tree/b'),
      { kind: 'packages', at: '/deps', packages: [{ id: 'p--1' }] },
    ],
  } as unknown as Task;
  const locate = (inside: string): string => place.at('staged', inside);
  mkdirSync(locate('/src'), { recursive: true });
  mkdirSync(locate('/deps/packages/p--1'), { recursive: true });
  writeFileSync(locate('/src/a'), '');
  expect(lacksInputs(task, locate)).toBe(false);
  rmSync(locate('/deps/packages/p--1'), { recursive: true });
  expect(lacksInputs(task, locate)).toBe(true);
  mkdirSync(locate('/deps/packages/p--1'));
  rmSync(locate('/src/a'));
  expect(lacksInputs(task, locate)).toBe(true);
});
