// Lays out what a task sees: one directory on disk for each directory the task declares, filled with its
// inputs. What the task may write to is copied; what it can only read is linked from the store.
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { buildError, failed, ok, type Result } from '../base/diagnostic.ts';
import { digestFile, sameDigest } from '../base/digest.ts';
import { loadTree, placeTree } from '../cache/tree.ts';
import { BLOB_TIME, placeBlob, type Store } from '../cache/store.ts';
import { inspect, MAX_LAYERS } from '../sandbox/overlay.ts';
import type { Mount } from '../sandbox/port.ts';
import { directoryOf } from './graph.ts';
import { isKept, type Layer, type Layers } from './layer.ts';
import type { Input, Locate, OutputValue, Task, TaskResult } from './task.ts';

/** What the layers above lend to staging, so that the engine knows no archive format and no link farm. */
export interface StageHooks {
  /** Writes the link farm of packages that lie below `<into>/packages`, for use at `prefix`. */
  activate(
    packages: readonly { id: string; directory: string }[],
    prefix: string,
    into: string,
  ): Promise<Result<void>>;
  /** Unpacks a source archive into an empty directory. `name` tells its format. */
  unpack(archive: string, name: string, into: string): Promise<Result<void>>;
}

export interface Stage {
  readonly mounts: readonly Mount[];
  /** The directories that are kept as layers. */
  readonly layered: readonly StagedLayer[];
  readonly locate: Locate;
}

/** A dependency's blobs are gone from the store: it has to be made again. */
export interface MissingInput {
  readonly missing: Task;
}

/** A task goes on from a layer that is not on this machine: the task that leaves it has to run again. */
export interface UnkeptLayer {
  readonly unkept: Task;
}

/** A directory that is kept as a layer when the task ends. */
export interface StagedLayer {
  readonly at: string;
  /** What lies in the way of the task's own changes; undefined where the directory begins empty. */
  readonly used: Layer | undefined;
  readonly mount: Mount;
}

export interface StageOptions {
  readonly store: Store;
  readonly directory: string;
  readonly hooks: StageHooks;
  /**
   * The sandbox mounts nothing: all is copied, as it does not keep the task from writing to what it should
   * only read, and made for use where it lies.
   */
  readonly unmounted: boolean;
  /** Whether layers can be laid over each other for what the task runs. */
  readonly stack: boolean;
  readonly layers: Layers;
  readonly resultOf: (task: Task) => TaskResult;
}

/** Lays out a task's directories below `options.directory`, which is empty. Throws node's own errors. */
export async function stage(
  task: Task,
  options: StageOptions,
): Promise<Result<Stage> | MissingInput | UnkeptLayer> {
  const begun = await beginDirectories(task, options);
  if (!('ok' in begun) || !begun.ok) return begun;
  const { mounts, layered } = begun.value;
  const locate = (inside: string): string => {
    const directory = directoryOf(task, inside);
    if (directory === undefined) {
      throw new Error(`${task.name}: ${inside} lies in no directory of the task`);
    }
    const mount = mounts[task.directories.indexOf(directory)]!;
    return `${mount.source}${inside.slice(mount.target === '/' ? 0 : mount.target.length)}`;
  };

  for (const { at } of task.directories) makeMountPoint(task, at, locate);
  for (const input of task.inputs) {
    const path = locate(input.at);
    makeDirectories(dirname(path));
    const writable = directoryOf(task, input.at)?.writable === true;
    const placed = await placeInput(task, input, path, writable || options.unmounted, options);
    if (placed !== undefined) return placed;
  }
  for (const { at, kind } of Object.values(task.outputs)) {
    makeDirectories(kind === 'tree' ? locate(at) : dirname(locate(at)));
  }
  return ok({ mounts, layered, locate });
}

/** The task's directories as they begin: empty, over a layer, or as a copy of one. */
async function beginDirectories(
  task: Task,
  options: StageOptions,
): Promise<Result<{ mounts: Mount[]; layered: StagedLayer[] }> | UnkeptLayer> {
  const mounts: Mount[] = [];
  const layered: StagedLayer[] = [];
  for (const [index, { at, writable, layer }] of task.directories.entries()) {
    const source = join(options.directory, options.unmounted ? nameOf(task, at) : String(index));
    makeDirectories(source);
    let mount: Mount = { source, target: at, writable };
    let used: Layer | undefined;
    if (layer?.on !== undefined) {
      const root = options.resultOf(layer.on).layers?.[at];
      used = root === undefined ? undefined : options.layers.find(root);
      if (used === undefined) return { unkept: layer.on };
      const below = used.directories;
      const scratch = `${source}.over`;
      if (below.length > 0 && options.stack && below.length <= MAX_LAYERS) {
        mount = { ...mount, over: { below, scratch } };
      } else if (below.length > 0) {
        const copied = await inspect(below, scratch, [{ from: '', to: source }]);
        if (!copied.ok) return isKept(used) ? copied : { unkept: layer.on };
      }
    }
    mounts.push(mount);
    if (layer !== undefined) layered.push({ at, used, mount });
  }
  return ok({ mounts, layered });
}

/** The same for every task that has the directory, as trees may hold the path of it. */
function nameOf({ directories }: Task, at: string): string {
  const plain = (path: string): string => path.slice(1).replaceAll('/', '-');
  const same = directories.filter((other) => plain(other.at) === plain(at));
  const index = same.findIndex((other) => other.at === at);
  return index > 0 ? `${plain(at)}.${index}` : plain(at);
}

/** Makes a directory and those above it that are missing, with the same permissions whatever the umask. */
function makeDirectories(path: string): void {
  const first = mkdirSync(path, { recursive: true });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) chmodSync(made, 0o755);
}

/** A directory inside another one needs something to be mounted on, also where the outer is read-only. */
function makeMountPoint(task: Task, at: string, locate: (inside: string) => string): void {
  const outer = directoryOf(task, dirname(at));
  if (outer === undefined || at === '/') return;
  makeDirectories(join(locate(outer.at), at.slice(outer.at.length)));
}

async function placeInput(
  task: Task,
  input: Input,
  path: string,
  copy: boolean,
  options: StageOptions,
): Promise<Result<never> | MissingInput | undefined> {
  const { store, hooks, resultOf } = options;
  switch (input.kind) {
    case 'file':
      return copyChecked(task, input, path);
    case 'text':
      writeFileSync(path, input.content);
      chmodSync(path, 0o644);
      hideTime(path);
      return undefined;
    case 'link':
      symlinkSync(input.target, path);
      return undefined;
    case 'directory':
      makeDirectories(path);
      return undefined;
    case 'output': {
      const value = resultOf(input.task).outputs[input.output]!;
      return place(store, value, path, copy) ? undefined : { missing: input.task };
    }
    case 'archive': {
      const value = resultOf(input.task).outputs[input.output]!;
      const archive = `${path}.archive-${input.name}`;
      if (!place(store, value, archive, false)) return { missing: input.task };
      mkdirSync(path);
      const unpacked = await hooks.unpack(archive, input.name, path);
      if (!unpacked.ok) return unpacked;
      // Removed by the name it has here: the blob in the store keeps its own.
      rmSync(archive);
      return undefined;
    }
    case 'packages': {
      const packages: { id: string; directory: string }[] = [];
      for (const { id, task: made, output } of input.packages) {
        const directory = join(path, 'packages', id);
        mkdirSync(dirname(directory), { recursive: true });
        if (!place(store, resultOf(made).outputs[output]!, directory, copy)) {
          return { missing: made };
        }
        packages.push({ id, directory });
      }
      const prefix = options.unmounted ? path : input.at;
      const activated = await hooks.activate(packages, prefix, path);
      return activated.ok ? undefined : activated;
    }
  }
}

function place(store: Store, value: OutputValue, path: string, copy: boolean): boolean {
  if (value.kind === 'file') {
    return placeBlob(store, value.digest, path, { executable: value.executable, copy });
  }
  const tree = loadTree(store, value.tree);
  return tree !== undefined && placeTree(store, tree, path, { copy });
}

/** No key is over times, so a task is given none: those of blobs, as what comes from other tasks has. */
function hideTime(path: string): void {
  utimesSync(path, BLOB_TIME, BLOB_TIME);
}

/** The copy is what was hashed, or the task does not run: a file may change while a build goes on. */
function copyChecked(
  task: Task,
  input: Extract<Input, { kind: 'file' }>,
  path: string,
): Result<never> | undefined {
  copyFileSync(input.source, path);
  chmodSync(path, input.executable ? 0o755 : 0o644);
  hideTime(path);
  if (sameDigest(digestFile(path), input.digest)) return undefined;
  return failed(
    buildError({
      code: 'task/input-changed',
      message: `${task.name}: ${input.source} changed while the build was running`,
      hint: 'run the build again',
    }),
  );
}
