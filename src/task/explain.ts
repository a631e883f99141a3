// Why tasks run: each is compared with the nearest record that is known of it, which is not always the
// newest. Lends the scheduler an Explainer; the records it compares are those that keys are made from,
// so that a key and its explanation cannot drift apart. Costs nothing where nothing has to run.
import { readFileSync } from 'node:fs';
import { formatPlace } from '../base/diagnostic.ts';
import { digestOf, sameDigest, type Sha256Hex } from '../base/digest.ts';
import { errnoOf } from '../base/fs.ts';
import { tombstone } from '../cache/care/tombstone.ts';
import { hasBlob, putBytes, type Store } from '../cache/store.ts';
import { comparer, type Comparer } from './compare.ts';
import { imageChange } from './imagechange.ts';
import type { KeysOf, TaskKey } from './key.ts';
import type { Value } from './leaves.ts';
import { chooseNearest, type Candidate } from './nearest.ts';
import type { Cause, Reason } from './reason.ts';
import { rebuildIfLost, taskOfResult } from './rebuild.ts';
import { readRecord } from './record.ts';
import { recall, rememberRecord, treeName, type Remembered } from './remembered.ts';
import type { Explainer } from './schedule.ts';
import { recordSide, taskSide, type FindRecord, type Side } from './side.ts';
import type { Task } from './task.ts';

export interface ExplainOptions {
  readonly store: Store;
  /** The directory of the tree: its own records are preferred where others are as near. */
  readonly directory: string;
  /** When a result had to make room, in milliseconds; that of the store unless given. */
  readonly evictedAt?: (key: Sha256Hex) => number | undefined;
  /** Another place to look for records that are not here. */
  readonly find?: FindRecord;
  /** Brings what `find` did not have, for it to have it then; false when there was nothing to be had. */
  readonly bring?: () => Promise<boolean>;
}

/** What `ashlar why` is told of a task, beside the reason. */
export interface Explained {
  readonly reason: Reason;
  /** The record that it was compared with. */
  readonly nearest?: Remembered | undefined;
}

export interface Explaining extends Explainer {
  /** Why a task has no result, and what it was compared with. */
  explain(task: Task, keyOf: KeysOf): Explained;
  /** The nearest of some records, and what it differs in; undefined where there is none. */
  compareWith<T extends Candidate>(
    task: Task,
    keyOf: KeysOf,
    candidates: readonly T[],
  ): { readonly nearest: T; readonly causes: readonly Cause[] } | undefined;
  /** What was made since this explainer is there. */
  readonly made: ReadonlyMap<Task, TaskKey>;
  /** Tasks among these of which nothing was known, with the keys of all tasks. */
  strangers(): { readonly tasks: readonly Task[]; readonly keyOf: KeysOf } | undefined;
  /** All that is remembered of tasks of a name, the oldest first. */
  remembered(name: string): readonly Remembered[];
}

export function createExplainer({
  store,
  directory,
  evictedAt = (key) => tombstone(store, key)?.atMs,
  find = () => undefined,
  bring,
}: ExplainOptions): Explaining {
  const tree = treeName(directory);
  const memory = new Map<string, Remembered[]>();
  const reasons = new Map<Task, Reason>();
  const made = new Map<Task, TaskKey>();
  let keysOf: KeysOf | undefined;
  /** Keys that tasks had in the records of those that depend on them. */
  const expected = new Map<string, Sha256Hex>();
  const newComparer = (): Comparer =>
    comparer({
      onPair: (old, { name }) => {
        if (name !== undefined && !expected.has(name)) expected.set(name, old);
      },
      knownAs: (key, name) => remembered(name).some((entry) => entry.key === key),
      nameOf: (key) => taskOfResult(store, key),
      images: (old, now) => imageChange(store, old, now),
    });
  let compare = newComparer();

  const remembered = (name: string): Remembered[] => {
    let entries = memory.get(name);
    if (entries === undefined) {
      if (memory.size === 0) rebuildIfLost(store);
      entries = recall(store, name);
      memory.set(name, entries);
    }
    return entries;
  };
  const findHere: FindRecord = (key, name) =>
    (name === undefined
      ? undefined
      : remembered(name).find((entry) => entry.key === key && known(entry.record))?.record) ??
    readRecord(store, key);
  const findRecord: FindRecord = (key, name) => findHere(key, name) ?? find(key, name);

  /** What mirrors have is not asked for to choose: it would be fetched for records that nobody is told of. */
  const chooser = chooseNearest({
    knownAs: (key, name) => remembered(name).some((entry) => entry.key === key),
    find: (key, name) => findHere(key, name),
  });

  /** The record nearest to a task's own. */
  const nearestOf = <T extends Candidate>(side: Side, candidates: readonly T[]): T | undefined =>
    chooser(
      side,
      // Long records are only in the store.
      candidates.map((kept) =>
        known(kept.record) ? kept : { ...kept, record: readRecord(store, kept.key) },
      ),
    );

  const explain = (task: Task, keyOf: KeysOf): Explained => {
    const side = taskSide(task, keyOf);
    const same = remembered(task.name).findLast(({ key }) => key === side.key);
    const evicted = evictedAt(side.key);
    if (evicted !== undefined) {
      return { reason: { kind: 'evicted', atMs: evicted }, nearest: same };
    }
    if (same !== undefined) return { reason: { kind: 'gone' }, nearest: same };
    const nearest = nearestOf(side, newestFirst(remembered(task.name), tree));
    const before = nearest?.key ?? expected.get(task.name);
    const record = nearest?.record ?? (before && findRecord(before, task.name));
    if (before === undefined || !known(record)) return { reason: { kind: 'new' } };
    const causes = compare.causes(recordSide(before, task.name, record, findRecord), side);
    return { reason: { kind: 'changed', causes }, nearest };
  };

  return {
    explain,
    remembered,
    made,
    strangers: () => {
      const tasks = [...made.keys()].filter((task) => reasons.get(task)?.kind === 'new');
      return keysOf === undefined || tasks.length === 0 ? undefined : { tasks, keyOf: keysOf };
    },
    compareWith: (task, keyOf, candidates) => {
      const side = taskSide(task, keyOf);
      const nearest = nearestOf(side, candidates);
      if (nearest === undefined) return undefined;
      const old = recordSide(nearest.key, task.name, nearest.record, findRecord);
      return { nearest, causes: compare.causes(old, side) };
    },
    prepare: async (tasks, keyOf) => {
      if (bring === undefined) return;
      for (;;) {
        for (const task of tasks) reasons.set(task, explain(task, keyOf).reason);
        // What was not there may lead on to more.
        if (!(await bring())) return;
        compare = newComparer();
      }
    },
    why: (task, keyOf) => {
      keysOf = keyOf;
      const reason = reasons.get(task) ?? explain(task, keyOf).reason;
      reasons.set(task, reason);
      return reason;
    },
    remember: (task, key, outcome) => {
      const entries = remembered(task.name);
      const last = entries.findLast((entry) => entry.tree === tree);
      if (outcome === 'restored' && last?.key === key.key.hash) return;
      const reason = reasons.get(task);
      const entry = {
        tree,
        key: key.key.hash,
        atMs: Date.now(),
        how: outcome,
        why: reason === undefined ? null : reasonJson(reason),
      };
      rememberRecord(store, task.name, { ...entry, record: recordText(task, key) });
      if (outcome !== 'ran') return;
      made.set(task, key);
      keepTexts(store, task);
    },
  };
}

/** The text that the key is the digest of. */
function recordText(task: Task, { record }: TaskKey): string {
  if (record !== undefined) return record;
  throw new Error(`the key of ${task.name} came without its record`);
}

/** So that a script that changed can be shown line by line. */
const KEPT_FILES = 8;
const KEPT_BYTES = 32 << 10;

/** Keeps the contents of small files of the checkout. What cannot be read is not needed. */
function keepTexts(store: Store, task: Task): void {
  const small = task.inputs
    .filter((input) => input.kind === 'file')
    .filter(({ digest }) => digest.size <= KEPT_BYTES)
    .slice(0, KEPT_FILES);
  for (const { source, digest } of small) {
    if (hasBlob(store, digest)) continue;
    try {
      const bytes = readFileSync(source);
      if (sameDigest(digestOf(bytes), digest)) putBytes(store, bytes);
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
    }
  }
}

function known(record: Value): boolean {
  return record !== undefined && record !== null;
}

/** More would cost more than a small task itself. */
const CANDIDATES = 12;

function newestFirst(entries: readonly Remembered[], tree: string): Remembered[] {
  const seen = new Set<string>();
  const usable = entries.toReversed().filter(({ key }) => {
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
  const own = usable.filter((entry) => entry.tree === tree);
  return [...own, ...usable.filter((entry) => entry.tree !== tree)].slice(0, CANDIDATES);
}

const LONGEST_VALUE = 1000;
const MOST_CAUSES = 8;

/** A reason as it is kept and printed: places as text, values cut where they are too long to read. */
export function reasonJson(
  reason: Reason,
  limits: { readonly value: number; readonly causes: number } = {
    value: LONGEST_VALUE,
    causes: MOST_CAUSES,
  },
): { readonly [member: string]: Value } {
  if (reason.kind !== 'changed') return { ...reason };
  return {
    kind: 'changed',
    causes: reason.causes.slice(0, limits.causes).map((cause) => causeJson(cause, limits.value)),
    ...(reason.causes.length > limits.causes ? { more: reason.causes.length - limits.causes } : {}),
  };
}

/** A cause as it is kept and printed; values are cut after so many characters. */
export function causeJson(
  { path, task, at, old, new: now }: Cause,
  longest: number,
): { readonly [member: string]: Value } {
  const cut = (text: string | undefined): string | null => {
    if (text === undefined) return null;
    return text.length > longest ? `${text.slice(0, longest)}…` : text;
  };
  return {
    path,
    task,
    ...(at === undefined ? {} : { at: formatPlace(at) }),
    old: cut(old),
    new: cut(now),
  };
}

/**
 * A reason that was kept as JSON; undefined for anything else. Places are files then, with their line, and with their
 * column where that is asked for.
 */
export function reasonFromJson(
  value: Value,
  { columns = false }: { readonly columns?: boolean } = {},
): Reason | undefined {
  const reason = value as Reason | null | undefined;
  if (typeof reason !== 'object' || reason === null) return undefined;
  if (reason.kind !== 'changed') return reason;
  const causes = reason.causes.map(({ at, old, new: now, ...cause }) => ({
    ...cause,
    // A place is text here, and one of a whole file from now on.
    ...(typeof at === 'string' ? { at: { file: columns ? at : withoutColumn(at) } } : {}),
    old: old ?? undefined,
    new: now ?? undefined,
  }));
  return { kind: 'changed', causes };
}

function withoutColumn(place: string): string {
  return place.replace(/:(\d+):\d+$/, ':$1');
}
