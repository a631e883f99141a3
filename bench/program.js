// The real program on a tree of packages: built once, then asked again with all in place, and with all that it delivered
// deleted. Needs `npm run build`.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { generateModules, generatePackages } from './packages.js';
import { setAside, timeCommand } from './row.js';

const PROGRAM = resolve(import.meta.dirname, '../bin/ashlar');

/** A no-op of ninja over the files of these packages, with as many outputs of each. */
function ninjaOver(place, packages) {
  const edges = readdirSync(packages, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name.startsWith('package-'))
    .map(({ name }) => {
      const folder = join(packages, name);
      const files = readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name));
      return `build ${name}/archive ${name}/latest: touch ${files.join(' ')}\n`;
    });
  mkdirSync(place);
  const rule = 'rule touch\n  command = mkdir -p $$(dirname $out) && touch $out\n';
  writeFileSync(join(place, 'build.ninja'), `${rule}${edges.join('')}`);
  const ninja = ['ninja', '-C', place, '--quiet'];
  timeCommand(ninja, { runs: 1 });
  return timeCommand(ninja, { runs: 5 });
}

/**
 * CPU and wall seconds of a build with nothing to do (`again`), of one whose outputs were deleted (`back`), and of a
 * hard-link copy of these outputs (`copy`); of `ninja` with nothing to do in the same files; and what was built, in words.
 */
export function measureProgram(place, count, runs, { tiny = false, modules = false } = {}) {
  const packages = join(place, 'packages');
  mkdirSync(place);
  const files = modules
    ? generateModules(packages, count)
    : generatePackages(packages, count, { tiny });
  const env = { ...process.env, ASHLAR_STORE: join(place, 'store') };
  const build = [PROGRAM, 'build'];
  const options = { cwd: packages, env, runs };
  // The first builds, others see directories that earlier ones have filled.
  for (let i = 0; i < 3; i++) execFileSync(PROGRAM, ['build'], { ...options, stdio: 'ignore' });
  const again = timeCommand(build, options);
  const outputs = (modules ? ['cache', 'out'] : ['cache']).map((name) => join(packages, name));
  const copied = join(place, 'copy');
  const copy = timeCommand(['cp', '-al', ...outputs, copied], {
    runs,
    before: () => {
      setAside(copied);
      mkdirSync(copied);
    },
  });
  const aside = join(place, 'outputs');
  const back = timeCommand(build, {
    ...options,
    before: () => outputs.forEach((path) => setAside(path, aside)),
  });
  const archives = outputs.flatMap((path) =>
    readdirSync(path, { recursive: true }).filter((name) => /\.tar\./.test(name)),
  );
  const wanted = modules ? 2 * count : count;
  if (archives.length < wanted) throw new Error(`only ${archives.length} archives were put back`);
  const what = modules ? `${count} modules` : `${archives.length} archives`;
  const ninja = ninjaOver(join(place, 'ninja'), packages);
  return { again, back, copy, ninja, what: `${what} of ${files} files` };
}

/** Beside a peer with as many packages of as many files; without a target of their own, beside a copy of the outputs. */
export function programRows(own, peer, theirs, target) {
  const aim = target ?? 'within 2 times';
  const putting = besideRow(own, 'putting all back', own.back, { peer, other: theirs.copy, aim });
  return target === undefined ? [putting] : [idleRow(own, peer, theirs.again, target), putting];
}

/** Finding that nothing is to be done. */
export function idleRow(own, peer, other, aim) {
  return besideRow(own, 'nothing changed', own.again, { peer, other, aim });
}

function besideRow({ what: made }, what, ours, { peer, other, aim }) {
  return {
    name: `\`ashlar build\`, ${made}: ${what}, CPU`,
    value: ours.cpu,
    unit: 's',
    peer: { name: peer, value: other.cpu },
    target: aim,
    note: `wall ${ours.wall.toFixed(2)} s, ${peer} ${other.wall.toFixed(2)} s`,
  };
}
