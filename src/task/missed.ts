// Records that a comparison lacked, to be had from mirrors: noted while comparing, fetched in between, as
// many rounds as it takes, because each may lead on to others. Knows nothing of what is compared.
import { digestOf, type Digest, type Sha256Hex } from '../base/digest.ts';
import type { Mirrors } from '../cache/port.ts';
import { readBlob, type Store } from '../cache/store.ts';
import { encodeAction } from '../remote/encode.ts';
import { fetchImages } from './imagerecord.ts';
import type { Value } from './leaves.ts';
import type { Published } from './published.ts';
import { findRecord } from './record.ts';
import type { FindRecord } from './side.ts';

/** Every key is the digest of an action of the same size, as its parts are digests of small messages. */
const KEY_SIZE = encodeAction({
  command: digestOf('0'.repeat(20)),
  inputRoot: digestOf('0'.repeat(100)),
  platform: [],
}).length;

/** Records that were missed while comparing, to be had from mirrors. */
export class Missed {
  readonly #keys = new Set<Sha256Hex>();
  readonly #tried = new Set<Sha256Hex>();
  readonly #published = new Map<Sha256Hex, Value>();
  readonly #most: number;

  /** No more than so many are fetched in all. */
  constructor(most = Infinity) {
    this.#most = most;
  }

  /** For an explainer: notes what is not here. */
  readonly find: FindRecord = (key) => {
    const known = this.#published.get(key);
    const left = this.#most - this.#tried.size - this.#keys.size;
    if (known === undefined && left > 0 && !this.#tried.has(key)) this.#keys.add(key);
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
    const records: Value[] = [];
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
        if (answer !== 'none' && 'record' in answer) records.push(answer.record);
        return answer !== 'none' && 'missing' in answer ? [{ key, next: answer.missing }] : [];
      });
    }
    await fetchImages(mirrors, store, records, signal);
    return any;
  }
}
