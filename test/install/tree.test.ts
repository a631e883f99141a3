import { mkdirSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { decodeName } from '../../src/install/name.ts';
import { holdsTree, writeTree, type Tree } from '../../src/install/tree.ts';
import { scratch } from './rig.ts';

const tree: Tree = {
  directories: ['lib', 'lib/deep'],
  links: [
    { path: 'bin', target: '../x/bin' },
    { path: 'lib/deep/a', target: '../../../x' },
  ],
  files: [{ path: 'environment', text: 'A=1\n' }],
};

test.each([true, false])('what was written is held (durable: %s)', (durable) => {
  using dir = scratch();
  writeTree(tree, dir.path, durable);
  expect(holdsTree(tree, dir.path)).toBe(true);
});

test('anything else is not held', () => {
  const changes: ((at: string) => void)[] = [
    (at) => rmSync(join(at, 'bin')),
    (at) => rmSync(join(at, 'environment')),
    (at) => rmSync(join(at, 'lib'), { recursive: true }),
    (at) => writeFileSync(join(at, 'environment'), 'A=2\n'),
    (at) => writeFileSync(join(at, 'lib/deep/more'), ''),
    (at) => mkdirSync(join(at, 'more')),
    (at) => {
      rmSync(join(at, 'bin'));
      mkdirSync(join(at, 'bin'));
    },
    (at) => {
      rmSync(join(at, 'bin'));
      symlinkSync('../x/bin2', join(at, 'bin'));
    },
    (at) => {
      rmSync(join(at, 'environment'));
      mkdirSync(join(at, 'environment'));
    },
    (at) => rmSync(at, { recursive: true }),
  ];
  for (const change of changes) {
    using dir = scratch();
    writeTree(tree, dir.path, false);
    change(dir.path);
    expect(holdsTree(tree, dir.path)).toBe(false);
    mkdirSync(dir.path, { recursive: true });
  }
});

test('nothing that is there is written over', () => {
  using dir = scratch();
  writeFileSync(join(dir.path, 'environment'), 'mine');
  expect(() => writeTree(tree, dir.path, false)).toThrow('EEXIST');
});

test('others can read it whatever the umask', () => {
  using dir = scratch();
  // 0o777 would keep even the owner out of what it makes.
  const before = process.umask(0o777);
  try {
    writeTree(tree, dir.path, true);
  } finally {
    process.umask(before);
  }
  expect(statSync(join(dir.path, 'lib/deep')).mode & 0o777).toBe(0o755);
  expect(statSync(join(dir.path, 'environment')).mode & 0o777).toBe(0o644);
});

test('names that are not UTF-8 are written as their bytes', () => {
  using dir = scratch();
  const name = decodeName(Buffer.from([0x66, 0xff, 0xfe]));
  const odd: Tree = {
    directories: [name],
    links: [{ path: `${name}/l`, target: name }],
    files: [],
  };
  writeTree(odd, dir.path, true);
  expect(holdsTree(odd, dir.path)).toBe(true);
  expect(readdirSync(dir.path, { encoding: 'buffer' })).toEqual([Buffer.from([0x66, 0xff, 0xfe])]);
});
