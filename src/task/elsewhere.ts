// How tasks differ from what mirrors have of them: brings the records that are needed into the store, as
// many rounds as comparing takes, because each may lead on to others.
import { digestOf, type Digest, type Sha256Hex } from '../base/digest.ts';
import type { Mirrors } from '../cache/port.ts';
import { readBlob, type Store } from '../cache/store.ts';
import { encodeAction } from '../remote/encode.ts';
import type { Explaining } from './explain.ts';
import type { KeysOf } from './key.ts';
import type { Value } from './leaves.ts';
import { fetchPublished, type Published } from './published.ts';
import type { Cause } from './reason.ts';
import { findRecord } from './record.ts';
import type { FindRecord } from './side.ts';
import type { Task } from './task.ts';

/** The nearest record that a mirror has of a task, and what that differs in. */
export interface Elsewhere {
  readonly mirror: string;
  readonly key: Sha256Hex;
  readonly causes: readonly Cause[];
}

/** Every key is the digest of an action of the same size, as its parts are digests of small messages. */
const KEY_SIZE = encodeAction({
  command: digestOf('0'.repeat(20)),
  inputRoot: digestOf('0'.repeat(100)),
  platform: [],
}).length;

/** Links between records that are followed at most. */
const ROUNDS = 20;

/** Records that were missed while comparing, to be had from mirrors. */
export class Missed {
  readonly #keys = new Set<Sha256Hex>();
  readonly #tried = new Set<Sha256Hex>();
  readonly #published = new Map<Sha256Hex, Value>();

  /** For an explainer: notes what is not here. */
  readonly find: FindRecord = (key) => {
    const known = this.#published.get(key);
    if (known === undefined && !this.#tried.has(key)) this.#keys.add(key);
    return known;
  };

  know(published: Iterable<readonly Published[]>): void {
    for (const list of published) {
      for (const { key, record } of list) this.#published.set(key, record);
    }
  }

  /** Whether anything was missed since the last fetch. */
  get any(): boolean {
    return this.#keys.size > 0;
  }

  /** Fetches what was missed since the last time; false when there was nothing. */
  async fetch(mirrors: Mirrors, store: Store, signal: AbortSignal): Promise<boolean> {
    let wanted = [...this.#keys].map((hash): { key: Digest; next: Digest } => {
      const key = { hash, size: KEY_SIZE };
      return { key, next: key };
    });
    this.#keys.clear();
    const any = wanted.length > 0;
    for (const { key } of wanted) this.#tried.add(key.hash);
    // A key leads to an action, that to a directory, that to the record.
    for (let step = 0; step < 3 && wanted.length > 0; step++) {
      const lost = await mirrors.fetch(
        wanted.map(({ next }) => next),
        { signal },
      );
      const gone = new Set(lost.map(({ hash }) => hash));
      wanted = wanted.flatMap(({ key, next }) => {
        if (gone.has(next.hash)) return [];
        const answer = findRecord(key, (digest) => readBlob(store, digest));
        return answer !== 'none' && 'missing' in answer ? [{ key, next: answer.missing }] : [];
      });
    }
    return any;
  }
}

export interface ElsewhereRequest {
  readonly tasks: readonly Task[];
  readonly keyOf: KeysOf;
  readonly mirrors: Mirrors;
  readonly store: Store;
  readonly signal: AbortSignal;
  /** A new explainer that finds records through `find`. */
  readonly explainer: (find: FindRecord) => Explaining;
}

/** Compares tasks with the nearest that mirrors have of their names. Never fails: what is not to be had is left out. */
export async function compareElsewhere(request: ElsewhereRequest): Promise<Map<Task, Elsewhere>> {
  const { tasks, keyOf, mirrors, store, signal } = request;
  const names = tasks.map(({ name }) => name);
  const published = await fetchPublished(mirrors, store, names, signal);
  const found = new Map<Task, Elsewhere>();
  if (published.size === 0) return found;
  const missed = new Missed();
  missed.know(published.values());
  for (let round = 0; round < ROUNDS && !signal.aborted; round++) {
    found.clear();
    const explainer = request.explainer(missed.find);
    for (const task of tasks) {
      const candidates = published.get(task.name) ?? [];
      const others = candidates.filter(({ key }) => key !== keyOf(task).key.hash);
      const compared = explainer.compareWith(task, keyOf, others);
      if (compared === undefined) continue;
      const { nearest, causes } = compared;
      found.set(task, { mirror: nearest.mirror, key: nearest.key, causes });
    }
    if (!(await missed.fetch(mirrors, store, signal))) break;
  }
  return found;
}
