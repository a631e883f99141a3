// `ashlar remove`: takes packages out of a root's repository.
import { buildCommand } from '@stricli/core';
import type { Context } from '../../context.ts';
import { idParameters, openRoot, rootFlag, tellWait, type RootFlags } from './flags.ts';

export const removeCommand = buildCommand<RootFlags, string[], Context>({
  docs: {
    brief: 'remove packages that nothing uses',
    fullDescription:
      'Removes packages from the root, unless one of them is active or in a generation that ' +
      '"ashlar rollback" can return to. A package that is not there is fine.',
  },
  parameters: { flags: { root: rootFlag }, positional: idParameters },
  async func(this: Context, flags, ...ids): Promise<void> {
    const { removePackages } = await import('../../../install/repository.ts');
    const root = await openRoot(this, flags);
    if (!root.ok) return this.report(root.diagnostics);
    const result = await removePackages(root.value, ids, { onWait: tellWait(this, root.value) });
    if (!result.ok) return this.report(result.diagnostics);
    for (const id of result.value.removed) this.print(`removed ${id}\n`);
    for (const id of result.value.absent) this.print(`${id} is not there\n`);
  },
});
