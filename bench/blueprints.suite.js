// The module engine on generated trees of 1,000 and 10,000 Blueprints files with five modules each: from
// nothing to a written manifest, with nothing changed, and with one file changed. CPU of the whole
// process, its start included; beside it the Go original, where it can be built. Needs `npm run build`.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { generateBlueprints, MODULES_PER_FILE } from './blueprints.js';
import { buildOriginal, expectSameStatements, measureOriginal } from './original.js';
import { timeCommand } from './row.js';

const project = resolve(import.meta.dirname, '..');

/** Yields rows as they are known. */
export async function* suite() {
  const directory = mkdtempSync(join(tmpdir(), 'ashlar-bench-'));
  try {
    const start = timeCommand([process.execPath, '-e', '0'], { runs: 9 });
    yield [
      {
        name: 'node -e 0, CPU: what part of all figures below is',
        value: start.cpu,
        unit: 's',
      },
    ];
    const original = buildOriginal(join(directory, 'original'));
    if (original.problem !== undefined) {
      console.log(`  the Go original is left out: ${original.problem}`);
    }
    for (const files of [1_000, 10_000]) {
      yield measure(join(directory, String(files)), files, original.program);
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function measure(tree, files, original) {
  mkdirSync(tree);
  const edited = join(tree, generateBlueprints(tree, files));
  const out = join(tree, 'out');
  const factsFile = join(tree, 'facts');
  const memory = `process.on('exit', () => require('fs').writeFileSync(${JSON.stringify(factsFile)}, String(process.resourceUsage().maxRSS)))`;
  const preload = join(tree, 'memory.cjs');
  writeFileSync(preload, memory);
  const argv = [
    process.execPath,
    join(project, 'dist/main.cjs'),
    'generate',
    '--source',
    tree,
    '--output',
    join(out, 'build.ninja'),
    '--logic',
    join(import.meta.dirname, 'blueprints-logic.js'),
    '--json',
  ];
  const runs = files > 1_000 ? 3 : 7;
  const clear = () => rmSync(out, { recursive: true, force: true });
  // By itself, since what is loaded beforehand costs a start as well.
  timeCommand([argv[0], '--require', preload, ...argv.slice(1)], { runs: 1, before: clear });
  const megabytes = Number(readFileSync(factsFile, 'utf8')) / 1024;
  const cold = timeCommand(argv, { runs, before: clear });
  const peer = original === undefined ? undefined : measureOriginal(original, tree, runs);
  if (peer !== undefined) expectSameStatements(join(out, 'build.ninja'), peer.manifest);
  const beside = (value) => ({ name: 'the Go original', value });
  const none = timeCommand(argv, { runs });
  expectAnalysed(none, 'nothing');
  let edit = 0;
  const change = () => {
    const text = readFileSync(edited, 'utf8');
    writeFileSync(edited, text.replace(/-DPART=\d+/, `-DPART=${100_000 + edit++}`));
  };
  const one = timeCommand(argv, { runs, before: change });
  expectAnalysed(one, 'part');
  const modules = files * MODULES_PER_FILE;
  const perModule = (cpu) => `${((cpu / modules) * 1e6).toFixed(1)} µs for each module`;
  return [
    {
      name: `${files} files, cold, CPU`,
      value: cold.cpu,
      unit: 's',
      ...(peer === undefined ? {} : { peer: beside(peer.cpu), target: 'at most 1.5 times' }),
      note: perModule(cold.cpu),
    },
    {
      name: `${files} files, cold, peak memory`,
      value: megabytes,
      unit: 'MB',
      ...(peer === undefined ? {} : { peer: beside(peer.megabytes), target: 'at most 1 time' }),
    },
    {
      name: `${files} files, nothing changed, CPU`,
      value: none.cpu,
      unit: 's',
      peer: { name: 'cold', value: cold.cpu },
      note: 'no module analysed',
    },
    {
      name: `${files} files, one changed, CPU`,
      value: one.cpu,
      unit: 's',
      peer: { name: 'cold', value: cold.cpu },
      target: 'at most 0.1 times',
      note: `${JSON.parse(one.stdout).analysedModules} modules analysed`,
    },
  ];
}

/** A benchmark of something else than what it says would be worse than none. */
function expectAnalysed({ stdout }, analysed) {
  const facts = JSON.parse(stdout);
  if (facts.analysed !== analysed) throw new Error(`analysed ${facts.analysed}, not ${analysed}`);
}
