// Ids of a tree that is known from a run before, against those of one that is not: whatever was done to the tree
// in between, they are the same, and so is all that is wrong with it.
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatDiagnostic } from '../../src/base/diagnostic.ts';
import { temporaryDirectory } from '../../src/base/fs.ts';
import { openStatTable, type Files } from '../../src/base/stat/table.ts';
import { computeIds } from '../../src/package/ids.ts';
import { loadTree } from '../../src/package/tree.ts';
import { withoutUpstream } from '../../src/package/upstream.ts';
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

/** Waits until a file that is written now is stamped later than all before. */
function tick(probe: string): void {
  writeFileSync(probe, '');
  const { ctimeMs } = statSync(probe);
  while (statSync(probe).ctimeMs === ctimeMs) writeFileSync(probe, '');
}

const TREE = {
  'treeinfo.json': '{}',
  'a/buildinfo.json': '{"requires": ["b"]}',
  'a/build': 'a',
  'a/extra/x': '1',
  'a/extra/deep/er/y': '22',
  'a/extra/empty/': '',
  'b/buildinfo.json': '{"requires": []}',
  'b/v.buildinfo.json': '{"requires": ["c"]}',
  'b/build': 'b',
  'b/v.build': 'v',
  'b/extra/x': '1',
  'c/buildinfo.json': '{}',
  'c/build': 'c',
  'other/file': 'no package',
};

const CONTENTS = ['1', '2', '22', '33', '{}', '{"requires": ["a"]}', '{"requires": ["c"]}', '{'];
const NAMES = ['x', 'y', 'deep', 'build', 'buildinfo.json', 'w.buildinfo.json', 'extra', 'd', 'ä'];

interface Edit {
  readonly kind: (typeof KINDS)[number];
  /** Choose what is edited among all there is. */
  readonly one: number;
  readonly other: number;
  readonly name: string;
  readonly content: string;
}

const KINDS = [
  'overwrite',
  'forge',
  'replace',
  'swap',
  'move',
  'remove',
  'add',
  'add folder',
  'link',
  'touch',
  'mode',
] as const;

const edits: fc.Arbitrary<Edit> = fc.record({
  kind: fc.constantFrom(...KINDS),
  one: fc.nat(),
  other: fc.nat(),
  name: fc.constantFrom(...NAMES),
  content: fc.constantFrom(...CONTENTS),
});

/** Does one thing to a tree. What cannot be done is left. */
function apply(root: string, edit: Edit): void {
  const all = readdirSync(root, { recursive: true }).map(String).sort();
  const pick = (number: number): string => join(root, all[number % all.length] ?? '.');
  const [one, other] = [pick(edit.one), pick(edit.other)];
  const isDirectory = (path: string): boolean => lstatSync(path).isDirectory();
  const folder = isDirectory(one) ? one : dirname(one);
  const beside = join(folder, edit.name);
  switch (edit.kind) {
    case 'overwrite':
      if (!isDirectory(one)) writeFileSync(one, edit.content);
      return;
    case 'forge': {
      // Another content of the same size, in place, with the old time put back.
      if (isDirectory(one) || !existsSync(one)) return;
      const { atime, mtime } = statSync(one);
      const flipped = readFileSync(one).map((byte) => (byte === 0x31 ? 0x32 : byte ^ 1));
      writeFileSync(one, flipped);
      utimesSync(one, atime, mtime);
      return;
    }
    case 'replace':
      if (isDirectory(one)) return;
      writeFileSync(`${one}.new`, edit.content);
      renameSync(`${one}.new`, one);
      return;
    case 'swap':
      if (isDirectory(one) || isDirectory(other) || one === other) return;
      renameSync(one, `${one}.swap`);
      renameSync(other, one);
      renameSync(`${one}.swap`, other);
      return;
    case 'move':
      renameSync(one, beside);
      return;
    case 'remove':
      rmSync(one, { recursive: true });
      return;
    case 'add':
      writeFileSync(beside, edit.content);
      return;
    case 'add folder':
      mkdirSync(beside);
      return;
    case 'link':
      rmSync(beside, { force: true });
      symlinkSync(edit.content.length < 3 ? other : edit.name, beside);
      return;
    case 'touch':
      utimesSync(one, edit.one % 1e9, edit.other % 1e9);
      return;
    case 'mode':
      chmodSync(one, isDirectory(one) ? 0o700 : 0o644 + (edit.one % 2) * 0o111);
      return;
  }
}

/** Errors such as that of a directory moved into itself: nothing happened then. */
function tryTo(edit: () => void): void {
  try {
    edit();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
  }
}

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
