// A sandbox in which everything is different that must not matter: who runs a task, when, on how many
// processors, with which umask, in which order directories list their files. A result that shows any of
// it is not reproducible. Changes what lies in its own scratch directory only.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { errnoOf } from '../base/fs.ts';
import type { Mount, Sandbox, SandboxCommand } from '../sandbox/port.ts';
import type { Task } from './task.ts';

export interface Variation {
  /** What is varied, for people: `time by 400 days`. */
  readonly varied: readonly string[];
  /** What cannot be varied on this machine, and why. */
  readonly kept: readonly string[];
  /** The sandbox, with all of it. */
  readonly sandbox: Sandbox;
  /** A task whose volatile values are other ones. */
  task(task: Task): Task;
}

/** Another user of the sandbox: the name is as long as the usual one is not. */
const OTHER = { id: 4321, name: 'verifier', hostname: 'elsewhere' } as const;
const DAYS = 400;

/** Varies a sandbox. `scratch` is where tasks are staged, and has room for some small files. */
export function vary(sandbox: Sandbox, scratch: string): Variation {
  if (!sandbox.hermetic) {
    return {
      varied: ['the path of the work directory', 'the order of files', 'volatile variables'],
      kept: [`user, time, umask and processors: the sandbox ${sandbox.name} is the machine itself`],
      sandbox: withOrder(sandbox, scratch),
      task: withOtherVolatile,
    };
  }
  const faketime = faketimeLibrary();
  const processors = availableParallelism() > 1 && existsSync(TASKSET);
  const etc = join(scratch, 'etc');
  mkdirSync(etc);
  const mounts = [
    ...identityMounts(etc),
    ...(faketime === undefined ? [] : timeMounts(etc, faketime)),
    ...(processors ? processorMounts(etc) : []),
  ];
  return {
    varied: [
      'the path of the work directory',
      `the user (${OTHER.name}, ${OTHER.id}) and the name of the machine (${OTHER.hostname})`,
      ...(faketime === undefined ? [] : [`the time (${DAYS} days later)`]),
      'the order of files',
      'the umask (002)',
      ...(processors ? ['the number of processors (1)'] : []),
      'volatile variables',
    ],
    kept: [
      ...(faketime === undefined ? ['the time: libfaketime is not installed'] : []),
      ...(processors ? [] : ['the number of processors']),
      'the locale and the time zone: tasks set their own',
    ],
    sandbox: withOrder(withOtherWorld(sandbox, mounts, processors), scratch),
    task: withOtherVolatile,
  };
}

const TASKSET = '/usr/bin/taskset';

/** Numbers among the values that do not count become other numbers. */
function withOtherVolatile(task: Task): Task {
  const { unmounted } = task;
  const volatile = otherNumbers(task.volatile);
  if (unmounted === undefined) return { ...task, volatile };
  return {
    ...task,
    volatile,
    unmounted: (locate) => {
      const there = unmounted(locate);
      return { ...there, volatile: otherNumbers(there.volatile) };
    },
  };
}

function otherNumbers(volatile: Task['volatile']): Task['volatile'] {
  return Object.fromEntries(
    Object.entries(volatile).map(([name, value]) => [
      name,
      /^[0-9]{1,4}$/.test(value) ? String(Number(value) === 1 ? 3 : 1) : value,
    ]),
  );
}

function faketimeLibrary(): string | undefined {
  for (const folder of ['/usr/lib', '/usr/lib64', '/usr/local/lib']) {
    for (const below of ['.', ...triples(folder)]) {
      const path = join(folder, below, 'faketime/libfaketimeMT.so.1');
      if (existsSync(path)) return path;
    }
  }
  return undefined;
}

function triples(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => /-linux-/.test(name));
  } catch {
    return [];
  }
}

/** Files of /etc that say who is who. */
function identityMounts(etc: string): Mount[] {
  const { id, name, hostname } = OTHER;
  const home = '/homeless';
  return mountFiles(etc, {
    passwd: `root:x:0:0:root:/root:/bin/sh\n${name}:x:${id}:${id}:${name}:${home}:/bin/sh\n`,
    group: `root:x:0:\n${name}:x:${id}:\n`,
    hostname: `${hostname}\n`,
    hosts: `127.0.0.1 localhost ${hostname}\n::1 localhost\n`,
  });
}

/** Through the loader's own file, so that no variable of the task's environment shows it. */
function timeMounts(etc: string, library: string): Mount[] {
  const inside = '/etc/libfaketime.so.1';
  return [
    { source: library, target: inside, writable: false },
    ...mountFiles(etc, { 'ld.so.preload': `${inside}\n`, faketimerc: `+${DAYS}d\n` }),
  ];
}

/** For those who count lines instead of asking how many processors they may use. */
function processorMounts(etc: string): Mount[] {
  const cpuinfo = readFileSync('/proc/cpuinfo', 'latin1').split(/\n\n/)[0]!;
  const stat = readFileSync('/proc/stat', 'latin1').replaceAll(/^cpu[1-9].*\n/gm, '');
  return mountFiles(etc, { cpuinfo: `${cpuinfo}\n\n`, stat }, '/proc');
}

function mountFiles(
  directory: string,
  files: Readonly<Record<string, string>>,
  at = '/etc',
): Mount[] {
  return Object.entries(files).map(([name, content]) => {
    const source = join(directory, name);
    writeFileSync(source, content, { mode: 0o644 });
    return { source, target: `${at}/${name}`, writable: false };
  });
}

function withOtherWorld(sandbox: Sandbox, mounts: readonly Mount[], processors: boolean): Sandbox {
  // The last processor: the first is what most would be given.
  const last = String(availableParallelism() - 1);
  const prefix = processors ? [TASKSET, '-c', last] : [];
  const other = (command: SandboxCommand): SandboxCommand => ({
    ...command,
    mounts: [...mounts, ...command.mounts],
    identity: { id: OTHER.id, hostname: OTHER.hostname },
    argv: [
      '/bin/sh',
      '-c',
      // Shells export variables of their own.
      'umask 002; unset PWD OLDPWD SHLVL; exec "$@"',
      'sh',
      ...prefix,
      ...command.argv,
    ],
  });
  return {
    ...sandbox,
    run: (command) => sandbox.run(other(command)),
    commandLine: (command) => sandbox.commandLine(other(command)),
  };
}

/** Where directories list files in the order in which they came, as in memory, they now come otherwise. */
function withOrder(sandbox: Sandbox, scratch: string): Sandbox {
  return {
    ...sandbox,
    run: (command) => {
      for (const { source } of command.mounts) {
        if (source.startsWith(`${scratch}/`)) reverse(Buffer.from(source));
      }
      return sandbox.run(command);
    },
  };
}

/** Takes all entries out of a directory and puts them back, the last one first; and so below. */
function reverse(directory: Buffer): void {
  try {
    const entries = readdirSync(directory, { withFileTypes: true, encoding: 'buffer' });
    for (const entry of entries) {
      if (entry.isDirectory()) reverse(inside(directory, entry.name));
    }
    if (entries.length < 2) return;
    const aside = Buffer.concat([directory, Buffer.from('.reversed')]);
    mkdirSync(aside);
    for (const { name } of entries) renameSync(inside(directory, name), inside(aside, name));
    for (const { name } of entries) renameSync(inside(aside, name), inside(directory, name));
    rmdirSync(aside);
  } catch (error) {
    // A file that is mounted by itself, or a directory that takes no change: as it was, then.
    if (errnoOf(error) === undefined) throw error;
  }
}

function inside(directory: Buffer, name: Buffer): Buffer {
  return Buffer.concat([directory, Buffer.from('/'), name]);
}
