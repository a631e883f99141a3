// The Go original as a peer of the module engine: the package that Debian has of it, and a program of ours on it that
// does what blueprints-logic.js does. Built for each run of the benchmark; left out where that cannot be done.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { timeCommand } from './row.js';

const PACKAGE = 'golang-github-google-blueprint-dev';

/**
 * Builds the program in an empty directory: its path, or why there is none.
 * @param {string} directory
 * @returns {{program: string, problem?: undefined} | {problem: string}}
 */
export function buildOriginal(directory) {
  const run = (argv, options = {}) => {
    const result = spawnSync(argv[0], argv.slice(1), {
      cwd: directory,
      encoding: 'utf8',
      ...options,
    });
    if (result.error !== undefined) return `${argv[0]}: ${result.error.message}`;
    if (result.status !== 0) return `${argv[0]}: ${result.stderr.trim().split('\n').at(-1)}`;
    return undefined;
  };
  mkdirSync(directory);
  const missing =
    run(['go', 'version']) ??
    run(['apt-get', '-q', '-o', 'APT::Sandbox::User=root', 'download', PACKAGE]);
  if (missing !== undefined) return { problem: missing };
  const archive = readdirSync(directory).find((name) => name.endsWith('.deb'));
  const unpacked = run(['dpkg-deb', '-x', archive, 'package']);
  if (unpacked !== undefined) return { problem: unpacked };
  const gopath = join(directory, 'package/usr/share/gocode');
  const sources = join(gopath, 'src/ashlar/bench');
  mkdirSync(sources, { recursive: true });
  copyFileSync(join(import.meta.dirname, 'go/blueprints.go'), join(sources, 'main.go'));
  const program = join(directory, 'original');
  const env = {
    ...process.env,
    GO111MODULE: 'off',
    GOFLAGS: '',
    GOPATH: gopath,
    GOCACHE: join(directory, 'cache'),
  };
  const built = run(['go', 'build', '-o', program, '.'], { cwd: sources, env });
  return built === undefined ? { program } : { problem: built };
}

/**
 * CPU seconds and megabytes that it needs for a tree, and what it wrote. It does not follow `subdirs`: the list of
 * files is made before.
 * @param {string} program
 * @param {string} tree
 * @param {number} runs
 */
export function measureOriginal(program, tree, runs) {
  const list = join(tree, 'files.list');
  const files = readdirSync(tree, { recursive: true })
    .filter((path) => path.endsWith('Blueprints'))
    .sort();
  writeFileSync(list, files.map((path) => `${path}\n`).join(''));
  const manifest = join(tree, 'original.ninja');
  const { cpu, stdout } = timeCommand([program, tree, 'files.list', manifest], { runs });
  return { cpu, megabytes: Number(stdout) / 1024, manifest };
}

/**
 * The statements of two manifests must be the same, whatever their comments and line breaks.
 * @param {string} one
 * @param {string} other
 */
export function expectSameStatements(one, other) {
  const [a, b] = [one, other].map(statements);
  if (a.length !== b.length)
    throw new Error(`${one} has ${a.length} lines of statements, ${other} ${b.length}`);
  const at = a.findIndex((line, i) => line !== b[i]);
  if (at !== -1) throw new Error(`${one} says "${a[at]}" where ${other} says "${b[at]}"`);
}

function statements(path) {
  return readFileSync(path, 'latin1')
    .replaceAll(/ \$\n +/g, ' ')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
}
