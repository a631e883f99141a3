// Which files of two results differ, and which tasks are in a sample.
import { symlinkSync, writeFileSync, chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import { outputDifferences } from '../../src/task/outputs.ts';
import { inSample } from '../../src/task/verify.ts';
import { createRig, scriptTask, type Behaviour } from '../rig/engine.ts';

test('the entries that differ are found, each with what it was', async () => {
  using rig = await createRig();
  const make =
    (second: boolean): Behaviour =>
    ({ locate }) => {
      const out = locate('/out/tree');
      mkdirSync(join(out, 'd'));
      writeFileSync(join(out, 'd/same'), 'same');
      writeFileSync(join(out, 'd/text'), second ? '2' : '1');
      writeFileSync(join(out, 'mode'), '');
      chmodSync(join(out, 'mode'), second ? 0o755 : 0o644);
      symlinkSync(second ? 'b' : 'a', join(out, 'link'));
      writeFileSync(join(out, second ? 'only-2' : 'only-1'), '');
      return 0;
    };
  const first = scriptTask({ name: 'first', does: make(false) });
  const second = scriptTask({ name: 'second', does: make(true) });
  const { results } = await rig.build([first, second]);
  const found = outputDifferences(rig.store, results.get(first)!, results.get(second)!);
  expect(found.map(({ path, first, second }) => [path, first?.kind, second?.kind])).toEqual([
    ['d/text', 'file', 'file'],
    ['link', 'link', 'link'],
    ['mode', 'file', 'file'],
    ['only-1', 'file', undefined],
    ['only-2', undefined, 'file'],
  ]);
  expect(outputDifferences(rig.store, results.get(first)!, results.get(first)!)).toEqual([]);
});

test('a sample is the same everywhere, and as large as was asked for', () => {
  const keys = Array.from({ length: 10_000 }, (_, i) => digestOf(String(i)).hash);
  const sampled = (percent: number): number => keys.filter((key) => inSample(key, percent)).length;
  expect(sampled(0)).toBe(0);
  expect(sampled(100)).toBe(10_000);
  expect(sampled(10)).toBeGreaterThan(900);
  expect(sampled(10)).toBeLessThan(1100);
  // What is in a small sample is in a larger one, too.
  expect(keys.filter((key) => inSample(key, 5) && !inSample(key, 10))).toEqual([]);
});
