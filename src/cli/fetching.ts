// Sources for a tree: where its mirrors are, where downloads are kept, and whether the network may be
// used. Joins definitions, which say what, with fetching, which knows how.
import { join } from 'node:path';
import { Collector, ok } from '../base/diagnostic.ts';
import type { Store } from '../cache/store.ts';
import { extractSource } from '../format/source.ts';
import { mirrorsOf } from '../package/fetch/mirror.ts';
import { fetchSource } from '../package/fetch/source.ts';
import { checkoutUpstream } from '../package/fetch/upstream.ts';
import type { FetchSource } from '../package/pipeline/fetch.ts';
import { outputDirectory } from '../package/pipeline/output.ts';
import type { CheckoutUpstream } from '../package/upstream.ts';
import { mirrorSettings } from './tree.ts';

export interface Fetching {
  readonly fetchSource: FetchSource;
  readonly checkoutUpstream: CheckoutUpstream;
}

export function openFetching(
  options: {
    /** The packages directory. */
    readonly directory: string;
    readonly cwd: string;
    readonly store: Store;
    readonly offline: boolean;
  },
  signal: AbortSignal,
): Fetching {
  const { directory, cwd, store, offline } = options;
  // What is wrong with the settings is told when the tree is loaded.
  const mirrors = mirrorsOf(mirrorSettings(directory, cwd, new Collector()));
  const cache = store.root;
  return {
    fetchSource: (source, context) =>
      fetchSource(source, {
        ...context,
        cache,
        mirrors,
        offline,
        onProgress: ({ received, total, unit }) => {
          if (unit === 'bytes') context.onProgress(received, total);
        },
      }),
    checkoutUpstream: async (source) => {
      const destination = join(outputDirectory(directory), 'upstream', 'checkout');
      const context = {
        cache,
        packageDirectory: directory,
        mirrors,
        offline,
        signal,
        at: source.at,
      };
      const done = await checkoutUpstream(
        source,
        destination,
        context,
        async (file, name, into) => {
          const extracted = await extractSource(file, name, into, { signal });
          return extracted.ok ? ok(undefined) : extracted;
        },
      );
      return done.ok ? ok(destination) : done;
    },
  };
}
