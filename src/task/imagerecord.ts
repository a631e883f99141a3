// The records of images at mirrors, beside those of tasks: so that two machines can be told apart by what is
// installed on them. One small upload for each image that a mirror does not know.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf, isSha256Hex, type Digest, type Sha256Hex } from '../base/digest.ts';
import type { Mirrors } from '../cache/port.ts';
import { putBytes, readBlob, type Store } from '../cache/store.ts';
import { identityRecords, keepIdentityRecord } from '../sandbox/identity.ts';
import { readImage, withoutSandbox } from './imagechange.ts';
import type { Value } from './leaves.ts';

/** Longer ones are not worth their way. */
const LONGEST = 1 << 20;

/** Where the record of an image is at a mirror. No task has this key. */
function placeOf(identity: string): Digest {
  return digestOf(`ashlar image ${identity}\n`);
}

/** Offers the records of the images that some tasks ran in, where the mirrors do not have them. */
export async function publishImages(
  mirrors: Mirrors,
  store: Store,
  images: ReadonlySet<string>,
): Promise<void> {
  const here = bareIdentities(images).filter((hash) => readImage(store, hash) !== undefined);
  const known = await mirrors.notes(here.map((hash) => placeOf(hash).hash));
  for (const hash of here) {
    const place = placeOf(hash);
    if (known.has(place.hash)) continue;
    const digest = putBytes(store, readFileSync(join(identityRecords(store.root), hash)));
    const files = [{ path: 'image.json', digest, executable: false }];
    const at = { startedMs: Date.now(), completedMs: Date.now() };
    mirrors.offerNote(place, [digest], { files, directories: [], exitCode: 0, worker: '', ...at });
  }
}

/** Brings the records of the images that some records of tasks name and that are not known here. */
export async function fetchImages(
  mirrors: Mirrors,
  store: Store,
  records: readonly Value[],
  signal: AbortSignal,
): Promise<void> {
  const named = bareIdentities(new Set(records.flatMap(imagesOf)));
  const missing = named.filter((identity) => readImage(store, identity) === undefined);
  if (missing.length === 0) return;
  const found = await mirrors.notes(missing.map((identity) => placeOf(identity).hash));
  for (const identity of missing) {
    const digest = found.get(placeOf(identity).hash)?.result.files[0]?.digest;
    // What is not what the identity is a digest of says nothing about it.
    if (digest?.hash !== identity || digest.size > LONGEST) continue;
    await mirrors.fetch([digest], { signal });
    const bytes = readBlob(store, digest);
    if (bytes === undefined) continue;
    keepIdentityRecord(identityRecords(store.root), identity, Buffer.from(bytes).toString('utf8'));
  }
}

function imagesOf(record: Value): string[] {
  const { work } = (record ?? {}) as { readonly work?: { readonly image?: unknown } };
  return typeof work?.image === 'string' ? [work.image] : [];
}

function bareIdentities(images: ReadonlySet<string>): Sha256Hex[] {
  return [...new Set([...images].map(withoutSandbox))].filter((name) => isSha256Hex(name));
}
