// The module graph as queries see it: all modules, variants and dependencies when the mutators have run,
// in columns of plain data, so that it can be kept and read again without analysing anything. Knows
// nothing of properties.
import { positionAt } from '../../base/span.ts';
import { showVariations } from '../module/dependency.ts';
import type { Graph } from '../module/graph.ts';
import { packLists, type ListColumn } from '../phase/column.ts';
import { groupsByName } from '../phase/manifest.ts';
import type { Variant } from '../module/variant.ts';

/** Modules are by name, variants of each in the order of their creation. */
export interface ModuleGraph {
  readonly modules: {
    readonly name: readonly string[];
    /** Names of module types; of modules that build logic created, those of their types too. */
    readonly type: readonly string[];
    readonly file: readonly string[];
    /** Of the module's type in the file. */
    readonly line: Int32Array;
    readonly column: Int32Array;
    /** The module that created it; -1 for none. */
    readonly creator: Int32Array;
    /** Where its variants begin, and where the last ones end. */
    readonly variants: Int32Array;
    /** Further names of variants: `arch:x (alias to arch:y)`, one list for each module that has some. */
    readonly aliases: ReadonlyMap<number, readonly string[]>;
  };
  readonly variants: {
    readonly module: Int32Array;
    readonly name: readonly string[];
    /** `arch:arm,link:static`. */
    readonly variations: readonly string[];
    /** Variants that it depends on, in the order of the edges. */
    readonly dependencies: ListColumn;
    /** For each item of `dependencies` the index of its tag. */
    readonly tags: Int32Array;
  };
  readonly tagNames: readonly string[];
}

/** The variants of a graph of the engine, at their indexes in its module graph. */
export function variantsInOrder(graph: Graph): Variant[] {
  return groupsByName(graph).flatMap((group) => group.variants());
}

/** What a graph of the engine is, after its mutators. */
export function moduleGraph(graph: Graph): ModuleGraph {
  const groups = groupsByName(graph);
  const count = groups.length;
  const columns = {
    name: groups.map((group) => graph.names.uniqueName(group)),
    type: groups.map(({ definition }) => definition.type.name),
    file: groups.map(({ definition }) => definition.source.file),
    line: new Int32Array(count),
    column: new Int32Array(count),
    creator: new Int32Array(count).fill(-1),
    variants: new Int32Array(count + 1),
    aliases: new Map<number, readonly string[]>(),
  };
  const indexes = new Map(groups.map((group, index) => [group, index]));
  const variants: Variant[] = [];
  for (const [index, group] of groups.entries()) {
    const { source, start, createdBy } = group.definition;
    const { line, column } = positionAt(source, start);
    columns.line[index] = line;
    columns.column[index] = column;
    columns.creator[index] = createdBy === undefined ? -1 : (indexes.get(createdBy) ?? -1);
    const aliases: string[] = [];
    for (const member of group.members) {
      if (member.kind === 'variant') variants.push(member);
      else {
        const target = showVariations(graph, member.target.variations);
        aliases.push(`${showVariations(graph, member.variations)} (alias to ${target})`);
      }
    }
    columns.variants[index + 1] = variants.length;
    if (aliases.length > 0) columns.aliases.set(index, aliases);
  }
  return { modules: columns, ...variantColumns(graph, variants, indexes) };
}

function variantColumns(
  graph: Graph,
  variants: readonly Variant[],
  modules: ReadonlyMap<Variant['group'], number>,
): Pick<ModuleGraph, 'variants' | 'tagNames'> {
  const indexes = new Map(variants.map((variant, index) => [variant, index]));
  const shown = new Map<Variant['variations'], string>();
  const variationsOf = ({ variations }: Variant): string => {
    let text = shown.get(variations);
    if (text === undefined) shown.set(variations, (text = showVariations(graph, variations)));
    return text;
  };
  const tagIndexes = new Map<string, number>();
  const tags: number[] = [];
  const dependencies = variants.map((variant) =>
    variant.dependencies.map(({ module, tag }) => {
      let index = tagIndexes.get(tag.name);
      if (index === undefined) tagIndexes.set(tag.name, (index = tagIndexes.size));
      tags.push(index);
      return indexes.get(module)!;
    }),
  );
  return {
    variants: {
      module: Int32Array.from(variants, ({ group }) => modules.get(group)!),
      name: variants.map(({ variant }) => variant),
      variations: variants.map(variationsOf),
      dependencies: packLists(dependencies),
      tags: Int32Array.from(tags),
    },
    tagNames: [...tagIndexes.keys()],
  };
}

/** `name`, or `name@variant` for one of several. */
export function variantLabel({ modules, variants }: ModuleGraph, variant: number): string {
  const name = modules.name[variants.module[variant]!]!;
  return variants.name[variant] === '' ? name : `${name}@${variants.name[variant]}`;
}

/** The variants of a module. */
export function variantsOf({ modules }: ModuleGraph, module: number): number[] {
  const [from, to] = [modules.variants[module]!, modules.variants[module + 1]!];
  return Array.from({ length: to - from }, (_, i) => from + i);
}
