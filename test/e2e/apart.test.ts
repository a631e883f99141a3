// Processes that use one store and cannot see each other's locks, as on two machines with one network file
// system: work may be done twice, and nothing is ever wrong.
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { digestFile } from '../../src/base/digest.ts';
import { createRig, PROGRAM, type Rig, type Run } from '../rig/program.ts';

/** Locks are seen within one network namespace. */
const apart = spawnSync('unshare', ['-n', 'true']).status === 0;

function elsewhere(rig: Rig, cwd: string, argv: readonly string[]): Promise<Run> {
  const child = spawn('unshare', ['-n', PROGRAM, ...argv], { cwd, env: rig.env });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((done) => {
    child.on('close', (status) => done({ status, stdout, stderr }));
  });
}

function archives(packages: string): string[] {
  return readdirSync(join(packages, 'cache/packages'), { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.tar.xz'))
    .sort()
    .map((name) => `${name} ${digestFile(join(packages, 'cache/packages', name)).hash}`);
}

describe.skipIf(!apart)('without locks in common', () => {
  test('builds in one store agree, while others make room in it', async () => {
    using rig = createRig();
    for (let i = 0; i < 3; i++) {
      rig.write({
        [`p${i}/buildinfo.json`]: JSON.stringify({ requires: i === 0 ? [] : [`p${i - 1}`] }),
        [`p${i}/build`]: `mkdir $PKG_PATH/lib; seq ${i} 500 > $PKG_PATH/lib/p${i}`,
      });
    }
    const others = ['one', 'two'].map((name) => join(rig.directory, name));
    for (const other of others) cpSync(rig.packages, other, { recursive: true });
    const runs = await Promise.all([
      rig.start(['build', '--plain']).ended,
      ...others.map((other) => elsewhere(rig, other, ['build', '--plain'])),
      ...[0, 1, 2].map(() => elsewhere(rig, rig.directory, ['gc', '--max-size', '0'])),
    ]);
    for (const { status, stderr } of runs) expect(status, stderr).toBe(0);
    expect(archives(rig.packages)).toHaveLength(3);
    for (const other of others) expect(archives(other)).toEqual(archives(rig.packages));
    expect(rig.run(['cache', 'verify'])).toMatchObject({ status: 0, stderr: '' });
    expect(readdirSync(join(rig.env['ASHLAR_STORE']!, 'work'))).toEqual([]);
  });
});
