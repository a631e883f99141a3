// Options that the queries share, and the graph they ask.
import type { ModuleGraph } from '../../../blueprint/query/graph.ts';
import { definitionError, type Result } from '../../../base/diagnostic.ts';
import type { Context } from '../../context.ts';
import { switchFlag } from '../flags.ts';
import { type TreeFlags } from '../sourcetree.ts';

export const dotFlag = switchFlag('print a graph for Graphviz');

export const modulesParameter = {
  kind: 'array',
  minimum: 1,
  parameter: {
    brief: 'a module, or one variant of it as NAME@VARIANT',
    parse: String,
    placeholder: 'MODULE',
  },
} as const;

/** The module graph; undefined after reporting why there is none, or that two ways of printing were asked for. */
export async function openGraph(
  context: Context,
  { json, dot = false, ...flags }: TreeFlags & { readonly json: boolean; readonly dot?: boolean },
): Promise<ModuleGraph | undefined> {
  if (json && dot) {
    const message = '--json and --dot exclude each other';
    context.report([definitionError({ code: 'query/usage', message })]);
    return undefined;
  }
  const query = await import('../../query/open.ts');
  const { cwd, env } = context;
  const answer = take(context, await query.openGraph({ cwd, env, ...flags }));
  if (answer === undefined) return undefined;
  context.report(answer.warnings);
  return answer.value;
}

/** The value, or undefined after reporting what went wrong. */
export function take<T>(context: Context, result: Result<T>): T | undefined {
  if (result.ok) return result.value;
  context.report(result.diagnostics);
  return undefined;
}

export function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
