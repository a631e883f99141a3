// Values that name the checkout are errors, wherever they are; values that only look so are not.
import { describe, expect, test } from 'vitest';
import { computeKeys } from '../../src/task/key.ts';
import type { Task } from '../../src/task/task.ts';
import { workspacePaths } from '../../src/task/workspace.ts';
import { createRig, scriptTask } from '../rig/engine.ts';

const TREE = '/home/somebody/tree';

function problemsOf(task: Task, directories = [TREE]): string[] {
  const keys = computeKeys([task]);
  return workspacePaths([{ task, key: keys.get(task)! }], directories).map(
    ({ message }) => message,
  );
}

const at = { file: 'Blueprints' };
const variable = (value: string): Task => scriptTask({ name: 't', variables: { X: value } });

describe('is an error', () => {
  test.each<[string, Task, string]>([
    ['a variable', variable(`-I${TREE}/include`), 'variables.X'],
    ['one that is the path', variable(TREE), 'variables.X'],
    ['the end of a list', variable(`a:${TREE}`), 'variables.X'],
    ['a script', scriptTask({ name: 't', text: `cd "${TREE}"` }), 'script'],
    [
      'a text',
      scriptTask({ name: 't', inputs: [{ kind: 'text', at: '/in/f', content: `${TREE}/x` }] }),
      'inputs./in/f',
    ],
    [
      'the target of a link',
      scriptTask({ name: 't', inputs: [{ kind: 'link', at: '/in/l', target: `${TREE}/x` }] }),
      'inputs./in/l',
    ],
  ])('%s', (_, task, path) => {
    expect(problemsOf(task)).toEqual([`t: ${path} contains the path of this checkout, ${TREE}`]);
  });

  test('once, at the place where it was set', () => {
    const task = { ...variable(`${TREE}/a`), origins: new Map([['variables.X', at]]) };
    const keys = computeKeys([task]);
    const found = workspacePaths([{ task, key: keys.get(task)! }], [TREE, '/home/somebody']);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ code: 'task/workspace-path', at, fault: 'definition' });
  });

  test('for a path that JSON writes otherwise', () => {
    const odd = '/home/some "body"\\x';
    expect(problemsOf(variable(`${odd}/a`), [odd])).toHaveLength(1);
  });
});

describe('is no error', () => {
  test.each<[string, Task, string[]]>([
    ['a longer name', variable(`${TREE}s/x`), [TREE]],
    ['another path that ends so', variable('build/src'), ['/src']],
    ['a path inside', variable('/in/x'), ['/in']],
    ['the root directory', variable('/x'), ['/']],
    [
      'where a file comes from',
      scriptTask({
        name: 't',
        inputs: [
          {
            kind: 'file',
            at: '/in/f',
            source: `${TREE}/f`,
            digest: { hash: 'a'.repeat(64) as never, size: 1 },
            executable: false,
          },
        ],
      }),
      [TREE],
    ],
  ])('%s', (_, task, directories) => {
    expect(problemsOf(task, directories)).toEqual([]);
  });
});

test('a build with such a value does not begin', async () => {
  using rig = await createRig();
  const task = variable(`${TREE}/x`);
  await expect(rig.build([task], { workspace: [TREE] })).rejects.toThrow('path of this checkout');
  expect(rig.ran).toEqual([]);
});
