// The real program on a tree of packages: built once, then asked again with all in place, and with all that it delivered
// deleted. Needs `npm run build`.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { generatePackages } from './packages.js';
import { setAside, timeCommand } from './row.js';

const PROGRAM = resolve(import.meta.dirname, '../bin/ashlar');

/**
 * CPU and wall seconds of a build with nothing to do (`again`), of one whose outputs were deleted (`back`), and of a
 * hard-link copy of these outputs (`copy`); how many archives there are.
 */
export function measureProgram(place, count, runs, options = {}) {
  const packages = join(place, 'packages');
  mkdirSync(place);
  generatePackages(packages, count, options);
  const env = { ...process.env, ASHLAR_STORE: join(place, 'store') };
  const build = [PROGRAM, 'build'];
  const how = { cwd: packages, env, runs };
  // The first builds, the second sees directories that the first has filled.
  for (let i = 0; i < 2; i++) execFileSync(PROGRAM, ['build'], { ...how, stdio: 'ignore' });
  const again = timeCommand(build, how);
  const outputs = join(packages, 'cache');
  const copied = join(place, 'copy');
  const copy = timeCommand(['cp', '-al', outputs, copied], {
    runs,
    before: () => setAside(copied),
  });
  const back = timeCommand(build, { ...how, before: () => setAside(outputs, copied) });
  const archives = readdirSync(outputs, { recursive: true }).filter((name) => /\.tar\./.test(name));
  if (archives.length < count) throw new Error(`only ${archives.length} archives were put back`);
  return { again, back, copy, archives: archives.length };
}
