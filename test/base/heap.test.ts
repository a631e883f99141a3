// The part of the heap where values begin is kept small, unless there is much to do.
import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundleProgram, type Program } from '../rig/child.ts';

const MIB = 2 ** 20;

let program: Program;

beforeAll(async () => {
  program = await bundleProgram(resolve(import.meta.dirname, 'heap.child.ts'));
});

afterAll(() => program[Symbol.dispose]());

/** Its MiB at its largest. */
async function youngFor(work: object): Promise<number> {
  return Number(await program.start(JSON.stringify(work)).line()) / MIB;
}

test.each([{}, { modules: 1000 }, { packages: 1000 }])('it stays small for %j', async (work) => {
  expect(await youngFor(work)).toBeLessThanOrEqual(2);
});

test.each([{ modules: 50_000 }, { packages: 4000 }, { packageModules: 300 }])(
  'it grows for %j',
  async (work) => {
    expect(await youngFor(work)).toBeGreaterThan(8);
  },
);
