// Results that did not get to a mirror, for the next build that may write to it to send: a mirror that was away for
// an hour would otherwise lack that hour for ever, as nothing is built twice. One file for each mirror, that is only
// added to; may be deleted at any time.
import { appendFileSync, lstatSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf, isSha256Hex, type Digest, type Sha256Hex } from '../../base/digest.ts';
import { errnoOf, readIfExists, temporaryBeside } from '../../base/fs.ts';
import type { ActionResult } from '../../remote/message.ts';
import { Marker } from '../care/mark.ts';
import { localCache } from '../local.ts';
import { objectPath, type Store } from '../store.ts';

/** More are what nobody waits for at the end of a build; the last count. */
const MOST = 2000;

/** A result with all blobs that belong to it. */
export interface Sendable {
  readonly key: Digest;
  readonly blobs: readonly Digest[];
  readonly result: ActionResult;
}

function fileOf({ root }: Store, mirror: string): string {
  return join(root, 'unsent', digestOf(mirror).hash);
}

/** Notes results for a mirror, by its name. What cannot be noted is sent by `ashlar cache push` only. */
export function noteUnsent(store: Store, mirror: string, keys: Iterable<Sha256Hex>): void {
  const lines = [...keys].map((key) => `${key}\n`).join('');
  if (lines === '') return;
  quietly(() => {
    mkdirSync(join(store.root, 'unsent'), { recursive: true });
    appendFileSync(fileOf(store, mirror), lines, { mode: 0o644 });
  });
}

/** What is noted for a mirror, as far as it is still here; it is noted no more. Another process gets nothing of it. */
export function takeUnsent(store: Store, mirror: string): Sendable[] {
  const file = fileOf(store, mirror);
  let text = '';
  quietly(() => {
    const away = temporaryBeside(`${store.root}/tmp/unsent`);
    renameSync(file, away);
    text = readIfExists(away)?.toString('latin1') ?? '';
    rmSync(away, { force: true });
  });
  const keys = new Set(text.split('\n').filter((line) => isSha256Hex(line)));
  if (keys.size === 0) return [];
  const cache = localCache(store);
  const marker = new Marker(store);
  return [...keys].slice(-MOST).flatMap((hash): Sendable[] => {
    const result = cache.result(hash);
    const key = present(store, hash);
    if (result === undefined || key === undefined || result.local === true) return [];
    const named = marker.blobsOf({ key: hash, path: objectPath(store, 'ac', hash) }) ?? [];
    return [{ key, result, blobs: [...named].flatMap((blob) => present(store, blob) ?? []) }];
  });
}

function present(store: Store, hash: Sha256Hex): Digest | undefined {
  const path = objectPath(store, 'cas', hash);
  const stat =
    lstatSync(path, { throwIfNoEntry: false }) ?? lstatSync(`${path}.x`, { throwIfNoEntry: false });
  return stat && { hash, size: stat.size };
}

function quietly(action: () => void): void {
  try {
    action();
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
  }
}
