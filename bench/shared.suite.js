// Shared state: finding nothing to do, finding all outputs in place, putting them back; beside tools that
// users would take instead. Peers from the npm registry are installed into a scratch directory, or left out.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle } from './bundle.js';
import { timeCommand } from './row.js';

/** Peers' versions: what was the current release when this was written. */
const TURBO = 'turbo@2.11.11';
const NX = 'nx@24.0.6';
/** Of them, as each of their tasks starts a shell and a package manager. */
const PEER_TASKS = 100;

/** Yields rows as they are known: the whole takes minutes. */
export async function* suite() {
  const directory = mkdtempSync(join(tmpdir(), 'ashlar-bench-'));
  try {
    const program = await bundle('outputs.ts', directory);
    yield* peers(directory, program);
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

/** Against ninja (nothing to do), `cp -al` and tar (putting back). */
function* many(directory, program, tasks, files) {
  const place = join(directory, `${tasks}`);
  const out = join(place, 'out');
  mkdirSync(place);
  const command = argv(program, place, tasks, files);
  const made = report(command);
  const idle = timeCommand(command, { runs: 5 });
  const name = `${tasks} × ${files} files`;
  const ninja = ninjaTree(join(directory, `ninja-${tasks}`), tasks, files);
  yield [
    {
      name: `${name}: nothing to do, outputs in place, CPU`,
      value: idle.cpu,
      unit: 's',
      peer: { name: 'ninja', value: ninja.cpu },
      target: 'within 2 times',
      note: `wall ${idle.wall.toFixed(2)} s, ninja ${ninja.wall.toFixed(2)} s`,
    },
    {
      name: `${name}: time to the first task`,
      value: made.firstMs / 1000,
      unit: 's',
    },
    {
      name: `${name}: memory for each task`,
      value: made.bytes / tasks / 1024,
      unit: 'KiB',
    },
  ];
  const copy = join(place, 'copy');
  const linked = timeCommand(['cp', '-al', out, copy], {
    runs: 5,
    before: () => rmSync(copy, { recursive: true, force: true }),
  });
  const archive = join(place, 'out.tar');
  execFileSync('tar', ['-C', out, '-cf', archive, '.']);
  const untarred = join(place, 'untarred');
  const tar = timeCommand(['tar', '-C', untarred, '-xf', archive], {
    runs: 3,
    before: () => {
      rmSync(untarred, { recursive: true, force: true });
      mkdirSync(untarred);
    },
  });
  const restored = timeCommand(command, {
    runs: 5,
    before: () => rmSync(out, { recursive: true, force: true }),
  });
  const row = { name: `${name}: putting all back, CPU`, value: restored.cpu, unit: 's' };
  yield [
    {
      ...row,
      peer: { name: 'cp -al', value: linked.cpu },
      target: 'within 2 times',
      note: `wall ${restored.wall.toFixed(2)} s, cp -al ${linked.wall.toFixed(2)} s`,
    },
    {
      ...row,
      peer: { name: 'tar -x', value: tar.cpu },
      note: `wall ${restored.wall.toFixed(2)} s, tar ${tar.wall.toFixed(2)} s`,
    },
  ];
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

/** What it costs to say why: everything is changed, so that all tasks are explained. */
function explaining(directory, program) {
  const cpu = {};
  for (const explain of ['plain', 'explain']) {
    const place = join(directory, `explained-${explain}`);
    mkdirSync(place);
    report(argv(program, place, 500, 1, explain));
    cpu[explain] = timeCommand(argv(program, place, 500, 2, explain), { runs: 1 }).cpu;
  }
  return [
    {
      name: 'running 500 changed tasks, explained, CPU',
      value: cpu.explain,
      unit: 's',
      peer: { name: 'not explained', value: cpu.plain },
      target: 'no measurable cost',
    },
  ];
}

function* peers(directory, program) {
  for (const [name, spec] of [
    ['turbo', TURBO],
    ['nx', NX],
  ]) {
    const place = join(directory, name);
    const problem = workspaceOf(place, name, spec);
    if (problem !== undefined) {
      console.log(`  ${name} is left out: ${problem}`);
      continue;
    }
    yield peer(place, name, directory, program);
  }
}

/** A workspace of packages that each write ten files; what keeps it from being made, if anything does. */
function workspaceOf(place, name, spec) {
  mkdirSync(place);
  const packages = Array.from({ length: PEER_TASKS }, (_, i) => `p${i}`);
  const manifest = { private: true, packageManager: 'npm@10.8.2', workspaces: ['packages/*'] };
  writeFileSync(join(place, 'package.json'), JSON.stringify({ name: 'bench', ...manifest }));
  writeFileSync(join(place, '.gitignore'), 'node_modules\ndist\n.turbo\n.nx\n');
  const outputs = ['dist/**'];
  writeFileSync(join(place, 'turbo.json'), JSON.stringify({ tasks: { build: { outputs } } }));
  const targets = { build: { cache: true, outputs: ['{projectRoot}/dist'] } };
  writeFileSync(join(place, 'nx.json'), JSON.stringify({ targetDefaults: targets }));
  for (const one of packages) {
    const at = join(place, 'packages', one);
    mkdirSync(at, { recursive: true });
    const build = `mkdir -p dist; for i in 0 1 2 3 4 5 6 7 8 9; do echo ${one} $i >dist/file-$i; done`;
    writeFileSync(
      join(at, 'package.json'),
      JSON.stringify({ name: one, version: '1.0.0', scripts: { build } }),
    );
  }
  const installed = spawnSync('npm', ['install', '--no-audit', '--no-fund', '--save-dev', spec], {
    cwd: place,
    encoding: 'utf8',
    timeout: 300_000,
  });
  if (installed.status !== 0) return lastLine(installed.stderr) ?? 'npm does not work here';
  const git = (...args) =>
    execFileSync('git', ['-c', 'user.name=b', '-c', 'user.email=b@localhost', ...args], {
      cwd: place,
      stdio: 'ignore',
    });
  git('init', '-q');
  git('add', '-A');
  git('commit', '-qm', name);
  const built = spawnSync(...peerCommand(place, name), {
    cwd: place,
    encoding: 'utf8',
    env: peerEnv(),
    timeout: 900_000,
  });
  if (built.status === null) return 'it took longer than 15 minutes';
  return built.status === 0 ? undefined : (lastLine(built.stderr + built.stdout) ?? 'it failed');
}

function lastLine(text) {
  return text.trim().split('\n').at(-1);
}

function peerCommand(place, name) {
  const binary = join(place, 'node_modules/.bin', name);
  return name === 'turbo'
    ? [binary, ['run', 'build', '--output-logs=none']]
    : [binary, ['run-many', '-t', 'build', '--output-style=static']];
}

/** Neither daemons that do the work elsewhere, nor anything sent anywhere. */
function peerEnv() {
  return {
    ...process.env,
    TURBO_TELEMETRY_DISABLED: '1',
    TURBO_DAEMON: 'false',
    NX_DAEMON: 'false',
    NX_NO_CLOUD: 'true',
    DO_NOT_TRACK: '1',
    CI: '1',
  };
}

function peer(place, name, directory, program) {
  const [binary, args] = peerCommand(place, name);
  const theirs = [binary, ...args];
  const options = { cwd: place, env: peerEnv() };
  const drop = () => {
    for (let i = 0; i < PEER_TASKS; i++) {
      rmSync(join(place, `packages/p${i}/dist`), { recursive: true, force: true });
    }
  };
  const mine = join(directory, `beside-${name}`);
  mkdirSync(mine);
  const ours = argv(program, mine, PEER_TASKS, 10);
  report(ours);
  const out = join(mine, 'out');
  const idle = { ours: timeCommand(ours), theirs: timeCommand(theirs, options) };
  const back = {
    ours: timeCommand(ours, { before: () => rmSync(out, { recursive: true, force: true }) }),
    theirs: timeCommand(theirs, { ...options, before: drop }),
  };
  if (!existsSync(join(place, 'packages/p0/dist/file-9')))
    throw new Error(`${name} restored nothing`);
  return [
    { what: 'fully cached, outputs in place', times: idle },
    { what: 'putting all back', times: back },
  ].map(({ what, times }) => ({
    name: `${PEER_TASKS} × 10 files: ${what}, CPU`,
    value: times.ours.cpu,
    unit: 's',
    peer: { name, value: times.theirs.cpu },
    target: 'at most 0.1',
    note: `wall ${times.ours.wall.toFixed(2)} s, ${name} ${times.theirs.wall.toFixed(2)} s`,
  }));
}
