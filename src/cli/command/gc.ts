// `ashlar gc`: makes room in the store.
import { buildCommand } from '@stricli/core';
import type { Context } from '../context.ts';
import { interruptible } from '../interrupt.ts';
import { packagesFlag, switchFlag, valueFlag } from './flags.ts';

interface Flags {
  readonly maxSize?: string;
  readonly dryRun: boolean;
  readonly packages?: string;
}

export const gcCommand = buildCommand<Flags, [], Context>({
  docs: {
    brief: 'make room in the store',
    fullDescription: [
      'Removes from the store what nothing refers to, and then the results that were used longest ago until it',
      'is within its limit: --max-size, else "store": {"max_size": …} of ashlar.json. What is pinned, and what',
      'running builds may need, stays.',
    ].join('\n'),
  },
  parameters: {
    flags: {
      maxSize: valueFlag('SIZE', 'the size that is left at most, such as 20GB'),
      dryRun: switchFlag('only tell what would go'),
      packages: packagesFlag,
    },
    aliases: { n: 'dryRun' },
  },
  async func(this: Context, flags): Promise<void> {
    const { makeRoom } = await import('../care.ts');
    await interruptible(this, (signal) => makeRoom(flags, this, signal));
  },
});
