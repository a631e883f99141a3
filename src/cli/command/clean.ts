// `ashlar clean`: removes what builds left in the packages directory. The store keeps it all.
import { buildCommand } from '@stricli/core';
import type { Context } from '../context.ts';
import { packagesFlag, withoutSlash } from './flags.ts';

interface Flags {
  readonly packages?: string;
}

export const cleanCommand = buildCommand<Flags, readonly string[], Context>({
  docs: {
    brief: 'remove what builds left in the packages directory',
    customUsage: ['[NAME...]'],
    fullDescription: [
      'Removes archives, logs and everything else below cache in the packages directory, or only what',
      'belongs to the packages given. The store is not touched: the next build restores from it.',
    ].join('\n'),
  },
  parameters: {
    positional: {
      kind: 'array',
      parameter: { brief: 'packages', parse: withoutSlash, placeholder: 'NAME' },
    },
    flags: { packages: packagesFlag },
  },
  async func(this: Context, flags, ...names): Promise<void> {
    const [{ cleanTree }, { packagesDirectory }] = await Promise.all([
      import('../clean.ts'),
      import('../tree.ts'),
    ]);
    const directory = packagesDirectory({ cwd: this.cwd, env: this.env, packages: flags.packages });
    const { removed, diagnostics } = cleanTree(directory, names);
    if (removed > 0) this.print(`removed ${removed} ${removed === 1 ? 'file' : 'files'}\n`);
    else if (diagnostics.length === 0) this.print('nothing to remove\n');
    this.report(diagnostics);
  },
});
