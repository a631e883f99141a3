// Records in a file, to be carried to another machine: those of some tasks and of all below them. Also
// reads a single record as it lies in a store.
import { definitionError, failed, ok, type Result } from '../base/diagnostic.ts';
import { digestOf, isSha256Hex, type Sha256Hex } from '../base/digest.ts';
import { taskRecord, type KeysOf } from './key.ts';
import type { Value } from './leaves.ts';
import { recordSide, type Side } from './side.ts';
import type { Task } from './task.ts';

const FORMAT = 1;

interface RecordFile {
  readonly ashlarRecords: number;
  /** Keys of the tasks that it is about. */
  readonly tasks: readonly string[];
  /** By key. */
  readonly records: Readonly<Record<string, { readonly name: string; readonly record: Value }>>;
}

/** The text of a file with the records of tasks and of all that they depend on. */
export function writeRecordFile(
  tasks: readonly Task[],
  ordered: readonly Task[],
  keyOf: KeysOf,
): string {
  const key = (task: Task): string => keyOf(task).key.hash;
  const entries = ordered.map(
    (task) => [key(task), { name: task.name, record: taskRecord(task, keyOf) }] as const,
  );
  const file: RecordFile = {
    ashlarRecords: FORMAT,
    tasks: tasks.map(key),
    records: Object.fromEntries(entries),
  };
  return `${JSON.stringify(file, undefined, 1)}\n`;
}

/** The sides that a file is about. Error `record/file`, at the file. */
export function readRecordFile(shown: string, text: string): Result<Side[]> {
  const wrong = (message: string): Result<never> =>
    failed(definitionError({ code: 'record/file', message, at: { file: shown } }));
  let value: Value;
  try {
    value = JSON.parse(text) as Value;
  } catch {
    return wrong('it holds no records: it is not JSON');
  }
  if (typeof value !== 'object' || value === null) return wrong('it holds no records');
  if (!('ashlarRecords' in value)) {
    if (!('work' in value)) return wrong('it holds no records');
    // A record by itself: what it depends on is known by its keys only.
    const standIn = digestOf(text).hash;
    return ok([recordSide(standIn, undefined, value, () => undefined)]);
  }
  const file = value as unknown as Partial<RecordFile>;
  if (file.ashlarRecords !== FORMAT) return wrong('it has a format that this Ashlar does not know');
  const records = typeof file.records === 'object' && file.records !== null ? file.records : {};
  const sideOf = (key: Sha256Hex): Side | undefined => {
    const entry = Object.hasOwn(records, key) ? records[key] : undefined;
    if (typeof entry !== 'object' || entry === null) return undefined;
    const name = typeof entry.name === 'string' ? entry.name : undefined;
    return { ...recordSide(key, name, entry.record, () => undefined), dependency: sideOf };
  };
  const keys = (Array.isArray(file.tasks) ? file.tasks : []).map(String).filter(isSha256Hex);
  const sides = keys.flatMap((key) => sideOf(key) ?? []);
  return sides.length > 0 ? ok(sides) : wrong('it names no task whose record it has');
}
