// Sends results to the mirrors that may be written to, in the background: the blobs a mirror lacks, then
// the result. Knows nothing of builds; what does not arrive is counted and told at the end. A result that
// is there already, and means the same, is left as it is.
import { environmentError, type Diagnostic } from '../../base/diagnostic.ts';
import type { Digest, Sha256Hex } from '../../base/digest.ts';
import { errnoOf } from '../../base/fs.ts';
import { encodeActionResult } from '../../remote/encode.ts';
import { sealEntry } from '../entry.ts';
import { blobFile, type Store } from '../store.ts';
import { blobsOf, loadTree } from '../tree.ts';
import type { Guard } from './guard.ts';
import { inParallel } from './parallel.ts';
import type { Sign } from './sign.ts';
import { noteUnsent, takeUnsent, type Sendable } from './unsent.ts';

/** Results on their way at once, and blobs of each. */
const RESULTS = 4;
const BLOBS = 8;

export interface UploadOptions {
  readonly store: Store;
  readonly guards: readonly Guard[];
  readonly sign: Sign;
}

interface Job extends Sendable {
  /** The only mirror to send it to; undefined: all. */
  readonly to?: Guard;
  /** It is not signed, and what is there is no more than what it was made from. */
  readonly note?: boolean;
}

export class Uploads {
  readonly #options: UploadOptions;
  readonly #queue: Job[] = [];
  readonly #lines = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  /** Blobs that a mirror is known to have. */
  readonly #present = new Map<Guard, Map<string, Promise<boolean>>>();
  readonly #unsent = new Map<Guard, Set<Sha256Hex>>();
  #lost = 0;

  constructor(options: UploadOptions) {
    this.#options = options;
    for (const to of options.guards.filter(({ writable }) => writable)) {
      for (const job of takeUnsent(options.store, to.name)) this.#add({ ...job, to });
    }
  }

  add(job: Job): void {
    if (this.#options.guards.some((guard) => guard.isForWriting)) this.#add(job);
  }

  #add(job: Job): void {
    this.#queue.push(job);
    if (this.#lines.size >= RESULTS) return;
    const line = this.#work().finally(() => this.#lines.delete(line));
    this.#lines.add(line);
  }

  /** Waits for all that was added; on abort for nothing more. */
  async close(signal: AbortSignal): Promise<readonly Diagnostic[]> {
    const abort = (): void => this.#stop.abort();
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    while (this.#lines.size > 0) await Promise.all(this.#lines);
    signal.removeEventListener('abort', abort);
    for (const [{ name }, keys] of this.#unsent) noteUnsent(this.#options.store, name, keys);
    // Of mirrors that were given up it was said already.
    const told = [...this.#unsent].filter(([guard]) => guard.writable);
    const later = 'the next build sends them, or ashlar cache push';
    return [
      ...told.map(([{ name }, { size }]) =>
        notSent(size, `did not get to the mirror ${name}`, later),
      ),
      ...(this.#lost === 0
        ? []
        : [notSent(this.#lost, 'were sent to no mirror: their files are gone')]),
    ];
  }

  async #work(): Promise<void> {
    for (let job = this.#queue.shift(); job !== undefined; job = this.#queue.shift()) {
      const digests = this.#blobsOf(job);
      if (digests === undefined) {
        this.#lost++;
        continue;
      }
      for (const guard of this.#options.guards) {
        if (!guard.isForWriting || (job.to !== undefined && job.to !== guard)) continue;
        const may = guard.writable && !this.#stop.signal.aborted;
        // Notes are made again by whoever has something to say.
        if ((may && (await this.#send(guard, job, digests))) || job.note === true) continue;
        const unsent = this.#unsent.get(guard) ?? new Set();
        this.#unsent.set(guard, unsent.add(job.key.hash));
      }
    }
  }

  /** All that a result needs. Undefined where the store lacks some of it. */
  #blobsOf({ blobs, result }: Job): Digest[] | undefined {
    const { store } = this.#options;
    const trees = result.directories.map(({ tree }) => tree);
    const loaded = trees.map((tree) => loadTree(store, tree));
    if (loaded.includes(undefined)) return undefined;
    const all = [
      ...blobs,
      ...(result.log === undefined ? [] : [result.log]),
      ...result.files.map(({ digest }) => digest),
      ...loaded.flatMap((tree) => blobsOf(tree!)),
      // After the files that they name.
      ...trees,
    ];
    return [...new Map(all.map((digest) => [digest.hash, digest])).values()].filter(
      ({ size }) => size > 0,
    );
  }

  async #send(guard: Guard, job: Job, digests: readonly Digest[]): Promise<boolean> {
    const { key } = job;
    const { signal } = this.#stop;
    let complete = true;
    await inParallel(digests, BLOBS, async (digest) => {
      if (complete && !(await this.#sendBlob(guard, digest))) complete = false;
    });
    if (!complete) return false;
    const entry = await this.#entryOf(job, guard);
    if (entry === undefined || entry === 'there') return entry === 'there';
    const put = async (both: AbortSignal): Promise<true> => {
      await guard.mirror.putEntry(key.hash, entry, both);
      return true;
    };
    return (await guard.send(put, signal)) === true;
  }

  /** The file to put; undefined where the mirror does not answer. */
  async #entryOf(
    { key, result, note }: Job,
    guard: Guard,
  ): Promise<Uint8Array | 'there' | undefined> {
    if (note === true) return sealEntry(key.hash, encodeActionResult(result));
    const present = await guard.send(
      async (both) => (await guard.mirror.entry(key.hash, both)) ?? null,
      this.#stop.signal,
    );
    if (present === undefined) return undefined;
    return this.#options.sign(key, result, present ?? undefined, guard) ?? 'there';
  }

  /** Each blob once, however many results name it. */
  #sendBlob(guard: Guard, digest: Digest): Promise<boolean> {
    let present = this.#present.get(guard);
    if (present === undefined) this.#present.set(guard, (present = new Map()));
    // What it said before it was known to be wrong counts no more.
    const name = guard.isWrong(digest) ? `wrong ${digest.hash}` : digest.hash;
    let sending = present.get(name);
    if (sending === undefined) {
      sending = this.#sendUnlessThere(guard, digest);
      present.set(name, sending);
    }
    return sending;
  }

  async #sendUnlessThere(guard: Guard, digest: Digest): Promise<boolean> {
    const { signal } = this.#stop;
    const there = guard.isWrong(digest)
      ? false
      : await guard.send((both) => guard.mirror.has(digest, both), signal);
    if (there !== false) return there === true;
    const file = blobFile(this.#options.store, digest);
    if (file === undefined) return false;
    const put = async (both: AbortSignal): Promise<boolean> => {
      try {
        await guard.mirror.putBlob(digest, file, both);
        return true;
      } catch (error) {
        // The file went away, or cannot be read: not the mirror's fault.
        if (errnoOf(error) === undefined) throw error;
        return false;
      }
    };
    return (await guard.send(put, signal)) === true;
  }
}

function notSent(count: number, what: string, hint?: string): Diagnostic {
  return {
    ...environmentError({
      code: 'mirror/not-sent',
      message: `${count} ${count === 1 ? 'result' : 'results'} ${what}`,
      ...(hint === undefined ? {} : { hint }),
    }),
    severity: 'warning',
  };
}
