// `ashlar query modules`: which modules there are.
import { buildCommand } from '@stricli/core';
import type { Context } from '../../context.ts';
import { dotFlag, json, openGraph, take } from './flags.ts';
import { jsonFlag, valueFlag } from '../flags.ts';
import { treeAliases, treeFlags, type TreeFlags } from '../sourcetree.ts';

interface Flags extends TreeFlags {
  readonly type?: string;
  readonly in?: string;
  readonly json: boolean;
  readonly dot: boolean;
}

export const modulesQuery = buildCommand<Flags, string[], Context>({
  docs: {
    brief: 'list modules: name, type, and the place of the definition',
    customUsage: ['[NAME...]', "'lib*' --type cc_library --in app"],
  },
  parameters: {
    flags: {
      ...treeFlags,
      type: valueFlag('TYPE', 'only modules of this type'),
      in: valueFlag('DIR', 'only modules defined in this directory or below'),
      json: jsonFlag,
      dot: dotFlag,
    },
    aliases: treeAliases,
    positional: {
      kind: 'array',
      parameter: {
        brief: 'only modules of these names, in which * stands for any letters',
        parse: String,
        placeholder: 'NAME',
      },
    },
  },
  async func(this: Context, flags, ...patterns): Promise<void> {
    const graph = await openGraph(this, flags);
    if (graph === undefined) return;
    const { findModules } = await import('../../../blueprint/query/find.ts');
    const { cleanPath } = await import('../../../blueprint/glob/path.ts');
    const directory = flags.in === undefined ? undefined : cleanPath(flags.in);
    const filter = {
      patterns,
      type: flags.type,
      directory: directory === '.' ? undefined : directory,
    };
    const found = take(this, findModules(graph, filter));
    if (found === undefined) return;
    const { moduleRow } = await import('../../query/row.ts');
    const rows = found.map((index) => moduleRow(graph, index));
    if (flags.json) this.print(json({ modules: rows }));
    else if (flags.dot) {
      const { edgesAmong } = await import('../../query/among.ts');
      const { dotText } = await import('../../query/dot.ts');
      const nodes = rows.map((row) => ({ label: row.name, ...row }));
      this.print(dotText(nodes, edgesAmong(graph, found)));
    } else {
      const { columns, moduleCells } = await import('../../query/text.ts');
      this.print(columns(rows.map((row) => [row.name, ...moduleCells(row)])));
    }
  },
});
