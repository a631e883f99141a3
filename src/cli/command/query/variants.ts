// `ashlar query variants`: which variants modules have.
import { buildCommand } from '@stricli/core';
import type { Context } from '../../context.ts';
import { json, modulesParameter, openGraph, take } from './flags.ts';
import { jsonFlag } from '../flags.ts';
import { treeAliases, treeFlags, type TreeFlags } from '../sourcetree.ts';

interface Flags extends TreeFlags {
  readonly json: boolean;
}

export const variantsQuery = buildCommand<Flags, string[], Context>({
  docs: { brief: 'list the variants of modules, by the mutators that made them' },
  parameters: {
    flags: { ...treeFlags, json: jsonFlag },
    aliases: treeAliases,
    positional: modulesParameter,
  },
  async func(this: Context, flags, ...words): Promise<void> {
    const graph = await openGraph(this, flags);
    if (graph === undefined) return;
    const { findVariants } = await import('../../../blueprint/query/find.ts');
    const found = take(this, findVariants(graph, words));
    if (found === undefined) return;
    const { variantRow } = await import('../../query/row.ts');
    const { module, variations } = graph.variants;
    const variants = found.map((index) => ({
      ...variantRow(graph, index),
      variations: Object.fromEntries(
        (variations[index] === '' ? [] : variations[index]!.split(',')).map((one) => {
          const colon = one.indexOf(':');
          return [one.slice(0, colon), one.slice(colon + 1)];
        }),
      ),
    }));
    const modules = [...new Set(found.map((index) => module[index]!))];
    const aliases = modules.flatMap((index) =>
      (graph.modules.aliases.get(index) ?? []).map((alias) => ({
        module: graph.modules.name[index]!,
        alias,
      })),
    );
    if (flags.json) return this.print(json({ variants, aliases }));
    const { columns } = await import('../../query/text.ts');
    this.print(
      columns([
        ...found.map((index, i) => [variants[i]!.label, variations[index] || '(not split)']),
        ...aliases.map(({ module: name, alias }) => [name, alias]),
      ]),
    );
  },
});
