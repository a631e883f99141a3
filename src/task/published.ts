// Records beside the results of a mirror, found by the names of tasks: so that a machine that has made
// nothing yet can tell how what it is about to run differs from what others made. Each name has a result
// of its own, whose outputs are the records of the last keys. Costs one small upload for each task that
// ran, and nothing where no mirror is written to.
import { digestOf, isSha256Hex, type Digest, type Sha256Hex } from '../base/digest.ts';
import type { Mirrors } from '../cache/port.ts';
import { hasBlob, readBlob, type Store } from '../cache/store.ts';
import type { ActionResult, OutputFile } from '../remote/message.ts';
import { fetchImages, publishImages } from './imagerecord.ts';
import type { TaskKey } from './key.ts';
import type { Value } from './leaves.ts';
import type { Task } from './task.ts';

export interface Published {
  readonly key: Sha256Hex;
  readonly record: Value;
  readonly mirror: string;
}

/** Of each name so many records are kept at a mirror. */
const KEPT = 8;
/** Longer ones are not worth their way. */
const LONGEST = 256 << 10;

/** Where the records of tasks of a name are. No task has this key: theirs are digests of actions. */
function placeOf(name: string): Digest {
  return digestOf(`ashlar records of ${name}\n`);
}

/** Offers the records of tasks that ran, before those that the mirrors have of their names. */
export async function publish(
  mirrors: Mirrors,
  store: Store,
  made: ReadonlyMap<Task, TaskKey>,
): Promise<void> {
  const tasks = [...made].filter(([{ shared }]) => shared);
  if (tasks.length === 0) return;
  await publishImages(mirrors, store, new Set(tasks.flatMap(([{ work }]) => imageOf(work))));
  const known = await mirrors.notes(tasks.map(([{ name }]) => placeOf(name).hash));
  const now = Date.now();
  for (const [{ name }, { key, blobs }] of tasks) {
    const record = blobs[0];
    if (record === undefined || record.length > LONGEST) continue;
    const place = placeOf(name);
    const digest = digestOf(record);
    // Only what is here can be sent to each of several mirrors.
    const older = (known.get(place.hash)?.result.files ?? []).filter(
      (file) => file.path !== key.hash && hasBlob(store, file.digest),
    );
    const file: OutputFile = { path: key.hash, digest, executable: false };
    mirrors.offerNote(place, [digest], resultOf([file, ...older].slice(0, KEPT), now));
  }
}

function imageOf(work: Task['work']): string[] {
  return work.kind === 'script' ? [work.image.identity] : [];
}

function resultOf(files: readonly OutputFile[], at: number): ActionResult {
  return { files, directories: [], exitCode: 0, worker: '', startedMs: at, completedMs: at };
}

/** What the mirrors have of tasks of some names; the blobs come into the local store. */
export async function fetchPublished(
  mirrors: Mirrors,
  store: Store,
  names: readonly string[],
  signal: AbortSignal,
): Promise<Map<string, Published[]>> {
  const found = await mirrors.notes(names.map((name) => placeOf(name).hash));
  const wanted = [...found.values()].flatMap(({ result }) => usable(result));
  await mirrors.fetch(
    wanted.map(({ digest }) => digest),
    { signal },
  );
  const published = new Map<string, Published[]>();
  for (const name of names) {
    const answer = found.get(placeOf(name).hash);
    if (answer === undefined) continue;
    const list = usable(answer.result).flatMap(({ path, digest }): Published[] => {
      const record = parse(readBlob(store, digest));
      if (record === undefined || !isSha256Hex(path)) return [];
      return [{ key: path, record, mirror: answer.mirror }];
    });
    if (list.length > 0) published.set(name, list);
  }
  const records = [...published.values()].flat().map(({ record }) => record);
  await fetchImages(mirrors, store, records, signal);
  return published;
}

/** What comes from a mirror may be anything. */
function usable({ files }: ActionResult): OutputFile[] {
  return files
    .filter(({ path, digest }) => isSha256Hex(path) && digest.size <= LONGEST)
    .slice(0, KEPT);
}

function parse(bytes: Uint8Array | undefined): Value {
  if (bytes === undefined) return undefined;
  try {
    const value = JSON.parse(Buffer.from(bytes).toString('utf8')) as Value;
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
