// Builds with nothing to do, side by side with Ninja's own over the same manifest: trees of 1,000 and 10,000 modules
// of the stock types; and a tree of 1,000 packages, against Ninja over a manifest of the same files. Needs
// `npm run build`.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { generatePackages } from './packages.js';
import { timeCommand } from './row.js';

const PROGRAM = resolve(import.meta.dirname, '../bin/ashlar');
const PER_DIRECTORY = 20;
const RUNS = 15;

export async function* suite() {
  for (const modules of [1_000, 10_000]) yield [measure(modules)];
  yield [measurePackages(1_000)];
}

function measurePackages(count) {
  const root = mkdtempSync(join(tmpdir(), 'ashlar-null-'));
  try {
    const packages = join(root, 'packages');
    generatePackages(packages, count);
    const env = { ...process.env, ASHLAR_STORE: join(root, 'store') };
    const options = { cwd: packages, env, stdio: 'ignore' };
    for (let i = 0; i < 2; i++) execFileSync(PROGRAM, ['build'], options);
    writeManifest(root, packages);
    const ninja = ['ninja', '-C', root];
    execFileSync(ninja[0], ninja.slice(1), options);
    return compare(`null build, ${count.toLocaleString('en')} packages`, packages, env, ninja);
  } finally {
    rmSync(root, { recursive: true });
  }
}

/** One edge for each package: from all of its files to what stands for its archive. */
function writeManifest(root, packages) {
  const edges = readdirSync(packages)
    .filter((name) => name.startsWith('package-'))
    .map((name) => {
      const files = readdirSync(join(packages, name), { recursive: true });
      const inputs = files.map((file) => `packages/${name}/${file}`).join(' ');
      return `build made/${name}: touch ${inputs}\n`;
    });
  writeFileSync(join(root, 'build.ninja'), `rule touch\n  command = touch $out\n${edges.join('')}`);
}

function measure(modules) {
  const root = mkdtempSync(join(tmpdir(), 'ashlar-null-'));
  try {
    makeBuilt(root, modules);
    const ninja = ['ninja', '-f', 'out/build.ninja'];
    return compare(`null build, ${modules.toLocaleString('en')} modules`, root, process.env, ninja);
  } finally {
    rmSync(root, { recursive: true });
  }
}

function compare(name, cwd, env, ninja) {
  const build = [PROGRAM, 'build'];
  const times = { own: [], ninja: [] };
  // In turns: what else the machine does meets both.
  for (let i = 0; i < RUNS; i++) {
    times.ninja.push(timeCommand(ninja, { cwd, env, runs: 1 }).wall);
    times.own.push(timeCommand(build, { cwd, env, runs: 1 }).wall);
  }
  const fastest = (list) => Math.min(...list) * 1000;
  return {
    name,
    value: fastest(times.own),
    unit: 'ms',
    peer: { name: 'ninja', value: fastest(times.ninja) },
    target: 'at most 2 times',
  };
}

/** A tree of so many modules with nothing left to do; gives the command that finds so. */
export function makeBuilt(root, modules) {
  makeTree(root, modules);
  // The first builds, the second sees directories that the first has filled.
  for (let i = 0; i < 2; i++) execFileSync(PROGRAM, ['build'], { cwd: root, stdio: 'ignore' });
  return [PROGRAM, 'build'];
}

/** Each module makes one file of another by a command that costs little. */
function makeTree(root, modules) {
  const past = Date.now() / 1000 - 3600;
  const write = (path, text) => {
    writeFileSync(join(root, path), text);
    utimesSync(join(root, path), past, past);
  };
  const directories = Math.ceil(modules / PER_DIRECTORY);
  for (let d = 0; d < directories; d++) {
    mkdirSync(join(root, `d${d}`));
    const definitions = Array.from({ length: PER_DIRECTORY }, (_, i) => {
      write(`d${d}/s${i}.txt`, 'source\n');
      return `genrule { name: "m${d}_${i}", srcs: ["s${i}.txt"], outs: ["o${i}.txt"], cmd: ": >$(out)" }\n`;
    });
    write(`d${d}/Blueprints`, definitions.join(''));
  }
  write('Blueprints', 'subdirs = ["*"]\n'.replace('*', 'd*'));
}
