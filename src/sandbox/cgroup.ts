// Limits on memory and processes that count a whole command with all its descendants: Linux control
// groups, version 1 or 2, below the group this process is in. Where none can be made the caller falls
// back on limits per process. Groups that killed runs left behind are removed at the first use.
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { errnoOf } from '../base/fs.ts';

export type Controller = 'memory' | 'pids';

/** Where groups can be made on this machine: controller → directory to make them in. */
export interface Cgroups {
  readonly version: 1 | 2;
  readonly parents: Readonly<Partial<Record<Controller, string>>>;
}

/** A group for one command. */
export interface Cgroup {
  /** Files a process writes its number to in order to join. */
  readonly enter: readonly string[];
  /** True when the kernel killed a process of the group for want of memory. */
  outOfMemory(): boolean;
  /** Removes the group; all its processes must have ended. */
  remove(): Promise<void>;
}

/** Where the group of this process lies: controller → that directory and the root of its hierarchy. */
export interface Location {
  readonly version: 1 | 2;
  readonly own: string;
  readonly root: string;
}

const CONTROLLERS: readonly Controller[] = ['memory', 'pids'];

/**
 * Reads `/proc/self/mountinfo` and `/proc/self/cgroup`. A version 1 hierarchy that has the controller
 * is preferred: where both versions are mounted, a controller belongs to one of them only.
 */
export function locate(
  mountinfo: string,
  membership: string,
): Partial<Record<Controller, Location>> {
  const groups = membership
    .trim()
    .split('\n')
    .map((line) => /^\d+:([^:]*):(.*)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, controllers, path]) => ({ controllers: controllers!.split(','), path: path! }));
  const found: Partial<Record<Controller, Location>> = {};
  for (const line of mountinfo.trim().split('\n')) {
    const [before, after] = line.split(' - ');
    const [, , , subtree, root] = before?.split(' ') ?? [];
    const [type, , options] = after?.split(' ') ?? [];
    if (subtree === undefined || root === undefined || options === undefined) continue;
    for (const controller of CONTROLLERS) {
      const version = type === 'cgroup2' ? 2 : 1;
      if (type !== 'cgroup2' && !(type === 'cgroup' && options.split(',').includes(controller))) {
        continue;
      }
      if (version === 2 && found[controller] !== undefined) continue;
      const group = groups.find(({ controllers }) =>
        controllers.includes(version === 2 ? '' : controller),
      );
      if (group === undefined) continue;
      found[controller] = {
        version,
        root: unescape(root),
        own: below(unescape(root), subtree, group.path),
      };
    }
  }
  return found;
}

/** The directory of a group in a mount that shows the hierarchy from `subtree` down. */
function below(root: string, subtree: string, path: string): string {
  const base = subtree === '/' ? '' : subtree;
  return path.startsWith(`${base}/`) ? join(root, path.slice(base.length)) : root;
}

/** mountinfo writes blanks in octal. */
function unescape(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}

/** What the limits are called, and what it takes to keep swap from stretching them. */
const FILES = {
  1: { memory: 'memory.limit_in_bytes', swap: 'memory.memsw.limit_in_bytes', pids: 'pids.max' },
  2: { memory: 'memory.max', swap: 'memory.swap.max', pids: 'pids.max' },
} as const;

/** Finds, by trying, where groups can be made. Undefined when nowhere. Removes what dead owners left. */
export function findCgroups(
  mountinfo = readOrEmpty('/proc/self/mountinfo'),
  membership = readOrEmpty('/proc/self/cgroup'),
  make: (path: string) => void = mkdirSync,
): Cgroups | undefined {
  const parents: Partial<Record<Controller, string>> = {};
  let version: 1 | 2 | undefined;
  const located = locate(mountinfo, membership);
  for (const controller of CONTROLLERS) {
    const location = located[controller];
    if (location === undefined || (version !== undefined && version !== location.version)) continue;
    // A process is in one group of version 2 only, which must then hold both limits.
    const candidates =
      version === 2 && parents.memory !== undefined ? [parents.memory] : ancestors(location);
    const parent = candidates.find((directory) => fits(directory, location, controller, make));
    if (parent === undefined) continue;
    version = location.version;
    parents[controller] = parent;
    sweep(parent);
  }
  return version === undefined ? undefined : { version, parents };
}

function ancestors({ own, root }: Location): string[] {
  const found: string[] = [];
  for (let at = own; at.startsWith(root); at = dirname(at)) {
    found.push(at);
    if (at === root) break;
  }
  return found;
}

/** Whether a group made there would have the controller, and this process may move others into it. */
function fits(
  parent: string,
  { version }: Location,
  controller: Controller,
  make: (path: string) => void,
): boolean {
  const trial = join(parent, groupName());
  try {
    // Version 2 asks for write permission on the common ancestor, too.
    if (version === 2) accessSync(join(parent, 'cgroup.procs'), constants.W_OK);
    make(trial);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return false;
  }
  const complete = existsSync(join(trial, FILES[version][controller]));
  tryRemove(trial);
  return complete;
}

/**
 * Makes a group with the given limits, in bytes and processes. Only the limits whose controller was
 * found are set; undefined when that is none, or when the machine changed its mind.
 */
export function makeCgroup(
  { version, parents }: Cgroups,
  limits: Readonly<Partial<Record<Controller, number>>>,
  make: (path: string) => void = mkdirSync,
): Cgroup | undefined {
  const name = groupName();
  const files = FILES[version];
  const made = new Set<string>();
  try {
    for (const controller of CONTROLLERS) {
      const limit = limits[controller];
      const parent = parents[controller];
      if (limit === undefined || parent === undefined) continue;
      const group = join(parent, name);
      if (!made.has(group)) make(group);
      made.add(group);
      writeFileSync(join(group, files[controller]), String(limit));
      if (controller === 'memory') limitSwap(join(group, files.swap), version === 1 ? limit : 0);
    }
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    for (const group of made) tryRemove(group);
    return undefined;
  }
  if (made.size === 0) return undefined;
  const groups = [...made];
  return {
    enter: groups.map((group) => join(group, 'cgroup.procs')),
    outOfMemory: () => groups.some(killedForMemory),
    remove: async () => {
      for (const group of groups) await removeGroup(group);
    },
  };
}

/** Kernels without swap accounting have no such file; then there is nothing to limit. */
function limitSwap(path: string, limit: number): void {
  if (existsSync(path)) writeFileSync(path, String(limit));
}

function killedForMemory(group: string): boolean {
  return ['memory.events', 'memory.oom_control'].some((file) =>
    /^oom_kill [1-9]/m.test(readOrEmpty(join(group, file))),
  );
}

const REMOVE_ROUNDS = 100;

/** A group is busy for a moment after its last process has ended. */
async function removeGroup(group: string): Promise<void> {
  for (let round = 0; round < REMOVE_ROUNDS; round++) {
    if (tryRemove(group)) return;
    await delay(5);
  }
}

/** False while it is busy. */
function tryRemove(group: string): boolean {
  try {
    rmdirSync(group);
    return true;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return errnoOf(error) === 'ENOENT';
  }
}

/** Removes empty groups whose owner is gone; a group that still has processes is left alone. */
function sweep(parent: string): void {
  for (const name of readdirSync(parent)) {
    const owner = /^ashlar-(\d+)-(\d+)-\d+$/.exec(name);
    if (owner !== null && startTime(owner[1]!) !== owner[2]) tryRemove(join(parent, name));
  }
}

let count = 0;

/** Names the owner by number and start time, as numbers are used again. */
function groupName(): string {
  return `ashlar-${process.pid}-${startTime(String(process.pid))}-${count++}`;
}

/** Clock ticks between the start of the machine and that of the process; undefined when it is gone. */
function startTime(pid: string): string | undefined {
  const stat = readOrEmpty(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return '';
  }
}
