// Builds with nothing to do, side by side with Ninja's own over the same manifest: trees of 1,000 and 10,000 modules
// of the stock types. Needs `npm run build`.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { timeCommand } from './row.js';

const PROGRAM = resolve(import.meta.dirname, '../bin/ashlar');
const PER_DIRECTORY = 20;
const RUNS = 15;

export async function* suite() {
  for (const modules of [1_000, 10_000]) yield [measure(modules)];
}

function measure(modules) {
  const root = mkdtempSync(join(tmpdir(), 'ashlar-null-'));
  try {
    const build = makeBuilt(root, modules);
    const ninja = ['ninja', '-f', 'out/build.ninja'];
    const times = { own: [], ninja: [] };
    // In turns: what else the machine does meets both.
    for (let i = 0; i < RUNS; i++) {
      times.ninja.push(timeCommand(ninja, { cwd: root, runs: 1 }).wall);
      times.own.push(timeCommand(build, { cwd: root, runs: 1 }).wall);
    }
    const fastest = (list) => Math.min(...list) * 1000;
    return {
      name: `null build, ${modules.toLocaleString('en')} modules`,
      value: fastest(times.own),
      unit: 'ms',
      peer: { name: 'ninja', value: fastest(times.ninja) },
      target: 'at most 2 times',
    };
  } finally {
    rmSync(root, { recursive: true });
  }
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
