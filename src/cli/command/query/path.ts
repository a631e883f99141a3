// `ashlar query path`: why one module depends on another.
import { buildCommand } from '@stricli/core';
import type { Context } from '../../context.ts';
import { dotFlag, json, openGraph, take } from './flags.ts';
import { jsonFlag } from '../flags.ts';
import { treeAliases, treeFlags, type TreeFlags } from '../sourcetree.ts';

interface Flags extends TreeFlags {
  readonly json: boolean;
  readonly dot: boolean;
}

export const pathQuery = buildCommand<Flags, [string, string], Context>({
  docs: {
    brief: 'show a shortest way from a module to one that it depends on',
    fullDescription:
      'Shows a shortest way along dependencies, one variant on each line. Without any, the exit status is 1.',
  },
  parameters: {
    flags: { ...treeFlags, json: jsonFlag, dot: dotFlag },
    aliases: treeAliases,
    positional: {
      kind: 'tuple',
      parameters: [
        { brief: 'where to begin, as NAME or NAME@VARIANT', parse: String, placeholder: 'FROM' },
        { brief: 'where to arrive', parse: String, placeholder: 'TO' },
      ],
    },
  },
  async func(this: Context, flags, from, to): Promise<void> {
    const graph = await openGraph(this, flags);
    if (graph === undefined) return;
    const { findVariants } = await import('../../../blueprint/query/find.ts');
    const starts = take(this, findVariants(graph, [from]));
    const ends = take(this, findVariants(graph, [to]));
    if (starts === undefined || ends === undefined) return;
    const { pathAnswer, pathText } = await import('../../query/path.ts');
    const answer = pathAnswer(graph, starts, ends);
    if (answer.modules.length === 0) process.exitCode = 1;
    if (flags.json) this.print(json(answer));
    else if (flags.dot) {
      const { dotText } = await import('../../query/dot.ts');
      this.print(dotText(answer.modules, answer.edges));
    } else this.print(pathText(answer, from, to));
  },
});
