// `ashlar active`: the ids of the active packages.
import { buildCommand } from '@stricli/core';
import type { Context } from '../../context.ts';
import { openRoot, rootFlag, type RootFlags } from './flags.ts';
import { jsonFlag } from '../flags.ts';

interface Flags extends RootFlags {
  readonly json: boolean;
}

export const activeCommand = buildCommand<Flags, [], Context>({
  docs: { brief: 'print the ids of the active packages' },
  parameters: { flags: { root: rootFlag, json: jsonFlag } },
  async func(this: Context, flags): Promise<void> {
    const { activeGeneration } = await import('../../../install/inventory.ts');
    const root = await openRoot(this, flags);
    const result = root.ok ? activeGeneration(root.value) : root;
    if (!result.ok) return this.report(result.diagnostics);
    const { number, packages } = result.value;
    if (flags.json) this.print(`${JSON.stringify({ generation: number, packages }, null, 2)}\n`);
    else for (const id of packages) this.print(`${id}\n`);
  },
});
