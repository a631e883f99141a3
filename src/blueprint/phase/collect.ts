// Values of persistent providers, with who set them: of the modules of this run, and of those that were
// not analysed again.
import { byCodePoint } from '../../base/digest.ts';
import type { Collected } from '../module/context.ts';
import type { Graph } from '../module/graph.ts';
import type { Provider } from '../module/provider.ts';
import { modulesByName } from './prepare.ts';

/** A value as it is kept between runs. */
export interface CollectedRecord {
  readonly module: string;
  readonly variant: string;
  readonly typeName: string;
  readonly directory: string;
  readonly json: string;
}

/** By the names of modules, then in the order of their variants. */
export function collectedOf<T>(
  graph: Graph,
  provider: Provider<T>,
  kept: readonly CollectedRecord[],
): Collected<T>[] {
  const index = graph.providerIndex(provider);
  const found: Collected<T>[] = [];
  for (const variant of modulesByName(graph)) {
    const value = variant.providers?.[index] as T | undefined;
    if (value === undefined) continue;
    const { name: module, typeName, directory } = variant;
    found.push({ module, variant: variant.variant, typeName, directory, value });
  }
  if (kept.length === 0) return found;
  const others = kept.map(({ json, ...record }) => ({ ...record, value: JSON.parse(json) as T }));
  // Sorting keeps the order of variants: a module is either here or there.
  return [...found, ...others].sort((a, b) => byCodePoint(a.module, b.module));
}

/** What of this run is to be kept: for each persistent provider, by its name. */
export function recordCollected(graph: Graph): Record<string, CollectedRecord[]> {
  const records: Record<string, CollectedRecord[]> = {};
  for (const provider of graph.providers) {
    if (!provider.persistent) continue;
    records[provider.name] = collectedOf(graph, provider, []).map(({ value, ...record }) => ({
      ...record,
      json: JSON.stringify(value),
    }));
  }
  return records;
}
