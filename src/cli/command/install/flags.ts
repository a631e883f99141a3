// Options that the commands of a root share, and how they become the library's words.
import { resolve } from 'node:path';
import type { Result } from '../../../base/diagnostic.ts';
import type { Root } from '../../../install/root.ts';
import type { Context } from '../../context.ts';
import { valueFlag } from '../flags.ts';

export interface RootFlags {
  readonly root: string;
}

export interface PrefixFlags {
  readonly prefix?: string | undefined;
}

export const rootFlag = {
  kind: 'parsed',
  parse: String,
  default: '/opt/ashlar',
  placeholder: 'DIR',
  brief: 'directory of packages and generations',
} as const;

export const prefixFlag = valueFlag(
  'DIR',
  'path at which programs will find the root, if it is not where it is now',
);

export const idParameters = {
  kind: 'array',
  minimum: 1,
  parameter: { parse: String, placeholder: 'ID', brief: 'package id, NAME--VERSION' },
} as const;

/** The root that the flags name, relative to where the user stands. */
export async function openRoot(context: Context, flags: RootFlags): Promise<Result<Root>> {
  const { rootAt } = await import('../../../install/root.ts');
  return rootAt(resolve(context.cwd, flags.root));
}

/** Says that another process has the root, so that a wait does not look like a hang. */
export function tellWait(context: Context, root: Root): () => void {
  return () => {
    context.process.stderr.write(`waiting for another change of ${root.path}\n`);
  };
}
