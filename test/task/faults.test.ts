// Deliveries and layers under a process that dies, or a disk that refuses, at every single call: what is
// there afterwards is right or is not there, and the next time ends what this one began.
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { removeTree } from '../../src/base/fs.ts';
import { storeTree } from '../../src/cache/tree.ts';
import type { Digest } from '../../src/base/digest.ts';
import { contentsOf, digestsIn } from '../../src/task/contents.ts';
import { Layers } from '../../src/task/layer.ts';
import { deliverTree } from '../../src/task/owned.ts';
import { inspect } from '../../src/sandbox/overlay.ts';
import { createRig, type Rig } from '../rig/engine.ts';
import { failAt, systemFailure, watchFileSystem, type Fault } from '../rig/faults.ts';

type Files = Readonly<Record<string, string>>;

function write(directory: string, files: Files): void {
  mkdirSync(directory, { recursive: true });
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(directory, path, '..'), { recursive: true });
    writeFileSync(join(directory, path), content);
  }
}

function put(rig: Rig, files: Files): Digest {
  const made = mkdtempSync(join(rig.directory, 'made-'));
  write(made, files);
  const stored = storeTree(rig.store, made);
  if (!stored.ok) throw new Error('no tree');
  return stored.value.tree;
}

function read(directory: string, inside = ''): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const at = join(directory, entry.name);
    if (entry.isDirectory()) Object.assign(found, read(at, `${inside}${entry.name}/`));
    else found[inside + entry.name] = readFileSync(at, 'utf8');
  }
  return found;
}

/** Every call from this one on fails: nothing is cleaned up, as if the process had died. */
function dieFrom(index: number): Fault {
  return (call) => {
    if (call.index >= index) throw systemFailure('EIO', call.name);
  };
}

/** What happens up to the fault; how many calls there were without one. */
async function withFault(fault: Fault, doing: () => Promise<unknown>): Promise<number> {
  using watched = watchFileSystem(fault);
  try {
    await doing();
  } catch {
    // What it says is not the question here.
  }
  return watched.calls.length;
}

const FIRST: Files = { v: '1.0', same: 's', 'd/a': 'a', 'd/b': 'b' };
const SECOND: Files = { v: '1.1', same: 's', 'd/a': 'A', e: 'e' };

test.each([
  ['dies', dieFrom],
  ['meets a full disk', (index: number) => failAt(index, 'ENOSPC')],
] as const)('a delivery that %s at any call', async (_, faultAt) => {
  using rig = await createRig();
  const first = put(rig, FIRST);
  const second = put(rig, SECOND);
  const beginnings: (Digest | undefined)[] = [undefined, first];
  for (const before of beginnings) {
    let calls = Infinity;
    for (let index = 0; index < calls; index++) {
      const place = join(rig.directory, 'place');
      removeTree(place);
      const out = join(place, 'out');
      if (before !== undefined) await deliverTree(rig.store, before, out);
      calls = await withFault(faultAt(index), () => deliverTree(rig.store, second, out));
      if (index % 2 === 0) {
        // Back to what it was, where what counts as unchanged matters most.
        expect(await deliverTree(rig.store, first, out)).not.toMatchObject({
          code: 'output/foreign',
        });
        expect(read(out)).toEqual(FIRST);
      }
      await deliverTree(rig.store, second, out);
      expect(read(out)).toEqual(SECOND);
      expect(await deliverTree(rig.store, second, out)).toHaveProperty('current');
      // The call was not reached: it did all that it does.
      if (calls <= index) break;
      calls = Infinity;
    }
    expect(calls).toBeGreaterThan(10);
  }
});

test('a layer whose keeper dies at any call is there whole or not at all', async () => {
  using rig = await createRig();
  const contents = async (directory: string) => {
    const scratch = mkdtempSync(join(rig.directory, 'seen-'));
    const seen = await inspect([directory], scratch, []);
    if (!seen.ok) throw new Error('nothing seen');
    return contentsOf(seen.value, digestsIn(directory, new Map()));
  };
  let calls = Infinity;
  for (let index = 0; index <= calls; index++) {
    removeTree(join(rig.store.root, 'layers'));
    const layers = new Layers(rig.store, true);
    const directory = mkdtempSync(join(rig.directory, 'work-'));
    write(directory, FIRST);
    const made = await contents(directory);
    calls = await withFault(dieFrom(index), () => {
      layers.keep(directory, made, undefined, new Map());
      return Promise.resolve();
    });
    const again = mkdtempSync(join(rig.directory, 'work-'));
    write(again, FIRST);
    const root = layers.keep(again, await contents(again), undefined, new Map());
    const found = layers.find(root);
    expect(found?.directories).toHaveLength(1);
    expect(read(found!.directories[0]!)).toEqual(FIRST);
    expect(layers.filesOf(found!).size).toBe(4);
    if (calls <= index) break;
    calls = Infinity;
  }
  expect(calls).toBeGreaterThan(8);
});

test('a disk that is full while layers are looked at is told as that, with what is free', async () => {
  using rig = await createRig();
  const scratch = mkdtempSync(join(rig.directory, 'full-'));
  symlinkSync('/dev/full', join(scratch, 'listing'));
  const layer = mkdtempSync(join(rig.directory, 'layer-'));
  write(layer, FIRST);
  const seen = await inspect([layer], scratch, []);
  expect(seen).toMatchObject({
    ok: false,
    diagnostics: [
      {
        code: 'fs/enospc',
        message: `cannot look at a tree in layers by way of ${scratch}: no space is left on the device (ENOSPC)`,
        notes: [{ message: expect.stringContaining('are free on the file system of') as string }],
      },
    ],
  });
});
