// Between what a task left and how the store spells it: REAPI's ActionResult.
import { hostname } from 'node:os';
import type { Digest } from '../base/digest.ts';
import type { ActionResult } from '../remote/message.ts';
import { layerPath, type OutputValue, type Task, type TaskResult } from './task.ts';

/** The stored form. Outputs go by their path inside, without the leading slash, as REAPI has it. */
export function toActionResult(task: Task, result: TaskResult): ActionResult {
  const outputs = Object.entries(task.outputs)
    .map(([name, { at }]) => ({ path: at.slice(1), value: result.outputs[name]! }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  return {
    files: [
      ...outputs.flatMap(({ path, value }) =>
        value.kind === 'file' ? [{ path, digest: value.digest, executable: value.executable }] : [],
      ),
      // The root Directory only: what it names is on no other machine.
      ...Object.entries(result.layers ?? {}).map(([at, digest]) => ({
        path: layerPath(at),
        digest,
        executable: false,
      })),
    ],
    directories: outputs.flatMap(({ path, value }) =>
      value.kind === 'tree' ? [{ path, tree: value.tree, root: value.root }] : [],
    ),
    exitCode: 0,
    ...(result.log === undefined ? {} : { log: result.log }),
    worker: hostname(),
    startedMs: result.startedMs,
    completedMs: result.completedMs,
    task: task.name,
    ...(result.local === true || !task.shared ? { local: true } : {}),
  };
}

/** The result of a task, or undefined when the stored one lacks an output that the task declares. */
export function fromActionResult(task: Task, stored: ActionResult): TaskResult | undefined {
  if (stored.exitCode !== 0) return undefined;
  const outputs: Record<string, OutputValue> = {};
  for (const [name, { at, kind }] of Object.entries(task.outputs)) {
    const path = at.slice(1);
    if (kind === 'file') {
      const file = stored.files.find((candidate) => candidate.path === path);
      if (file === undefined) return undefined;
      outputs[name] = { kind, digest: file.digest, executable: file.executable };
    } else {
      const directory = stored.directories.find((candidate) => candidate.path === path);
      if (directory === undefined) return undefined;
      outputs[name] = { kind, tree: directory.tree, root: directory.root };
    }
  }
  const layers: Record<string, Digest> = {};
  for (const { at, layer } of task.directories) {
    if (layer === undefined) continue;
    const file = stored.files.find(({ path }) => path === layerPath(at));
    if (file === undefined) return undefined;
    layers[at] = file.digest;
  }
  return {
    outputs,
    ...(Object.keys(layers).length === 0 ? {} : { layers }),
    ...(stored.log === undefined ? {} : { log: stored.log }),
    startedMs: stored.startedMs,
    completedMs: stored.completedMs,
    ...(stored.local === true ? { local: true } : {}),
  };
}
