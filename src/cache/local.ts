// The local store as a cache: results on disk exactly as REAPI spells them. A result appears only after
// the disk has what it names; one flush serves all results that came in meanwhile, so many small tasks
// do not wait for the disk one by one.
import { rmSync } from 'node:fs';
import { sameDigest, digestOf, type Sha256Hex } from '../base/digest.ts';
import { readIfExists, writeAtomic } from '../base/fs.ts';
import { run } from '../base/process.ts';
import { decodeActionResult } from '../remote/decode.ts';
import { encodeActionResult } from '../remote/encode.ts';
import { MalformedMessage, type ActionResult } from '../remote/message.ts';
import type { Cache } from './port.ts';
import { hasBlob, objectPath, putBytes, readBlob, type Store } from './store.ts';

export interface LocalCache extends Cache {
  readonly store: Store;
  /** A result, without waiting. */
  result(key: Sha256Hex): ActionResult | undefined;
  /** Drops a result whose blobs are gone. */
  forget(key: Sha256Hex): void;
  /** Resolves when every result put so far is on the disk. */
  flush(): Promise<void>;
}

export function localCache(store: Store): LocalCache {
  const pending = new Map<Sha256Hex, { bytes: Uint8Array; result: ActionResult }>();
  let flushing: Promise<void> | undefined;

  const result = (key: Sha256Hex): ActionResult | undefined =>
    pending.get(key)?.result ?? readResult(store, key);

  const flushOnce = async (): Promise<void> => {
    while (pending.size > 0) {
      const batch = [...pending];
      await syncFileSystem(store.root);
      for (const [key, entry] of batch) {
        writeAtomic(objectPath(store, 'ac', key), entry.bytes);
        if (pending.get(key) === entry) pending.delete(key);
      }
    }
  };
  const flush = (): Promise<void> => {
    flushing ??= flushOnce().finally(() => {
      flushing = undefined;
    });
    return flushing;
  };

  return {
    name: 'local store',
    writable: true,
    store,
    result,
    flush,
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
      // Failing to write shows at the next flush() that is waited for; it must not go unhandled here.
      flush().catch(() => undefined);
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

/** An empty file is what a power cut leaves of an entry, and would decode as a result without outputs. */
function readResult(store: Store, key: Sha256Hex): ActionResult | undefined {
  const bytes = readIfExists(objectPath(store, 'ac', key));
  if (bytes === undefined || bytes.length === 0) return undefined;
  try {
    return decodeActionResult(bytes);
  } catch (error) {
    if (error instanceof MalformedMessage) return undefined;
    throw error;
  }
}

/** Flushes the file system that holds a directory: node has no syncfs, coreutils' sync does. */
async function syncFileSystem(directory: string): Promise<void> {
  await run('sync', ['-f', directory]);
}
