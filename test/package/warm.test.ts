// Ids of a tree that is known from a run before, against those of one that is not: whatever was done to the tree
// in between, they are the same, and so is all that is wrong with it.
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatDiagnostic } from '../../src/base/diagnostic.ts';
import { temporaryDirectory } from '../../src/base/fs.ts';
import { openStatTable, type Files } from '../../src/base/stat/table.ts';
import { computeIds } from '../../src/package/ids.ts';
import { loadTree } from '../../src/package/tree.ts';
import { withoutUpstream } from '../../src/package/upstream.ts';
import { apply, edits, tick, TREE, tryTo } from '../rig/edits.ts';
import { GOLDEN_INPUTS, idsBySpelling, writeFiles } from './rig.ts';

/** All that `ashlar ids` could tell of a tree. */
async function told(directory: string, files: Files): Promise<object> {
  const options = { cwd: directory, checkoutUpstream: withoutUpstream, files };
  const tree = await loadTree(directory, options);
  if (!tree.ok) return tree.diagnostics.map(formatDiagnostic).sort();
  const ids = await computeIds(tree.value, { ...GOLDEN_INPUTS, files });
  return [idsBySpelling(ids), ids.diagnostics.map(formatDiagnostic).sort()];
}

/** Trusts all files but those changed in the tick of the clock that stamps them: what `tick` ends. */
const trusting = (): number => Date.now() + 60_000;

test('ids are the same whether a tree is known or not, whatever was done to it', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(edits, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 5 }),
      async (steps) => {
        using root = temporaryDirectory(tmpdir(), 'ashlar-warm');
        const tree = join(root.path, 'packages');
        const file = join(root.path, 'table');
        writeFiles(tree, TREE);
        for (const step of [[], [], ...steps, []]) {
          for (const edit of step) tryTo(() => apply(tree, edit));
          tick(join(root.path, 'probe'));
          const table = openStatTable(file, trusting);
          const warm = await told(tree, table);
          // As a build does: other facts of some of the same files.
          for (const path of [join(tree, 'a/extra/x'), join(tree, 'b/build')]) {
            tryTo(() => void table.digest(path));
          }
          table.save();
          expect(warm).toEqual(await told(tree, openStatTable(undefined)));
        }
      },
    ),
    { numRuns: 25, endOnFailure: true },
  );
}, 120_000);

test('a change during a run shows in the next one', async () => {
  using root = temporaryDirectory(tmpdir(), 'ashlar-warm');
  const tree = join(root.path, 'packages');
  const file = join(root.path, 'table');
  writeFiles(tree, TREE);
  tick(join(root.path, 'probe'));
  for (const content of ['7', '8', '9']) {
    const table = openStatTable(file, trusting);
    await told(tree, table);
    writeFileSync(join(tree, 'a/extra/x'), content);
    tick(join(root.path, 'probe'));
    table.digest(join(tree, 'a/extra/x'));
    await told(tree, table);
    table.save();
    const next = openStatTable(file, trusting);
    expect(await told(tree, next)).toEqual(await told(tree, openStatTable(undefined)));
    next.save();
  }
});
