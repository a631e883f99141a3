// Scripts that run where their directories lie, not where they say.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Task } from '../../src/task/task.ts';
import { mentions, unmount, unmountedHint } from '../../src/task/unmounted.ts';
import { scratch } from '../rig/scratch.ts';

const place = scratch();
afterAll(() => place[Symbol.dispose]());

const task: Task = {
  name: 'p:build',
  work: {
    kind: 'script',
    text: 'cd /pkg/work',
    functions: { f: 'g' },
    image: { name: 'i', identity: 'i', impure: false, mounts: [], links: {} },
    workdir: '/pkg/work',
  },
  variables: { A: '/pkg/work' },
  volatile: { N: '2' },
  directories: [
    { at: '/pkg/work', writable: true },
    { at: '/opt/x', writable: false },
    { at: '/opt/x/packages/p', writable: true },
  ],
  inputs: [],
  outputs: {},
  shared: true,
  network: false,
  pool: 'cpu',
  limits: {},
};

const locate = (inside: string): string => join(place.path, inside.replaceAll('/', '_'));

test('paths of the build are translated in texts, those of the root are not', () => {
  const there = mentions(task, '/opt/x', locate);
  expect(there('cd /pkg/work/a; ls /opt/x/bin /opt/x/packages/p')).toBe(
    `cd ${place.path}/_pkg_work/a; ls /opt/x/bin /opt/x/packages/p`,
  );
});

test('a task that does not say how is left to the sandbox', () => {
  expect(unmount(task, locate)).toBeUndefined();
});

test('what a task says takes the place of its script, its environment and its files', () => {
  const asked: string[] = [];
  const moved = unmount(
    {
      ...task,
      unmounted: (at) => {
        asked.push(at('/pkg/work/x'), at('/nowhere'));
        return {
          text: 'other',
          variables: { A: 'a' },
          volatile: { N: '3' },
          files: new Map([['/pkg/work/script', Buffer.from('text')]]),
        };
      },
    },
    locate,
  );
  expect(moved).toMatchObject({
    work: { text: 'other', functions: {}, workdir: '/pkg/work' },
    variables: { A: 'a' },
    volatile: { N: '3' },
  });
  // What is in no directory of the task is where it says.
  expect(asked).toEqual([locate('/pkg/work/x'), '/nowhere']);
  expect(readFileSync(locate('/pkg/work/script'), 'utf8')).toBe('text');
});

test.each([
  ['cat: /opt/x/lib/a: No such file or directory', true],
  ['bash: line 1: /opt/x/bin/tool: No such file or directory', true],
  ["ls: cannot access '/pkg/work': Permission denied", true],
  ['cat: /opt/xy: No such file or directory', false],
  ['installing /opt/x/bin', false],
])('%s: hint %s', (line, hinted) => {
  expect(unmountedHint(task, ['before', line]) !== undefined).toBe(hinted);
});
