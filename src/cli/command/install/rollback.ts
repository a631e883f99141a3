// `ashlar rollback`: goes back to an earlier generation, or lists them.
import { buildCommand } from '@stricli/core';
import { definitionError } from '../../../base/diagnostic.ts';
import type { Context } from '../../context.ts';
import { openRoot, rootFlag, tellWait, type RootFlags } from './flags.ts';
import { printActivation } from './outcome.ts';
import { switchFlag, valueFlag } from '../flags.ts';

interface Flags extends RootFlags {
  readonly to?: string | undefined;
  readonly list: boolean;
}

export const rollbackCommand = buildCommand<Flags, [], Context>({
  docs: {
    brief: 'go back to an earlier generation',
    fullDescription:
      'Makes the packages active again that were before the last activation, or those of the ' +
      'generation given. The last five generations are kept; --list shows them.',
  },
  parameters: {
    flags: {
      root: rootFlag,
      to: valueFlag('N', 'number of the generation to go to'),
      list: switchFlag('only print the generations there are'),
    },
  },
  async func(this: Context, flags): Promise<void> {
    const root = await openRoot(this, flags);
    if (!root.ok) return this.report(root.diagnostics);
    if (flags.list) {
      const { history } = await import('../../../install/inventory.ts');
      const found = history(root.value);
      if (!found.ok) return this.report(found.diagnostics);
      for (const { number, packages } of found.value.generations) {
        const mark = number === found.value.current ? '*' : ' ';
        this.print(`${mark} ${number}: ${packages.join(' ')}\n`);
      }
      return;
    }
    const to = flags.to === undefined ? undefined : Number(flags.to);
    if (to !== undefined && !/^[1-9]\d{0,14}$/.test(flags.to ?? '')) {
      return this.report([
        definitionError({
          code: 'install/no-generation',
          message: `"${flags.to}" is not the number of a generation`,
          hint: '"ashlar rollback --list" shows them',
        }),
      ]);
    }
    const { rollback } = await import('../../../install/rollback.ts');
    const result = await rollback(root.value, { to, onWait: tellWait(this, root.value) });
    if (!result.ok) return this.report(result.diagnostics);
    printActivation(this, root.value, result.value, 'back at');
  },
});
