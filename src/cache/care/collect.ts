// Makes room in a store: what nothing refers to, then what was used longest ago, until it fits. Any
// number of processes may work in the store meanwhile: nothing goes that one of them may have seen since
// it began. A process that is killed leaves a store that is whole, only less empty.
import { linkSync, lstatSync, renameSync, rmSync, unlinkSync } from 'node:fs';
import type { Sha256Hex } from '../../base/digest.ts';
import { errnoOf, removeTree, temporaryBeside } from '../../base/fs.ts';
import { tryLock } from '../../base/lock.ts';
import type { Store } from '../store.ts';
import {
  takeInventory,
  type Inventory,
  type StoredBlob,
  type StoredLayer,
  type StoredResult,
} from './inventory.ts';
import { inUseSince } from './lease.ts';
import { Marker } from './mark.ts';
import { readPins } from './pin.ts';
import { addTombstones } from './tombstone.ts';
import { writeUsage } from './usage.ts';
import { applyUses } from './uses.ts';

export interface CollectOptions {
  /** Bytes that results, blobs and layers may have; undefined: only what nothing refers to goes. */
  readonly maxBytes: number | undefined;
  /** Only tell. */
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
}

export interface Collected {
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  readonly results: number;
  readonly layers: number;
  readonly blobs: number;
  /** Bytes that could not go, and why not. */
  readonly inUseBytes: number;
  readonly pinnedResults: number;
}

/** What nothing refers to is left for so long, unless its room is needed: it may be about to be. */
const GRACE_MS = 24 * 3_600_000;

/** Objects are not marked as used again within this span (store.ts, local.ts). */
const USE_GRAIN_MS = 60_000;

/** Evictions between two looks at who uses the store. */
const BATCH = 256;

/** Undefined where another process makes room already. Throws node's own errors. */
export async function collect(
  store: Store,
  options: CollectOptions,
): Promise<Collected | undefined> {
  const alone = await tryLock(`ashlar collect\0${store.root}`);
  if (alone === undefined) return undefined;
  try {
    return await new Collection(store, options).run();
  } finally {
    await alone.release();
  }
}

type Unit =
  | { readonly kind: 'result'; readonly it: StoredResult; readonly blobs: ReadonlySet<Sha256Hex> }
  | { readonly kind: 'layer'; readonly it: StoredLayer };

class Collection {
  readonly #store: Store;
  readonly #options: CollectOptions;
  readonly #beganMs = Date.now();
  readonly #blobs = new Map<Sha256Hex, StoredBlob[]>();
  readonly #references = new Map<Sha256Hex, number>();
  #protectedMs = 0;
  #inUse = false;
  #bytes = 0;
  #inUseBytes = 0;
  readonly #gone = { results: 0, layers: 0, blobs: 0 };

  constructor(store: Store, options: CollectOptions) {
    this.#store = store;
    this.#options = options;
  }

  async run(): Promise<Collected> {
    const { maxBytes = Infinity, dryRun } = this.#options;
    await this.#lookWhoIsHere();
    applyUses(this.#store);
    const inventory = takeInventory(this.#store);
    this.#bytes = inventory.bytes;
    for (const blob of inventory.blobs) {
      this.#blobs.set(blob.hash, [...(this.#blobs.get(blob.hash) ?? []), blob]);
    }
    const units = this.#refer(inventory);
    this.#sweep(GRACE_MS);
    if (this.#bytes > maxBytes) this.#sweep(0);
    const pinned = new Set(readPins(this.#store).flatMap(({ keys }) => keys));
    const evictable = units
      .filter((unit) => unit.kind === 'layer' || !pinned.has(unit.it.key))
      .sort((a, b) => a.it.usedMs - b.it.usedMs);
    for (let at = 0; at < evictable.length && this.#bytes > maxBytes; at += BATCH) {
      if (this.#options.signal.aborted) break;
      if (at > 0) await this.#lookWhoIsHere();
      this.#evict(evictable.slice(at, at + BATCH), maxBytes);
    }
    if (!dryRun) this.#writeUsage(inventory);
    return {
      bytesBefore: inventory.bytes,
      bytesAfter: this.#bytes,
      ...this.#gone,
      inUseBytes: this.#inUseBytes,
      pinnedResults: inventory.results.filter(({ key }) => pinned.has(key)).length,
    };
  }

  /** From when on what is used may be needed by a process that is at work. */
  async #lookWhoIsHere(): Promise<void> {
    const since = await inUseSince(this.#store);
    this.#inUse = since !== undefined;
    this.#protectedMs =
      since === undefined ? this.#beganMs : Math.min(since - USE_GRAIN_MS, this.#beganMs);
  }

  /** Whether something may be in use by its time, or was so until a moment of which only the clock knows. */
  #isProtected(timeMs: number, untilMs = this.#protectedMs): boolean {
    // Of a clock that was ahead, or was set back: it tells nothing, and must not keep things for ever.
    if (timeMs > Date.now() + USE_GRAIN_MS) return this.#inUse;
    return timeMs >= untilMs;
  }

  #refer({ results, layers }: Inventory): Unit[] {
    const marker = new Marker(this.#store);
    const units: Unit[] = layers.map((it) => ({ kind: 'layer', it }));
    for (const it of results) {
      const blobs = marker.blobsOf(it) ?? new Set();
      units.push({ kind: 'result', it, blobs });
      for (const hash of blobs) this.#references.set(hash, (this.#references.get(hash) ?? 0) + 1);
    }
    return units;
  }

  /** Removes what nothing refers to and nobody wanted for so long. */
  #sweep(graceMs: number): void {
    const until = Math.min(this.#protectedMs, Date.now() - graceMs);
    for (const hash of this.#blobs.keys()) {
      if (!this.#references.has(hash)) this.#removeBlob(hash, until);
    }
  }

  #evict(units: readonly Unit[], maxBytes: number): void {
    const chosen: Unit[] = [];
    let expected = this.#bytes;
    for (const unit of units) {
      if (expected <= maxBytes) break;
      if (this.#isProtected(unit.it.usedMs)) {
        this.#inUseBytes += unit.it.size;
        continue;
      }
      chosen.push(unit);
      expected -= unit.it.size + this.#onlyOf(unit);
    }
    const results = chosen.flatMap((unit) => (unit.kind === 'result' ? [unit.it] : []));
    if (!this.#options.dryRun) {
      // Before: a tombstone of what is still there is harmless, a result that nobody knows of is not.
      const atMs = Date.now();
      addTombstones(
        this.#store,
        results.map(({ key, usedMs }) => ({ key, atMs, lastUsedMs: usedMs })),
      );
    }
    for (const unit of chosen) {
      if (this.#bytes <= maxBytes) break;
      if (unit.kind === 'layer') this.#removeLayer(unit.it);
      else if (this.#removeResult(unit.it)) this.#release(unit.blobs);
    }
  }

  /** Bytes that go with a unit, because no other result refers to them. */
  #onlyOf(unit: Unit): number {
    if (unit.kind === 'layer') return 0;
    let bytes = 0;
    for (const hash of unit.blobs) {
      if (this.#references.get(hash) !== 1) continue;
      for (const { size } of this.#blobs.get(hash) ?? []) bytes += size;
    }
    return bytes;
  }

  #release(blobs: ReadonlySet<Sha256Hex>): void {
    for (const hash of blobs) {
      const left = (this.#references.get(hash) ?? 1) - 1;
      if (left > 0) this.#references.set(hash, left);
      else {
        this.#references.delete(hash);
        this.#removeBlob(hash, this.#protectedMs);
      }
    }
  }

  #removeBlob(hash: Sha256Hex, untilMs: number): void {
    const kept: StoredBlob[] = [];
    for (const blob of this.#blobs.get(hash) ?? []) {
      if (this.#isProtected(blob.changedMs, untilMs) || !this.#unlink(blob)) kept.push(blob);
      else {
        this.#bytes -= blob.size;
        this.#gone.blobs++;
      }
    }
    if (kept.length > 0) this.#blobs.set(hash, kept);
    else this.#blobs.delete(hash);
  }

  /** Unless somebody wanted it since it was looked at. */
  #unlink({ path, changedMs }: StoredBlob): boolean {
    if (this.#options.dryRun) return true;
    if (lstatSync(path, { throwIfNoEntry: false })?.ctimeMs !== changedMs) return false;
    return removed(() => unlinkSync(path));
  }

  /**
   * Moved away first: whoever finds it under its name afterwards has put it there, and whoever used it
   * just before has left a new time on it; then it goes back.
   */
  #removeResult({ path, size, usedMs }: StoredResult): boolean {
    if (!this.#options.dryRun) {
      const away = temporaryBeside(`${this.#store.root}/tmp/evicted`);
      if (!removed(() => renameSync(path, away))) return false;
      if (lstatSync(away).mtimeMs !== usedMs) {
        putBack(away, path);
        return false;
      }
      rmSync(away, { force: true });
    }
    this.#bytes -= size;
    this.#gone.results++;
    return true;
  }

  #removeLayer({ path, size, usedMs }: StoredLayer): void {
    if (!this.#options.dryRun) {
      if (lstatSync(path, { throwIfNoEntry: false })?.mtimeMs !== usedMs) return;
      const away = temporaryBeside(`${this.#store.root}/tmp/evicted`);
      if (!removed(() => renameSync(path, away))) return;
      removeTree(away);
    }
    this.#bytes -= size;
    this.#gone.layers++;
  }

  #writeUsage({ results, blobs, layers }: Inventory): void {
    writeUsage(this.#store, {
      atMs: this.#beganMs,
      bytes: this.#bytes,
      results: results.length - this.#gone.results,
      blobs: blobs.length - this.#gone.blobs,
      layers: layers.length - this.#gone.layers,
    });
  }
}

/** False when it was gone already. */
function removed(action: () => void): boolean {
  try {
    action();
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}

function putBack(away: string, path: string): void {
  try {
    linkSync(away, path);
  } catch (error) {
    // Somebody has put another one there.
    if (errnoOf(error) !== 'EEXIST') throw error;
  }
  rmSync(away, { force: true });
}
