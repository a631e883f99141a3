// The rows of a benchmark and how they are printed. Times are medians of several runs, in seconds.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync } from 'node:fs';

/**
 * @typedef {object} Row
 * @property {string} name
 * @property {number} value
 * @property {string} unit
 * @property {{name: string, value: number}=} peer measured in the same run; the ratio is printed
 * @property {string=} target what the project aims at, as text
 * @property {string=} note
 */

/** @param {Row[]} rows */
export function printRows(rows) {
  const width = Math.max(...rows.map(({ name }) => name.length));
  for (const { name, value, unit, peer, target, note } of rows) {
    const parts = [name.padEnd(width), `${figure(value)} ${unit}`];
    if (peer !== undefined) {
      parts.push(
        `${peer.name} ${figure(peer.value)} ${unit}`,
        `ratio ${figure(value / peer.value)}`,
      );
    }
    if (target !== undefined) parts.push(`target: ${target}`);
    if (note !== undefined) parts.push(`(${note})`);
    console.log(`  ${parts.join('  ')}`);
  }
}

function figure(value) {
  if (value >= 100) return value.toFixed(0);
  return value >= 1 ? value.toFixed(2) : value.toPrecision(2);
}

let asides = 0;

/**
 * Moves a tree out of the way, to a name beside it that is gone when what it lies in is removed. For minutes ext4 without a
 * journal passes over the inodes of what was removed, one by one, whoever makes a file: whose cost is that?
 */
export function setAside(path, aside = path) {
  if (existsSync(path)) renameSync(path, `${aside}.aside-${asides++}`);
}

export function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

/**
 * Runs a command several times; medians of wall and of CPU (user and system) seconds, and what the last
 * run printed. Throws if it fails.
 */
export function timeCommand(argv, { runs = 5, cwd, env, before } = {}) {
  const walls = [];
  const cpus = [];
  let stdout = '';
  for (let i = 0; i < runs; i++) {
    before?.();
    const cpu = childCpu();
    const started = performance.now();
    const result = spawnSync(argv[0], argv.slice(1), {
      cwd,
      env: env ?? process.env,
      encoding: 'utf8',
    });
    walls.push((performance.now() - started) / 1000);
    cpus.push(childCpu() - cpu);
    stdout = result.stdout;
    if (result.status !== 0) {
      throw new Error(
        `${argv.join(' ')} failed: ${result.stdout}${result.stderr}${result.error ?? ''}`,
      );
    }
  }
  return { wall: median(walls), cpu: median(cpus), stdout };
}

/** CPU seconds of all ended children, from /proc: fields 16 and 17 (cutime, cstime), in ticks of 10 ms. */
export function childCpu() {
  const stat = readFileSync(`/proc/${process.pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13]) + Number(fields[14])) / 100;
}
