// `ashlar query deps` and `ashlar query rdeps`: what modules depend on, and what depends on them.
import { buildCommand, type Command } from '@stricli/core';
import type { Direction } from '../../../blueprint/query/walk.ts';
import type { Context } from '../../context.ts';
import { dotFlag, json, modulesParameter, openGraph, take } from './flags.ts';
import { jsonFlag, switchFlag } from '../flags.ts';
import { treeAliases, treeFlags, type TreeFlags } from '../sourcetree.ts';

interface Flags extends TreeFlags {
  readonly all: boolean;
  readonly tree: boolean;
  readonly json: boolean;
  readonly dot: boolean;
}

export const depsQuery = reachQuery('down', 'list what modules depend on');
export const rdepsQuery = reachQuery('up', 'list what depends on modules');

function reachQuery(direction: Direction, brief: string): Command<Context> {
  return buildCommand<Flags, string[], Context>({
    docs: {
      brief,
      fullDescription: [
        `${brief[0]!.toUpperCase()}${brief.slice(1)}: directly, or with --all by any number of steps, nearest first.`,
        'Each line has a variant, its type, the place of its definition, and what the dependency is for.',
      ].join('\n'),
    },
    parameters: {
      flags: {
        ...treeFlags,
        all: switchFlag('also indirectly'),
        tree: switchFlag('also indirectly, indented below what leads there'),
        json: jsonFlag,
        dot: dotFlag,
      },
      aliases: { ...treeAliases, a: 'all', t: 'tree' },
      positional: modulesParameter,
    },
    async func(this: Context, flags, ...words): Promise<void> {
      const graph = await openGraph(this, flags);
      if (graph === undefined) return;
      const { findVariants } = await import('../../../blueprint/query/find.ts');
      const starts = take(this, findVariants(graph, words));
      if (starts === undefined) return;
      const answers = await import('../../query/reach.ts');
      const depth = flags.all || flags.tree ? Infinity : 1;
      const answer = answers.reachAnswer(graph, starts, direction, depth);
      if (flags.json) this.print(json(answer));
      else if (flags.dot) {
        const { dotText } = await import('../../query/dot.ts');
        this.print(dotText([...answer.of, ...answer.modules], answer.edges));
      } else if (flags.tree) this.print(answers.treeText(graph, starts, direction));
      else this.print(answers.listText(answer, direction));
    },
  });
}
