// Options that the queries share, and the graph they ask.
import type { ModuleGraph } from '../../../blueprint/query/graph.ts';
import { definitionError, type Result } from '../../../base/diagnostic.ts';
import type { Context } from '../../context.ts';

export interface TreeFlags {
  readonly source: string;
  readonly root?: string;
  readonly list?: string;
  readonly logic?: string;
  readonly ignoreUnknownTypes: boolean;
}

export const treeFlags = {
  source: {
    kind: 'parsed',
    parse: String,
    default: '.',
    brief: 'the source root; paths are relative to it',
    placeholder: 'DIR',
  },
  root: {
    kind: 'parsed',
    parse: String,
    optional: true,
    brief: 'the top file of the tree, Blueprints unless given',
    placeholder: 'FILE',
  },
  list: {
    kind: 'parsed',
    parse: String,
    optional: true,
    brief: 'a file with the paths of all Blueprints files, instead of following subdirs',
    placeholder: 'FILE',
  },
  logic: {
    kind: 'parsed',
    parse: String,
    optional: true,
    brief: 'a JavaScript module that exports the build logic, instead of the stock module types',
    placeholder: 'FILE',
  },
  ignoreUnknownTypes: {
    kind: 'boolean',
    default: false,
    brief: 'leave out modules of unknown types',
  },
} as const;

export const jsonFlag = { kind: 'boolean', default: false, brief: 'print JSON' } as const;

export const dotFlag = {
  kind: 'boolean',
  default: false,
  brief: 'print a graph for Graphviz',
} as const;

export const modulesParameter = {
  kind: 'array',
  minimum: 1,
  parameter: {
    brief: 'a module, or one variant of it as NAME@VARIANT',
    parse: String,
    placeholder: 'MODULE',
  },
} as const;

export const treeAliases = { s: 'source', l: 'list' } as const;

/** The module graph; undefined after reporting why there is none. */
export async function openGraph(
  context: Context,
  flags: TreeFlags,
): Promise<ModuleGraph | undefined> {
  const { openEngine } = await import('../../query/open.ts');
  const { moduleGraph } = await import('../../../blueprint/query/graph.ts');
  const opened = await openEngine({ cwd: context.cwd, ...flags }, false);
  const answer = take(context, opened);
  if (answer === undefined) return undefined;
  context.report(answer.warnings);
  return moduleGraph(answer.engine.graph);
}

/** Whether only one way of printing was asked for; otherwise that is reported. */
export function oneForm(
  context: Context,
  flags: { readonly json: boolean; readonly dot: boolean },
): boolean {
  if (!flags.json || !flags.dot) return true;
  const message = '--json and --dot exclude each other';
  context.report([definitionError({ code: 'query/usage', message })]);
  return false;
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
