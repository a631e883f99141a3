// Options that say which tree of Blueprints files is meant, and how it is read.
import { switchFlag, valueFlag } from './flags.ts';

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
  root: valueFlag('FILE', 'the top file of the tree, Blueprints unless given'),
  list: valueFlag(
    'FILE',
    'a file with the paths of all Blueprints files, instead of following subdirs',
  ),
  logic: valueFlag(
    'FILE',
    'a JavaScript module that exports the build logic, instead of the stock module types',
  ),
  ignoreUnknownTypes: switchFlag('leave out modules of unknown types'),
} as const;

export const treeAliases = { s: 'source', l: 'list' } as const;
