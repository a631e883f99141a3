// Ten thousand packages of one tiny file each, by the real program: finding that nothing is to be done, and putting all
// their archives back; beside a hard-link copy and turbo. Building them takes most of the time. Needs `npm run build`.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { measurePeer, PEERS } from './peers.js';
import { measureProgram, programRows } from './program.js';

/** Too many to be among all suites. */
export const minutes = 15;

const COUNT = 10_000;

export async function* suite() {
  const directory = mkdtempSync(join(tmpdir(), 'ashlar-bench-'));
  try {
    const own = measureProgram(join(directory, 'program'), COUNT, 3, { tiny: true });
    yield programRows(own, 'cp -al', own);
    const turbo = PEERS.find(({ name }) => name === 'turbo');
    const theirs = measurePeer(turbo, join(directory, turbo.name), COUNT, own.files, 1);
    if (theirs.problem === undefined) {
      const times = { again: theirs.idle, copy: theirs.back };
      yield programRows(own, turbo.name, times, 'at most 0.1');
    } else console.log(`  turbo is left out: ${theirs.problem}`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
