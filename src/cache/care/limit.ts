// Keeps a store within a size: looks only where it may be beyond it, and then makes some room to spare, so
// that not every build has to. Knows nothing of builds.
import { warning, type Diagnostic } from '../../base/diagnostic.ts';
import { systemError } from '../../base/fs.ts';
import { addedTo, type Store } from '../store.ts';
import { collect } from './collect.ts';
import { addUsage, estimateUsage } from './usage.ts';

/** Of the limit, what is left after making room. */
const FILL = 0.9;

/**
 * Makes room where the store is beyond the limit. To be called after this process is done with it. Returns
 * a warning when it stays beyond the limit, or cannot be looked after.
 */
export async function keepWithin(
  store: Store,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Diagnostic[]> {
  try {
    addUsage(store, addedTo(store));
    const estimate = estimateUsage(store);
    if (estimate !== undefined && estimate <= maxBytes) return [];
    const room = maxBytes * FILL;
    const done = await collect(store, { maxBytes: room, dryRun: false, signal });
    if (done === undefined || done.bytesAfter <= maxBytes) return [];
    const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1e6)} MB`;
    return [
      warning({
        code: 'store/over-limit',
        message: `the store has ${megabytes(done.bytesAfter)} and should have ${megabytes(maxBytes)}: the rest is in use or pinned`,
        hint: 'ashlar cache stat shows what is there; "store": {"max_size": …} in ashlar.json is the limit',
      }),
    ];
  } catch (error) {
    const diagnostic = systemError('make room in the store', error, store.root);
    return [{ ...diagnostic, severity: 'warning' }];
  }
}
