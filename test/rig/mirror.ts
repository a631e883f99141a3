// Another store as a mirror: what it has, it has whole; what is offered, it takes.
import type { Digest, Sha256Hex } from '../../src/base/digest.ts';
import type { Found, Mirrors } from '../../src/cache/port.ts';
import { putBytes, readBlob, type Store } from '../../src/cache/store.ts';
import { blobsOf, loadTree } from '../../src/cache/tree.ts';
import type { LocalCache } from '../../src/cache/local.ts';

export interface StoreMirror extends Mirrors {
  /** Keys of each question. */
  readonly questions: Sha256Hex[][];
  readonly fetched: Digest[];
  readonly offered: Sha256Hex[];
}

export interface MirrorOptions {
  /** What is shown; all unless given. */
  readonly shows?: (key: Sha256Hex) => boolean;
  /** Awaited before each fetch. */
  readonly slow?: () => Promise<void>;
  /** What it pretends to have and does not deliver. */
  readonly withholds?: (digest: Digest) => boolean;
}

/** A mirror in front of a store that a build is to use. */
export function storeMirror(
  into: Store,
  from: LocalCache,
  {
    shows = () => true,
    slow = () => Promise.resolve(),
    withholds = () => false,
  }: MirrorOptions = {},
): StoreMirror {
  const questions: Sha256Hex[][] = [];
  const fetched: Digest[] = [];
  const offered: Sha256Hex[] = [];
  const bring = (digest: Digest): boolean => {
    const bytes = withholds(digest) ? undefined : readBlob(from.store, digest);
    if (bytes === undefined) return false;
    putBytes(into, bytes);
    fetched.push(digest);
    return true;
  };
  const find = (keys: readonly Sha256Hex[]): Promise<Map<Sha256Hex, Found>> => {
    questions.push([...keys]);
    const found = new Map<Sha256Hex, Found>();
    for (const key of keys.filter(shows)) {
      const result = from.result(key);
      if (result !== undefined) found.set(key, { result, mirror: 'another store' });
    }
    return Promise.resolve(found);
  };
  const take: Mirrors['offer'] = (key, blobs, result) => {
    offered.push(key.hash);
    const give = (digest: Digest): void => {
      const bytes = readBlob(into, digest);
      if (bytes === undefined) throw new Error('offered what is not there');
      putBytes(from.store, bytes);
    };
    blobs.forEach(give);
    for (const { digest } of result.files) give(digest);
    for (const { tree } of result.directories) {
      give(tree);
      blobsOf(loadTree(into, tree)!).forEach(give);
    }
    void from.putResult(key, result);
  };
  return {
    questions,
    fetched,
    offered,
    results: find,
    notes: find,
    fetch: async (digests) => {
      await slow();
      return digests.filter((digest) => !bring(digest));
    },
    offer: take,
    offerNote: take,
    close: () => Promise.resolve([]),
  };
}
