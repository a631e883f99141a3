// Records as they lie in a store: a task key is the digest of an action whose input root holds nothing
// but the record, so whoever has a key can have what it was made from.
import { isSha256Hex, type Digest, type Sha256Hex } from '../base/digest.ts';
import { lstatSync } from 'node:fs';
import { objectPath, readBlob, type Store } from '../cache/store.ts';
import { decodeDirectory } from '../remote/decode.ts';
import { MalformedMessage } from '../remote/message.ts';
import { readMessage } from '../remote/wire.ts';
import type { Value } from './leaves.ts';
import { RECORD_FILE } from './key.ts';

/** Takes a blob from somewhere; undefined when it is not to be had. */
export type ReadBlob = (digest: Digest) => Uint8Array | undefined;

/** What a chain of blobs from a key to its record still lacks, or the record. */
export type RecordAnswer =
  | { readonly record: Value }
  /** The blob that comes next, which is not there. */
  | { readonly missing: Digest }
  /** There is no such record: it is the key of something else, or its blobs are no records. */
  | 'none';

/** Follows a key to its record, as far as blobs are there. */
export function findRecord(key: Digest, readBlob: ReadBlob): RecordAnswer {
  try {
    const action = readBlob(key);
    if (action === undefined) return { missing: key };
    const rootDigest = inputRootOf(action);
    if (rootDigest === undefined) return 'none';
    const root = readBlob(rootDigest);
    if (root === undefined) return { missing: rootDigest };
    const file = decodeDirectory(root).files.find(({ name }) => name === RECORD_FILE);
    if (file === undefined) return 'none';
    const bytes = readBlob(file.digest);
    if (bytes === undefined) return { missing: file.digest };
    return { record: JSON.parse(Buffer.from(bytes).toString('utf8')) as Value };
  } catch (error) {
    if (error instanceof MalformedMessage || error instanceof SyntaxError) return 'none';
    throw error;
  }
}

function inputRootOf(action: Uint8Array): Digest | undefined {
  let root: Digest | undefined;
  readMessage(action, (field, wire) => {
    if (field !== 2) return false;
    root = readDigest(wire.bytes());
    return true;
  });
  return root;
}

function readDigest(bytes: Uint8Array): Digest | undefined {
  let hash = '';
  let size = 0;
  readMessage(bytes, (field, wire) => {
    if (field === 1) hash = wire.text();
    else if (field === 2) size = wire.int64();
    else return false;
    return true;
  });
  return isSha256Hex(hash) && size >= 0 ? { hash, size } : undefined;
}

/** The record of a key, from a store. */
export function readRecord(store: Store, key: Sha256Hex): Value {
  const size = lstatSync(objectPath(store, 'cas', key), { throwIfNoEntry: false })?.size;
  if (size === undefined) return undefined;
  const answer = findRecord({ hash: key, size }, (digest) => readBlob(store, digest));
  return answer !== 'none' && 'record' in answer ? answer.record : undefined;
}
