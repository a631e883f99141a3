// The manifest of one run: header, modules by name, singletons in the order of their registration.
// Handed on piece by piece: for a large tree it is a hundred megabytes.
import { byCodePoint } from '../../base/digest.ts';
import { NO_TEXT } from '../ninja/arena.ts';
import { NinjaWriter } from '../ninja/writer.ts';
import type { Graph } from '../module/graph.ts';
import type { Group, Variant } from '../module/variant.ts';
import { headerText, reachedBy, recordEntities, type HeaderSettings } from './header.ts';
import type { Prepared } from './prepare.ts';

/** A piece of the manifest, in its order. */
export type Sink = (piece: Uint8Array) => void;

/** Writes the whole manifest. */
export function writeManifest(graph: Graph, prepared: Prepared, sink: Sink): void {
  const { arena, singletons, live, names, entityLists, settingEntities } = prepared;
  const records = recordEntities(live, names);
  const reached = reachedBy([...entityLists, settingEntities], records);
  sink(Buffer.from(headerText(records, reached, settingsOf(prepared), names)));
  for (const group of groupsByName(graph)) {
    for (const { text } of variantsByName(group)) if (text !== NO_TEXT) sink(arena.get(text));
  }
  for (const { text } of singletons) sink(arena.get(text));
}

/** What singletons said of the manifest, as text. */
export function settingsOf({ settings, names }: Prepared): HeaderSettings {
  const { ninjaVersion, subninjas, buildDirectory } = settings;
  return {
    ninjaVersion,
    subninjas,
    buildDirectory:
      buildDirectory === undefined ? undefined : new NinjaWriter(names).value(buildDirectory),
  };
}

/** In the order of the manifest. */
export function groupsByName(graph: Graph): Group[] {
  const named = graph.groups.map((group) => ({ group, name: graph.names.uniqueName(group) }));
  return named.sort((a, b) => byCodePoint(a.name, b.name)).map(({ group }) => group);
}

/** In the order of the manifest. */
export function variantsByName(group: Group): readonly Variant[] {
  const variants = group.variants();
  return variants.length === 1
    ? variants
    : variants.sort((a, b) => byCodePoint(a.variant, b.variant));
}
