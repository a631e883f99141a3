// One side of a comparison: a task as it is defined now, or a record of one as it was somewhere. Both
// lead on to the sides of what they depend on, as far as these are known.
import type { Sha256Hex } from '../base/digest.ts';
import type { Place } from '../base/span.ts';
import { taskRecord, type KeysOf } from './key.ts';
import { leavesOf, type Leaves, type Value } from './leaves.ts';
import { dependenciesOf, type Task } from './task.ts';

export interface Side {
  readonly key: Sha256Hex;
  /** The task's name; undefined where only a record is known. */
  readonly name: string | undefined;
  readonly leaves: Leaves;
  /** Where a part of it was set; `line` is one of a text that several places may make up. */
  origin(path: string, line?: string): Place | undefined;
  /** The side of a task that this one depends on; undefined when its record is not to be had. */
  dependency(key: Sha256Hex, name: string | undefined): Side | undefined;
}

/** A task with its keys. */
export function taskSide(task: Task, keyOf: KeysOf): Side {
  let leaves: Leaves | undefined;
  let dependencies: Map<string, Task> | undefined;
  const side: Side = {
    key: keyOf(task).key.hash,
    name: task.name,
    get leaves() {
      leaves ??= leavesOf(taskRecord(task, keyOf));
      return leaves;
    },
    origin: (path, line) =>
      fileOrigin(task, path) ??
      (line === undefined ? undefined : task.origins?.get(`${path}\n${line}`)) ??
      task.origins?.get(path),
    dependency: (key) => {
      dependencies ??= new Map(dependenciesOf(task).map((one) => [keyOf(one).key.hash, one]));
      const found = dependencies.get(key);
      return found === undefined ? undefined : taskSide(found, keyOf);
    },
  };
  return side;
}

/** A file of the checkout says itself where it is. */
function fileOrigin(task: Task, path: string): Place | undefined {
  if (!path.startsWith('inputs.')) return undefined;
  const at = path.slice('inputs.'.length).replace(/\.executable$/, '');
  const input = task.inputs.find((candidate) => candidate.at === at);
  return input?.kind === 'file' ? { file: input.source } : undefined;
}

/** How records of other keys are found. The name, where it is known, says where to look first. */
export type FindRecord = (key: Sha256Hex, name: string | undefined) => Value;

/** A record as it was. */
export function recordSide(
  key: Sha256Hex,
  name: string | undefined,
  record: Value,
  find: FindRecord,
): Side {
  let leaves: Leaves | undefined;
  return {
    key,
    name,
    get leaves() {
      leaves ??= leavesOf(record);
      return leaves;
    },
    origin: () => undefined,
    dependency: (other, otherName) => {
      const found = find(other, otherName);
      return found === undefined || found === null
        ? undefined
        : recordSide(other, otherName, found, find);
    },
  };
}
