// Shared state: finding nothing to do, finding all outputs in place, putting them back: the real program, which has the
// targets, and the engine by itself, as where only a part of a tree is to be done; beside tools that users would take
// instead. Peers from the npm registry are installed into a scratch directory, or left out with the reason. Needs
// `npm run build`.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle } from './bundle.js';
import { makeBuilt } from './null.suite.js';
import { measurePeer, PEERS } from './peers.js';
import { idleRow, measureProgram, programRows } from './program.js';
import { median, setAside, timeCommand } from './row.js';

const EXPLAINED_ROUNDS = 3;

/** Yields rows as they are known: the whole takes minutes. */
export async function* suite() {
  const directory = mkdtempSync(join(tmpdir(), 'ashlar-bench-'));
  try {
    const program = await bundle('outputs.ts', directory);
    yield* many(directory, program, 1000, 10);
    yield* many(directory, program, 10_000, 1);
    yield explaining(directory, program);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function argv(program, directory, tasks, files, explain = 'plain') {
  return [process.execPath, program, directory, String(tasks), String(files), explain];
}

function report(command) {
  const { stdout, stderr, status } = spawnSync(command[0], command.slice(1), { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

/** Beside ninja (nothing to do), `cp -al` and tar (putting back), and whole task runners (both). */
function* many(directory, program, tasks, files) {
  const place = join(directory, `${tasks}`);
  const out = join(place, 'out');
  mkdirSync(place);
  const runs = 3;
  const name = `engine alone in Node, ${tasks} × ${files} files`;
  const command = argv(program, place, tasks, files);
  const made = report(command);
  const idle = timeCommand(command, { runs });
  const beside = (what, ours, peer, theirs, target) => ({
    name: `${name}: ${what}, CPU`,
    value: ours.cpu,
    unit: 's',
    peer: { name: peer, value: theirs.cpu },
    ...(target === undefined ? {} : { target }),
    note: `wall ${ours.wall.toFixed(2)} s, ${peer} ${theirs.wall.toFixed(2)} s`,
  });
  const cached = 'fully cached, outputs in place';
  const ninja = ninjaTree(join(directory, `ninja-${tasks}`), tasks, files);
  yield [
    beside(cached, idle, 'ninja', ninja),
    { name: `${name}: time to the first task`, value: made.firstMs / 1000, unit: 's' },
    { name: `${name}: memory for each task`, value: made.bytes / tasks / 1024, unit: 'KiB' },
  ];
  const copy = join(place, 'copy');
  const linked = timeCommand(['cp', '-al', out, copy], {
    runs,
    before: () => setAside(copy),
  });
  const archive = join(place, 'out.tar');
  execFileSync('tar', ['-C', out, '-cf', archive, '.']);
  const untarred = join(place, 'untarred');
  const tar = timeCommand(['tar', '-C', untarred, '-xf', archive], {
    runs: 3,
    before: () => {
      setAside(untarred);
      mkdirSync(untarred);
    },
  });
  const back = timeCommand(command, { runs, before: () => setAside(out) });
  const putting = 'putting all back';
  yield [beside(putting, back, 'cp -al', linked), beside(putting, back, 'tar -x', tar)];
  const modules = join(directory, `null-${tasks}`);
  mkdirSync(modules);
  const nothing = timeCommand(makeBuilt(modules, tasks), { runs, cwd: modules });
  const programs =
    tasks > 1000
      ? []
      : [false, true].map((modules) =>
          measureProgram(join(directory, `program-${modules}`), tasks, 3, { modules }),
        );
  for (const own of programs) {
    yield [...programRows(own, 'cp -al', own), idleRow(own, 'ninja', own.ninja, 'within 2 times')];
  }
  for (const peer of PEERS) {
    if (peer.name === 'nx' && tasks > 1000) {
      console.log(`  ${name}: nx is left out: its first run of so many takes minutes`);
      continue;
    }
    const at = join(directory, `${peer.name}-${tasks}`);
    const theirs = measurePeer(peer, at, tasks, files, tasks > 1000 ? 1 : 2);
    if (theirs.problem !== undefined) {
      console.log(`  ${name}: ${peer.name} is left out: ${theirs.problem}`);
      continue;
    }
    const target = 'at most 0.1';
    yield [
      {
        ...beside('', nothing, peer.name, theirs.idle, target),
        name: `${tasks} genrules: \`ashlar build\` with nothing changed, by the launcher alone, CPU`,
      },
      beside(cached, idle, peer.name, theirs.idle),
      beside(putting, back, peer.name, theirs.back),
    ];
    for (const own of programs) {
      yield programRows(own, peer.name, { again: theirs.idle, copy: theirs.back }, target);
    }
  }
}

/** A no-op of ninja with as many edges and outputs. */
function ninjaTree(place, tasks, files) {
  mkdirSync(place);
  const outputs = (i) => Array.from({ length: files }, (_, f) => `out/${i}/file-${f}`).join(' ');
  const edges = Array.from({ length: tasks }, (_, i) => `build ${outputs(i)}: touch`).join('\n');
  writeFileSync(
    join(place, 'build.ninja'),
    `rule touch\n  command = mkdir -p $$(dirname $out) && touch $out\n${edges}\n`,
  );
  const ninja = ['ninja', '-C', place, '--quiet'];
  timeCommand(ninja, { runs: 1 });
  return timeCommand(ninja, { runs: 5 });
}

/** What it costs to say why: everything is changed, so that all tasks are explained. In turns, medians of some. */
function explaining(directory, program) {
  const modes = ['plain', 'explain'];
  const cpu = { plain: [], explain: [] };
  for (let round = 0; round < EXPLAINED_ROUNDS; round++) {
    for (const mode of round % 2 === 0 ? modes : modes.toReversed()) {
      const place = join(directory, `explained-${mode}-${round}`);
      mkdirSync(place);
      report(argv(program, place, 500, 1, mode));
      cpu[mode].push(timeCommand(argv(program, place, 500, 2, mode), { runs: 1 }).cpu);
    }
  }
  return [
    {
      name: 'running 500 changed tasks, explained, CPU',
      value: median(cpu.explain),
      unit: 's',
      peer: { name: 'not explained', value: median(cpu.plain) },
      target: 'no measurable cost',
    },
  ];
}
