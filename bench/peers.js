// Task runners from the npm registry, each with a workspace of packages that write a few files: what users would
// take instead. Only their own work counts, so the tasks are as cheap as they can be: one shell and no package manager.
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setAside, timeCommand } from './row.js';

/** Versions: what was the current release when this was written. */
export const PEERS = [
  { name: 'turbo', spec: 'turbo@2.11.11', args: ['run', 'build', '--output-logs=none'] },
  { name: 'nx', spec: 'nx@24.0.6', args: ['run-many', '-t', 'build', '--output-style=static'] },
];

/** For the tasks to run the first time, and again with all kept. */
const TIMEOUT_MS = 240_000;

/**
 * Seconds of a peer: with all outputs in place (`idle`), and with all of them deleted (`back`); or why there are none.
 * @param {typeof PEERS[number]} peer
 */
export function measurePeer(peer, place, tasks, files, runs) {
  const problem = makeWorkspace(peer, place, tasks, files);
  if (problem !== undefined) return { problem };
  const command = [join(place, 'node_modules/.bin', peer.name), ...peer.args];
  const options = { cwd: place, env: environment(place), runs };
  // Out of what it reads.
  const drop = () => {
    for (let i = 0; i < tasks; i++) {
      setAside(join(place, `packages/p${i}/dist`), `${place}-dist-${i}`);
    }
  };
  const last = join(place, `packages/p${tasks - 1}/dist/file-${files - 1}`);
  const first = spawnSync(command[0], command.slice(1), {
    ...options,
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
    maxBuffer: 1 << 28,
  });
  if (first.signal !== null)
    return { problem: `${tasks} tasks took it longer than ${TIMEOUT_MS / 1000} s` };
  if (first.status !== 0) return { problem: lastLines(first.stdout + first.stderr) };
  if (!existsSync(last)) return { problem: 'its tasks made nothing' };
  const idle = timeCommand(command, options);
  const back = timeCommand(command, { ...options, before: drop });
  if (!existsSync(last)) return { problem: 'it put nothing back' };
  return { idle, back };
}

/** What keeps it from being made, if anything does. */
function makeWorkspace({ name, spec }, place, tasks, files) {
  mkdirSync(place);
  const write = (path, text) => writeFileSync(join(place, path), text);
  const manifest = { private: true, packageManager: 'npm@10.8.2', workspaces: ['packages/*'] };
  write('package.json', JSON.stringify({ name: 'bench', ...manifest }));
  write('.gitignore', 'node_modules\ndist\nshim\n.turbo\n.nx\n');
  write('turbo.json', JSON.stringify({ tasks: { build: { outputs: ['dist/**'] } } }));
  write('nx.json', '{}');
  // Before there are packages: npm needs a minute for a thousand of them.
  const npm = ['install', '--no-audit', '--no-fund', '--save-dev', spec];
  const installed = spawnSync('npm', npm, {
    cwd: place,
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
    env: { ...process.env, NODE_EXTRA_CA_CERTS: process.env.ASHLAR_EXTRA_CA_CERTS ?? '' },
  });
  if (installed.error !== undefined) return `npm: ${installed.error.message}`;
  if (installed.status !== 0)
    return `npm could not install ${spec}: ${lastLines(installed.stderr)}`;
  const numbers = Array.from({ length: files }, (_, i) => i).join(' ');
  write(
    'make.sh',
    `mkdir -p dist\nfor i in ${numbers}; do echo "\${PWD##*/} $i" >dist/file-$i; done\n`,
  );
  // turbo starts tasks by `npm run`, which costs ten times what they do.
  mkdirSync(join(place, 'shim'));
  write('shim/npm', '#!/bin/sh\nexec sh ../../make.sh\n');
  chmodSync(join(place, 'shim/npm'), 0o755);
  for (let i = 0; i < tasks; i++) {
    const at = `packages/p${i}`;
    mkdirSync(join(place, at), { recursive: true });
    const build = {
      executor: 'nx:run-commands',
      cache: true,
      outputs: ['{projectRoot}/dist'],
      options: { command: 'sh ../../make.sh', cwd: at },
    };
    const scripts = name === 'turbo' ? { scripts: { build: 'sh ../../make.sh' } } : {};
    const nx = name === 'nx' ? { nx: { targets: { build } } } : {};
    write(
      `${at}/package.json`,
      JSON.stringify({ name: `p${i}`, version: '1.0.0', ...scripts, ...nx }),
    );
  }
  const git = (...args) =>
    execFileSync('git', ['-c', 'user.name=b', '-c', 'user.email=b@localhost', ...args], {
      cwd: place,
      stdio: 'ignore',
    });
  git('init', '-q');
  git('add', '-A');
  git('commit', '-qm', name);
  return undefined;
}

function lastLines(text) {
  return text.trim().split('\n').slice(-5).join(' | ') || 'it failed and said nothing';
}

/** Neither daemons that do the work elsewhere, nor anything sent anywhere. */
function environment(place) {
  return {
    ...process.env,
    PATH: `${join(place, 'shim')}${delimiter}${process.env.PATH}`,
    TURBO_TELEMETRY_DISABLED: '1',
    NX_DAEMON: 'false',
    NX_NO_CLOUD: 'true',
    DO_NOT_TRACK: '1',
    NO_UPDATE_NOTIFIER: '1',
    CI: '1',
  };
}
