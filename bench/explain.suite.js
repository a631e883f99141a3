// What explaining costs: the same trivial tasks with and without it, in CPU time of the engine itself and
// of what it starts. Tasks that do nothing are the worst case: a real one takes a hundred times longer.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle } from './bundle.js';
import { childCpu, median } from './row.js';

const COUNT = 500;
const ROUNDS = 3;

export async function suite() {
  const directory = mkdtempSync(join(tmpdir(), 'ashlar-bench-explain-'));
  try {
    const { scheduleTasks } = await import(await bundle('schedule.ts', directory));
    const first = { on: [], off: [] };
    const again = { on: [], off: [] };
    for (let round = 0; round < ROUNDS; round++) {
      // Turn about, so that neither has the warmer machine.
      for (const mode of round % 2 === 0 ? ['on', 'off'] : ['off', 'on']) {
        const explain = mode === 'on';
        const at = join(directory, `${mode}-${round}`);
        first[mode].push(await cpuOf(() => scheduleTasks(at, COUNT, { explain, flags: '-O2' })));
        again[mode].push(await cpuOf(() => scheduleTasks(at, COUNT, { explain, flags: '-O3' })));
        rmSync(at, { recursive: true, force: true });
      }
    }
    const row = (name, { on, off }) => ({
      name: `${name}, explained, CPU`,
      value: median(on),
      unit: 's',
      peer: { name: 'not explained', value: median(off) },
      target: 'not measurable',
    });
    return [
      row(`${COUNT} trivial tasks for the first time`, first),
      row(`${COUNT} trivial tasks again, each with a variable changed`, again),
    ];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Seconds of this process and of its children. */
async function cpuOf(work) {
  const own = process.cpuUsage();
  const children = childCpu();
  await work();
  const { user, system } = process.cpuUsage(own);
  return (user + system) / 1e6 + childCpu() - children;
}
