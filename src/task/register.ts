// Where results go: on record in the store, to the mirrors, into the memory of what was made.
import { digestOf } from '../base/digest.ts';
import type { Diagnostic } from '../base/diagnostic.ts';
import { systemError } from '../base/fs.ts';
import { storeRemoved } from '../cache/removed.ts';
import { putBytes } from '../cache/store.ts';
import type { Deliveries } from './deliveries.ts';
import type { TaskKey } from './key.ts';
import type { Layers } from './layer.ts';
import type { Node } from './node.ts';
import type { BuildRequest } from './request.ts';
import { isStoreRemoved } from './removed.ts';
import { toActionResult } from './result.ts';
import type { TaskResult } from './task.ts';

export class Register {
  readonly #request: BuildRequest;

  constructor(request: BuildRequest) {
    this.#request = request;
  }

  /** Puts a result on record under keys; what ran here is offered to mirrors. Throws node's own errors. */
  put(node: Node, keys: readonly TaskKey[], result: TaskResult, outcome: 'ran' | 'restored'): void {
    const { cache, mirrors, explainer, executor } = this.#request;
    // What ran is on record under its action, last: who confirms the result confirms that as well.
    const action = outcome === 'ran' ? keys.at(-1)!.key : undefined;
    // What could see more of the machine than it was given is good for this machine only.
    const local =
      result.local === true || (outcome === 'ran' && !isHermetic(node, executor.sandbox));
    const plain = toActionResult(node.task, { ...result, local });
    const stored = action === undefined ? plain : { ...plain, action };
    for (const { key, blobs } of keys) {
      for (const blob of blobs) putBytes(cache.store, blob);
      void cache.putResult(key, stored);
    }
    explainer?.remember(node.task, node.key, outcome);
    if (outcome !== 'ran' || stored.local === true) return;
    for (const { key, blobs } of keys) mirrors?.offer(key, blobs.map(digestOf), stored);
  }

  /**
   * Waits until all is on the disk. What the disk refuses is a warning: it will be made again. Where the store was
   * removed, nothing is on record any more, which is the error that is returned.
   */
  async flush(layers: Layers | undefined, deliveries: Deliveries): Promise<Diagnostic | undefined> {
    const { cache, executor, sink } = this.#request;
    try {
      await cache.flush();
      layers?.seal();
      deliveries.save();
    } catch (error) {
      const diagnostic = systemError('register results in the store', error);
      if (isStoreRemoved(executor, { diagnostics: [diagnostic], tail: [] })) {
        return storeRemoved(cache.store.root);
      }
      sink({ type: 'warning', diagnostic: { ...diagnostic, severity: 'warning' } });
    }
    return undefined;
  }
}

/** Steps are Ashlar's own, and see what they are told of. */
function isHermetic({ task }: Node, sandbox: { readonly hermetic: boolean }): boolean {
  return task.work.kind === 'step' || sandbox.hermetic;
}
