// `ashlar version`: what runs here.
import { buildCommand } from '@stricli/core';
import type { Context } from '../context.ts';

export const versionCommand = buildCommand<object, [], Context>({
  docs: { brief: 'print the versions of Ashlar and of Node' },
  parameters: {},
  func(this: Context): void {
    this.print(`ashlar ${ASHLAR_VERSION}, node ${process.version}\n`);
  },
});
