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
 * hard-link copy of these outputs (`copy`); how many archives there are, and of how many files each.
 */
export function measureProgram(place, count, runs, { tiny = false } = {}) {
  const packages = join(place, 'packages');
  mkdirSync(place);
  const files = generatePackages(packages, count, { tiny });
  const env = { ...process.env, ASHLAR_STORE: join(place, 'store') };
  const build = [PROGRAM, 'build'];
  const options = { cwd: packages, env, runs };
  // The first builds, the second sees directories that the first has filled.
  for (let i = 0; i < 2; i++) execFileSync(PROGRAM, ['build'], { ...options, stdio: 'ignore' });
  const again = timeCommand(build, options);
  const outputs = join(packages, 'cache');
  const copied = join(place, 'copy');
  const copy = timeCommand(['cp', '-al', outputs, copied], {
    runs,
    before: () => setAside(copied),
  });
  const back = timeCommand(build, { ...options, before: () => setAside(outputs, copied) });
  const archives = readdirSync(outputs, { recursive: true }).filter((name) => /\.tar\./.test(name));
  if (archives.length < count) throw new Error(`only ${archives.length} archives were put back`);
  return { again, back, copy, archives: archives.length, files };
}

/** Beside a peer with as many packages of as many files; without a target of their own, beside a copy of the outputs. */
export function programRows({ archives, files, again, back }, peer, theirs, target) {
  const row = (what, ours, other, aim) => ({
    name: `\`ashlar build\`, ${archives} archives of ${files} files: ${what}, CPU`,
    value: ours.cpu,
    unit: 's',
    peer: { name: peer, value: other.cpu },
    target: aim,
    note: `wall ${ours.wall.toFixed(2)} s, ${peer} ${other.wall.toFixed(2)} s`,
  });
  const putting = row('putting all back', back, theirs.copy, target ?? 'within 2 times');
  return target === undefined
    ? [putting]
    : [row('nothing changed', again, theirs.again, target), putting];
}
