// Brings what results name from mirrors into the store. Knows nothing of tasks' states.
import type { Digest } from '../base/digest.ts';
import type { Found, Mirrors } from '../cache/port.ts';
import { hasBlob, type Store } from '../cache/store.ts';
import { blobsOf, loadTree } from '../cache/tree.ts';
import type { Sha256Hex } from '../base/digest.ts';
import type { TaskResult } from './task.ts';

export interface GatherContext {
  readonly signal: AbortSignal;
  readonly progress: (done: number, total: number | undefined) => void;
}

/** True when all that a result's outputs consist of is in the store afterwards. Throws node's own errors. */
export async function gather(
  store: Store,
  mirrors: Mirrors,
  result: TaskResult,
  context: GatherContext,
): Promise<boolean> {
  const fetch = async (digests: readonly Digest[]): Promise<boolean> => {
    const missing = digests.filter((digest) => !hasBlob(store, digest));
    return missing.length === 0 || (await mirrors.fetch(missing, context)).length === 0;
  };
  const outputs = Object.values(result.outputs);
  const trees = outputs.flatMap((value) => (value.kind === 'tree' ? [value.tree] : []));
  const files = outputs.flatMap((value) => (value.kind === 'file' ? [value.digest] : []));
  // The log is for people, and the layers' root directories are for keys of what goes on from there.
  const extra = [...(result.log === undefined ? [] : [result.log]), ...layersOf(result)];
  if (!(await fetch([...trees, ...files]))) return false;
  await fetch(extra);
  const blobs: Digest[] = [];
  for (const digest of trees) {
    const tree = loadTree(store, digest);
    if (tree === undefined) return false;
    for (const blob of blobsOf(tree)) blobs.push(blob);
  }
  return fetch(blobs);
}

function layersOf({ layers = {} }: TaskResult): Digest[] {
  return Object.values(layers);
}

/** Asks mirrors for results one by one, in one question for all that are asked in one turn of the loop. */
export class Inquiry {
  readonly #mirrors: Mirrors;
  #asked: Sha256Hex[] = [];
  #answer: Promise<Map<Sha256Hex, Found>> | undefined;

  constructor(mirrors: Mirrors) {
    this.#mirrors = mirrors;
  }

  async ask(key: Sha256Hex): Promise<Found | undefined> {
    this.#asked.push(key);
    this.#answer ??= new Promise((resolve) => setImmediate(resolve)).then(() => {
      const asked = this.#asked;
      this.#asked = [];
      this.#answer = undefined;
      return this.#mirrors.results(asked);
    });
    return (await this.#answer).get(key);
  }
}
