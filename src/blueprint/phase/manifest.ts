// The manifest: header, what is live of the packages, modules by name, singletons in the order of their
// registration. Handed on piece by piece: for a large tree it is a hundred megabytes.
import { byCodePoint } from '../../base/digest.ts';
import { PIPE_VARIABLE } from '../ninja/escape.ts';
import { packageVariablesOf, type LiveVariable } from '../ninja/live.ts';
import { poolName, ruleName, variableName } from '../ninja/names.ts';
import type { PackageVariable } from '../ninja/entity.ts';
import { NinjaWriter } from '../ninja/writer.ts';
import type { Graph } from '../module/graph.ts';
import type { Group, Variant } from '../module/variant.ts';
import { titleComment } from './comment.ts';
import type { Prepared } from './prepare.ts';

/** A piece of the manifest, in its order. `variant` says whose it is, if it is a module's. */
export type Sink = (piece: Uint8Array, variant: Variant | undefined) => void;

/** Writes the whole manifest. */
export function writeManifest(graph: Graph, prepared: Prepared, sink: Sink): void {
  const { arena, singletons } = prepared;
  sink(Buffer.from(manifestHeader(prepared)), undefined);
  for (const group of groupsByName(graph)) {
    for (const variant of variantsByName(group)) {
      if (variant.text !== undefined) sink(arena.get(variant.text), variant);
    }
  }
  for (const { text } of singletons) sink(arena.get(text), undefined);
}

/** Everything above the first module. */
export function manifestHeader(prepared: Prepared): string {
  const { live, names, settings } = prepared;
  const writer = new NinjaWriter(names);
  writer.comment(titleComment(live.packages, names));
  writer.assign('ninja_required_version', settings.ninjaVersion.join('.'));
  writer.blankLine();
  for (const path of settings.subninjas) writer.subninja(path);
  if (settings.subninjas.length > 0) writer.blankLine();
  writeVariables(writer, prepared);
  for (const [name, { definition }] of byName(live.pools, (pool) => poolName(pool.entity, names))) {
    writer.pool(name, definition);
    writer.blankLine();
  }
  if (settings.buildDirectory !== undefined) {
    writer.assign('builddir', writer.value(settings.buildDirectory));
    writer.blankLine();
  }
  for (const [name, { definition }] of byName(live.rules, (rule) => ruleName(rule.entity, names))) {
    writer.rule(name, definition);
    writer.blankLine();
  }
  return writer.take();
}

/** By name, but each after those that its value refers to. */
function writeVariables(writer: NinjaWriter, { live, names }: Prepared): void {
  if (live.pipe) {
    writer.assign(PIPE_VARIABLE, '|');
    writer.blankLine();
  }
  const pending = new Map<PackageVariable, LiveVariable>();
  for (const variable of live.variables) pending.set(variable.entity, variable);
  const write = ({ entity, definition }: LiveVariable): void => {
    if (!pending.delete(entity)) return;
    for (const inner of packageVariablesOf(definition)) {
      const needed = pending.get(inner);
      if (needed !== undefined) write(needed);
    }
    writer.assign(variableName(entity, names), writer.value(definition));
    writer.blankLine();
  };
  for (const [, variable] of byName(live.variables, ({ entity }) => variableName(entity, names))) {
    write(variable);
  }
}

function byName<T>(entities: Iterable<T>, nameOf: (entity: T) => string): [string, T][] {
  return [...entities]
    .map((entity): [string, T] => [nameOf(entity), entity])
    .sort(([a], [b]) => byCodePoint(a, b));
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
