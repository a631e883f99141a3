// Once before the end-to-end tests: builds the bundle, so that they run what the source says now, and finds out what
// identifies this machine, so that not each of their stores has to.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostIdentity, identityCacheIn } from '../../src/sandbox/identity.ts';

export async function setup(): Promise<() => void> {
  execFileSync(process.execPath, ['build.js'], { stdio: 'inherit' });
  const known = mkdtempSync(join(tmpdir(), 'ashlar-machine-'));
  // As stores are that nobody prepared.
  chmodSync(known, 0o755);
  await hostIdentity('/', identityCacheIn(known));
  process.env['ASHLAR_TEST_MACHINE'] = known;
  return () => rmSync(known, { recursive: true });
}
