// The local store as a cache: results on disk as REAPI spells them. A result appears only after the disk
// has what it names; one flush serves all results that came in meanwhile, so many small tasks do not wait
// for the disk one by one.
import { rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { sameDigest, digestOf, type Sha256Hex } from '../base/digest.ts';
import { errnoOf, readIfExists } from '../base/fs.ts';
import { run } from '../base/process.ts';
import { decodeActionResult } from '../remote/decode.ts';
import { encodeActionResult } from '../remote/encode.ts';
import { MalformedMessage, type ActionResult } from '../remote/message.ts';
import { openEntry, sealEntry } from './entry.ts';
import type { Cache } from './port.ts';
import { hasBlob, objectPath, putBytes, readBlob, replace, type Store } from './store.ts';

export interface LocalCache extends Cache {
  readonly store: Store;
  /** A result, without waiting. */
  result(key: Sha256Hex): ActionResult | undefined;
  /**
   * Names the file that a result lies in, and marks it as used: a result that was replaced has another. Undefined
   * where none is registered.
   */
  identity(key: Sha256Hex): string | undefined;
  /** Keeps a result from making room: somebody has use of it, though it is not read. */
  touch(key: Sha256Hex): void;
  /** Drops a result whose blobs are gone. */
  forget(key: Sha256Hex): void;
  /**
   * Resolves when every result put so far is registered, for other processes to see. A power cut may
   * still take it, but never leave it without what it names. Rejects with node's own errors; what could
   * not be registered is tried again at the next flush.
   */
  flush(): Promise<void>;
  /** As flush(), for who is in no hurry: what comes in within a moment shares one flush of the disk. */
  registered(): Promise<void>;
}

/**
 * Flushes that nobody hurries begin this far apart: each takes a process, and time of the disk, so that many
 * small tasks would wait for little else. A process that is killed loses the results of as long.
 */
const GROUP_MS = 200;

interface Later {
  /** What comes of it. */
  readonly done: Promise<void>;
  /** Begins now. */
  readonly hurry: () => void;
}

/** Does something once, after a time in milliseconds or when it is hurried. */
function later(ms: number, doing: () => Promise<void>): Later {
  let hurry = (): void => undefined;
  const woken = new Promise<void>((resolve) => {
    hurry = resolve;
  });
  const timer = setTimeout(hurry, ms);
  return { done: woken.then(doing), hurry: () => (clearTimeout(timer), hurry()) };
}

export function localCache(store: Store): LocalCache {
  const pending = new Map<Sha256Hex, { bytes: Uint8Array; result: ActionResult }>();
  let flushing: Promise<void> | undefined;
  /** Something was put since the last flush began. */
  let added = false;
  /** When the last flush began, on the clock of `performance`. */
  let began = -Infinity;
  /** The flush that is to come. */
  let group: Later | undefined;

  const result = (key: Sha256Hex): ActionResult | undefined =>
    pending.get(key)?.result ?? readResult(store, key);

  const flushOnce = async (): Promise<void> => {
    const batch = [...pending];
    added = false;
    began = performance.now();
    try {
      await syncFileSystem(store.root);
    } catch (error) {
      added = true;
      throw error;
    }
    for (const [key, entry] of batch) {
      // Forgotten or replaced while the disk was busy.
      if (pending.get(key) !== entry) continue;
      writeEntry(store, key, entry.bytes);
      pending.delete(key);
    }
  };
  const flushAll = async (): Promise<void> => {
    while (pending.size > 0) {
      flushing ??= flushOnce().finally(() => {
        flushing = undefined;
      });
      await flushing;
    }
  };
  const flush = (): Promise<void> => {
    group?.hurry();
    return flushAll();
  };
  const registered = (): Promise<void> => {
    // What is under way has all of it.
    if (!added) return flushing ?? Promise.resolve();
    const rest = began + GROUP_MS - performance.now();
    if (rest <= 0) return flushAll();
    group ??= later(rest, () => {
      group = undefined;
      return flushAll();
    });
    return group.done;
  };

  return {
    name: 'local store',
    writable: true,
    store,
    result,
    identity: (key) => (pending.has(key) ? undefined : identityOf(objectPath(store, 'ac', key))),
    flush,
    registered,
    touch: (key) => void identityOf(objectPath(store, 'ac', key), TOUCH_GRAIN_MS),
    forget: (key) => {
      pending.delete(key);
      rmSync(objectPath(store, 'ac', key), { force: true });
    },
    results: (keys) => {
      const found = new Map<Sha256Hex, ActionResult>();
      for (const key of keys) {
        const known = result(key);
        if (known !== undefined) found.set(key, known);
      }
      return Promise.resolve(found);
    },
    putResult: (key, value) => {
      pending.set(key.hash, { bytes: encodeActionResult(value), result: value });
      added = true;
      // Failing to write shows at the next flush() that is waited for; it must not go unhandled here.
      registered().catch(() => undefined);
      return Promise.resolve();
    },
    missing: (digests) => Promise.resolve(digests.filter((digest) => !hasBlob(store, digest))),
    readBlob: (digest) => Promise.resolve(readBlob(store, digest)),
    putBlob: (digest, content) => {
      if (!sameDigest(digestOf(content), digest)) {
        return Promise.reject(new Error(`bytes put as ${digest.hash} have another digest`));
      }
      putBytes(store, content);
      return Promise.resolve();
    },
  };
}

function writeEntry(store: Store, key: Sha256Hex, message: Uint8Array): void {
  replace(store, objectPath(store, 'ac', key), (temporary) => {
    writeFileSync(temporary, sealEntry(key, message), { flag: 'wx', mode: 0o644 });
  });
}

/** What cannot be read counts as not there. */
function readResult(store: Store, key: Sha256Hex): ActionResult | undefined {
  try {
    const path = objectPath(store, 'ac', key);
    const content = readIfExists(path);
    const message = content === undefined ? undefined : openEntry(key, content);
    if (message === undefined || identityOf(path) === undefined) return undefined;
    return decodeActionResult(message);
  } catch (error) {
    if (error instanceof MalformedMessage || errnoOf(error) !== undefined) return undefined;
    throw error;
  }
}

/** A result's last use is the time of its file; not set again within this span. */
const USE_GRAIN_MS = 60_000;

/** Nothing that runs needs what is only touched, so that this may cost next to nothing. */
const TOUCH_GRAIN_MS = 3_600_000;

/** Undefined when the file was evicted just now: its blobs may go as well. Marks it as used. */
function identityOf(path: string, grainMs = USE_GRAIN_MS): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return undefined;
  const identity = `${stat.ino}-${stat.birthtimeMs}`;
  const now = Date.now();
  // A time in the future would be the latest for ever.
  if (Math.abs(now - stat.mtimeMs) < grainMs) return identity;
  try {
    utimesSync(path, now / 1000, now / 1000);
    return identity;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return errnoOf(error) === 'ENOENT' ? undefined : identity;
  }
}

/**
 * Flushes the file system that holds a directory: node has no syncfs, the program sync does. Only where it
 * knows no option -f are all file systems flushed, because that way nobody hears of errors.
 */
async function syncFileSystem(directory: string): Promise<void> {
  // Its messages tell the one failure from the other.
  const env = { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C' };
  let ran = await run('sync', ['-f', directory], { env });
  const said = ran.stderr.replaceAll(directory, '');
  if (ran.status !== 0 && /(invalid|unrecognized|unknown|illegal) option/i.test(said)) {
    ran = await run('sync', [], { env });
  }
  if (ran.status === 0) return;
  const code = ran.startError ?? 'EIO';
  const path = ran.startError === undefined ? directory : 'sync';
  throw Object.assign(new Error(`${code}: cannot flush ${directory} to the disk`), { code, path });
}
