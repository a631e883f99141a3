// `ashlar activate`: makes exactly the packages named the active ones.
import { buildCommand } from '@stricli/core';
import type { Context } from '../../context.ts';
import {
  idParameters,
  openRoot,
  prefixFlag,
  rootFlag,
  tellWait,
  type PrefixFlags,
  type RootFlags,
} from './flags.ts';
import { printActivation } from './outcome.ts';

export const activateCommand = buildCommand<RootFlags & PrefixFlags, string[], Context>({
  docs: {
    brief: 'make exactly these packages active',
    fullDescription:
      'Makes exactly these packages of the root active, in one step: until then the old set is, and ' +
      'nothing is touched when the new one has a fault. "ashlar rollback" goes back.',
  },
  parameters: { flags: { root: rootFlag, prefix: prefixFlag }, positional: idParameters },
  async func(this: Context, flags, ...ids): Promise<void> {
    const { activate } = await import('../../../install/activate.ts');
    const root = await openRoot(this, flags);
    if (!root.ok) return this.report(root.diagnostics);
    const onWait = tellWait(this, root.value);
    const result = await activate(root.value, ids, { prefix: flags.prefix, onWait });
    if (!result.ok) return this.report(result.diagnostics);
    printActivation(this, root.value, result.value, 'activated');
  },
});
