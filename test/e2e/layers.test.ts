// Packages whose tasks go on from each other's trees, killed at moments all over a build.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { digestFile } from '../../src/base/digest.ts';
import { rigsOfOneProcess } from '../rig/again.ts';
import type { Rig } from '../rig/program.ts';

const createRig = rigsOfOneProcess();

function stack(): Rig {
  return createRig('stack');
}

/** Digests of what a build leaves in the tree, by path. */
function results(rig: Rig): Record<string, string> {
  const found: Record<string, string> = {};
  for (const place of ['out', 'cache']) {
    const directory = join(rig.directory, place);
    for (const path of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
      if (!/\.(deb|tar\.xz|manifest)$/.test(path)) continue;
      found[`${place}/${path}`] = digestFile(join(directory, path)).hash;
    }
  }
  return found;
}

const BUILD = ['build', '--packages', '.', '--plain'];

test('kill -9 anywhere: the next build ends the same, and nothing is left behind', async () => {
  using reference = stack();
  const first = reference.run(BUILD, { cwd: reference.directory });
  expect([first.status, first.stderr]).toEqual([0, first.stderr]);
  const wanted = results(reference);
  expect(Object.keys(wanted).length).toBeGreaterThan(1);

  using rig = stack();
  for (let round = 0; round < 6; round++) {
    const started = rig.start(BUILD, { cwd: rig.directory });
    const timer = setTimeout(() => started.kill('SIGKILL'), 200 + round * 450);
    await started.ended;
    clearTimeout(timer);
  }
  const last = rig.run(BUILD, { cwd: rig.directory });
  expect([last.status, last.stderr]).toEqual([0, last.stderr]);
  expect(results(rig)).toEqual(wanted);
  expect(readdirSync(join(rig.env['ASHLAR_STORE']!, 'work'))).toEqual([]);
  expect(readFileSync('/proc/mounts', 'utf8')).not.toContain(rig.directory);
});

test('two builds at once on the same layers agree', async () => {
  using reference = stack();
  reference.run(BUILD, { cwd: reference.directory });
  using rig = stack();
  const runs = await Promise.all(
    [1, 2, 3].map(() => rig.start(BUILD, { cwd: rig.directory }).ended),
  );
  expect(runs.map(({ status, stderr }) => (status === 0 ? '' : stderr))).toEqual(['', '', '']);
  expect(results(rig)).toEqual(results(reference));
});
