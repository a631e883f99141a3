// `ashlar lock`: fixes the tasks of packages to the results that they have now.
import { buildCommand } from '@stricli/core';
import type { Context } from '../context.ts';
import { imageIdFlag, packagesFlag, sandboxFlag } from './flags.ts';

interface Flags {
  readonly remove: boolean;
  readonly packages?: string;
  readonly imageId?: readonly string[];
  readonly sandbox: string;
}

export const lockCommand = buildCommand<Flags, readonly string[], Context>({
  docs: {
    brief: 'fix the tasks of packages to the keys that they have now',
    fullDescription: [
      'Writes the keys of the tasks of the targets (all packages unless given) that have a result, here',
      'or at a mirror, to ashlar.lock.json.',
      'Builds use the results on record under these keys from then on, whatever the definitions say,',
      'warn where they say something else, and fail where there is no such result.',
    ].join('\n'),
  },
  parameters: {
    positional: {
      kind: 'array',
      parameter: { brief: 'packages', parse: String, placeholder: 'TARGET' },
    },
    flags: {
      remove: {
        kind: 'boolean',
        brief: 'take the locks of the targets away',
        default: false,
        withNegated: false,
      },
      packages: packagesFlag,
      imageId: imageIdFlag,
      sandbox: sandboxFlag,
    },
  },
  async func(this: Context, flags, ...targets): Promise<void> {
    const { lockTasks } = await import('../lock.ts');
    const { tasks, left, diagnostics } = await lockTasks(
      {
        cwd: this.cwd,
        env: this.env,
        packages: flags.packages,
        targets,
        imageIds: flags.imageId ?? [],
        variant: undefined,
        sandbox: flags.sandbox,
        offline: true,
        remove: flags.remove,
      },
      new AbortController().signal,
    );
    for (const task of tasks) this.print(`${flags.remove ? 'unlocked' : 'locked'} ${task}\n`);
    for (const task of left) this.print(`left ${task}: it has no result to be locked to\n`);
    this.report(diagnostics);
  },
});
