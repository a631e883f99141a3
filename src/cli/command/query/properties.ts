// `ashlar query properties`: what properties came to, and which places set them.
import { buildCommand } from '@stricli/core';
import type { Context } from '../../context.ts';
import { json, take } from './flags.ts';
import { jsonFlag, switchFlag } from '../flags.ts';
import { treeAliases, treeFlags, type TreeFlags } from '../sourcetree.ts';

interface Flags extends TreeFlags {
  readonly all: boolean;
  readonly json: boolean;
}

export const propertiesQuery = buildCommand<Flags, [string, ...string[]], Context>({
  docs: {
    brief: 'show the properties of a module, with the places that set them',
    fullDescription: [
      'Shows what the properties of a module are when all mutators have run, and for each value, or',
      'element of a list, where it is written: in the module itself, in a variable, in a branch of a',
      'select, in another module from which it was taken. Nested ones are named with dots.',
    ].join('\n'),
  },
  parameters: {
    flags: {
      ...treeFlags,
      all: switchFlag('also those that nothing sets'),
      json: jsonFlag,
    },
    aliases: { ...treeAliases, a: 'all' },
    positional: {
      kind: 'array',
      minimum: 1,
      parameter: {
        brief:
          'the module, or one variant of it as NAME@VARIANT; then the properties, all unless given',
        parse: String,
        placeholder: 'MODULE|PROPERTY',
      },
    },
  },
  async func(this: Context, flags, module, ...names): Promise<void> {
    const { openModule } = await import('../../query/open.ts');
    const { cwd, env } = this;
    const opened = take(this, await openModule({ cwd, env, ...flags }, module));
    if (opened === undefined) return;
    this.report(opened.warnings);
    const { propertiesAnswer, propertiesText } = await import('../../query/properties.ts');
    const answer = take(this, propertiesAnswer(opened.value, module, names, flags.all));
    if (answer === undefined) return;
    this.print(flags.json ? json({ variants: answer }) : propertiesText(answer));
  },
});
