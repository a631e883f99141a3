import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { flushTree } from '../../src/install/durable.ts';
import { scratch } from './rig.ts';

test('any tree can be flushed: links, pipes, odd names, files nobody may read', () => {
  using dir = scratch();
  mkdirSync(join(dir.path, 'd/e'), { recursive: true });
  writeFileSync(join(dir.path, 'd/f'), 'x');
  chmodSync(join(dir.path, 'd/f'), 0);
  symlinkSync('/nowhere', join(dir.path, 'd/l'));
  symlinkSync('..', join(dir.path, 'd/e/up'));
  // Opened to be flushed, a pipe would wait for its other end.
  execFileSync('mkfifo', [join(dir.path, 'pipe')]);
  writeFileSync(Buffer.concat([Buffer.from(`${dir.path}/`), Buffer.of(0xff)]), '');
  flushTree(dir.path);
  expect(() => flushTree(join(dir.path, 'none'))).toThrow('ENOENT');
});
