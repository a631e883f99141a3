// Sources for a tree: where its mirrors are, where downloads are kept, and whether the network may be
// used. Joins definitions, which say what, with fetching, which knows how and is loaded with the first source:
// most runs find all they need in the store.
import { join } from 'node:path';
import { Collector, ok } from '../base/diagnostic.ts';
import type { Store } from '../cache/store.ts';
import type { Mirrors } from '../package/fetch/mirror.ts';
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
  const cache = store.root;
  let opened: Promise<Mirrors> | undefined;
  const openMirrors = async (): Promise<Mirrors> => {
    const { mirrorsOf } = await import('../package/fetch/mirror.ts');
    // What is wrong with the settings is told when the tree is loaded.
    return mirrorsOf(mirrorSettings(directory, cwd, new Collector()));
  };
  const mirrorsOnce = (): Promise<Mirrors> => (opened ??= openMirrors());
  return {
    fetchSource: async (source, context) => {
      const { fetchSource } = await import('../package/fetch/source.ts');
      return fetchSource(source, {
        ...context,
        cache,
        mirrors: await mirrorsOnce(),
        offline,
        onProgress: ({ received, total, unit }) => {
          if (unit === 'bytes') context.onProgress(received, total);
        },
      });
    },
    checkoutUpstream: async (source) => {
      const { checkoutUpstream } = await import('../package/fetch/upstream.ts');
      const { extractSource } = await import('../format/source.ts');
      const destination = join(outputDirectory(directory), 'upstream', 'checkout');
      const context = {
        cache,
        packageDirectory: directory,
        mirrors: await mirrorsOnce(),
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
