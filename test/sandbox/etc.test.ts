// The generated /etc: the same bytes everywhere.
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { etcDirectory } from '../../src/sandbox/etc.ts';
import { isRoot, scratch } from './rig.ts';

const NONE = { directories: [], files: [] };

function made(parent: string, points = NONE as Parameters<typeof etcDirectory>[1]): string {
  const etc = etcDirectory(parent, points);
  if (!etc.ok) throw new Error(etc.diagnostics[0]!.message);
  return etc.value;
}

test('its name is made from its content', () => {
  using one = scratch();
  using two = scratch();
  expect(basename(made(one.path))).toBe('etc-b0e2deee49f4177f');
  expect(basename(made(join(two.path, 'deep/er')))).toBe(basename(made(one.path)));
  const other = made(one.path, { directories: ['a', 'b/c'], files: ['d/e', 'f'] });
  expect(basename(other)).not.toBe(basename(made(one.path)));
  const same = made(one.path, { directories: ['b/c', 'a'], files: ['f', 'd/e'] });
  expect(same).toBe(other);
  expect(readdirSync(other)).toEqual(expect.arrayContaining(['a', 'b', 'd', 'f', 'passwd']));
  expect(statSync(join(other, 'b/c')).isDirectory()).toBe(true);
  expect(readFileSync(join(other, 'd/e'), 'utf8')).toBe('');
});

test('modes and times are fixed, whatever the umask', () => {
  using work = scratch();
  const before = process.umask(0o777);
  let etc;
  try {
    mkdirSync(join(work.path, 'state'));
    chmodSync(join(work.path, 'state'), 0o700);
    etc = made(join(work.path, 'state'), { directories: ['alternatives'], files: ['resolv.conf'] });
  } finally {
    process.umask(before);
  }
  for (const name of readdirSync(etc)) {
    const stat = lstatSync(join(etc, name));
    if (stat.isSymbolicLink()) continue;
    expect([name, stat.mode & 0o777, stat.mtimeMs]).toEqual([
      name,
      stat.isDirectory() ? 0o755 : 0o644,
      315_532_800_000,
    ]);
  }
});

test('what was changed is made again', () => {
  using work = scratch();
  const etc = made(work.path);
  writeFileSync(join(etc, 'passwd'), 'evil');
  expect(made(work.path)).toBe(etc);
  expect(readFileSync(join(etc, 'passwd'), 'utf8')).toContain('build:x:1000');
  expect(readdirSync(work.path)).toEqual([basename(etc)]);
});

test('a place that cannot be written to is a diagnostic', () => {
  using work = scratch();
  writeFileSync(join(work.path, 'file'), '');
  const etc = etcDirectory(join(work.path, 'file/state'), NONE);
  expect(etc).toMatchObject({
    ok: false,
    diagnostics: [{ code: 'fs/enotdir', fault: 'environment' }],
  });
  if (isRoot) return;
  chmodSync(work.path, 0o500);
  expect(etcDirectory(join(work.path, 'state'), NONE)).toMatchObject({
    diagnostics: [{ code: 'fs/eacces' }],
  });
});
